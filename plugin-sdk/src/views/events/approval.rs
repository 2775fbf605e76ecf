//! Events of the group `approval`.
//!
//! Generated from `schema/events.json`; change that, not this.

use serde_json::value::RawValue;

use crate::views::UserId;

view! {
    /// An approval definition was changed.
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
    /// A leave was approved.
    #[derive(Debug, Clone, Default)]
    pub struct LeaveApproval {
        /// End of the approval: seconds since 1970.
        pub end_time: Option<i64>,
        /// Texts in several languages.
        pub i18n_resources: Option<Box<RawValue>>,
        /// The code of the approval instance.
        pub instance_code: String,
        /// End of the leave.
        pub leave_end_time: Option<String>,
        /// Seconds.
        pub leave_interval: Option<i64>,
        /// The kind of leave, a key of `i18n_resources`.
        pub leave_name: Option<String>,
        /// The reason.
        pub leave_reason: Option<String>,
        /// Begin of the leave.
        pub leave_start_time: Option<String>,
        /// `DAY`, `HALF_DAY` or `HOUR`.
        pub leave_unit: Option<String>,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// The leave that this one cancels.
        pub origin_instance_code: Option<String>,
        /// Begin of the approval: seconds since 1970.
        pub start_time: Option<i64>,
        /// The user id in the tenant; present only if the application may read it.
        pub user_id: Option<String>,
    }
}

impl LeaveApproval {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "leave_approvalV2";
}

view! {
    /// A business trip was approved.
    #[derive(Debug, Clone, Default)]
    pub struct TripApproval {
        /// The user id of the person.
        pub employee_id: Option<String>,
        /// End of the approval: seconds since 1970.
        pub end_time: Option<i64>,
        /// The code of the approval instance.
        pub instance_code: String,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// Its parts.
        pub schedules: Vec<TripSchedule>,
        /// Begin of the approval: seconds since 1970.
        pub start_time: Option<i64>,
        /// Seconds.
        pub trip_interval: Option<i64>,
        /// Who goes along.
        pub trip_peers: Vec<String>,
        /// The reason.
        pub trip_reason: Option<String>,
    }
}

impl TripApproval {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "trip_approval";
}

view! {
    /// Overtime was approved.
    #[derive(Debug, Clone, Default)]
    pub struct WorkApproval {
        /// The user id of the person.
        pub employee_id: Option<String>,
        /// End of the approval: seconds since 1970.
        pub end_time: Option<i64>,
        /// The code of the approval instance.
        pub instance_code: String,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// Begin of the approval: seconds since 1970.
        pub start_time: Option<i64>,
        /// End.
        pub work_end_time: Option<String>,
        /// Seconds.
        pub work_interval: Option<i64>,
        /// The reason.
        pub work_reason: Option<String>,
        /// Begin.
        pub work_start_time: Option<String>,
        /// The kind of overtime.
        pub work_type: Option<String>,
    }
}

impl WorkApproval {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "work_approval";
}

view! {
    /// An approval definition.
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

view! {
    /// A part of a business trip.
    #[derive(Debug, Clone, Default)]
    pub struct TripSchedule {
        /// From where.
        pub departure: Option<String>,
        /// To where.
        pub destination: Option<String>,
        /// A note.
        pub remark: Option<String>,
        /// By what.
        pub transportation: Option<String>,
        /// End.
        pub trip_end_time: Option<String>,
        /// Seconds.
        pub trip_interval: Option<i64>,
        /// Begin.
        pub trip_start_time: Option<String>,
        /// One way or both ways.
        pub trip_type: Option<String>,
    }
}
