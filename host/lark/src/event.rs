//! An event from Lark, independent of its shape on the wire.

use std::{fmt, sync::Arc};

/// The kind of an event: whether Lark waits for the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A request whose reply is shown to the user; Lark never redelivers it.
    Callback,
    /// A notification, which Lark redelivers until it is answered with 200.
    Event,
}

/// The types that Lark documents as callbacks; all others are events ("Configure callback subscription").
const CALLBACKS: [&str; 3] = ["card.action.trigger", "url.preview.get", "profile.view.get"];

impl Kind {
    /// Returns the kind of an event type.
    pub fn of(event_type: &str) -> Self {
        if CALLBACKS.contains(&event_type) {
            Self::Callback
        } else {
            Self::Event
        }
    }
}

/// The shape in which an event arrived; the reply must have the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// `schema`, `header`, `event`.
    V2,
    /// `uuid`, `type: event_callback`, `event`. It has no callbacks.
    V1,
    /// The flat card callback, signed with SHA-1; its payload is rewritten to the shape of `card.action.trigger`, and
    /// fields that have no place there are under `card_v1`.
    CardV1,
    /// A browser's return from the authorize page. Only this server creates it; a posted request never has it.
    Redirect,
}

impl Schema {
    /// Returns the name that plugins see.
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
/// Names and ids are strings of at most 256 bytes, or numbers as written; anything else counts as absent.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// `event_id` (2.0) or `uuid` (1.0). Without one, a digest with its method as prefix: `sha256-…` of the decrypted JSON
    /// text, or `sha1-…` (the signature) for the flat v1 card. A return from the authorize page has the digest of its
    /// parameters.
    pub id: Arc<str>,
    /// Lark's event type, for example `im.message.receive_v1`; empty when it is not a string.
    pub event_type: Arc<str>,
    /// Callback or event.
    pub kind: Kind,
    /// The shape in which it arrived.
    pub schema: Schema,
    /// `cli_…`; empty in the flat v1 card, which does not name it.
    pub app_id: Arc<str>,
    /// The tenant in which the application is installed.
    pub tenant_key: Arc<str>,
    /// The time Lark created it, in milliseconds since 1970; 0 when Lark sent none.
    pub create_time_ms: u64,
    /// The `event` object as the JSON text that Lark sent; `{}` when there was none.
    pub payload: Arc<str>,
    /// The id of a received message (`im.message.receive_v1`, and `message` in schema 1.0), because Lark may push one message
    /// under two event ids.
    pub message_id: Option<Arc<str>>,
}

/// Omits the payload, which holds people's messages and tokens.
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
