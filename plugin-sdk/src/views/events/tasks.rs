//! Events of the group `tasks`.
//!
//! Generated from `schema/events.json`; change that, not this.

view! {
    /// A comment on a task that the application made was written, changed or deleted.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::TaskCommentUpdated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(TaskCommentUpdated::TYPE, "usual");
    /// let updated: TaskCommentUpdated = event.payload()?;
    /// assert_eq!(updated.task_id, "7c21d04e");
    /// assert_eq!(updated.comment_id.as_deref(), Some("7310948823510941697"));
    /// assert_eq!(updated.obj_type, Some(1));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct TaskCommentUpdated {
        /// The comment.
        pub comment_id: Option<String>,
        /// 1 written, 2 a reply, 3 changed, 4 deleted.
        pub obj_type: Option<i64>,
        /// The comment that it replies to.
        pub parent_id: Option<String>,
        /// The task.
        pub task_id: String,
    }
}

impl TaskCommentUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "task.task.comment.updated_v1";
}

view! {
    /// A task that a user can see was changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::TaskAccessUpdated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(TaskAccessUpdated::TYPE, "usual");
    /// let updated: TaskAccessUpdated = event.payload()?;
    /// assert_eq!(updated.event_types, ["task_updated"]);
    /// assert_eq!(updated.task_guid, "7c21d04e-5b77-4e35-9a10-0f3b2c617d2e");
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct TaskAccessUpdated {
        /// What happened.
        pub event_types: Vec<String>,
        /// The task.
        pub task_guid: String,
    }
}

impl TaskAccessUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "task.task.update_user_access_v2";
}

view! {
    /// A task that the application made was changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::TaskUpdated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(TaskUpdated::TYPE, "usual");
    /// let updated: TaskUpdated = event.payload()?;
    /// assert_eq!(updated.task_id, "7c21d04e");
    /// assert_eq!(updated.obj_type, Some(1));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct TaskUpdated {
        /// What was changed: 1 its details, 2 its people, 3 its followers, 4 its reminder, 5 done, 6 not done, 7
        /// deleted.
        pub obj_type: Option<i64>,
        /// The task.
        pub task_id: String,
    }
}

impl TaskUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "task.task.updated_v1";
}
