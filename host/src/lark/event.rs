//! One event that Lark sent, whatever its shape on the wire was.

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
    /// `uuid`, `type: event_callback`, `event`.
    V1,
    /// The flat card callback, signed with SHA-1; its payload is rewritten to the shape of `card.action.trigger`.
    CardV1,
}

impl Schema {
    /// The name that a plugin sees.
    pub fn name(self) -> &'static str {
        match self {
            Self::V2 => "2.0",
            Self::V1 => "1.0",
            Self::CardV1 => "card-v1",
        }
    }
}

/// An opened event: verified, decrypted, and in one form for all three shapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `event_id` (2.0), `uuid` (1.0); where Lark sends none, a digest with its rule's name in front.
    pub id: String,
    /// Lark's own name, for example `im.message.receive_v1`; empty when it is not a string.
    pub event_type: String,
    /// Whether the body of the answer counts.
    pub kind: Kind,
    /// The shape in which it arrived.
    pub schema: Schema,
    /// `cli_…`; empty in the flat v1 card, which does not name it.
    pub app_id: String,
    /// The tenant the application is installed in.
    pub tenant_key: String,
    /// When Lark made it, in milliseconds since 1970; 0 when it did not say.
    pub create_time_ms: u64,
    /// The `event` object as the JSON text that Lark sent.
    pub payload: String,
    /// `event.message.message_id` of a message: Lark may push the same message under two event ids.
    pub message_id: Option<String>,
}
