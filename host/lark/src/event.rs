//! One event that Lark sent, whatever its shape on the wire was.

use std::{fmt, sync::Arc};

/// Whether Lark waits for the body of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A question: the body of the answer is shown to the user, and it is never sent again.
    Callback,
    /// A notification: it is sent again until it was answered with 200.
    Event,
}

/// The names that Lark documents as callbacks; everything else is an event ("Configure callback subscription").
const CALLBACKS: [&str; 3] = ["card.action.trigger", "url.preview.get", "profile.view.get"];

impl Kind {
    /// The kind of an event type, by name.
    pub fn of(event_type: &str) -> Self {
        if CALLBACKS.contains(&event_type) {
            Self::Callback
        } else {
            Self::Event
        }
    }
}

/// The shape in which the event arrived; the reply must have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// `schema`, `header`, `event`.
    V2,
    /// `uuid`, `type: event_callback`, `event`. It has no callbacks.
    V1,
    /// The flat card callback, signed with SHA-1; its payload is rewritten to the shape of `card.action.trigger`, and
    /// fields that have no place there are under `card_v1`.
    CardV1,
    /// A browser's return from the authorize page. Only this server makes it; nothing that is posted has it.
    Redirect,
}

impl Schema {
    /// The name that a plugin sees.
    pub fn name(self) -> &'static str {
        match self {
            Self::V2 => "2.0",
            Self::V1 => "1.0",
            Self::CardV1 => "card-v1",
            Self::Redirect => "redirect",
        }
    }
}

/// An opened event: verified, decrypted, and in one form for all three shapes.
///
/// A name or id is text of at most 256 bytes, or a number as it was written; anything else counts as not sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// `event_id` (2.0) or `uuid` (1.0). Where Lark sends none, the rule's name and a digest: `sha256-…` of the opened
    /// JSON text, or for the flat v1 card `sha1-…`, its signature. A return from the authorize page has the digest of what it
    /// brings.
    pub id: Arc<str>,
    /// Lark's own name, for example `im.message.receive_v1`; empty when it is not a string.
    pub event_type: Arc<str>,
    /// Whether the body of the answer counts.
    pub kind: Kind,
    /// The shape in which it arrived.
    pub schema: Schema,
    /// `cli_…`; empty in the flat v1 card, which does not name it.
    pub app_id: Arc<str>,
    /// The tenant the application is installed in.
    pub tenant_key: Arc<str>,
    /// When Lark made it, in milliseconds since 1970; 0 when it did not say.
    pub create_time_ms: u64,
    /// The `event` object as the JSON text that Lark sent; `{}` when there was none.
    pub payload: Arc<str>,
    /// The id of a message that arrives (`im.message.receive_v1`, and `message` in schema 1.0): Lark may push the same
    /// message under two event ids.
    pub message_id: Option<Arc<str>>,
}

/// Without the payload: it holds what people wrote, and tokens.
impl fmt::Debug for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Event")
            .field("id", &self.id)
            .field("event_type", &self.event_type)
            .field("kind", &self.kind)
            .field("schema", &self.schema)
            .field("app_id", &self.app_id)
            .field("tenant_key", &self.tenant_key)
            .field("create_time_ms", &self.create_time_ms)
            .field("payload_bytes", &self.payload.len())
            .field("message_id", &self.message_id)
            .finish()
    }
}
