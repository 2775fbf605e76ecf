//! The ordering of deliveries.

use lark_callback_store::index_key;
use lark_protocol::{Event, without_lone_surrogates};
use serde_json::Value;

use crate::plugin::Description;

/// Returns the ordering key of an event for a plugin: the string or number in the payload at the plugin's JSON pointer.
/// Without one the event is not ordered.
pub(super) fn key(plugin: &str, description: &Description, event: &Event) -> Option<String> {
    let pointer = description.ordering_key.as_deref()?;
    let value = value_at(&event.payload, pointer)?;
    Some(format!("{plugin}/{}/{value}", event.app_id))
}

fn value_at(payload: &str, pointer: &str) -> Option<String> {
    let payload: Value = serde_json::from_str(payload)
        .or_else(|_| serde_json::from_str(&without_lone_surrogates(payload)))
        .ok()?;
    match payload.pointer(pointer)? {
        Value::String(text) => Some(index_key(text.clone())),
        Value::Number(number) => Some(index_key(number.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::value_at;

    const CHAT: &str = "/message/chat_id";

    fn value(chat: &serde_json::Value) -> Option<String> {
        value_at(&json!({"message": {"chat_id": chat}}).to_string(), CHAT)
    }

    #[test]
    fn a_text_or_a_number_is_the_key_and_nothing_else() {
        assert_eq!(value(&json!("oc_1")).as_deref(), Some("oc_1"));
        assert_eq!(value(&json!(7)).as_deref(), Some("7"));
        for other in [json!(null), json!(true), json!(["oc_1"]), json!({})] {
            assert_eq!(value(&other), None, "{other}");
        }
    }

    #[test]
    fn a_text_that_no_index_takes_is_known_by_its_digest() {
        let key = value(&json!("x".repeat(4_000))).unwrap();
        assert!(key.starts_with("sha256-") && key.len() < 80, "{key}");
    }

    #[test]
    fn half_an_emoji_elsewhere_in_the_payload_changes_nothing() {
        let payload = r#"{"message":{"chat_id":"oc_1","content":"\ud83d"}}"#;
        assert_eq!(value_at(payload, CHAT).as_deref(), Some("oc_1"));
    }
}
