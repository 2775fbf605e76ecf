//! The log line of an attempt.

use std::time::Duration;

use crate::store::{Delivery, Then, Work};

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
    let (kind, plugin, attempt) = (delivery.kind.name(), &delivery.plugin, delivery.attempt);
    match (error, then) {
        (None, Then::Done | Then::Skipped) => tracing::info!(
            event.id = id,
            event.r#type = name,
            delivery = delivery.id,
            kind,
            plugin.name = plugin,
            attempt,
            outcome,
            duration_ms,
            "Delivery done"
        ),
        (Some(error), Then::Skipped) => tracing::error!(
            event.id = id,
            event.r#type = name,
            delivery = delivery.id,
            kind,
            plugin.name = plugin,
            attempt,
            outcome,
            duration_ms,
            error,
            "A late call failed; the next plugin is asked"
        ),
        (error, Then::Retry { at_ms }) => tracing::warn!(
            event.id = id,
            event.r#type = name,
            delivery = delivery.id,
            kind,
            plugin.name = plugin,
            attempt,
            outcome,
            duration_ms,
            retry_in_ms = at_ms.saturating_sub(now_ms),
            error,
            "Delivery failed; it is tried again"
        ),
        (error, Then::Expired) => tracing::error!(
            event.id = id,
            event.r#type = name,
            delivery = delivery.id,
            kind,
            plugin.name = plugin,
            attempt,
            outcome,
            duration_ms,
            error,
            "Delivery given up: it would come too late; the setting is `delivery_age_ms_max` under [limits] in the plugin's .toml"
        ),
        (error, Then::Dead | Then::Done) => tracing::error!(
            event.id = id,
            event.r#type = name,
            delivery = delivery.id,
            kind,
            plugin.name = plugin,
            attempt,
            outcome,
            duration_ms,
            error,
            "Delivery given up; see it with `lark-callback dead list`, try it again with `lark-callback dead retry`"
        ),
    }
}
