//! Sample payloads of all typed events, from the schema they are generated from.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::Event;

static EVENTS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(include_str!("../../schema/events.json")).unwrap_or_default();
    match schema.get("events") {
        Some(Value::Object(events)) => events.clone(),
        _ => Map::new(),
    }
});

/// An event with a sample payload: `usual` has every field that Lark documents, and some event types have more.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// use lark_plugin_sdk::testing::fixture;
///
/// let event = fixture("im.message.receive_v1", "image");
/// let message: MessageReceive = event.payload()?;
/// assert_eq!(message.message.message_type, "image");
/// # Ok::<(), Failure>(())
/// ```
///
/// # Panics
///
/// When there is no such sample; the message lists those of the event type.
#[allow(clippy::panic, reason = "a test that asks for a sample that is not there has failed")]
#[track_caller]
pub fn fixture(event_type: &str, name: &str) -> Event {
    let Some(event) = EVENTS.get(event_type) else {
        panic!("there are no fixtures of the event type {event_type:?}");
    };
    match event.get("fixtures").and_then(|fixtures| fixtures.get(name)) {
        Some(payload) => of(event_type, event, payload),
        None => panic!(
            "{event_type} has no fixture {name:?}, but {}",
            names(event).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// All samples, with their names.
///
/// ```
/// # use lark_plugin_sdk::testing::fixtures;
/// for (name, event) in fixtures() {
///     let payload: serde_json::Value = event.payload().expect(name);
///     assert!(payload.is_object());
/// }
/// ```
pub fn fixtures() -> impl Iterator<Item = (&'static str, Event)> {
    EVENTS.iter().flat_map(|(event_type, event)| {
        let payload = |name| event.get("fixtures").and_then(|fixtures| fixtures.get(name));
        names(event).filter_map(move |name| Some((name, of(event_type, event, payload(name)?))))
    })
}

fn names(event: &'static Value) -> impl Iterator<Item = &'static str> {
    let fixtures = event.get("fixtures").and_then(Value::as_object);
    fixtures
        .into_iter()
        .flat_map(|fixtures| fixtures.keys().map(String::as_str))
}

fn of(event_type: &str, event: &Value, payload: &Value) -> Event {
    let mut built = Event::new(event_type, payload);
    if let Some(schema) = event.get("schema").and_then(Value::as_str) {
        schema.clone_into(&mut built.schema);
    }
    built
}
