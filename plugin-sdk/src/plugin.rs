//! The trait that a plugin implements.

use crate::{Event, Failure, Host, Outcome, Task};

/// A plugin: declares the event types it handles, and handles them.
///
/// A value of the type lives for one call. State that must survive belongs in [`Kv`](crate::Kv).
///
/// ```
/// use lark_plugin_sdk::prelude::*;
/// use lark_plugin_sdk::grants;
///
/// #[derive(Default)]
/// struct Reporter;
///
/// impl Plugin for Reporter {
///     const EVENTS: &'static [&'static str] = &["im.message.receive_v1"];
///     const WANTS: &'static [Want] = &[
///         Want::config("chat", "the chat that gets the report"),
///         Want::openapi(grants::SEND_MESSAGE, "to send the report"),
///     ];
///     // The messages of a chat one after the other.
///     const ORDERING_KEY: Option<&'static str> = Some("/message/chat_id");
///     const SCHEDULES: &'static [Schedule] = &[Schedule::new("report", "0 9 * * 1-5").zone("Asia/Shanghai")];
///
///     fn handle(&self, host: &dyn Host, _event: &Event) -> Result<Outcome, Failure> {
///         host.kv().update_json("messages", None, |count: Option<u64>| Some(count.unwrap_or(0) + 1))?;
///         Ok(Outcome::done())
///     }
///
///     fn run(&self, host: &dyn Host, _task: &Task) -> Result<Outcome, Failure> {
///         let count = host.kv().get_json::<u64>("messages")?.map_or(0, |entry| entry.value);
///         let chat = host.config().require("chat")?;
///         host.openapi().send_text(To::Chat(&chat), &format!("{count} messages"))?;
///         Ok(Outcome::done())
///     }
/// }
///
/// # use lark_plugin_sdk::testing::FakeHost;
/// let host = FakeHost::new().with_config("chat", "oc_team");
/// Reporter.handle(&host, &Event::text_message("ou_anna", "hi"))?;
/// Reporter.run(&host, &Task::scheduled::<Reporter>("report", 1_767_232_800_000)?)?;
/// host.assert_said("1 messages");
/// # Ok::<(), Failure>(())
/// ```
pub trait Plugin {
    /// Lark's event types, for example `card.action.trigger`; `*` receives every type that no plugin lists by name.
    const EVENTS: &'static [&'static str];

    /// The display name; the package's name when absent.
    const NAME: Option<&'static str> = None;

    /// The displayed version; the package's version when absent.
    const VERSION: Option<&'static str> = None;

    /// Configuration and grants that the plugin requires. While one is missing the plugin is not loaded, and the log names
    /// the line to add.
    const WANTS: &'static [Want] = &[];

    /// True when a call that exceeds its budget may continue in the background. A click is then answered with "working on
    /// it", and the handler's reply updates the card later.
    const FINISHES_LATE: bool = false;

    /// A JSON pointer (RFC 6901) to the ordering key in the payload: events with the same key are handled one at a time, in
    /// order. `Some("/message/chat_id")` keeps the messages of a chat in order, and chats do not wait for each other.
    const ORDERING_KEY: Option<&'static str> = None;

    /// Tasks that run by themselves at certain times. The operator can change the times, and add others. A plugin that has some
    /// and no [`run`](Self::run) of its own does not compile.
    const SCHEDULES: &'static [Schedule] = &[];

    /// Handles one event.
    ///
    /// The reply to a callback is shown to the user; the reply to an event is ignored. [`Outcome::pass`] hands the event to
    /// the next plugin for this type.
    ///
    /// # Errors
    ///
    /// `?` on any error means "retry later"; [`Failure::permanent`] means "do not retry".
    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure>;

    /// Runs one task that an outcome or the operator scheduled.
    ///
    /// # Errors
    ///
    /// As in [`handle`](Self::handle). The default fails permanently, so that a task for a plugin without tasks is not retried.
    fn run(&self, host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
        // This body is compiled for plugins without a `run` of their own, and for them alone.
        const {
            assert!(
                Self::SCHEDULES.is_empty(),
                "SCHEDULES names a task, and nothing does it: write `fn run` in the `impl Plugin`"
            );
        }
        let _ = host;
        Err(task.unknown(&[]))
    }
}

/// A task that runs by itself: `Schedule::new("digest", "0 9 * * 1-5").zone("Asia/Shanghai")`.
///
/// It runs once at each time for each application that the plugin serves, however many servers share the work, with
/// [`Task::scheduled_at_ms`] set. When a clock skips a time, the task runs right after the gap; a fixed time that comes twice
/// counts once. After a stop of all servers the latest missed time is made up for, unless it is older than
/// [`late_ms_max`](Self::late_ms_max).
///
/// ```
/// use lark_plugin_sdk::Schedule;
///
/// const DIGEST: Schedule = Schedule::new("digest", "0 9 * * 1-5")
///     .zone("Asia/Shanghai")
///     .payload(r#"{"chat": "oc_team"}"#)
///     .late_ms_max(600_000); // ten minutes later nobody needs it any more
///
/// assert_eq!((DIGEST.task, DIGEST.at, DIGEST.zone), ("digest", "0 9 * * 1-5", "Asia/Shanghai"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The name of the task, for [`Plugin::run`].
    pub task: &'static str,
    /// Minute, hour, day of the month, month and day of the week, as in a crontab.
    pub at: &'static str,
    /// The time zone of `at`.
    pub zone: &'static str,
    /// The payload of the task, JSON text.
    pub payload: &'static str,
    /// The age up to which a missed time is made up for, in milliseconds.
    pub late_ms_max: u64,
}

impl Schedule {
    /// A task at these times in UTC, with the payload `{}`.
    pub const fn new(task: &'static str, at: &'static str) -> Self {
        Self {
            task,
            at,
            zone: "UTC",
            payload: "{}",
            late_ms_max: 3_600_000,
        }
    }

    /// The same with the times in this zone.
    #[must_use]
    pub const fn zone(mut self, zone: &'static str) -> Self {
        self.zone = zone;
        self
    }

    /// The same with this payload, JSON text.
    #[must_use]
    pub const fn payload(mut self, payload: &'static str) -> Self {
        self.payload = payload;
        self
    }

    /// The same with another age up to which a missed time is made up for, from a minute on.
    #[must_use]
    pub const fn late_ms_max(mut self, late_ms_max: u64) -> Self {
        self.late_ms_max = late_ms_max;
        self
    }

    /// The attribute of the description that names it.
    #[doc(hidden)]
    pub fn attribute(&self) -> (String, String) {
        // What is no JSON is told to the author when the plugin is loaded.
        let payload = serde_json::from_str(self.payload).unwrap_or(serde_json::Value::from(self.payload));
        let schedule = serde_json::json!({
            "task": self.task, "at": self.at, "zone": self.zone, "payload": payload, "late_ms_max": self.late_ms_max,
        });
        ("schedule".to_owned(), schedule.to_string())
    }
}

/// A requirement that the operator must meet.
///
/// ```
/// # use lark_plugin_sdk::grants;
/// use lark_plugin_sdk::Want;
///
/// const WANTS: &[Want] = &[
///     Want::config("team", "the name in the greeting"),
///     Want::openapi(grants::SEND_MESSAGE, "to greet"),
///     Want::http("GET https://api.example.com/v1/**", "to read tickets"),
///     Want::grant("tasks", "card-auth/request", "to ask for an authorization"),
/// ];
///
/// let [_, _, http, _] = WANTS else { unreachable!() };
/// assert_eq!((http.kind, http.value, http.reason), ("http", "GET https://api.example.com/v1/**", "to read tickets"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// `config`, or the name of a list under `[grant]`.
    pub kind: &'static str,
    /// The key, or the list entry.
    pub value: &'static str,
    /// The reason, shown to the operator.
    pub reason: &'static str,
    /// The type that the value of a key under `[config]` must have.
    pub config_type: Option<ConfigType>,
}

/// The type of a value under `[config]`, as TOML has it.
///
/// ```
/// use lark_plugin_sdk::{ConfigType, Want};
///
/// const WANTS: &[Want] = &[
///     Want::config("days", "how long drafts are kept").of(ConfigType::Integer),
///     Want::config("chats", "the chats that get the report").of(ConfigType::List),
/// ];
/// assert_eq!(ConfigType::List.name(), "list"); // as the server says it
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigType {
    /// A text in quotation marks, or a secret from elsewhere.
    Text,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Values in brackets.
    List,
    /// Keys with values.
    Table,
}

impl ConfigType {
    /// Returns the word of the interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::List => "list",
            Self::Table => "table",
        }
    }
}

impl Want {
    /// Requires a key under `[config]` in the `.toml` file beside the plugin.
    pub const fn config(key: &'static str, reason: &'static str) -> Self {
        Self {
            kind: "config",
            value: key,
            reason,
            config_type: None,
        }
    }

    /// The same with the type that the value must have. With a value of another type the plugin is not loaded, and the log
    /// says what it must be; [`Config::read`](crate::Config::read) reads it.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// use lark_plugin_sdk::ConfigType;
    ///
    /// const WANTS: &[Want] = &[Want::config("days", "how long drafts are kept").of(ConfigType::Integer)];
    /// # assert_eq!(WANTS[0].config_type, Some(ConfigType::Integer));
    /// ```
    #[must_use]
    pub const fn of(mut self, config_type: ConfigType) -> Self {
        self.config_type = Some(config_type);
        self
    }

    /// The attribute of the description that names the type.
    #[doc(hidden)]
    pub fn attribute(&self) -> Option<(String, String)> {
        let config_type = self.config_type?;
        // Without serde_json, which a plugin that only has wants need not bring along.
        let mut key = String::new();
        for letter in self.value.chars() {
            match letter {
                '"' | '\\' => key.extend(['\\', letter]),
                letter if letter.is_control() => key.push_str(&format!("\\u{:04x}", u32::from(letter))),
                letter => key.push(letter),
            }
        }
        let declared = format!("{{\"key\":\"{key}\",\"type\":\"{}\"}}", config_type.name());
        Some(("config".to_owned(), declared))
    }

    /// Requires a call of Lark: one of [`grants`](crate::grants), or a method and a path with `*` for each parameter.
    pub const fn openapi(entry: &'static str, reason: &'static str) -> Self {
        Self::grant("openapi", entry, reason)
    }

    /// Requires requests to another service: `POST https://api.example.com/v1/**`.
    pub const fn http(entry: &'static str, reason: &'static str) -> Self {
        Self::grant("http", entry, reason)
    }

    /// Requires an entry in the list `kind` under `[grant]`: `openapi`, `openapi_as_user`, `oauth`, `http`, `http_private` or
    /// `tasks`. A broader entry that covers it is enough.
    pub const fn grant(kind: &'static str, value: &'static str, reason: &'static str) -> Self {
        Self {
            kind,
            value,
            reason,
            config_type: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{ConfigType, Want};

    #[test]
    fn the_type_of_a_key_is_told_as_json_whatever_the_key_holds() {
        for key in ["days", "a \"b\" \\ c", "two\nlines\u{1}", "汉字"] {
            let (name, text) = Want::config(key, "why").of(ConfigType::List).attribute().unwrap();
            let declared: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(
                (name.as_str(), declared),
                ("config", json!({"key": key, "type": "list"}))
            );
        }
        assert_eq!(Want::config("days", "why").attribute(), None);
    }
}
