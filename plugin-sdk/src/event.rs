//! What a plugin is called with: an event of Lark's, or a task.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::{Failure, json_text};

/// Whether Lark waits for the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A question (a card click, a link preview): the reply is shown to the user, and it is never sent again.
    Callback,
    /// A notification: the reply is ignored.
    Event,
}

/// One event that Lark sent, verified and decrypted by the host.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Lark's id, unique per application: the key for anything that must happen once.
    pub id: String,
    /// Lark's name, for example `card.action.trigger`; empty when Lark sent none that is a string.
    pub event_type: String,
    /// Whether the reply counts.
    pub kind: Kind,
    /// `2.0`, `1.0`, `card-v1` for the flat card callback, whose payload has the shape of 2.0 by now, or `redirect` for a
    /// browser that comes back from the authorize page.
    pub schema: String,
    /// `cli_…`; empty in the flat card callback, which does not name it.
    pub app_id: String,
    /// The tenant in which the application is installed.
    pub tenant_key: String,
    /// When Lark made it, in milliseconds since 1970; 0 when it did not say.
    pub create_time_ms: u64,
    /// The `event` object, as the JSON text that Lark sent. It may hold message texts and card tokens: do not log it.
    pub payload: String,
    /// 1 for the first try.
    pub attempt: u32,
    /// Milliseconds left for this call when it began.
    pub budget_ms: u32,
    /// What newer hosts add.
    pub attributes: Vec<(String, String)>,
    pub(crate) mended: Mended,
}

impl Event {
    /// Reads the payload as one of the views of this crate, or as any type of your own; a type with borrowed fields
    /// takes them from the event without a copy.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`]: the same payload will not read better the next time.
    pub fn payload<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Failure> {
        self.mended.read(&self.payload)
    }

    /// The value of an attribute, when the host gave it.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        find(&self.attributes, name)
    }
}

/// Without the payload, which may hold what must not reach a log.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("id", &self.id)
            .field("event_type", &self.event_type)
            .field("kind", &self.kind)
            .field("schema", &self.schema)
            .field("app_id", &self.app_id)
            .field("tenant_key", &self.tenant_key)
            .field("create_time_ms", &self.create_time_ms)
            .field("payload_bytes", &self.payload.len())
            .field("attempt", &self.attempt)
            .field("budget_ms", &self.budget_ms)
            .finish_non_exhaustive()
    }
}

/// Work that is due: asked for in an [`Outcome`](crate::Outcome), or by the operator.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Task {
    /// Stays the same when the task is tried again.
    pub id: String,
    /// What is to be done.
    pub name: String,
    /// JSON text.
    pub payload: String,
    /// The plugin that asked for it; empty when it was the operator.
    pub requested_by: String,
    /// `cli_…`: the application on whose behalf it is done.
    pub app_id: String,
    /// 1 for the first try.
    pub attempt: u32,
    /// Milliseconds left for this call when it began.
    pub budget_ms: u32,
    /// What newer hosts add.
    pub attributes: Vec<(String, String)>,
    pub(crate) mended: Mended,
}

impl Task {
    /// Reads the payload.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`], as in [`Event::payload`].
    pub fn payload<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Failure> {
        self.mended.read(&self.payload)
    }

    /// The value of an attribute, when the host gave it.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        find(&self.attributes, name)
    }
}

/// Without the payload, as in [`Event`].
impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("payload_bytes", &self.payload.len())
            .field("requested_by", &self.requested_by)
            .field("app_id", &self.app_id)
            .field("attempt", &self.attempt)
            .field("budget_ms", &self.budget_ms)
            .finish_non_exhaustive()
    }
}

/// The payload without halves of characters, once somebody has read it and it had some. It is kept, because what is read may
/// borrow from it.
#[derive(Clone, Default)]
pub(crate) struct Mended(OnceLock<String>);

impl Mended {
    /// `serde_json` names a place and what was wanted there, and quotes at most the one value that did not fit.
    fn read<'a, T: Deserialize<'a>>(&'a self, payload: &'a str) -> Result<T, Failure> {
        let read = serde_json::from_str(payload).or_else(|error| {
            match json_text::without_lone_surrogates(Cow::Borrowed(payload)) {
                Cow::Borrowed(_) => Err(error),
                Cow::Owned(mended) => serde_json::from_str(self.0.get_or_init(|| mended)),
            }
        });
        read.map_err(|error| Failure::permanent(format_args!("the payload has another shape: {error}")))
    }
}

/// What was read of an event makes it no other event.
impl PartialEq for Mended {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Mended {}

fn find<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}
