//! Traces: spans of callbacks, events and delivery attempts, exported to a collector over OTLP.
//!
//! A span is recorded when it is dropped, so that what is cut off is seen too. The current span travels with a future, across
//! threads and tasks. Without a collector nothing is made: each place asks once whether there is a current span.
//!
//! The encoding is written out here (`otlp`): the libraries for it bring a second stack for gRPC and threads of their own, and
//! do not count what they drop. A test reads what arrives by OTLP's schema.

mod current;
mod exporter;
mod ids;
mod otlp;
mod parent;
mod protobuf;
mod recent;
mod sampler;
mod span;

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
};

use lark_protocol::Event;
use secrecy::SecretString;
use tokio::{sync::mpsc, time::Instant};

use crate::{moment::Moment, telemetry::SpanCounts};
use ids::{SpanId, TraceId};
use parent::Parent;
use recent::Recent;
use sampler::Decision;
use span::{Finished, Link, Open};

pub use current::{
    Traced, carried, carried_then, child, fail, http_call, lark_call, note, stored, traced, traced_then, traceparent,
};
pub use exporter::{Exporter, TraceError};
pub use ids::EventSpan;
pub use sampler::Sampler;
pub use span::{Span, SpanKind};

/// Spans that wait to be exported; those beyond are dropped. Some thousand callbacks.
const QUEUE_SPANS_MAX: usize = 8_192;

/// Settings of traces.
#[derive(Debug, Clone)]
pub struct TraceSettings {
    /// The whole URL that spans are posted to, from `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.
    pub url: String,
    /// `OTEL_EXPORTER_OTLP_HEADERS`: what the collector wants to be sent, such as a token.
    pub headers: Vec<(String, SecretString)>,
    /// `OTEL_SERVICE_NAME`.
    pub service: String,
    /// `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`.
    pub sampler: Sampler,
}

/// Begins traces; without a collector it does nothing. Clones share the queue.
#[derive(Clone, Default)]
pub struct Tracer(Option<Arc<Inner>>);

/// State that all spans share.
struct Inner {
    sampler: Sampler,
    queue: mpsc::Sender<Finished>,
    counts: Arc<SpanCounts>,
    recent: Recent,
}

impl Tracer {
    /// A tracer, and the exporter that its spans go to.
    ///
    /// # Errors
    /// [`TraceError`] when no HTTP client can be built.
    pub fn new(
        settings: TraceSettings,
        instance: String,
        counts: Arc<SpanCounts>,
    ) -> Result<(Self, Exporter), TraceError> {
        let (queue, finished) = mpsc::channel(QUEUE_SPANS_MAX);
        let sampler = settings.sampler;
        let exporter = Exporter::new(settings, instance, finished, Arc::clone(&counts))?;
        let inner = Inner {
            sampler,
            queue,
            counts,
            recent: Recent::default(),
        };
        Ok((Self(Some(Arc::new(inner))), exporter))
    }

    /// Begins the trace of a callback or event of this application that has been opened, with what was done so far. Before
    /// that it leaves none.
    pub fn opened(&self, app_id: &str, event: &Event, traceparent: Option<&[u8]>, arrival: Moment) -> Option<Span> {
        let known = EventSpan {
            app_id,
            ..EventSpan::of(event)
        };
        let span = self.event(&known, traceparent, arrival)?;
        span.past("open", arrival.at, Instant::now());
        Some(span)
    }

    /// Begins the trace of a callback or event that was verified. `traceparent` is the header of that name. None when there is
    /// no collector, or when it is not sampled.
    pub fn event(&self, event: &EventSpan<'_>, traceparent: Option<&[u8]>, begun: Moment) -> Option<Span> {
        let inner = self.0.as_ref()?;
        let parent = traceparent.and_then(Parent::parse);
        let trace = parent
            .as_ref()
            .map_or_else(|| TraceId::of(event), |parent| parent.trace);
        let is_sampled = match inner.sampler.decide(trace, parent.as_ref()) {
            Decision::Sample => true,
            Decision::Drop => false,
        };
        is_sampled.then(|| {
            let parent = parent.map(|parent| parent.span);
            let mut span = Span::begin(inner, trace, parent, SpanKind::Server, begun);
            span.name(format!("{} {}", event.kind, event.event_type));
            for (key, value) in [
                ("lark.app_id", event.app_id),
                ("lark.event_id", event.event_id),
                ("lark.event_type", event.event_type),
            ] {
                span.set(key, value.to_owned());
            }
            span
        })
    }

    /// Begins the trace of a delivery attempt, linked to the span in which its event was stored. It is sampled when the event
    /// was. `event` is absent when it is only known by its `number` in the database.
    pub fn attempt(
        &self,
        name: impl FnOnce() -> String,
        event: Option<&EventSpan<'_>>,
        number: Option<i64>,
        begun: Moment,
    ) -> Option<Span> {
        let inner = self.0.as_ref()?;
        let remembered = number.and_then(|number| inner.recent.get(number));
        let link = match (remembered, event) {
            (Some(link), _) => Some(link),
            (None, Some(event)) => {
                let trace = TraceId::of(event);
                if inner.sampler.decide(trace, None) == Decision::Drop {
                    return None;
                }
                let span = SpanId::of_receipt(event);
                Some(Link { trace, span })
            }
            (None, None) => None,
        };
        let trace = TraceId::random();
        if link.is_none() && inner.sampler.decide(trace, None) == Decision::Drop {
            return None;
        }
        let mut span = Span::begin(inner, trace, None, SpanKind::Consumer, begun);
        span.name(name());
        span.link(link);
        Some(span)
    }
}

impl Inner {
    /// Queues a span, or counts it as dropped.
    fn finish(&self, span: Open) {
        if self.queue.try_send(span.finished()).is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Tracer(on)" } else { "Tracer(off)" })
    }
}
