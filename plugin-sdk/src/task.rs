//! Tasks with a type of their own: what is scheduled is what is run.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Failure, NewTask, Task};

/// The payload of a task, with the name of the task.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// use lark_plugin_sdk::TaskKind;
/// use serde::{Deserialize, Serialize};
/// use std::time::Duration;
///
/// #[derive(Serialize, Deserialize)]
/// struct Remind { open_id: String }
///
/// impl TaskKind for Remind {
///     const NAME: &'static str = "remind";
/// }
///
/// # struct Reminder;
/// # impl Plugin for Reminder {
/// #     const EVENTS: &'static [&'static str] = &["*"];
/// fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
///     let remind = Remind { open_id: "ou_anna".to_owned() };
///     Ok(Outcome::done().with_task(NewTask::of(&remind)?.after(Duration::from_secs(3600))))
/// }
///
/// fn run(&self, host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
///     if let Some(remind) = task.read::<Remind>()? {
///         host.openapi().send_text(To::OpenId(&remind.open_id), "…")?;
///     }
///     Ok(Outcome::done())
/// }
/// # }
/// # let host = lark_plugin_sdk::testing::FakeHost::new();
/// # let outcome = Reminder.handle(&host, &Event::text_message("ou_anna", "hi"))?;
/// # Reminder.run(&host, &outcome.tasks[0].due()?)?;
/// # assert_eq!(host.calls().len(), 1);
/// # Ok::<(), Failure>(())
/// ```
pub trait TaskKind: Serialize + DeserializeOwned {
    /// The name of the task, one line of at most 128 bytes.
    const NAME: &'static str;
}

impl NewTask {
    /// A task for this plugin with this payload, to run at once.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::TaskKind;
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct Close { ticket: u32 }
    ///
    /// impl TaskKind for Close {
    ///     const NAME: &'static str = "close";
    /// }
    ///
    /// let close = NewTask::of(&Close { ticket: 7 })?;
    /// // In a test: the task as it comes when it is due.
    /// let due = close.due()?;
    /// assert_eq!(due.read::<Close>()?.map(|close| close.ticket), Some(7));
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when the payload cannot be serialized as JSON.
    pub fn of<T: TaskKind>(payload: &T) -> Result<Self, Failure> {
        Self::new(T::NAME, payload)
    }
}

impl Task {
    /// Reads the payload, if it is a task of this kind.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::TaskKind;
    /// # #[derive(serde::Serialize, serde::Deserialize)]
    /// # struct Close { ticket: u32 }
    /// # impl TaskKind for Close {
    /// #     const NAME: &'static str = "close";
    /// # }
    /// let task = Task::new("close", &Close { ticket: 7 })?;
    /// assert_eq!(task.read::<Close>()?.map(|close| close.ticket), Some(7));
    /// assert!(Task::new("other", &7)?.read::<Close>()?.is_none());
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when it has another shape: it was scheduled by another version of the plugin.
    pub fn read<T: TaskKind>(&self) -> Result<Option<T>, Failure> {
        if self.name == T::NAME {
            self.payload().map(Some)
        } else {
            Ok(None)
        }
    }
}
