//! Summary of repeated lines, made from the first one that was left out.

use std::{error::Error, fmt::Debug, time::Duration};

use tracing::{
    Event, Level,
    field::{Field, Visit},
};

use crate::telemetry::{chain, shortened};

/// Length of a value in a summary; longer ones are cut.
const VALUE_BYTES_MAX: usize = 500;

/// Fields of a summary, beside the counts.
const FIELDS: [&str; 8] = [
    "message",
    "app.id",
    "plugin.name",
    "event.type",
    "kind",
    "outcome",
    "reason",
    "error",
];

/// Level and fields of a line.
pub(super) struct Sample {
    level: Level,
    fields: [Option<String>; FIELDS.len()],
}

/// Target of summaries.
pub(in crate::telemetry) const TARGET: &str = module_path!();

/// Whether a line is a summary itself.
pub(super) fn is_summary(event: &Event<'_>) -> bool {
    event.metadata().target() == TARGET
}

impl Sample {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let mut sample = Self {
            level: *event.metadata().level(),
            fields: Default::default(),
        };
        event.record(&mut sample);
        sample
    }

    /// Logs that it was repeated.
    pub(super) fn log(&self, repeats: u64, took: Duration) {
        let [message, app, plugin, event_type, kind, outcome, reason, error] =
            self.fields.each_ref().map(Option::as_deref);
        let message = message.unwrap_or_default();
        let seconds = took.as_secs();
        let times = if repeats == 1 { "time" } else { "times" };
        // The level of a line is a constant of the place where it is written.
        macro_rules! log {
            ($level:ident) => {
                tracing::$level!(
                    app.id = app,
                    plugin.name = plugin,
                    event.r#type = event_type,
                    kind,
                    outcome,
                    reason,
                    error,
                    repeats,
                    seconds,
                    "{message} (repeated {repeats} {times} in {seconds} s)"
                )
            };
        }
        if self.level == Level::ERROR {
            log!(error);
        } else {
            log!(warn);
        }
    }

    fn keep(&mut self, field: &Field, value: impl FnOnce() -> String) {
        let kept = FIELDS.iter().zip(&mut self.fields);
        if let Some((_, kept)) = kept.into_iter().find(|(name, _)| **name == field.name()) {
            *kept = Some(shortened(value(), VALUE_BYTES_MAX));
        }
    }
}

impl Visit for Sample {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, || value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.keep(field, || chain(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.keep(field, || format!("{value:?}"));
    }
}
