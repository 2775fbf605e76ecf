//! Messages: sent, replied to, updated, and printed as a person in the chat would see them.

use axum::response::Response;
use serde_json::{Value, json};

use super::{CHAT_ID, MESSAGES_MAX, Memory, Request, TENANT_KEY, data, new_id, refused, say};
use crate::{app::now_ms, cli::render};

/// Lark's "Your request contains an invalid request parameter".
const INVALID: i64 = 230_001;

/// Lark's "Invalid ids".
const UNKNOWN: i64 = 230_002;

/// Message sent by a bot.
#[derive(Debug, Clone)]
pub(super) struct Message {
    msg_type: String,
    content: String,
    created_ms: u64,
    is_recalled: bool,
}

impl Message {
    /// Card that `dev` and `send card` click on; it counts as sent before the start.
    pub(super) fn of_the_examples() -> Self {
        Self {
            msg_type: "interactive".to_owned(),
            content: "{}".to_owned(),
            created_ms: now_ms(),
            is_recalled: false,
        }
    }
}

const RECEIVERS: [&str; 5] = ["open_id", "user_id", "union_id", "email", "chat_id"];

pub(super) fn send(memory: &mut Memory, request: &Request<'_>) -> Response {
    let kind = match request.query("receive_id_type") {
        "" => "open_id",
        kind => kind,
    };
    let receiver = request.field("receive_id");
    if !RECEIVERS.contains(&kind) || receiver.is_empty() {
        return refused(INVALID, "Invalid request param: receive_id_type or receive_id");
    }
    if kind == "open_id" {
        memory.latest = Some(receiver.to_owned());
    }
    create(memory, request, &format!("message to {receiver} ({kind})"))
}

pub(super) fn reply(memory: &mut Memory, to: &str, request: &Request<'_>) -> Response {
    create(memory, request, &format!("reply to {to}"))
}

fn create(memory: &mut Memory, request: &Request<'_>, what: &str) -> Response {
    let uuid = request.field("uuid");
    if let Some(id) = memory.by_uuid.get(uuid).filter(|_| !uuid.is_empty())
        && let Some(message) = memory.messages.get(id)
    {
        say(&format!("{what}: the same request again, so still {id}"), &[]);
        return data(&shown(id, message));
    }
    let message = Message {
        msg_type: request.field("msg_type").to_owned(),
        content: request.field("content").to_owned(),
        created_ms: now_ms(),
        is_recalled: false,
    };
    let Some(lines) = lines(&message) else {
        return refused(
            INVALID,
            "Invalid request param: msg_type, or content that is not the text of a JSON object",
        );
    };
    let id = new_id("om_");
    say(&format!("{what}: {}, {id}", message.msg_type), &lines);
    if memory.messages.len() >= MESSAGES_MAX {
        memory.messages.clear();
        memory.by_uuid.clear();
    }
    if !uuid.is_empty() {
        memory.by_uuid.insert(uuid.to_owned(), id.clone());
    }
    let answer = data(&shown(&id, &message));
    memory.messages.insert(id, message);
    answer
}

/// Updates a message: a card by PATCH, a text by PUT.
pub(super) fn change(memory: &mut Memory, id: &str, request: &Request<'_>) -> Response {
    let Some(message) = memory.messages.get_mut(id).filter(|message| !message.is_recalled) else {
        return refused(UNKNOWN, "the message does not exist, or was recalled");
    };
    let changed = Message {
        content: request.field("content").to_owned(),
        ..message.clone()
    };
    let Some(lines) = lines(&changed) else {
        return refused(
            INVALID,
            "Invalid request param: content is not the text of a JSON object",
        );
    };
    *message = changed;
    say(&format!("message {id} is changed: {}", message.msg_type), &lines);
    data(&json!({}))
}

pub(super) fn read(memory: &Memory, id: &str) -> Response {
    match memory.messages.get(id) {
        Some(message) => data(&json!({"items": [shown(id, message)]})),
        None => refused(UNKNOWN, "the message does not exist"),
    }
}

pub(super) fn recall(memory: &mut Memory, id: &str) -> Response {
    let Some(message) = memory.messages.get_mut(id) else {
        return refused(UNKNOWN, "the message does not exist");
    };
    message.is_recalled = true;
    say(&format!("message {id} is recalled"), &[]);
    data(&json!({}))
}

/// "Delay updating message card": updates a card with the token of a click.
pub(super) fn update_of_click(request: &Request<'_>) -> Response {
    let card = request.body.get("card");
    match card.filter(|card| card.is_object() && !request.field("token").is_empty()) {
        Some(card) => {
            say("the card of a click is updated", &render::card(card));
            data(&json!({}))
        }
        None => refused(INVALID, "Invalid request param: token or card"),
    }
}

fn shown(id: &str, message: &Message) -> Value {
    json!({
        "message_id": id, "msg_type": message.msg_type, "chat_id": CHAT_ID, "create_time": message.created_ms.to_string(),
        "update_time": now_ms().to_string(), "deleted": message.is_recalled,
        "sender": {"id_type": "app_id", "sender_type": "app", "tenant_key": TENANT_KEY},
        "body": {"content": message.content},
    })
}

/// Lines that a person would see; none when Lark would reject the message.
fn lines(message: &Message) -> Option<Vec<String>> {
    let content: Value = serde_json::from_str(&message.content).ok()?;
    if !content.is_object() || message.msg_type.is_empty() {
        return None;
    }
    Some(match message.msg_type.as_str() {
        "text" => {
            let text = content.get("text").and_then(Value::as_str)?;
            text.lines().map(str::to_owned).collect()
        }
        "interactive" => render::card(&content),
        _ => render::texts(&content),
    })
}
