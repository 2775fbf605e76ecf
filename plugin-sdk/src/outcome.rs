//! What a plugin made of an event or a task: a reply, and what is to be done after it.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::Failure;

/// A reply and the tasks that follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What goes back to Lark.
    pub reply: Reply,
    /// Done one after the other, after the reply was written.
    pub tasks: Vec<NewTask>,
}

/// What goes back to Lark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Not mine: the next plugin for this event type is asked.
    Pass,
    /// Done, nothing to say.
    None,
    /// Done, with this JSON text.
    Json(String),
}

impl Outcome {
    /// Done, nothing to say: a card stays as it is.
    pub fn done() -> Self {
        Self {
            reply: Reply::None,
            tasks: Vec::new(),
        }
    }

    /// Not mine: the next plugin for this event type is asked.
    pub fn pass() -> Self {
        Self {
            reply: Reply::Pass,
            tasks: Vec::new(),
        }
    }

    /// Done, with a reply: [`CardReply`](crate::CardReply), [`PreviewReply`](crate::PreviewReply), or any value of
    /// your own in the shape that Lark documents.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when the value has no JSON form, for example card data that is not an object.
    pub fn reply<T: Serialize + ?Sized>(reply: &T) -> Result<Self, Failure> {
        Ok(Self {
            reply: Reply::Json(write(reply)?),
            tasks: Vec::new(),
        })
    }

    /// Adds a task, to be done after those that were added before it.
    #[must_use]
    pub fn with_task(mut self, task: NewTask) -> Self {
        self.tasks.push(task);
        self
    }

    /// The reply as a value, when it is JSON: for tests.
    pub fn reply_json(&self) -> Option<Value> {
        match &self.reply {
            Reply::Json(text) => serde_json::from_str(text).ok(),
            Reply::Pass | Reply::None => None,
        }
    }
}

/// Work to be done after the reply, by [`Plugin::run`](crate::Plugin::run).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// The plugin that does it; the one that asks when absent.
    pub plugin: Option<String>,
    /// What is to be done.
    pub name: String,
    /// JSON text.
    pub payload: String,
    /// How long it waits; the border counts in milliseconds.
    pub delay: Duration,
}

impl NewTask {
    /// A task for this plugin, to be done at once.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when the payload has no JSON form.
    pub fn new<T: Serialize + ?Sized>(name: impl Into<String>, payload: &T) -> Result<Self, Failure> {
        Ok(Self {
            plugin: None,
            name: name.into(),
            payload: write(payload)?,
            delay: Duration::ZERO,
        })
    }

    /// Lets another plugin do it. The operator must have granted it (`tasks = ["plugin/name"]`); ask for it in
    /// [`WANTS`](crate::Plugin::WANTS), so that this is known at once.
    #[must_use]
    pub fn by(mut self, plugin: impl Into<String>) -> Self {
        self.plugin = Some(plugin.into());
        self
    }

    /// Waits before it is done.
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
