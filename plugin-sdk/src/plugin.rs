//! The trait that a plugin implements.

use crate::{Event, Failure, Host, Outcome, Task};

/// A plugin: says what it takes, and answers it.
///
/// A value of the plugin lives for one call. Whatever must survive goes into [`Kv`](crate::Kv).
pub trait Plugin {
    /// Lark's own names, for example `card.action.trigger`; `*` takes what no plugin takes by name.
    const EVENTS: &'static [&'static str];

    /// Shown to people; the package's name when absent.
    const NAME: Option<&'static str> = None;

    /// Shown to people; the package's version when absent.
    const VERSION: Option<&'static str> = None;

    /// What the plugin cannot work without. As long as something is missing the plugin is not started, and the
    /// operator reads which line to add.
    const WANTS: &'static [Want] = &[];

    /// True when a call that is not done inside the budget may go on after a neutral answer was given. A click is then
    /// answered with "working on it", and what the handler replies in the end updates the card.
    const FINISHES_LATE: bool = false;

    /// The place in the payload (a JSON pointer, RFC 6901) of the text by which events are put in order: of those with the
    /// same text there, each is handled when the one before it is at its end. `Some("/message/chat_id")` keeps the messages
    /// of a chat in order, and chats do not wait for each other.
    const ORDERING_KEY: Option<&'static str> = None;

    /// Answers one event.
    ///
    /// A callback's reply is what the user sees; an event's reply is ignored. [`Outcome::pass`] gives the event to
    /// the next plugin that takes this type.
    ///
    /// # Errors
    ///
    /// `?` on any error is "try again later"; [`Failure::permanent`] is "never".
    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure>;

    /// Does one task that an earlier outcome (or the operator) asked for.
    ///
    /// # Errors
    ///
    /// As in [`handle`](Self::handle). A plugin that does no tasks fails for good, so that nothing waits for it.
    fn run(&self, host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
        let _ = host;
        Err(Failure::permanent(format_args!(
            "no task named {:?} is done here",
            task.name
        )))
    }
}

/// Something that a plugin needs from the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// `config`, or the name of a list under `[grant]`.
    pub kind: &'static str,
    /// The key, or the entry of the list.
    pub value: &'static str,
    /// Why, in words for the operator.
    pub reason: &'static str,
}

impl Want {
    /// A key under `[config]` in the file beside the plugin.
    pub const fn config(key: &'static str, reason: &'static str) -> Self {
        Self {
            kind: "config",
            value: key,
            reason,
        }
    }

    /// An entry in the list `kind` under `[grant]`: `openapi`, `openapi_as_user`, `oauth` or `tasks`. A wider entry of the
    /// operator's that covers it will do.
    pub const fn grant(kind: &'static str, value: &'static str, reason: &'static str) -> Self {
        Self { kind, value, reason }
    }
}
