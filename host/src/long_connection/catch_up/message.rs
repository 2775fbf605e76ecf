//! A message as Lark lists it, made into the event that Lark would have pushed.

use serde_json::{Value, json};

/// Message of a list.
pub(super) struct Missed<'a> {
    pub(super) item: &'a Value,
    pub(super) app_id: &'a str,
    /// `p2p` or `group`.
    pub(super) chat_type: &'a str,
}

impl Missed<'_> {
    pub(super) fn message_id(&self) -> &str {
        self.text("/message_id")
    }

    /// The event; none when Lark would not have pushed it: the bot's own message, a deleted one, one of Lark's notes, or one
    /// in a group that does not mention the bot.
    pub(super) fn as_push(&self, bot: Option<&str>, takes_all: bool) -> Option<String> {
        let is_user = self.text("/sender/sender_type") == "user";
        let is_deleted = self.item.get("deleted").and_then(Value::as_bool) == Some(true);
        let is_note = self.text("/msg_type") == "system";
        if self.message_id().is_empty() || !is_user || is_deleted || is_note {
            return None;
        }
        if self.chat_type != "p2p" && !takes_all && !self.mentions(bot) {
            return None;
        }
        let event = json!({
            "sender": {
                "sender_id": {"open_id": self.text("/sender/id")},
                "sender_type": "user",
                "tenant_key": self.text("/sender/tenant_key"),
            },
            "message": self.message(),
            // For plugins: fetched afterwards, not pushed.
            "caught_up": true,
        });
        let pushed = json!({
            "schema": "2.0",
            "header": {
                "event_id": format!("catch_up:{}", self.message_id()),
                "event_type": "im.message.receive_v1",
                "create_time": self.text("/create_time"),
                "token": "",
                "app_id": self.app_id,
                "tenant_key": self.text("/sender/tenant_key"),
            },
            "event": event,
        });
        Some(pushed.to_string())
    }

    fn message(&self) -> Value {
        let mut message = json!({
            "message_id": self.message_id(),
            "create_time": self.text("/create_time"),
            "update_time": self.text("/update_time"),
            "chat_id": self.text("/chat_id"),
            "chat_type": self.chat_type,
            "message_type": self.text("/msg_type"),
            "content": self.text("/body/content"),
        });
        let Some(fields) = message.as_object_mut() else {
            return message;
        };
        for name in ["root_id", "parent_id", "thread_id"] {
            let value = self
                .item
                .get(name)
                .and_then(Value::as_str)
                .filter(|value| !value.is_empty());
            fields.extend(value.map(|value| (name.to_owned(), json!(value))));
        }
        let mentions: Vec<_> = self.mentioned().map(mention).collect();
        if !mentions.is_empty() {
            fields.insert("mentions".to_owned(), json!(mentions));
        }
        message
    }

    fn mentions(&self, bot: Option<&str>) -> bool {
        bot.is_some()
            && self
                .mentioned()
                .any(|mention| mention.get("id").and_then(Value::as_str) == bot)
    }

    fn mentioned(&self) -> impl Iterator<Item = &Value> {
        let mentions = self.item.get("mentions").and_then(Value::as_array);
        mentions.into_iter().flatten()
    }

    fn text(&self, name: &str) -> &str {
        self.item.pointer(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// A list has the id as a text, an event as an object.
fn mention(mention: &Value) -> Value {
    let text = |name: &str| mention.get(name).and_then(Value::as_str).unwrap_or_default();
    json!({
        "key": text("key"),
        "id": {"open_id": text("id")},
        "name": text("name"),
        "tenant_key": text("tenant_key"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Value {
        json!({
            "message_id": "om_1", "root_id": "", "parent_id": "om_0", "msg_type": "text", "create_time": "1790000000123",
            "update_time": "1790000000123", "deleted": false, "updated": false, "chat_id": "oc_1",
            "sender": {"id": "ou_1", "id_type": "open_id", "sender_type": "user", "tenant_key": "t"},
            "body": {"content": "{\"text\":\"@_user_1 hi\"}"},
            "mentions": [{"key": "@_user_1", "id": "ou_bot", "id_type": "open_id", "name": "Bot", "tenant_key": "t"}],
        })
    }

    fn pushed(item: &Value, chat_type: &str, takes_all: bool) -> Option<Value> {
        let missed = Missed {
            item,
            app_id: "cli_a",
            chat_type,
        };
        let pushed = missed.as_push(Some("ou_bot"), takes_all)?;
        Some(serde_json::from_str(&pushed).unwrap())
    }

    #[test]
    fn a_listed_message_becomes_the_event_that_was_missed() {
        let pushed = pushed(&item(), "group", false).unwrap();
        assert_eq!(pushed["header"]["create_time"], "1790000000123");
        let message = &pushed["event"]["message"];
        assert_eq!(message["mentions"][0]["id"]["open_id"], "ou_bot");
        assert_eq!((&message["parent_id"], message.get("root_id")), (&json!("om_0"), None));
        assert_eq!(pushed["event"]["caught_up"], true);
        assert!(matches!(
            lark_protocol::open_pushed(pushed.to_string().as_bytes()),
            Ok(lark_protocol::Opened::Event(event)) if event.message_id.as_deref() == Some("om_1")
        ));
    }

    #[test]
    fn what_lark_would_not_have_pushed_is_left_out() {
        let with = |path: &str, value: Value| {
            let mut item = item();
            *item.pointer_mut(path).unwrap() = value;
            item
        };
        for left_out in [
            with("/sender/sender_type", json!("app")),
            with("/deleted", json!(true)),
            with("/msg_type", json!("system")),
            with("/mentions", json!([])),
            with("/message_id", json!("")),
            json!(7),
        ] {
            assert_eq!(pushed(&left_out, "group", false), None, "{left_out}");
        }
        let unmentioned = with("/mentions", json!([]));
        assert!(pushed(&unmentioned, "p2p", false).is_some());
        assert!(pushed(&unmentioned, "group", true).is_some());
    }
}
