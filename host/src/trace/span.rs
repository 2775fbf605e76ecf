//! One span: begun, described, and recorded when it is dropped.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::time::Instant;

use super::{
    Inner,
    ids::{EventSpan, SpanId, TraceId},
    parent::header,
};
use crate::{moment::Moment, telemetry::cut};

/// Attributes of a span.
const ATTRIBUTES_MAX: usize = 16;

/// An attribute's text; Lark's ids have some 40 characters.
const TEXT_BYTES_MAX: usize = 256;

/// Role of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Work inside this server.
    Internal,
    /// A request that was answered.
    Server,
    /// A request that was made.
    Client,
    /// A delivery.
    Consumer,
}

/// Another span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
}

/// Value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(Cow<'static, str>),
    /// A number.
    Number(i64),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// Attributes and status that a span gets while it is current.
#[derive(Debug, Default)]
pub(super) struct Notes {
    attributes: Vec<(&'static str, Value)>,
    error: Option<&'static str>,
    /// The id that it must have, instead of a random one.
    pub(super) id: Option<SpanId>,
}

/// The span that work belongs to; its copies are the same span.
#[derive(Clone)]
pub(super) struct Context {
    inner: Arc<Inner>,
    pub(super) trace: TraceId,
    id: SpanId,
    clock: Moment,
    notes: Arc<Mutex<Notes>>,
}

/// A span that is recorded when it is dropped.
pub struct Span(Option<Box<Open>>);

/// Part of a span that is known from its beginning on.
pub(super) struct Open {
    pub(super) context: Context,
    parent: Option<SpanId>,
    kind: SpanKind,
    name: Cow<'static, str>,
    begun: Instant,
    ended: Option<Instant>,
    link: Option<Link>,
}

/// A span that has ended.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) trace: TraceId,
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    pub(super) kind: SpanKind,
    pub(super) name: Cow<'static, str>,
    pub(super) begun_ns: u64,
    pub(super) ended_ns: u64,
    pub(super) attributes: Vec<(&'static str, Value)>,
    pub(super) error: Option<&'static str>,
    pub(super) link: Option<Link>,
}

impl Context {
    pub(super) fn child(&self, kind: SpanKind, name: Cow<'static, str>, begun: Instant) -> Span {
        let context = Self {
            id: SpanId::random(),
            notes: Arc::default(),
            ..self.clone()
        };
        Span(Some(Box::new(Open {
            context,
            parent: Some(self.id),
            kind,
            name,
            begun,
            ended: None,
            link: None,
        })))
    }

    pub(super) fn note(&self, key: &'static str, value: Value) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let value = match value {
            Value::Text(text) if text.len() > TEXT_BYTES_MAX => cut(&text, TEXT_BYTES_MAX).to_owned().into(),
            value => value,
        };
        if notes.attributes.len() < ATTRIBUTES_MAX {
            notes.attributes.push((key, value));
        }
    }

    pub(super) fn fail(&self, error: &'static str) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).error = Some(error);
    }

    /// Makes this the span that deliveries of the event are linked to.
    pub(super) fn stored(&self, event: &EventSpan<'_>, number: i64) {
        let span = SpanId::of_receipt(event);
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).id = Some(span);
        let trace = self.trace;
        self.inner.recent.add(number, Link { trace, span });
    }

    pub(super) fn header(&self) -> String {
        header(self.trace, self.id)
    }

    /// Nanoseconds since 1970.
    fn unix_ns(&self, at: Instant) -> u64 {
        let base_ns = self.clock.unix_ms.saturating_mul(1_000_000);
        let later = at.saturating_duration_since(self.clock.at);
        base_ns.saturating_add(u64::try_from(later.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl Span {
    /// The first span of this server in a trace.
    pub(super) fn begin(
        inner: &Arc<Inner>,
        trace: TraceId,
        parent: Option<SpanId>,
        kind: SpanKind,
        begun: Moment,
    ) -> Self {
        let context = Context {
            inner: Arc::clone(inner),
            trace,
            id: SpanId::random(),
            clock: begun,
            notes: Arc::default(),
        };
        Self(Some(Box::new(Open {
            context,
            parent,
            kind,
            name: Cow::Borrowed(""),
            begun: begun.at,
            ended: None,
            link: None,
        })))
    }

    pub(super) fn name(&mut self, name: impl Into<Cow<'static, str>>) {
        if let Some(open) = &mut self.0 {
            open.name = name.into();
        }
    }

    pub(super) fn link(&mut self, link: Option<Link>) {
        if let Some(open) = &mut self.0 {
            open.link = link;
        }
    }

    /// Adds an attribute.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        if let Some(open) = &self.0 {
            open.context.note(key, value.into());
        }
    }

    /// Records a child that has already ended.
    pub fn past(&self, name: &'static str, begun: Instant, ended: Instant) {
        if let Some(open) = &self.0 {
            let mut child = open.context.child(SpanKind::Internal, name.into(), begun);
            if let Some(child) = &mut child.0 {
                child.ended = Some(ended);
            }
        }
    }

    pub(super) fn context(&self) -> Option<&Context> {
        self.0.as_ref().map(|open| &open.context)
    }
}

impl std::fmt::Debug for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Span")
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            let inner = Arc::clone(&open.context.inner);
            inner.finish(*open);
        }
    }
}

impl Open {
    /// The span at its end, which is now unless it was before.
    pub(super) fn finished(self) -> Finished {
        let notes = std::mem::take(&mut *self.context.notes.lock().unwrap_or_else(PoisonError::into_inner));
        Finished {
            trace: self.context.trace,
            id: notes.id.unwrap_or(self.context.id),
            parent: self.parent,
            kind: self.kind,
            begun_ns: self.context.unix_ns(self.begun),
            ended_ns: self.context.unix_ns(self.ended.unwrap_or_else(Instant::now)),
            name: self.name,
            attributes: notes.attributes,
            error: notes.error,
            link: self.link,
        }
    }
}
