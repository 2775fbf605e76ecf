//! The input of a call: an event from Lark, or a task.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::{Failure, json_text};

/// The kind of an event: whether Lark waits for the reply.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// use lark_plugin_sdk::Kind;
///
/// let click = Event::card_action("ou_anna", "likes");
/// assert_eq!(click.kind, Kind::Callback); // the reply is shown
/// assert_eq!(Event::text_message("ou_anna", "hi").kind, Kind::Event); // a reply would be ignored
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A request (a card click, a link preview): the reply is shown to the user, and Lark never redelivers it.
    Callback,
    /// A notification: the reply is ignored.
    Event,
}

/// One event that Lark sent, verified and decrypted by the host.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # let mut event = Event::text_message("ou_anna", "hi");
/// # event.attempt = 2;
/// if event.attempt > 1 {
///     host.log().warn(&format!("{} {} once more", event.event_type, event.id));
/// }
/// let age_ms = host.now_ms().saturating_sub(event.create_time_ms);
/// if event.kind == lark_plugin_sdk::Kind::Event && age_ms > 600_000 || event.budget_ms < 500 {
///     return Ok(()); // too late to be of use
/// }
/// host.kv().is_first(&format!("{}/{}/{}", event.app_id, event.tenant_key, event.id), None)?;
/// assert_eq!((event.schema.as_str(), event.attribute("of a newer host")), ("2.0", None));
/// # assert!(event.attributes.is_empty());
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Lark's id, unique per application. Use it as the key for anything that must happen only once.
    pub id: String,
    /// Lark's event type, for example `card.action.trigger`; empty when Lark sent none that is a string.
    pub event_type: String,
    /// Callback or notification.
    pub kind: Kind,
    /// `2.0`, `1.0`, `card-v1` for the flat card callback (whose payload the host rewrote to the 2.0 shape), or `redirect`
    /// for a browser returning from the authorize page.
    pub schema: String,
    /// `cli_…`; empty in the flat card callback, which does not name it.
    pub app_id: String,
    /// The tenant in which the application is installed.
    pub tenant_key: String,
    /// The time Lark created it, in milliseconds since 1970; 0 when Lark sent none.
    pub create_time_ms: u64,
    /// The `event` object, as the JSON text that Lark sent. It may hold message texts and card tokens: do not log it.
    pub payload: String,
    /// The number of this attempt; 1 for the first.
    pub attempt: u32,
    /// The time budget of this call, in milliseconds from its start.
    pub budget_ms: u32,
    /// Fields added by newer hosts.
    pub attributes: Vec<(String, String)>,
    pub(crate) mended: Mended,
}

impl Event {
    /// Reads the payload as one of the views of this crate, or as any type of your own; a type with borrowed fields
    /// takes them from the event without a copy.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use serde_json::json;
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// struct Renamed<'a> {
    ///     chat_id: &'a str,
    /// }
    ///
    /// let event = Event::new("im.chat.updated_v1", &json!({"chat_id": "oc_team", "after_change": {"name": "Team"}}));
    /// let renamed: Renamed = event.payload()?;
    /// assert_eq!(renamed.chat_id, "oc_team");
    /// let whole: serde_json::Value = event.payload()?;
    /// assert_eq!(whole["after_change"]["name"], "Team");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when the payload does not fit, because a retry would read the same payload.
    pub fn payload<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Failure> {
        self.mended.read(&self.payload)
    }

    /// Returns the value of an attribute, if the host sent it.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        find(&self.attributes, name)
    }
}

/// Omits the payload, which may hold data that must not be logged.
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

/// A task that is due, scheduled by an [`Outcome`](crate::Outcome) or by the operator.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use serde_json::json;
/// let task = Task::new("report", &json!({"days": 7}))?;
/// let payload: serde_json::Value = task.payload()?;
/// assert_eq!((task.name.as_str(), &payload["days"]), ("report", &json!(7)));
/// assert_eq!(task.scheduled_at_ms(), None); // somebody asked for it
/// # Ok::<(), Failure>(())
/// ```
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # let task = Task::new("report", &serde_json::json!({}))?;
/// if task.attempt > 5 || task.budget_ms < 200 {
///     return Err(Failure::permanent("the report was never made"));
/// }
/// let by = if task.requested_by.is_empty() { "the operator" } else { &task.requested_by };
/// host.log().info(&format!("{} of {} for {by}", task.name, task.app_id));
/// // The id stays the same when the task is retried.
/// if host.kv().is_first(&format!("report/{}", task.id), None)? {
///     host.openapi().send_text(To::Chat("oc_team"), &task.payload)?;
/// }
/// assert_eq!(task.attribute("of a newer host"), None);
/// # assert!(task.attributes.is_empty());
/// # fake.assert_said("{}");
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Task {
    /// Stays the same when the task is retried.
    pub id: String,
    /// The name of the task.
    pub name: String,
    /// JSON text.
    pub payload: String,
    /// The plugin that scheduled it; empty for a task from the operator.
    pub requested_by: String,
    /// `cli_…`: the application for which it runs.
    pub app_id: String,
    /// The number of this attempt; 1 for the first.
    pub attempt: u32,
    /// The time budget of this call, in milliseconds from its start.
    pub budget_ms: u32,
    /// Fields added by newer hosts.
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

    /// Returns the value of an attribute, if the host sent it.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        find(&self.attributes, name)
    }

    /// Returns the time for which a [`Schedule`](crate::Schedule) runs it, in milliseconds since 1970; absent for any other
    /// task. It is the time that was meant, also when the task runs later.
    pub fn scheduled_at_ms(&self) -> Option<u64> {
        self.attribute("scheduled-at-ms")?.parse().ok()
    }

    /// The failure of a plugin that has nothing for a task of this name, with the names that it has. Of a plugin that returns
    /// it, a misspelt name is found by the first test that runs the task; one that is done with whatever it does not know
    /// stays silent.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// fn run(task: &Task) -> Result<Outcome, Failure> {
    ///     match task.name.as_str() {
    ///         "digest" => Ok(Outcome::done()),
    ///         _ => Err(task.unknown(&["digest"])),
    ///     }
    /// }
    /// let failure = run(&Task::new("digset", &())?).unwrap_err();
    /// assert_eq!(failure.message(), "the plugin does not know the task `digset`; it knows `digest`");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn unknown(&self, known: &[&str]) -> Failure {
        let name = &self.name;
        if known.is_empty() {
            return Failure::permanent(format_args!(
                "the plugin does not know the task `{name}`; it does no tasks"
            ));
        }
        let known = known.join("`, `");
        Failure::permanent(format_args!(
            "the plugin does not know the task `{name}`; it knows `{known}`"
        ))
    }
}

/// Omits the payload, as in [`Event`].
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

/// The payload with lone surrogates replaced, set on the first read of a payload that had some. It is kept because values
/// read from it may borrow from it.
#[derive(Clone, Default)]
pub(crate) struct Mended(OnceLock<String>);

impl Mended {
    /// The message of `serde_json` is safe to log: it names the position and quotes at most the one value that did not fit.
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

/// Ignored in comparisons: reading an event does not change it.
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
