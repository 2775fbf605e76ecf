//! Ids of traces and spans. Those of an event follow from the event, so that any server, at any time, can refer to it.

use lark_protocol::{Event, Kind, sha256_of_parts};

/// Facts of an event that a trace tells.
#[derive(Debug, Clone, Copy)]
pub struct EventSpan<'a> {
    /// `callback` or `event`.
    pub kind: &'static str,
    /// The application: `cli_…`.
    pub app_id: &'a str,
    /// Lark's id.
    pub event_id: &'a str,
    /// Lark's name of the type.
    pub event_type: &'a str,
}

impl<'a> EventSpan<'a> {
    /// Facts that a trace tells of this event.
    pub fn of(event: &'a Event) -> Self {
        Self {
            kind: match event.kind {
                Kind::Callback => "callback",
                Kind::Event => "event",
            },
            app_id: &event.app_id,
            event_id: &event.id,
            event_type: &event.event_type,
        }
    }
}

/// The id of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TraceId(pub(super) [u8; 16]);

/// The id of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SpanId(pub(super) [u8; 8]);

impl TraceId {
    /// The trace of an event that came without a parent. Repeats are in the same trace.
    pub(super) fn of(event: &EventSpan<'_>) -> Self {
        Self(first_of(&["trace", event.app_id, event.event_id]))
    }

    pub(super) fn random() -> Self {
        Self(random())
    }
}

impl SpanId {
    /// The span in which an event was stored, which its deliveries are linked to.
    pub(super) fn of_receipt(event: &EventSpan<'_>) -> Self {
        Self(first_of(&["receipt", event.app_id, event.event_id]))
    }

    pub(super) fn random() -> Self {
        Self(random())
    }
}

fn first_of<const BYTES: usize>(parts: &[&str]) -> [u8; BYTES] {
    let mut id = [0; BYTES];
    for (byte, hashed) in id.iter_mut().zip(sha256_of_parts(parts)) {
        *byte = hashed;
    }
    valid(id)
}

fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut id = [0; BYTES];
    // Without random bytes traces run together, on a system where nothing works any more.
    let _ = getrandom::fill(&mut id);
    valid(id)
}

/// An id of zeros is none.
fn valid<const BYTES: usize>(mut id: [u8; BYTES]) -> [u8; BYTES] {
    if id == [0; BYTES]
        && let Some(last) = id.last_mut()
    {
        *last = 1;
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_an_event_are_the_same_everywhere_and_those_of_others_differ() {
        let event = EventSpan {
            kind: "event",
            app_id: "cli_a",
            event_id: "e-1",
            event_type: "im.message.receive_v1",
        };
        let other = EventSpan {
            app_id: "cli_b",
            ..event
        };
        assert_eq!(
            TraceId::of(&event),
            TraceId::of(&EventSpan {
                kind: "callback",
                ..event
            })
        );
        assert_ne!(TraceId::of(&event), TraceId::of(&other));
        assert_ne!(SpanId::of_receipt(&event), SpanId::of_receipt(&other));
        assert_ne!(TraceId::random(), TraceId::random());
    }
}
