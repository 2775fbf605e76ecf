//! Calls of a plugin whose outcome is judged as a server judges it.

use super::FakeHost;
use super::limits::refused_reply;
use crate::{Event, Failure, Outcome, Plugin, Task};

/// Calls of a plugin, in tests.
impl FakeHost {
    /// Has a plugin handle an event, and asserts that a server would take what comes: the reply is one to this event, and its
    /// card one that Lark shows; its tasks are within the limits.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use serde_json::json;
    /// # #[derive(Default)]
    /// # struct Greeter;
    /// # impl Plugin for Greeter {
    /// #     const EVENTS: &'static [&'static str] = &["card.action.trigger"];
    /// #     fn handle(&self, _host: &dyn Host, _event: &Event) -> Result<Outcome, Failure> {
    /// #         Outcome::reply(&CardReply::toast(Toast::info("hi")))
    /// #     }
    /// # }
    /// let host = FakeHost::new();
    /// host.handle(&Greeter, &Event::card_action("ou_anna", json!({})))?.assert_toast("hi");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The plugin's own failure.
    ///
    /// # Panics
    ///
    /// When a server would refuse the outcome; the message is the server's.
    #[track_caller]
    pub fn handle(&self, plugin: &impl Plugin, event: &Event) -> Result<Outcome, Failure> {
        let outcome = plugin.handle(self, event)?;
        let refused = refused_reply(event, &outcome);
        assert!(refused.is_none(), "{}", refused.unwrap_or_default());
        Ok(self.with_good_tasks(outcome))
    }

    /// Has a plugin run a task, and asserts that a server would take what comes.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # #[derive(Default)]
    /// # struct Cleaner;
    /// # impl Plugin for Cleaner {
    /// #     const EVENTS: &'static [&'static str] = &["*"];
    /// #     fn handle(&self, _: &dyn Host, _: &Event) -> Result<Outcome, Failure> { Ok(Outcome::done()) }
    /// #     fn run(&self, _: &dyn Host, _: &Task) -> Result<Outcome, Failure> { Ok(Outcome::done()) }
    /// # }
    /// FakeHost::new().run(&Cleaner, &Task::new("tidy", &())?)?.assert_done();
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The plugin's own failure.
    ///
    /// # Panics
    ///
    /// When a server would refuse the outcome; the message is the server's.
    #[track_caller]
    pub fn run(&self, plugin: &impl Plugin, task: &Task) -> Result<Outcome, Failure> {
        plugin.run(self, task).map(|outcome| self.with_good_tasks(outcome))
    }

    #[track_caller]
    fn with_good_tasks(&self, outcome: Outcome) -> Outcome {
        let refused = self.limits.check_tasks(&outcome.tasks).err();
        let said = refused.map(|refused| {
            format!(
                "a server would refuse the tasks ({}): {}",
                refused.code, refused.message
            )
        });
        assert!(said.is_none(), "{}", said.unwrap_or_default());
        outcome
    }
}
