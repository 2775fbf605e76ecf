//! The log line of an attempt.

use std::time::Duration;

use lark_callback_store::{Delivery, Then, Work};

use crate::codes::{self, Failed};

/// One line for each attempt.
pub(super) fn log(
    delivery: &Delivery,
    outcome: &str,
    error: Option<&str>,
    then: Then,
    now_ms: u64,
    duration: Duration,
) {
    let (id, name) = match &delivery.work {
        Work::Event(event) => (&*event.id, &*event.event_type),
        Work::Task { name, .. } => ("-", name.as_str()),
        Work::Gone => ("-", "-"),
    };
    let duration_ms = duration.as_micros() as f64 / 1000.0;
    let cure = error.and_then(|error| codes::cure_of_failure(Failed::Delivery, outcome, error));
    let (kind, plugin, attempt) = (delivery.kind.name(), &delivery.plugin, delivery.attempt);
    // Tracing needs the level and fields at compile time, so a line with a variable level is a macro.
    macro_rules! line {
        ($level:ident, $($field:ident = $value:expr,)* $text:literal) => {
            tracing::$level!(
                event.id = id,
                event.r#type = name,
                delivery.id = delivery.id,
                kind,
                plugin.name = plugin,
                attempt,
                outcome,
                duration_ms,
                $($field = $value,)*
                error,
                cure,
                $text
            )
        };
    }
    match (error, then) {
        (None, Then::Done | Then::Skipped) => line!(info, "Delivered"),
        (Some(_), Then::Skipped) => line!(error, "A late call failed; asking the next plugin"),
        (_, Then::Retry { at_ms }) => line!(
            warn,
            retry_in_ms = at_ms.saturating_sub(now_ms),
            "Delivery failed; it will be retried"
        ),
        (_, Then::Expired) if outcome == "too_old" => line!(info, "Not delivered: Lark created the event too long ago"),
        (_, Then::Expired) => line!(
            error,
            "Delivery expired: its next retry would be past its maximum age (`delivery_age_ms_max` under [limits] in \
              the plugin's .toml)"
        ),
        (_, Then::Dead | Then::Done) => line!(
            error,
            "Delivery failed for good and is now a dead letter; see `lark-callback dead list`, retry it with \
              `lark-callback dead retry`"
        ),
    }
}
