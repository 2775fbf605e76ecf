//! The time that a call has left.

use std::time::Duration;

use crate::{Event, Host, Task};

/// The time that a call has left, counted from when it was asked for: ask at the beginning of a handler.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// use std::time::Duration;
///
/// # fn handle(host: &dyn Host, event: &Event) -> bool {
/// let deadline = event.deadline(host);
/// // …
/// if deadline.left() < Duration::from_millis(500) {
///     // answer with what there is, and do the rest in a task
/// #   return true;
/// }
/// # false
/// # }
/// # assert!(!handle(&FakeHost::new(), &Event::text_message("ou_anna", "hi")));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Deadline<'a> {
    host: &'a dyn Host,
    at_ms: u64,
}

impl Deadline<'_> {
    /// Returns the time that is left; nothing when it is over.
    pub fn left(&self) -> Duration {
        Duration::from_millis(self.at_ms.saturating_sub(self.host.now_ms()))
    }
}

impl Event {
    /// Starts to count the time of this call.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use std::time::Duration;
    /// # let event = Event::text_message("ou_anna", "hi");
    /// let deadline = event.deadline(host);
    /// fake.advance(Duration::from_millis(2_000));
    /// assert_eq!(deadline.left(), Duration::from_millis(400));
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn deadline<'a>(&self, host: &'a dyn Host) -> Deadline<'a> {
        let at_ms = host.now_ms().saturating_add(self.budget_ms.into());
        Deadline { host, at_ms }
    }
}

impl Task {
    /// Starts to count the time of this call.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use std::time::Duration;
    /// # let task = Task::new("import", &serde_json::json!({}))?;
    /// let deadline = task.deadline(host);
    /// for row in 0..1_000 {
    ///     if deadline.left() < Duration::from_millis(200) {
    ///         return Err(Failure::retry(format!("done up to row {row}")));
    ///     }
    ///     # break;
    /// }
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn deadline<'a>(&self, host: &'a dyn Host) -> Deadline<'a> {
        let at_ms = host.now_ms().saturating_add(self.budget_ms.into());
        Deadline { host, at_ms }
    }
}
