//! What Lark refuses of messages and cards. It limits the request body, which is longer than the card in it, because each
//! quote in a `content` is escaped.
//!
//! ```
//! let long = format!(r#"{{"msg_type": "text", "content": "{}"}}"#, "a".repeat(200_000));
//! assert!(lark_card::message::check("POST", "/open-apis/im/v1/messages", &long).is_err());
//! ```

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{CARD_BYTES_MAX, Refusal};

/// Any other message ("Send message").
const MESSAGE_BYTES_MAX: usize = 150 * 1024;

/// Any other body; no documented call takes as much in JSON.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A request to Lark that Lark would refuse. The text never shows the content of its body.
///
/// ```
/// use lark_card::message::{MessageRefusal, check};
///
/// let refused = check("POST", "/open-apis/im/v1/messages", "{");
/// assert_eq!(refused, Err(MessageRefusal::NotJson { line: 1, column: 1 }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageRefusal {
    /// The body is not JSON.
    #[error("the body is not JSON (line {line}, column {column})")]
    NotJson {
        /// The position of the error.
        line: usize,
        /// The position of the error.
        column: usize,
    },
    /// Lark would reject the card.
    #[error("{0}")]
    Card(Refusal),
    /// Lark would reject a body of this size.
    #[error("{what} makes a request body of {bytes} bytes; Lark's limit is {bytes_max}")]
    TooLarge {
        /// The part.
        what: &'static str,
        /// The actual size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// Lark would reject a text message without a text (230001).
    #[error(
        "`content` has no text; for a text message it is the JSON {{\"text\": \"…\"}} as a string, and the text is not empty"
    )]
    NoText,
}

/// The members of a message that decide. A content that is no string is left for Lark to reject.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    msg_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    content: Option<Text<'a>>,
}

/// The member of an update by the token of a click, and of a message that is sent by one of the older calls.
#[derive(Deserialize)]
struct Update<'a> {
    #[serde(borrow)]
    card: &'a RawValue,
}

/// The members of a card that is kept by Lark ("Create card entity").
#[derive(Deserialize)]
struct Entity<'a> {
    #[serde(borrow)]
    data: Option<Text<'a>>,
}

/// The members of a new version of such a card ("Update card entity").
#[derive(Deserialize)]
struct NewEntity<'a> {
    #[serde(borrow)]
    card: Entity<'a>,
}

/// The content of a text message.
#[derive(Deserialize)]
struct TextContent<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
}

/// A string, or any other value.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text<'a> {
    String(#[serde(borrow)] Cow<'a, str>),
    Other(serde::de::IgnoredAny),
}

impl Text<'_> {
    fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Other(_) => None,
        }
    }
}

/// Rejects a body that is not JSON or too large for its path, and a card in it that Lark would refuse.
///
/// ```
/// use lark_card::message::check;
///
/// let body = r#"{"card": {"schema": "2.0", "body": {"elements": [{"tag": "markdwn", "content": "hi"}]}}}"#;
/// let refused = check("POST", "/open-apis/interactive/v1/card/update", body).unwrap_err();
/// assert!(refused.to_string().contains("`card.body.elements[0].tag` is no kind of component"));
/// ```
///
/// # Errors
///
/// [`MessageRefusal`]
pub fn check(method: &str, path: &str, body: &str) -> Result<(), MessageRefusal> {
    at_most("the body", body.len(), BODY_BYTES_MAX)?;
    serde_json::from_str::<&RawValue>(body).map_err(|error| MessageRefusal::NotJson {
        line: error.line(),
        column: error.column(),
    })?;
    let segments: Vec<_> = path.split('/').skip(2).collect();
    match (method, segments.as_slice()) {
        // A message without a type is left for Lark to reject.
        ("POST" | "PUT" | "PATCH", ["im", "v1", "messages", ..]) => {
            serde_json::from_str(body).map_or(Ok(()), |message| check_message(method, &message, body.len()))
        }
        ("POST", ["interactive", "v1", "card", "update"]) => {
            at_most("the update of a card", body.len(), CARD_BYTES_MAX)?;
            serde_json::from_str(body).map_or(Ok(()), |Update { card }| check_card("card", card.get()))
        }
        // The older calls have the card itself in the body, and other kinds of messages beside it.
        ("POST", ["message", "v4", "send" | "batch_send"] | ["ephemeral", "v1", "send"]) => {
            match serde_json::from_str(body) {
                Ok(Update { card }) if card.get() != "null" => {
                    at_most("the message with its card", body.len(), CARD_BYTES_MAX)?;
                    check_card("card", card.get())
                }
                _ => at_most("the message", body.len(), MESSAGE_BYTES_MAX),
            }
        }
        ("POST", ["cardkit", "v1", "cards"]) => {
            serde_json::from_str(body).map_or(Ok(()), |entity| check_entity("data", &entity))
        }
        ("PUT", ["cardkit", "v1", "cards", _]) => {
            serde_json::from_str(body).map_or(Ok(()), |NewEntity { card }| check_entity("card.data", &card))
        }
        _ => Ok(()),
    }
}

/// A template, or a card that Lark keeps, has no members that are checked.
fn check_card(place: &'static str, card_json: &str) -> Result<(), MessageRefusal> {
    // A card that is no object is left for Lark to reject.
    if !card_json.trim_start().starts_with('{') {
        return Ok(());
    }
    crate::check(card_json).map_err(|refusal| MessageRefusal::Card(refusal.within(place)))
}

fn check_entity(place: &'static str, entity: &Entity<'_>) -> Result<(), MessageRefusal> {
    let data = entity.data.as_ref().and_then(Text::as_str);
    data.map_or(Ok(()), |data| check_card(place, data))
}

fn check_message(method: &str, message: &Message<'_>, bytes: usize) -> Result<(), MessageRefusal> {
    let content = message.content.as_ref().and_then(Text::as_str);
    match message.msg_type.as_deref() {
        Some(kind @ ("interactive" | "post")) => {
            at_most("the message with its card or rich text", bytes, CARD_BYTES_MAX)?;
            let card = content.filter(|_| kind == "interactive");
            card.map_or(Ok(()), |card| check_card("content", card))
        }
        // A PATCH changes a card and has no `msg_type`.
        None if method == "PATCH" => {
            at_most("the update of a card", bytes, CARD_BYTES_MAX)?;
            content.map_or(Ok(()), |card| check_card("content", card))
        }
        Some("text") => {
            at_most("the message", bytes, MESSAGE_BYTES_MAX)?;
            content.map_or(Ok(()), check_text)
        }
        _ => at_most("the message", bytes, MESSAGE_BYTES_MAX),
    }
}

/// A text that is no string, or has half of a character, is left for Lark.
fn check_text(content: &str) -> Result<(), MessageRefusal> {
    let is_object = content.trim_start().starts_with('{') && serde_json::from_str::<&RawValue>(content).is_ok();
    let is_there = match serde_json::from_str(content) {
        Ok(TextContent { text }) => text.is_some_and(|text| text.as_str() != Some("")),
        Err(_other) => true,
    };
    if is_object && is_there {
        Ok(())
    } else {
        Err(MessageRefusal::NoText)
    }
}

fn at_most(what: &'static str, bytes: usize, bytes_max: usize) -> Result<(), MessageRefusal> {
    if bytes > bytes_max {
        return Err(MessageRefusal::TooLarge { what, bytes, bytes_max });
    }
    Ok(())
}
