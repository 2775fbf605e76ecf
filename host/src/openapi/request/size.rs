//! Size limits of bodies, as Lark enforces them. Lark limits the request body, which is longer than the card in it, because
//! each quote in a `content` is escaped.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Method, RequestError, not_json};

/// A card or a rich text ("Send message", "Update message card", "Delay updating message card").
const CARD_BYTES_MAX: usize = 30 * 1024;

/// Any other message ("Send message").
const MESSAGE_BYTES_MAX: usize = 150 * 1024;

/// Any other body; no documented call takes as much in JSON.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The member that decides the size limit of a message.
#[derive(Deserialize)]
struct Message {
    msg_type: Option<String>,
}

/// Rejects a body that is not JSON or too large for its path.
pub(super) fn check(method: Method, path: &str, body: &str) -> Result<(), RequestError> {
    at_most("the body", body.len(), BODY_BYTES_MAX)?;
    serde_json::from_str::<&RawValue>(body).map_err(|error| not_json(&error))?;
    let segments: Vec<_> = path.split('/').skip(2).collect();
    match (method, segments.as_slice()) {
        // A message without a type is left for Lark to reject.
        (Method::Post | Method::Put | Method::Patch, ["im", "v1", "messages", ..]) => {
            serde_json::from_str(body).map_or(Ok(()), |message| check_message(method, &message, body.len()))
        }
        (Method::Post, ["interactive", "v1", "card", "update"]) => {
            at_most("the update of a card", body.len(), CARD_BYTES_MAX)
        }
        _ => Ok(()),
    }
}

fn check_message(method: Method, message: &Message, bytes: usize) -> Result<(), RequestError> {
    match message.msg_type.as_deref() {
        Some("interactive" | "post") => at_most("the message with its card or rich text", bytes, CARD_BYTES_MAX),
        // A PATCH changes a card and has no `msg_type`.
        None if method == Method::Patch => at_most("the update of a card", bytes, CARD_BYTES_MAX),
        _ => at_most("the message", bytes, MESSAGE_BYTES_MAX),
    }
}

fn at_most(what: &'static str, bytes: usize, bytes_max: usize) -> Result<(), RequestError> {
    if bytes > bytes_max {
        return Err(RequestError::TooLarge { what, bytes, bytes_max });
    }
    Ok(())
}
