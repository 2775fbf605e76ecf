//! Payloads as Lark sends them: realistic bodies of the common types, modelled on Lark's documentation.

mod examples;

use lark_protocol::outgoing::Protection;
use serde_json::{Value, json};

pub(super) use self::examples::MESSAGE_ID;
use self::examples::{MENTION, card, card_v1, mentions, message, p2p_chat_create, preview};
use super::{Exit, Stopped};

/// Body before it is sealed.
#[derive(Debug, Clone)]
pub(super) struct Payload {
    /// Type shown to the person at the terminal.
    pub(super) event_type: String,
    /// Event id; empty for a challenge and for the flat v1 card.
    pub(super) event_id: String,
    /// Protection of the request.
    pub(super) protection: Protection,
    body: Value,
}

/// Reason why a body cannot be built as requested.
#[derive(Debug, thiserror::Error)]
pub(super) enum PayloadError {
    #[error("the file must hold a JSON object: a whole recorded body, or only its `event` object")]
    NotAnObject,
    #[error("{event_type} has no `event` object, and the file is not a complete body")]
    NoEvent { event_type: String },
    #[error("{event_type} has no event id")]
    NoId { event_type: String },
    #[error("{event_type} has no operator, so --operator cannot be used with it")]
    NoOperator { event_type: String },
    #[error("{event_type} has no {part}, so {flag} cannot be used with it")]
    NoPart {
        event_type: String,
        part: &'static str,
        flag: &'static str,
    },
}

impl From<PayloadError> for Stopped {
    fn from(error: PayloadError) -> Self {
        Self::new(Exit::Usage, &error)
    }
}

/// Kinds of complete bodies, as Lark sends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whole {
    V2,
    V1,
    Challenge,
    CardV1,
}

fn whole(file: &Value) -> Option<Whole> {
    let has = |names: &[&str]| names.iter().all(|name| file.get(name).is_some());
    if has(&["schema", "header"]) {
        Some(Whole::V2)
    } else if has(&["uuid", "event"]) {
        Some(Whole::V1)
    } else if has(&["challenge", "type"]) {
        Some(Whole::Challenge)
    } else if has(&["open_message_id", "action"]) {
        Some(Whole::CardV1)
    } else {
        None
    }
}

/// Message id for the message in an event.
fn message_id(event_id: &str) -> String {
    format!("om_{}", event_id.get(..32).unwrap_or(event_id))
}

/// Application and time of a payload.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender<'a> {
    pub(super) app_id: &'a str,
    pub(super) token: &'a str,
    pub(super) now_ms: u64,
}

impl Payload {
    /// Builds the payload of a type: a short name, or any Lark event type (schema 2.0).
    pub(super) fn of(name: &str, sender: Sender<'_>, event_id: String) -> Self {
        match name {
            "challenge" | "url_verification" => Self {
                event_type: "url_verification".into(),
                event_id: String::new(),
                protection: Protection::SealedOnly,
                body: json!({"challenge": event_id, "token": sender.token, "type": "url_verification"}),
            },
            "card-v1" | "card.action.trigger_v1" => Self {
                event_type: "card.action.trigger_v1".into(),
                event_id: String::new(),
                protection: Protection::SignedOnly,
                body: card_v1(),
            },
            "event-v1" | "p2p_chat_create" => Self {
                event_type: "p2p_chat_create".into(),
                protection: Protection::SealedAndSigned,
                body: json!({
                    "ts": format!("{}.0", sender.now_ms / 1000), "uuid": event_id, "token": sender.token,
                    "type": "event_callback", "event": p2p_chat_create(sender.app_id),
                }),
                event_id,
            },
            "card" => Self::v2("card.action.trigger", &card(), sender, event_id),
            "message" => Self::v2(
                "im.message.receive_v1",
                &message(sender.now_ms, &event_id, sender.app_id),
                sender,
                event_id,
            ),
            "preview" => Self::v2("url.preview.get", &preview(), sender, event_id),
            "card.action.trigger" => Self::of("card", sender, event_id),
            "im.message.receive_v1" => Self::of("message", sender, event_id),
            "url.preview.get" => Self::of("preview", sender, event_id),
            other => Self::v2(other, &json!({}), sender, event_id),
        }
    }

    fn v2(event_type: &str, event: &Value, sender: Sender<'_>, event_id: String) -> Self {
        // Cards and previews use microseconds, events milliseconds.
        let scale = if event_type.contains("_v") { 1 } else { 1000 };
        let header = json!({
            "event_id": event_id, "event_type": event_type, "create_time": (sender.now_ms * scale).to_string(),
            "token": sender.token, "app_id": sender.app_id, "tenant_key": "736588c9260f175e",
        });
        let body = json!({"schema": "2.0", "header": header, "event": event});
        Self {
            event_type: event_type.to_owned(),
            event_id,
            protection: Protection::SealedAndSigned,
            body,
        }
    }

    /// Replaces the example with a recorded file: a complete body, whose token is replaced, or only the `event` object.
    pub(super) fn replace(&mut self, file: Value, sender: Sender<'_>) -> Result<(), PayloadError> {
        if !file.is_object() {
            return Err(PayloadError::NotAnObject);
        }
        let text = |pointer: &str| {
            file.pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (protection, event_type, event_id) = match whole(&file) {
            Some(Whole::V2) => (
                Protection::SealedAndSigned,
                text("/header/event_type"),
                text("/header/event_id"),
            ),
            Some(Whole::V1) => (Protection::SealedAndSigned, text("/event/type"), text("/uuid")),
            Some(Whole::Challenge) => (Protection::SealedOnly, "url_verification".to_owned(), String::new()),
            Some(Whole::CardV1) => (
                Protection::SignedOnly,
                "card.action.trigger_v1".to_owned(),
                String::new(),
            ),
            None => {
                let event = self.body.get_mut("event").ok_or_else(|| PayloadError::NoEvent {
                    event_type: self.event_type.clone(),
                })?;
                *event = file;
                return Ok(());
            }
        };
        *self = Self {
            event_type,
            event_id,
            protection,
            body: file,
        };
        // In the flat card, `token` is something else: the token for updating the card.
        if protection != Protection::SignedOnly {
            let holder = self.body.get("header").map_or("", |_| "/header");
            self.insert(holder, "token", sender.token.into());
        }
        Ok(())
    }

    /// Gives the payload another event id. A message also gets its own message id, because it is deduplicated by that
    /// too.
    pub(super) fn set_event_id(&mut self, event_id: &str) -> Result<(), PayloadError> {
        let is_set = match self.protection {
            Protection::SealedAndSigned if self.body.get("header").is_some() => {
                self.insert("/header", "event_id", event_id.into())
            }
            Protection::SealedAndSigned => self.insert("", "uuid", event_id.into()),
            Protection::SealedOnly | Protection::SignedOnly => false,
        };
        if !is_set {
            return Err(PayloadError::NoId {
                event_type: self.event_type.clone(),
            });
        }
        event_id.clone_into(&mut self.event_id);
        for (place, name) in [("/event/message", "message_id"), ("/event", "open_message_id")] {
            if self.event_type.contains("message") && self.body.pointer(&format!("{place}/{name}")).is_some() {
                self.insert(place, name, message_id(event_id).into());
            }
        }
        Ok(())
    }

    /// Inserts a value; returns whether there was an object to insert it into.
    fn insert(&mut self, place: &str, name: &str, value: Value) -> bool {
        match self.body.pointer_mut(place) {
            Some(Value::Object(holder)) => {
                holder.insert(name.to_owned(), value);
                true
            }
            _ => false,
        }
    }

    /// Sets the user who clicked, requested or wrote.
    pub(super) fn set_operator(&mut self, open_id: &str) -> Result<(), PayloadError> {
        let mut is_set = false;
        for place in ["/event/operator", "/event/sender/sender_id", ""] {
            if let Some(Value::Object(holder)) = self.body.pointer_mut(place)
                && let Some(found) = holder.get_mut("open_id")
            {
                *found = open_id.into();
                is_set = true;
            }
        }
        is_set.then_some(()).ok_or_else(|| PayloadError::NoOperator {
            event_type: self.event_type.clone(),
        })
    }

    /// Has the application of the sender in it, whatever a recorded body names, and its bot where that of the other one is
    /// mentioned.
    pub(super) fn set_app_id(&mut self, app_id: &str) {
        let Some((place, named)) = self.app_id() else { return };
        let named = named.clone();
        if let Some(holder) = self.body.pointer_mut(place) {
            *holder = app_id.into();
        }
        let mentions = self.body.pointer_mut("/event/message/mentions");
        for mention in mentions.and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(bot) = mention.pointer_mut("/bot_info/app_id").filter(|bot| **bot == named) {
                *bot = app_id.into();
            }
        }
    }

    /// The application that it names, and where. Bodies of schema 1.0 name it in the event.
    fn app_id(&self) -> Option<(&'static str, &Value)> {
        let mut places = ["/header/app_id", "/event/app_id", "/app_id"].into_iter();
        places.find_map(|place| Some((place, self.body.pointer(place)?)))
    }

    /// Sets `action.value` of a card click.
    pub(super) fn set_action_value(&mut self, value: Value) -> Result<(), PayloadError> {
        let is_set = self.insert(self.action(), "value", value);
        self.has_part(is_set, "`action`", "--value")
    }

    /// Sets `action.form_value` of a card click: what stands in the fields of a form, by their names.
    pub(super) fn set_form(&mut self, fields: Value) -> Result<(), PayloadError> {
        let is_set = self.insert(self.action(), "form_value", fields);
        self.has_part(is_set, "`action`", "--form")
    }

    /// Sets the link that a preview is asked for.
    pub(super) fn set_link(&mut self, url: &str) -> Result<(), PayloadError> {
        let is_set = self.insert("/event/context", "url", url.into());
        let is_preview = self.event_type == "url.preview.get";
        self.has_part(is_set && is_preview, "link to be previewed", "--link")
    }

    /// Sets the text of a message, with the bot mentioned before it or nobody.
    pub(super) fn set_message_text(&mut self, text: &str, mentions_bot: bool) -> Result<(), PayloadError> {
        let text = if mentions_bot {
            format!("{MENTION} {text}")
        } else {
            text.to_owned()
        };
        let message = "/event/message";
        let app_id = self.app_id().and_then(|(_, named)| named.as_str()).unwrap_or_default();
        let mentions = if mentions_bot { mentions(app_id) } else { json!([]) };
        let is_set = self.insert(message, "content", json!({"text": text}).to_string().into())
            && self.insert(message, "message_type", "text".into())
            && self.insert(message, "mentions", mentions);
        self.has_part(is_set, "`message`", "--text")
    }

    fn action(&self) -> &'static str {
        if self.protection == Protection::SignedOnly {
            "/action"
        } else {
            "/event/action"
        }
    }

    fn has_part(&self, is_set: bool, part: &'static str, flag: &'static str) -> Result<(), PayloadError> {
        is_set.then_some(()).ok_or_else(|| PayloadError::NoPart {
            event_type: self.event_type.clone(),
            part,
            flag,
        })
    }

    /// Serializes the body as compactly as Lark does.
    pub(super) fn text(&self) -> String {
        self.body.to_string()
    }
}

/// Short names of the examples.
const KINDS: [&str; 6] = ["card", "message", "preview", "challenge", "card-v1", "event-v1"];

/// Suggestion for a name that is neither an example nor a documented event type.
pub(super) fn nearest_kind(name: &str) -> Option<String> {
    /// Names with more differences are considered unrelated.
    const SLIPS_MAX: usize = 2;
    if KINDS.contains(&name) || ["url_verification", "card.action.trigger_v1"].contains(&name) {
        return None;
    }
    let documented = lark_protocol::nearest_event_type(name)?;
    let short = KINDS
        .into_iter()
        .find(|kind| strsim::damerau_levenshtein(kind, name) <= SLIPS_MAX);
    Some(short.map_or(documented, str::to_owned))
}

#[cfg(test)]
mod tests;
