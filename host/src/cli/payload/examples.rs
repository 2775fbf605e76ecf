//! Bodies of the common types, modelled on the examples in Lark's documentation.

use serde_json::{Map, Value, json};

use super::message_id;

/// `open_id` of all users in the examples.
pub(super) const OPERATOR: &str = "ou_84aad35d084aa403a838cf73ee18467a";

/// Message with the card that the examples click on.
pub(in crate::cli) const MESSAGE_ID: &str = "om_574d639e4a44e4dd646eaf628e2e4a3d";

/// "Card callback communication", example of a button.
pub(super) fn card() -> Value {
    json!({
        "operator": operator(),
        "token": "c-295ee57216a5dc9de90fefd0aadb4b1d7d123456",
        "action": {"value": {"key": "value"}, "tag": "button", "timezone": "Asia/Shanghai", "name": "Button_lvkepfu3"},
        "host": "im_message",
        "context": {"open_message_id": MESSAGE_ID, "open_chat_id": "oc_e4d2605ca917e695f54f11aaf56351fa"},
    })
}

pub(super) fn operator() -> Map<String, Value> {
    let pairs = [
        ("tenant_key", "736588c9260f175e"),
        ("user_id", "867a1234"),
        ("open_id", OPERATOR),
        ("union_id", "on_8ed6aa67826108097d9ee143816345"),
    ];
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect()
}

/// "Message card callback" (the structure before schema 2.0).
pub(super) fn card_v1() -> Value {
    json!({
        "open_id": OPERATOR, "user_id": "867a1234", "open_message_id": MESSAGE_ID,
        "open_chat_id": "oc_e4d2605ca917e695f54f11aaf56351fa", "tenant_key": "736588c9260f175e",
        "token": "c-295ee57216a5dc9de90fefd0aadb4b1d7d123456",
        "action": {"value": {"key": "value"}, "tag": "button"},
    })
}

/// "Receive message".
pub(super) fn message(now_ms: u64, event_id: &str, app_id: &str) -> Value {
    // A message has its own id; two events with one message id would be the same message.
    let message_id = message_id(event_id);
    json!({
        "sender": {
            "sender_id": {"union_id": "on_8ed6aa67826108097d9ee143816345", "user_id": "867a1234", "open_id": OPERATOR},
            "sender_type": "user", "tenant_key": "736588c9260f175e",
        },
        "message": {
            "message_id": message_id, "create_time": now_ms.to_string(), "update_time": now_ms.to_string(),
            "chat_id": "oc_e4d2605ca917e695f54f11aaf56351fa", "chat_type": "group", "message_type": "text",
            "content": json!({"text": format!("{MENTION} hello")}).to_string(),
            "mentions": mentions(app_id),
        },
    })
}

/// Place of the bot's name in the text of a message.
pub(super) const MENTION: &str = "@_user_1";

pub(super) fn mentions(app_id: &str) -> Value {
    json!([{
        "key": MENTION, "name": "Bot", "tenant_key": "736588c9260f175e",
        "id": {"union_id": "on_8ed6aa67826108097d9ee143816346", "user_id": "", "open_id": "ou_84aad35d084aa403a838cf73ee18467b"},
        "mentioned_type": "bot", "bot_info": {"app_id": app_id},
    }])
}

/// "Pull link preview data".
pub(super) fn preview() -> Value {
    json!({
        "operator": operator(),
        "host": "im_message",
        "context": {
            "url": "https://example.com/tickets/42", "preview_token": "previewtoken_9b2d",
            "open_message_id": MESSAGE_ID, "open_chat_id": "oc_e4d2605ca917e695f54f11aaf56351fa",
        },
    })
}

/// "p2p chat created", schema 1.0.
pub(super) fn p2p_chat_create(app_id: &str) -> Value {
    json!({
        "app_id": app_id, "chat_id": "oc_e4d2605ca917e695f54f11aaf56351fa",
        "operator": {"open_id": OPERATOR, "user_id": "867a1234"}, "tenant_key": "736588c9260f175e",
        "type": "p2p_chat_create", "user": {"name": "Ming", "open_id": OPERATOR, "user_id": "867a1234"},
    })
}
