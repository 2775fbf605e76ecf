//! The result of a call: a reply, and the tasks to run after it.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::Failure;

/// A reply and the tasks that follow it.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use serde_json::json;
/// let outcome = Outcome::reply(&CardReply::toast(Toast::info("正在处理")))?
///     .with_task(NewTask::new("report", &json!({"days": 7}))?);
/// assert_eq!(outcome.reply_json().unwrap()["toast"]["content"], "正在处理");
/// assert_eq!(outcome.assert_task("report").payload, r#"{"days":7}"#);
/// Outcome::pass().assert_pass();
/// Outcome::done().assert_done();
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The reply to Lark.
    pub reply: Reply,
    /// Run one after the other, after the reply was stored.
    pub tasks: Vec<NewTask>,
}

/// The reply to Lark.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// use lark_plugin_sdk::Reply;
///
/// // In a test, where `assert_pass`, `assert_done` and `assert_reply` are not enough.
/// assert_eq!(Outcome::pass().reply, Reply::Pass);
/// assert_eq!(Outcome::done().reply, Reply::None);
/// assert!(matches!(Outcome::reply("text")?.reply, Reply::Json(json) if json == "\"text\""));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Not for this plugin: the next plugin for this event type is called.
    Pass,
    /// Handled, without a reply.
    None,
    /// Handled, with this JSON text as the reply.
    Json(String),
}

impl Outcome {
    /// Handled, without a reply: a card stays as it is.
    pub fn done() -> Self {
        Self {
            reply: Reply::None,
            tasks: Vec::new(),
        }
    }

    /// Not for this plugin: the next plugin for this event type is called.
    pub fn pass() -> Self {
        Self {
            reply: Reply::Pass,
            tasks: Vec::new(),
        }
    }

    /// Handled, with a reply: [`CardReply`](crate::CardReply), [`PreviewReply`](crate::PreviewReply), or a value of your own
    /// in the shape that Lark documents.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when the value cannot be serialized as JSON, for example card data that is not an object.
    pub fn reply<T: Serialize + ?Sized>(reply: &T) -> Result<Self, Failure> {
        Ok(Self {
            reply: Reply::Json(write(reply)?),
            tasks: Vec::new(),
        })
    }

    /// Adds a task; tasks run in the order in which they were added.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use serde_json::json;
    /// let outcome = Outcome::done()
    ///     .with_task(NewTask::new("first", &json!({}))?)
    ///     .with_task(NewTask::new("second", &json!({"days": 7}))?);
    /// assert_eq!((outcome.tasks[1].name.as_str(), outcome.tasks[1].payload.as_str()), ("second", r#"{"days":7}"#));
    /// # Ok::<(), Failure>(())
    /// ```
    #[must_use]
    pub fn with_task(mut self, task: NewTask) -> Self {
        self.tasks.push(task);
        self
    }

    /// Returns the reply as a JSON value, if it is one; for tests.
    pub fn reply_json(&self) -> Option<Value> {
        match &self.reply {
            Reply::Json(text) => serde_json::from_str(text).ok(),
            Reply::Pass | Reply::None => None,
        }
    }
}

/// A task to run after the reply, in [`Plugin::run`](crate::Plugin::run).
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use serde_json::json;
/// use std::time::Duration;
///
/// let tomorrow = Duration::from_secs(86_400);
/// let remind = NewTask::new("remind", &json!({"open_id": "ou_anna"}))?.after(tomorrow);
/// assert_eq!((remind.name.as_str(), remind.delay), ("remind", tomorrow));
/// assert_eq!(remind.payload, r#"{"open_id":"ou_anna"}"#);
///
/// // The built-in plugin asks a person to let the application act for them; the grant is `tasks = ["card-auth/request"]`.
/// let ask = NewTask::new("request", &json!({"open_id": "ou_anna", "scope": ["calendar:calendar:readonly"]}))?;
/// let ask = ask.by("card-auth");
/// assert_eq!(ask.plugin.as_deref(), Some("card-auth"));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// The plugin that runs it; this plugin when absent.
    pub plugin: Option<String>,
    /// The name of the task.
    pub name: String,
    /// JSON text.
    pub payload: String,
    /// The delay before it runs, in whole milliseconds at the border.
    pub delay: Duration,
}

impl NewTask {
    /// A task for this plugin, to run at once.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when the payload cannot be serialized as JSON.
    pub fn new<T: Serialize + ?Sized>(name: impl Into<String>, payload: &T) -> Result<Self, Failure> {
        Ok(Self {
            plugin: None,
            name: name.into(),
            payload: write(payload)?,
            delay: Duration::ZERO,
        })
    }

    /// Gives the task to another plugin. The operator must have granted it (`tasks = ["plugin/name"]`); list the grant in
    /// [`WANTS`](crate::Plugin::WANTS), so that a missing one shows when the plugin is loaded.
    #[must_use]
    pub fn by(mut self, plugin: impl Into<String>) -> Self {
        self.plugin = Some(plugin.into());
        self
    }

    /// Delays the task.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

fn write<T: Serialize + ?Sized>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value)
        .map_err(|error| Failure::permanent(format_args!("the value has no JSON form: {error}")))
}
