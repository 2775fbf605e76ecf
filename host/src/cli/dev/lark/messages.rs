//! Messages: sent, replied to, updated, and printed as a person in the chat would see them.

use std::collections::BTreeSet;

use axum::response::Response;
use serde_json::{Value, json};

use super::{CHAT_ID, MESSAGES_MAX, Memory, Request, TENANT_KEY, cards::Cards, data, new_id, refused, say};
use crate::{
    app::now_ms,
    cli::{dev::keys::Keys, render},
};

/// Lark's "Your request contains an invalid request parameter".
pub(super) const INVALID: i64 = 230_001;

/// Lark's "Invalid ids".
const UNKNOWN: i64 = 230_002;

/// Message in a chat.
#[derive(Debug, Clone)]
pub(super) struct Message {
    msg_type: String,
    content: String,
    pub(super) created_ms: u64,
    pub(super) chat_id: String,
    is_in_group: bool,
    is_recalled: bool,
    /// Message that it replies to, if any.
    parent_id: String,
    /// `open_id` of the person who wrote it; none when the bot did.
    person: Option<String>,
    /// As a list has them.
    mentions: Vec<Value>,
}

impl Message {
    fn of_bot(chat_id: &str, msg_type: &str, content: &str) -> Self {
        Self {
            msg_type: msg_type.to_owned(),
            content: content.to_owned(),
            created_ms: now_ms(),
            chat_id: chat_id.to_owned(),
            is_in_group: true,
            is_recalled: false,
            parent_id: String::new(),
            person: None,
            mentions: Vec::new(),
        }
    }

    /// Card that `dev` and `send card` click on; it counts as sent before the start.
    pub(super) fn of_the_examples() -> Self {
        Self::of_bot(CHAT_ID, "interactive", "{}")
    }

    /// Message of a person, as an event tells it; none without an id.
    pub(super) fn of_event(event: &Value) -> Option<(String, Self)> {
        let text = |path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let id = text("/message/message_id");
        let mentions = event.pointer("/message/mentions").and_then(Value::as_array);
        let message = Self {
            created_ms: text("/message/create_time").parse().unwrap_or_else(|_error| now_ms()),
            is_in_group: text("/message/chat_type") != "p2p",
            parent_id: text("/message/parent_id").to_owned(),
            person: Some(text("/sender/sender_id/open_id").to_owned()),
            mentions: mentions.into_iter().flatten().map(listed_mention).collect(),
            ..Self::of_bot(
                text("/message/chat_id"),
                text("/message/message_type"),
                text("/message/content"),
            )
        };
        (!id.is_empty() && !message.chat_id.is_empty()).then(|| (id.to_owned(), message))
    }

    pub(super) fn is_recalled(&self) -> bool {
        self.is_recalled
    }

    /// Whether its content names an image or a file with this key.
    pub(super) fn holds(&self, key: &str, kind: &str) -> bool {
        fn names(value: &Value, field: &str, key: &str) -> bool {
            match value {
                Value::Object(fields) => fields
                    .iter()
                    .any(|(name, value)| name == field && value == key || names(value, field, key)),
                Value::Array(items) => items.iter().any(|item| names(item, field, key)),
                _ => false,
            }
        }
        let field = if kind == "image" { "image_key" } else { "file_key" };
        let content: Value = serde_json::from_str(&self.content).unwrap_or_default();
        names(&content, field, key)
    }
}

impl Memory {
    /// Groups that the bot is in.
    pub(super) fn groups(&self) -> impl Iterator<Item = &str> {
        let of_messages = self.messages.values().filter(|message| message.is_in_group);
        let groups = of_messages.map(|message| message.chat_id.as_str());
        let groups: BTreeSet<_> = groups.chain([CHAT_ID]).collect();
        groups.into_iter()
    }

    pub(super) fn keep(&mut self, id: String, message: Message) {
        if self.messages.len() >= MESSAGES_MAX {
            self.messages.clear();
            self.by_uuid.clear();
        }
        self.messages.insert(id, message);
    }
}

/// An event has the ids of who is mentioned, a list the one that is usual.
fn listed_mention(mention: &Value) -> Value {
    let text = |path: &str| mention.pointer(path).and_then(Value::as_str).unwrap_or_default();
    json!({
        "key": text("/key"), "id": text("/id/open_id"), "id_type": "open_id", "name": text("/name"),
        "tenant_key": text("/tenant_key"),
    })
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
    let chat = if kind == "chat_id" { receiver } else { CHAT_ID };
    let message = Message::of_bot(chat, request.field("msg_type"), request.field("content"));
    create(memory, request, message, &format!("message to {receiver} ({kind})"))
}

pub(super) fn reply(memory: &mut Memory, to: &str, request: &Request<'_>) -> Response {
    let parent = memory.messages.get(to);
    let chat = parent.map_or(CHAT_ID, |parent| parent.chat_id.as_str());
    let message = Message {
        parent_id: to.to_owned(),
        is_in_group: parent.is_none_or(|parent| parent.is_in_group),
        ..Message::of_bot(chat, request.field("msg_type"), request.field("content"))
    };
    create(memory, request, message, &format!("reply to {to}"))
}

fn create(memory: &mut Memory, request: &Request<'_>, message: Message, what: &str) -> Response {
    let uuid = request.field("uuid");
    if let Some(id) = memory.by_uuid.get(uuid).filter(|_| !uuid.is_empty())
        && let Some(message) = memory.messages.get(id)
    {
        say(&format!("{what}: the same request again, so still {id}"), &[]);
        return data(&shown(id, message));
    }
    let Some(lines) = lines(&memory.cards, &message) else {
        return refused(
            INVALID,
            "Invalid request param: msg_type, content that is not the text of a JSON object, or a card_id that there is not",
        );
    };
    let content = serde_json::from_str(&message.content).unwrap_or_default();
    if let Some(refused) = unknown_in(memory, &message.msg_type, &content) {
        return refused;
    }
    let id = new_id("om_");
    say(&format!("{what}: {}, {id}", message.msg_type), &lines);
    let answer = data(&shown(&id, &message));
    memory.keep(id.clone(), message);
    if !uuid.is_empty() {
        memory.by_uuid.insert(uuid.to_owned(), id);
    }
    answer
}

/// Reason why a message with this content cannot be sent: its image or file must have been uploaded, as the type that
/// messages of this kind have.
fn unknown_in(memory: &Memory, msg_type: &str, content: &Value) -> Option<Response> {
    /// Lark's "The type of file upload does not match the type of message being sent".
    const OTHER_TYPE: i64 = 230_055;
    let (field, wanted) = match msg_type {
        "image" => ("image_key", Some("message")),
        "audio" => ("file_key", Some("opus")),
        "media" => ("file_key", Some("mp4")),
        "file" => ("file_key", None),
        _ => return None,
    };
    let key = content.get(field).and_then(Value::as_str).unwrap_or_default();
    let Some(uploaded) = memory.files.find(key) else {
        return Some(refused(
            INVALID,
            &format!("Invalid request param: {field} is none that the application has uploaded"),
        ));
    };
    let is_right = match wanted {
        Some(wanted) => uploaded.of_type == wanted,
        None => !["message", "avatar"].contains(&uploaded.of_type.as_str()),
    };
    (!is_right).then(|| {
        refused(
            OTHER_TYPE,
            "The type of file upload does not match the type of message being sent.",
        )
    })
}

/// Updates a message: a card by PATCH, a text by PUT.
pub(super) fn change(memory: &mut Memory, id: &str, request: &Request<'_>) -> Response {
    let Memory { messages, cards, .. } = memory;
    let Some(message) = messages.get_mut(id).filter(|message| !message.is_recalled) else {
        return refused(UNKNOWN, "the message does not exist, or was recalled");
    };
    let changed = Message {
        content: request.field("content").to_owned(),
        ..message.clone()
    };
    let Some(lines) = lines(cards, &changed) else {
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

/// A message as Lark shows and lists it.
pub(super) fn shown(id: &str, message: &Message) -> Value {
    let sender = match &message.person {
        Some(person) => json!({"id": person, "id_type": "open_id", "sender_type": "user", "tenant_key": TENANT_KEY}),
        None => json!({"id": Keys::APP_ID, "id_type": "app_id", "sender_type": "app", "tenant_key": TENANT_KEY}),
    };
    let mut shown = json!({
        "message_id": id, "msg_type": message.msg_type, "chat_id": message.chat_id, "parent_id": message.parent_id,
        "create_time": message.created_ms.to_string(), "update_time": now_ms().to_string(),
        "deleted": message.is_recalled, "sender": sender, "body": {"content": message.content},
    });
    if let Some(fields) = shown.as_object_mut()
        && !message.mentions.is_empty()
    {
        fields.insert("mentions".to_owned(), json!(message.mentions));
    }
    shown
}

/// Lines that a person would see; none when Lark would reject the message.
fn lines(cards: &Cards, message: &Message) -> Option<Vec<String>> {
    let content: Value = serde_json::from_str(&message.content).ok()?;
    if !content.is_object() || message.msg_type.is_empty() {
        return None;
    }
    Some(match message.msg_type.as_str() {
        "text" => {
            let text = content.get("text").and_then(Value::as_str)?;
            text.lines().map(str::to_owned).collect()
        }
        "interactive" => render::card(cards.named_by(&content)?),
        _ => render::texts(&content),
    })
}
