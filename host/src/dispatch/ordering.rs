//! Which deliveries stand in one line.

use serde_json::Value;

use crate::{lark::Event, plugin::Plugin};

/// The ordering key of an event for a plugin: the text (or number) at the place in the payload that the plugin named.
/// Without such a text the event stands in no line.
pub(super) fn key(plugin: &Plugin, event: &Event) -> Option<String> {
    let pointer = plugin.description().ordering_key.as_deref()?;
    let payload: Value = serde_json::from_str(&event.payload).ok()?;
    let value = match payload.pointer(pointer)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(format!("{}/{}/{value}", plugin.name(), event.app_id))
}
