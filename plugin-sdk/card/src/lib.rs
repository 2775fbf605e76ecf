//! What Lark refuses of a card, and of the message or reply that carries it, found before it is sent, with its place in the JSON.
//!
//! Only what Lark is known to refuse is an error, and what it would show as something else than was meant. A field or a
//! component that is not known here is left to Lark.

mod component;
mod counts;
pub mod message;
mod problem;
pub mod reply;
#[cfg(test)]
mod tests;
mod text;
mod trail;
mod walk;

use serde::de::DeserializeSeed as _;

pub use counts::tables_as_code;
pub use problem::{Problem, Refusal};

use walk::{Root, State};

/// Bytes of a card ("Send message": 30 KB).
pub const CARD_BYTES_MAX: usize = 30 << 10;

/// Components and texts of a card ("Card JSON 2.0 structure"; Lark's code 300305).
pub const ELEMENTS_MAX: usize = 200;

/// Tables of a card, those in Markdown among them ("Table component"; Lark's code 11310).
pub const TABLES_MAX: usize = 5;

/// Containers inside of each other ("Form container").
pub const CONTAINERS_MAX: usize = 5;

/// Characters of an `element_id` ("Card JSON 2.0 structure").
pub const ELEMENT_ID_CHARS_MAX: usize = 20;

/// Checks a card, as JSON text.
///
/// ```
/// let refusal = lark_card::check(r#"{"schema": "2.0", "body": {"elements": [{"tag": "form"}]}}"#).unwrap_err();
/// assert_eq!(refusal.path, "body.elements[0].name");
/// ```
///
/// # Errors
///
/// [`Refusal`] with the first problem and its place.
pub fn check(card_json: &str) -> Result<(), Refusal> {
    let bytes = card_json.len();
    if bytes > CARD_BYTES_MAX {
        return Err(Refusal::of_card(Problem::TooLarge { bytes }));
    }
    let mut state = State::default();
    let mut deserializer = serde_json::Deserializer::from_str(card_json);
    let walked = Root(&mut state).deserialize(&mut deserializer);
    if let Some(refusal) = state.into_refusal() {
        return Err(refusal);
    }
    // Text that is no JSON, or is nested deeper than anybody reads.
    walked.map_err(|_unread| Refusal::of_card(Problem::Unreadable))
}
