//! The result of an event, for its log line and the metrics.

use std::{sync::Arc, time::Duration};

use lark_protocol::{Event, Kind};

/// The result of a call, for the log line.
pub(super) struct Report {
    pub(super) plugin: Option<Arc<str>>,
    pub(super) outcome: &'static str,
    pub(super) error: Option<String>,
}

impl Report {
    pub(super) fn of(outcome: &'static str) -> Self {
        Self {
            plugin: None,
            outcome,
            error: None,
        }
    }
}

/// One line for each callback and event.
pub(super) fn log(event: &Event, report: &Report, took: Duration) {
    let duration_ms = took.as_micros() as f64 / 1000.0;
    let plugin = report.plugin.as_deref().unwrap_or("-");
    let kind = match event.kind {
        Kind::Callback => "Callback",
        Kind::Event => "Event",
    };
    match &report.error {
        None => tracing::info!(
            app.id = &*event.app_id,
            event.id = &*event.id,
            event.r#type = &*event.event_type,
            plugin.name = plugin,
            outcome = report.outcome,
            duration_ms,
            "{kind} answered"
        ),
        Some(error) => tracing::error!(
            app.id = &*event.app_id,
            event.id = &*event.id,
            event.r#type = &*event.event_type,
            plugin.name = plugin,
            outcome = report.outcome,
            duration_ms,
            error,
            "{kind} failed"
        ),
    }
}
