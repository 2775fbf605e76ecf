//! The result of an event, for its log line and the metrics.

use std::{future::Future, sync::Arc, time::Duration};

use lark_callback_store::{Received, StoreError};
use lark_protocol::{Event, Kind};
use tracing::field::display;

use super::Origin;
use crate::{
    codes::{self, Failed},
    trace::{self, EventSpan, SpanKind, Traced},
};

/// The result of a call, for the log line.
pub(super) struct Report {
    pub(super) plugin: Option<Arc<str>>,
    pub(super) outcome: &'static str,
    pub(super) error: Option<String>,
}

impl Report {
    /// Says in the current span how it ended.
    pub(super) fn note(&self) {
        trace::note("outcome", self.outcome);
        if let Some(plugin) = &self.plugin {
            trace::note("plugin.name", plugin.as_ref().to_owned());
        }
        if self.error.is_some() {
            trace::fail(self.outcome);
        }
    }

    pub(super) fn of(outcome: &'static str) -> Self {
        Self {
            plugin: None,
            outcome,
            error: None,
        }
    }
}

/// A receipt within a span of its own; deliveries are linked to the span in which their event was stored.
pub(super) fn in_receipt<F>(event: &Event, receiving: F) -> Traced<F, impl Fn(&F::Output)>
where
    F: Future<Output = Result<Received, StoreError>>,
{
    let span = trace::child(SpanKind::Internal, "receipt");
    trace::traced_then(span, receiving, |received| match received {
        Ok(Received::First { event: number, .. } | Received::Partly { event: number, .. }) => {
            trace::stored(&EventSpan::of(event), *number);
        }
        Ok(Received::Answered { .. } | Received::Unanswered { .. }) => trace::note("outcome", "duplicate"),
        Err(_) => trace::fail("store_error"),
    })
}

/// One line for each callback and event.
pub(super) fn log(event: &Event, origin: &Origin, report: &Report, took: Duration) {
    let Origin { peer, ids } = origin;
    let (request_id, log_id) = (ids.request_id.as_deref(), ids.log_id.as_deref());
    let peer = peer.map(display);
    let duration_ms = took.as_micros() as f64 / 1000.0;
    let plugin = report.plugin.as_deref().unwrap_or("-");
    let (kind, failed) = match event.kind {
        Kind::Callback => ("Callback", Failed::Callback),
        Kind::Event => ("Event", Failed::Delivery),
    };
    match &report.error {
        None => tracing::info!(
            app.id = &*event.app_id,
            event.id = &*event.id,
            event.r#type = &*event.event_type,
            plugin.name = plugin,
            outcome = report.outcome,
            duration_ms,
            peer,
            request.id = request_id,
            lark.log_id = log_id,
            "{kind} answered"
        ),
        Some(error) => tracing::error!(
            app.id = &*event.app_id,
            event.id = &*event.id,
            event.r#type = &*event.event_type,
            plugin.name = plugin,
            outcome = report.outcome,
            duration_ms,
            peer,
            request.id = request_id,
            lark.log_id = log_id,
            error,
            cure = codes::cure_of_failure(failed, report.outcome, error),
            "{kind} failed"
        ),
    }
}
