//! Events of the group `contact_v1`.
//!
//! Generated from `schema/events.json`; change that, not this.

view! {
    /// The part of the directory that the application may see was changed, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ContactScopeChangedV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ContactScopeChangedV1::TYPE, "usual");
    /// let changed: ContactScopeChangedV1 = event.payload()?;
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ContactScopeChangedV1 {
    }
}

impl ContactScopeChangedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact_scope_change";
}

view! {
    /// A department was made, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::DepartmentAddedV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(DepartmentAddedV1::TYPE, "usual");
    /// let added: DepartmentAddedV1 = event.payload()?;
    /// assert_eq!(added.open_department_id.as_deref(), Some("od-3b91c7de5a024f86"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct DepartmentAddedV1 {
        /// `od-…`: the department.
        pub open_department_id: Option<String>,
    }
}

impl DepartmentAddedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "dept_add";
}

view! {
    /// A department was deleted, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::DepartmentDeletedV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(DepartmentDeletedV1::TYPE, "usual");
    /// let deleted: DepartmentDeletedV1 = event.payload()?;
    /// assert_eq!(deleted.open_department_id.as_deref(), Some("od-3b91c7de5a024f86"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct DepartmentDeletedV1 {
        /// `od-…`: the department.
        pub open_department_id: Option<String>,
    }
}

impl DepartmentDeletedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "dept_delete";
}

view! {
    /// A department was changed, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::DepartmentUpdatedV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(DepartmentUpdatedV1::TYPE, "usual");
    /// let updated: DepartmentUpdatedV1 = event.payload()?;
    /// assert_eq!(updated.open_department_id.as_deref(), Some("od-3b91c7de5a024f86"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct DepartmentUpdatedV1 {
        /// `od-…`: the department.
        pub open_department_id: Option<String>,
    }
}

impl DepartmentUpdatedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "dept_update";
}

view! {
    /// A user joined the tenant, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::UserAddedV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(UserAddedV1::TYPE, "usual");
    /// let added: UserAddedV1 = event.payload()?;
    /// assert_eq!(added.employee_id.as_deref(), Some("b7c2e91d"));
    /// assert_eq!(added.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(added.union_id.as_deref(), Some("on_1c9e7a52d30b4f68"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct UserAddedV1 {
        /// The user id.
        pub employee_id: Option<String>,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// `on_…`: one per person and developer.
        pub union_id: Option<String>,
    }
}

impl UserAddedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "user_add";
}

view! {
    /// A user left the tenant, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::UserLeftV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(UserLeftV1::TYPE, "usual");
    /// let left: UserLeftV1 = event.payload()?;
    /// assert_eq!(left.employee_id.as_deref(), Some("b7c2e91d"));
    /// assert_eq!(left.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(left.union_id.as_deref(), Some("on_1c9e7a52d30b4f68"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct UserLeftV1 {
        /// The user id.
        pub employee_id: Option<String>,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// `on_…`: one per person and developer.
        pub union_id: Option<String>,
    }
}

impl UserLeftV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "user_leave";
}

view! {
    /// A user was changed, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::UserUpdatedV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(UserUpdatedV1::TYPE, "usual");
    /// let updated: UserUpdatedV1 = event.payload()?;
    /// assert_eq!(updated.employee_id.as_deref(), Some("b7c2e91d"));
    /// assert_eq!(updated.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(updated.union_id.as_deref(), Some("on_1c9e7a52d30b4f68"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct UserUpdatedV1 {
        /// The user id.
        pub employee_id: Option<String>,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// `on_…`: one per person and developer.
        pub union_id: Option<String>,
    }
}

impl UserUpdatedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "user_update";
}
