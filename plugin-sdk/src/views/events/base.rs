//! Events of the group `base`.
//!
//! Generated from `schema/events.json`; change that, not this.

use serde_json::value::RawValue;

use crate::views::UserId;

view! {
    /// Fields of a table in Base were changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::BaseFieldChanged, prelude::*, testing::fixture};
    ///
    /// let event = fixture(BaseFieldChanged::TYPE, "usual");
    /// let changed: BaseFieldChanged = event.payload()?;
    /// assert_eq!(changed.action_list[0].action.as_deref(), Some("field_edited"));
    /// assert_eq!(changed.file_token, "doxcnK4vY2bT7QmL");
    /// assert_eq!(changed.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct BaseFieldChanged {
        /// The changes.
        pub action_list: Vec<FieldAction>,
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The number of the change.
        pub revision: Option<i64>,
        /// The people who subscribed to the document.
        pub subscriber_id_list: Vec<UserId>,
        /// The table.
        pub table_id: Option<String>,
        /// Seconds since 1970.
        pub update_time: Option<i64>,
    }
}

impl BaseFieldChanged {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.bitable_field_changed_v1";
}

view! {
    /// Records of a table in Base were changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::BaseRecordChanged, prelude::*, testing::fixture};
    ///
    /// let event = fixture(BaseRecordChanged::TYPE, "usual");
    /// let changed: BaseRecordChanged = event.payload()?;
    /// assert_eq!(changed.action_list[0].action.as_deref(), Some("record_edited"));
    /// assert_eq!(changed.file_token, "doxcnK4vY2bT7QmL");
    /// assert_eq!(changed.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct BaseRecordChanged {
        /// The changes.
        pub action_list: Vec<RecordAction>,
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The number of the change.
        pub revision: Option<i64>,
        /// The people who subscribed to the document.
        pub subscriber_id_list: Vec<UserId>,
        /// The table.
        pub table_id: Option<String>,
        /// Seconds since 1970.
        pub update_time: Option<i64>,
    }
}

impl BaseRecordChanged {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.bitable_record_changed_v1";
}

view! {
    /// A change of one field.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{BaseFieldChanged, FieldAction}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(BaseFieldChanged::TYPE, "usual");
    /// let changed: BaseFieldChanged = event.payload()?;
    /// let action: &FieldAction = &changed.action_list[0];
    /// assert_eq!(action.action.as_deref(), Some("field_edited"));
    /// assert_eq!(action.field_id.as_deref(), Some("fldT7QmL"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct FieldAction {
        /// `field_added`, `field_edited` or `field_deleted`.
        pub action: Option<String>,
        /// The field as it is now.
        pub after_value: Option<Box<RawValue>>,
        /// The field as it was.
        pub before_value: Option<Box<RawValue>>,
        /// The field.
        pub field_id: Option<String>,
    }
}

view! {
    /// A change of one record.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{BaseRecordChanged, RecordAction}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(BaseRecordChanged::TYPE, "usual");
    /// let changed: BaseRecordChanged = event.payload()?;
    /// let action: &RecordAction = &changed.action_list[0];
    /// assert_eq!(action.action.as_deref(), Some("record_edited"));
    /// assert_eq!(action.record_id.as_deref(), Some("recT7QmL"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct RecordAction {
        /// `record_added`, `record_edited` or `record_deleted`.
        pub action: Option<String>,
        /// The same with their new values.
        pub after_value: Option<Box<RawValue>>,
        /// The fields that changed, with their old values.
        pub before_value: Option<Box<RawValue>>,
        /// The record.
        pub record_id: Option<String>,
    }
}
