//! Which deliveries stand in one line.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    lark::{Event, without_lone_surrogates},
    plugin::Plugin,
};

/// Lark's ids have some 40 bytes. What is longer is known by its digest: a key is a key of the database's index, which takes
/// no long ones.
const VALUE_BYTES_MAX: usize = 128;

/// The ordering key of an event for a plugin: the text (or number) at the place in the payload that the plugin named.
/// Without such a text the event stands in no line.
pub(super) fn key(plugin: &Plugin, event: &Event) -> Option<String> {
    let pointer = plugin.description().ordering_key.as_deref()?;
    let value = value_at(&event.payload, pointer)?;
    Some(format!("{}/{}/{value}", plugin.name(), event.app_id))
}

fn value_at(payload: &str, pointer: &str) -> Option<String> {
    let payload: Value = serde_json::from_str(payload)
        .or_else(|_| serde_json::from_str(&without_lone_surrogates(payload)))
        .ok()?;
    let value = match payload.pointer(pointer)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(if value.len() > VALUE_BYTES_MAX {
        format!("sha256-{}", hex::encode(Sha256::digest(value)))
    } else {
        value
    })
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
    fn a_long_text_is_known_by_its_digest() {
        let long = |end: &str| value(&json!(format!("{}{end}", "x".repeat(4_000)))).unwrap();
        assert!(long("a").len() < 80 && long("a") == long("a"));
        assert_ne!(long("a"), long("b"));
        let longest = "x".repeat(128);
        assert_eq!(value(&json!(longest)), Some(longest));
    }

    #[test]
    fn half_an_emoji_elsewhere_in_the_payload_changes_nothing() {
        let payload = r#"{"message":{"chat_id":"oc_1","content":"\ud83d"}}"#;
        assert_eq!(value_at(payload, CHAT).as_deref(), Some("oc_1"));
    }
}
