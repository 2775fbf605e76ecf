//! Events of the group `absences`.
//!
//! Generated from `schema/events.json`; change that, not this.

use serde_json::value::RawValue;

view! {
    /// A leave was approved.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::LeaveApproval, prelude::*, testing::fixture};
    ///
    /// let event = fixture(LeaveApproval::TYPE, "usual");
    /// let approval: LeaveApproval = event.payload()?;
    /// assert_eq!(approval.instance_code, "E3A90B62-4D7F-4C15-9A28-71F6C0D5B384");
    /// assert_eq!(approval.end_time, Some(1704070800));
    /// assert_eq!(approval.leave_end_time.as_deref(), Some("2024-01-04 00:00:00"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::TripApproval, prelude::*, testing::fixture};
    ///
    /// let event = fixture(TripApproval::TYPE, "usual");
    /// let approval: TripApproval = event.payload()?;
    /// assert_eq!(approval.instance_code, "E3A90B62-4D7F-4C15-9A28-71F6C0D5B384");
    /// assert_eq!(approval.schedules[0].departure.as_deref(), Some("Beijing"));
    /// assert_eq!(approval.trip_peers, ["ou_91a7c3f05e2d4b68"]);
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::WorkApproval, prelude::*, testing::fixture};
    ///
    /// let event = fixture(WorkApproval::TYPE, "usual");
    /// let approval: WorkApproval = event.payload()?;
    /// assert_eq!(approval.instance_code, "E3A90B62-4D7F-4C15-9A28-71F6C0D5B384");
    /// assert_eq!(approval.employee_id.as_deref(), Some("b7c2e91d"));
    /// assert_eq!(approval.end_time, Some(1704070800));
    /// # Ok::<(), Failure>(())
    /// ```
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
    /// A part of a business trip.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{TripApproval, TripSchedule}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(TripApproval::TYPE, "usual");
    /// let approval: TripApproval = event.payload()?;
    /// let schedule: &TripSchedule = &approval.schedules[0];
    /// assert_eq!(schedule.departure.as_deref(), Some("Beijing"));
    /// assert_eq!(schedule.destination.as_deref(), Some("Shanghai"));
    /// assert_eq!(schedule.remark.as_deref(), Some("remark"));
    /// # Ok::<(), Failure>(())
    /// ```
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
