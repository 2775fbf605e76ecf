//! The span of an attempt, in a trace of its own that is linked to that of its event.

use lark_callback_store::{Delivery, Then, Work};

use super::Attempted;
use crate::{
    moment::Moment,
    trace::{self, EventSpan, Span, Tracer},
};

/// Begins it, if traces are on and this one is sampled.
pub(super) fn begin(tracer: &Tracer, delivery: &Delivery, begun: Moment) -> Option<Span> {
    let event = match &delivery.work {
        Work::Event(event) => Some(EventSpan::of(event)),
        Work::Task { .. } | Work::Gone => None,
    };
    let name = || format!("attempt {}", delivery.plugin);
    let mut span = tracer.attempt(name, event.as_ref(), delivery.event, begun)?;
    span.set("lark.app_id", delivery.app.clone());
    span.set("plugin.name", delivery.plugin.clone());
    span.set("delivery.id", delivery.id);
    span.set("delivery.kind", delivery.kind.name());
    span.set("attempt", i64::from(delivery.attempt));
    if let Work::Event(event) = &delivery.work {
        span.set("lark.event_id", event.id.as_ref().to_owned());
        span.set("lark.event_type", event.event_type.as_ref().to_owned());
    }
    Some(span)
}

/// Says how it ended, and what follows.
pub(super) fn note(attempted: &Attempted) {
    let finish = match attempted {
        Attempted::Ended(finish) => finish,
        Attempted::NotLoaded => return trace::note("outcome", "not_loaded"),
        Attempted::BackingOff => return trace::note("outcome", "backing_off"),
        Attempted::Doubted => return trace::note("outcome", "doubted"),
    };
    trace::note("outcome", finish.outcome.clone());
    let then = match finish.then {
        Then::Done => "done",
        Then::Skipped => "skipped",
        Then::Retry { .. } => "retry",
        Then::Expired => "expired",
        Then::Dead => "dead",
    };
    trace::note("delivery.then", then);
    if finish.error.is_some() {
        trace::fail("failed");
    }
}
