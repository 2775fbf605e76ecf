//! Events of the group `approval`.
//!
//! Generated from `schema/events.json`; change that, not this.

use serde_json::value::RawValue;

use crate::views::UserId;

view! {
    /// An approval definition was changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ApprovalDefinitionUpdated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ApprovalDefinitionUpdated::TYPE, "usual");
    /// let updated: ApprovalDefinitionUpdated = event.payload()?;
    /// assert_eq!(updated.object.approval_code.as_deref(), Some("5C1D7E40-91AB-4F2C-8E63-0B7D2A94F1C8"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ApprovalDefinitionUpdated {
        /// The definition as it is now.
        pub object: ApprovalDefinition,
    }
}

impl ApprovalDefinitionUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "approval.approval.updated_v4";
}

view! {
    /// The status of an approval instance changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ApprovalInstanceChanged, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ApprovalInstanceChanged::TYPE, "usual");
    /// let changed: ApprovalInstanceChanged = event.payload()?;
    /// assert_eq!(changed.approval_code, "5C1D7E40-91AB-4F2C-8E63-0B7D2A94F1C8");
    /// assert_eq!(changed.instance_code, "E3A90B62-4D7F-4C15-9A28-71F6C0D5B384");
    /// assert_eq!(changed.start_user.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ApprovalInstanceChanged {
        /// The code of the approval definition.
        pub approval_code: String,
        /// The id in the other system, for approvals of other systems.
        pub external_id: Option<String>,
        /// The code of the approval instance.
        pub instance_code: String,
        /// Milliseconds since 1970, as text.
        pub operate_time: Option<String>,
        /// The person who asked.
        pub start_user: UserId,
        /// `PENDING`, `APPROVED`, `REJECTED`, `CANCELED`, `DELETED`, `REVERTED`, …
        pub status: String,
    }
}

impl ApprovalInstanceChanged {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "approval.instance.status_changed_v4";
}

view! {
    /// The status of a task of an approval changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ApprovalTaskChanged, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ApprovalTaskChanged::TYPE, "usual");
    /// let changed: ApprovalTaskChanged = event.payload()?;
    /// assert_eq!(changed.approval_code, "5C1D7E40-91AB-4F2C-8E63-0B7D2A94F1C8");
    /// assert_eq!(changed.assigned_user.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(changed.instance_code, "E3A90B62-4D7F-4C15-9A28-71F6C0D5B384");
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ApprovalTaskChanged {
        /// The code of the approval definition.
        pub approval_code: String,
        /// The person who has to decide.
        pub assigned_user: UserId,
        /// The code of the approval instance.
        pub instance_code: String,
        /// Milliseconds since 1970, as text.
        pub operate_time: Option<String>,
        /// `PENDING`, `APPROVED`, `REJECTED`, `TRANSFERRED`, `DONE`, …
        pub status: String,
        /// The id in the other system.
        pub task_external_id: Option<String>,
        /// The task.
        pub task_id: Option<String>,
    }
}

impl ApprovalTaskChanged {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "approval.task.status_changed_v4";
}

view! {
    /// A copy of an approval was sent, read or withdrawn.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ApprovalCopy, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ApprovalCopy::TYPE, "usual");
    /// let copy: ApprovalCopy = event.payload()?;
    /// assert_eq!(copy.approval_code, "5C1D7E40-91AB-4F2C-8E63-0B7D2A94F1C8");
    /// assert_eq!(copy.instance_code, "E3A90B62-4D7F-4C15-9A28-71F6C0D5B384");
    /// assert_eq!(copy.create_time, Some(1704067200000));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ApprovalCopy {
        /// The code of the approval definition.
        pub approval_code: String,
        /// Milliseconds since 1970.
        pub create_time: Option<i64>,
        /// The person who sent it.
        pub from_user_id: Option<String>,
        /// The copy.
        pub id: Option<String>,
        /// The code of the approval instance.
        pub instance_code: String,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// `CREATE`, `READ` or `DELETE`.
        pub operate: Option<String>,
        /// The user id in the tenant; present only if the application may read it.
        pub user_id: Option<String>,
    }
}

impl ApprovalCopy {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "approval_cc";
}

view! {
    /// The status of an approval instance changed. Lark sends it only after the definition was subscribed to.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ApprovalInstance, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ApprovalInstance::TYPE, "usual");
    /// let instance: ApprovalInstance = event.payload()?;
    /// assert_eq!(instance.approval_code, "5C1D7E40-91AB-4F2C-8E63-0B7D2A94F1C8");
    /// assert_eq!(instance.instance_code, "E3A90B62-4D7F-4C15-9A28-71F6C0D5B384");
    /// assert_eq!(instance.status, "APPROVED");
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ApprovalInstance {
        /// The code of the approval definition.
        pub approval_code: String,
        /// The code of the approval instance.
        pub instance_code: String,
        /// Milliseconds since 1970, as text.
        pub instance_operate_time: Option<String>,
        /// Milliseconds since 1970, as text, or as a number when it was reverted.
        pub operate_time: Option<Box<RawValue>>,
        /// `PENDING`, `APPROVED`, `REJECTED`, `CANCELED`, `DELETED`, `REVERTED`, `OVERTIME_CLOSE` or
        /// `OVERTIME_RECOVER`.
        pub status: String,
        /// The `uuid` with which the instance was made.
        pub uuid: Option<String>,
    }
}

impl ApprovalInstance {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "approval_instance";
}

view! {
    /// The status of a task of an approval changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ApprovalTask, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ApprovalTask::TYPE, "usual");
    /// let task: ApprovalTask = event.payload()?;
    /// assert_eq!(task.approval_code, "5C1D7E40-91AB-4F2C-8E63-0B7D2A94F1C8");
    /// assert_eq!(task.instance_code, "E3A90B62-4D7F-4C15-9A28-71F6C0D5B384");
    /// assert_eq!(task.status, "PENDING");
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ApprovalTask {
        /// The code of the approval definition.
        pub approval_code: String,
        /// The key of the node that its designer set.
        pub custom_key: Option<String>,
        /// The key of the node.
        pub def_key: Option<String>,
        /// More, as JSON text.
        pub extra_json: Option<String> = "extra",
        /// The code of the approval instance.
        pub instance_code: String,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// Milliseconds since 1970, as text.
        pub operate_time: Option<String>,
        /// `PENDING`, `APPROVED`, `REJECTED`, `TRANSFERRED`, `ROLLBACK`, `DONE`, `REVERTED`, …
        pub status: String,
        /// The task.
        pub task_id: Option<String>,
        /// The user id in the tenant; present only if the application may read it.
        pub user_id: Option<String>,
    }
}

impl ApprovalTask {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "approval_task";
}

view! {
    /// An approval definition.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ApprovalDefinitionUpdated, ApprovalDefinition}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ApprovalDefinitionUpdated::TYPE, "usual");
    /// let updated: ApprovalDefinitionUpdated = event.payload()?;
    /// let definition: &ApprovalDefinition = &updated.object;
    /// assert_eq!(definition.approval_code.as_deref(), Some("5C1D7E40-91AB-4F2C-8E63-0B7D2A94F1C8"));
    /// assert_eq!(definition.approval_id.as_deref(), Some("approval-id-7c21"));
    /// assert_eq!(definition.extra_json.as_deref(), Some("{}"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ApprovalDefinition {
        /// The code of the approval definition.
        pub approval_code: Option<String>,
        /// The definition, by its number.
        pub approval_id: Option<String>,
        /// More, as JSON text.
        pub extra_json: Option<String> = "extra",
        /// The form.
        pub form_definition_id: Option<String>,
        /// The process, as JSON text.
        pub process_obj: Option<String>,
        /// Milliseconds since 1970, as text.
        pub timestamp: Option<String>,
        /// The version.
        pub version_id: Option<String>,
        /// The kind of group of widgets.
        pub widget_group_type: Option<i64>,
    }
}
