//! Events of the group `departments`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::UserId;

view! {
    /// A department was made.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::DepartmentCreated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(DepartmentCreated::TYPE, "usual");
    /// let created: DepartmentCreated = event.payload()?;
    /// assert_eq!(created.object.department_hrbps[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct DepartmentCreated {
        /// The department.
        pub object: Department,
    }
}

impl DepartmentCreated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact.department.created_v3";
}

view! {
    /// A department was deleted.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::DepartmentDeleted, prelude::*, testing::fixture};
    ///
    /// let event = fixture(DepartmentDeleted::TYPE, "usual");
    /// let deleted: DepartmentDeleted = event.payload()?;
    /// assert_eq!(deleted.object.department_hrbps[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(deleted.old_object.department_hrbps[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct DepartmentDeleted {
        /// The department as it is now.
        pub object: Department,
        /// The old values of the fields that changed.
        pub old_object: Department,
    }
}

impl DepartmentDeleted {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact.department.deleted_v3";
}

view! {
    /// A department was changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::DepartmentUpdated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(DepartmentUpdated::TYPE, "usual");
    /// let updated: DepartmentUpdated = event.payload()?;
    /// assert_eq!(updated.object.department_hrbps[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(updated.old_object.department_hrbps[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct DepartmentUpdated {
        /// The department as it is now.
        pub object: Department,
        /// The old values of the fields that changed.
        pub old_object: Department,
    }
}

impl DepartmentUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact.department.updated_v3";
}

view! {
    /// A department.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{DepartmentCreated, Department}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(DepartmentCreated::TYPE, "usual");
    /// let created: DepartmentCreated = event.payload()?;
    /// let department: &Department = &created.object;
    /// assert_eq!(department.department_hrbps[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(department.leaders[0].leader_id.as_deref(), Some("ou_91a7c3f05e2d4b68"));
    /// assert_eq!(department.status.is_deleted, Some(false));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct Department {
        /// `oc_…`: the chat of the department.
        pub chat_id: Option<String>,
        /// The HR partners.
        pub department_hrbps: Vec<UserId>,
        /// The department id, as the tenant sets it.
        pub department_id: Option<String>,
        /// The user id of the head of the department.
        pub leader_user_id: Option<String>,
        /// The heads.
        pub leaders: Vec<DepartmentLeader>,
        /// The name.
        pub name: Option<String>,
        /// `od-…`: the department.
        pub open_department_id: Option<String>,
        /// The place among its siblings.
        pub order: Option<i64>,
        /// The department above it; `0` for the tenant.
        pub parent_department_id: Option<String>,
        /// The state.
        pub status: DepartmentStatus,
        /// The business units.
        pub unit_ids: Vec<String>,
    }
}

view! {
    /// A head of a department.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{DepartmentCreated, DepartmentLeader}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(DepartmentCreated::TYPE, "usual");
    /// let created: DepartmentCreated = event.payload()?;
    /// let leader: &DepartmentLeader = &created.object.leaders[0];
    /// assert_eq!(leader.leader_id.as_deref(), Some("ou_91a7c3f05e2d4b68"));
    /// assert_eq!(leader.leader_type, Some(1));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct DepartmentLeader {
        /// The person.
        pub leader_id: Option<String> = "leaderID",
        /// 1 the head, 2 a deputy.
        pub leader_type: Option<i64> = "leaderType",
    }
}

view! {
    /// The state of a department.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{DepartmentCreated, DepartmentStatus}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(DepartmentCreated::TYPE, "usual");
    /// let created: DepartmentCreated = event.payload()?;
    /// let status: &DepartmentStatus = &created.object.status;
    /// assert_eq!(status.is_deleted, Some(false));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct DepartmentStatus {
        /// Whether it was deleted.
        pub is_deleted: Option<bool>,
    }
}
