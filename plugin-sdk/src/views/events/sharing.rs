//! Events of the group `sharing`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::UserId;

view! {
    /// People were given access to a document.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::FileMemberAdded, prelude::*, testing::fixture};
    ///
    /// let event = fixture(FileMemberAdded::TYPE, "usual");
    /// let added: FileMemberAdded = event.payload()?;
    /// assert_eq!(added.chat_list, ["oc_a41c7be02d9f4e35"]);
    /// assert_eq!(added.file_token, "doxcnK4vY2bT7QmL");
    /// assert_eq!(added.open_department_id_list, ["od-3b91c7de5a024f86"]);
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct FileMemberAdded {
        /// Chats that were given access.
        pub chat_list: Vec<String>,
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// Departments that were given access.
        pub open_department_id_list: Vec<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The people who subscribed to the document.
        pub subscriber_id_list: Vec<UserId>,
        /// The people.
        pub user_list: Vec<UserId>,
    }
}

impl FileMemberAdded {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.permission_member_added_v1";
}

view! {
    /// Somebody asks for access to a document.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::FileMemberApplied, prelude::*, testing::fixture};
    ///
    /// let event = fixture(FileMemberApplied::TYPE, "usual");
    /// let applied: FileMemberApplied = event.payload()?;
    /// assert_eq!(applied.application_chat_list, ["oc_a41c7be02d9f4e35"]);
    /// assert_eq!(applied.application_department_list, ["od-3b91c7de5a024f86"]);
    /// assert_eq!(applied.application_user_list[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct FileMemberApplied {
        /// Chats for which.
        pub application_chat_list: Vec<String>,
        /// Departments for which.
        pub application_department_list: Vec<String>,
        /// The note.
        pub application_remark: Option<String>,
        /// The people for whom.
        pub application_user_list: Vec<UserId>,
        /// The person who decides.
        pub approver_id: UserId,
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// The person who asks.
        pub operator_id: UserId,
        /// `view`, `edit` or `full_access`.
        pub permission: Option<String>,
        /// The people who subscribed to it.
        pub subscriber_ids: Vec<UserId>,
    }
}

impl FileMemberApplied {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.permission_member_applied_v1";
}

view! {
    /// People lost access to a document.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::FileMemberRemoved, prelude::*, testing::fixture};
    ///
    /// let event = fixture(FileMemberRemoved::TYPE, "usual");
    /// let removed: FileMemberRemoved = event.payload()?;
    /// assert_eq!(removed.chat_list, ["oc_a41c7be02d9f4e35"]);
    /// assert_eq!(removed.file_token, "doxcnK4vY2bT7QmL");
    /// assert_eq!(removed.open_department_id_list, ["od-3b91c7de5a024f86"]);
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct FileMemberRemoved {
        /// Chats that were given access.
        pub chat_list: Vec<String>,
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// Departments that were given access.
        pub open_department_id_list: Vec<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The people who subscribed to the document.
        pub subscriber_id_list: Vec<UserId>,
        /// The people.
        pub user_list: Vec<UserId>,
    }
}

impl FileMemberRemoved {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.permission_member_removed_v1";
}
