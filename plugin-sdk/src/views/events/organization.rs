//! Events of the group `organization`.
//!
//! Generated from `schema/events.json`; change that, not this.

use serde_json::value::RawValue;

use crate::views::Department;

view! {
    /// The part of the directory that the application may see was changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ContactScopeUpdated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ContactScopeUpdated::TYPE, "usual");
    /// let updated: ContactScopeUpdated = event.payload()?;
    /// assert_eq!(updated.added.departments[0].department_hrbps[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(updated.removed.departments[0].department_hrbps[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ContactScopeUpdated {
        /// What came.
        pub added: ScopePart,
        /// What went.
        pub removed: ScopePart,
    }
}

impl ContactScopeUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact.scope.updated_v3";
}

view! {
    /// URLs of a picture in several sizes.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ContactScopeUpdated, Avatar}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ContactScopeUpdated::TYPE, "usual");
    /// let updated: ContactScopeUpdated = event.payload()?;
    /// let avatar: &Avatar = &updated.added.users[0].avatar;
    /// assert_eq!(avatar.avatar_240.as_deref(), Some("https://example.com/240.png"));
    /// assert_eq!(avatar.avatar_640.as_deref(), Some("https://example.com/640.png"));
    /// assert_eq!(avatar.avatar_72.as_deref(), Some("https://example.com/72.png"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct Avatar {
        /// 240 pixels.
        pub avatar_240: Option<String>,
        /// 640 pixels.
        pub avatar_640: Option<String>,
        /// 72 pixels.
        pub avatar_72: Option<String>,
        /// As it was uploaded.
        pub avatar_origin: Option<String>,
    }
}

view! {
    /// A user of the tenant, with the fields that the application may read.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ContactScopeUpdated, ContactUser}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ContactScopeUpdated::TYPE, "usual");
    /// let updated: ContactScopeUpdated = event.payload()?;
    /// let user: &ContactUser = &updated.added.users[0];
    /// assert_eq!(user.avatar.avatar_240.as_deref(), Some("https://example.com/240.png"));
    /// assert_eq!(user.department_ids, ["od-3b91c7de5a024f86"]);
    /// assert_eq!(user.orders[0].department_id.as_deref(), Some("D-042"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ContactUser {
        /// The picture.
        pub avatar: Avatar,
        /// The city.
        pub city: Option<String>,
        /// The country.
        pub country: Option<String>,
        /// Fields that the tenant defined.
        pub custom_attrs: Option<Box<RawValue>>,
        /// The departments.
        pub department_ids: Vec<String>,
        /// Further managers.
        pub dotted_line_leader_user_ids: Vec<String>,
        /// The email address.
        pub email: Option<String>,
        /// The employee number.
        pub employee_no: Option<String>,
        /// 1 regular, 2 intern, 3 outsourced, 4 contractor, 5 consultant, or one of the tenant.
        pub employee_type: Option<i64>,
        /// The English name.
        pub en_name: Option<String>,
        /// The email address of the company.
        pub enterprise_email: Option<String>,
        /// 0 not said, 1 male, 2 female, 3 other.
        pub gender: Option<i64>,
        /// Whether the user is a super administrator.
        pub is_tenant_manager: Option<bool>,
        /// The job family.
        pub job_family_id: Option<String>,
        /// The job level.
        pub job_level_id: Option<String>,
        /// The job title.
        pub job_title: Option<String>,
        /// Seconds since 1970.
        pub join_time: Option<i64>,
        /// The manager.
        pub leader_user_id: Option<String>,
        /// The phone number.
        pub mobile: Option<String>,
        /// Whether others see the phone number.
        pub mobile_visible: Option<bool>,
        /// The displayed name.
        pub name: Option<String>,
        /// The alias.
        pub nickname: Option<String>,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// The places in departments.
        pub orders: Vec<UserOrder>,
        /// The positions.
        pub positions: Vec<UserPosition>,
        /// The state.
        pub status: UserStatus,
        /// The time zone.
        pub time_zone: Option<String>,
        /// `on_…`: one per person and developer.
        pub union_id: Option<String>,
        /// The user id in the tenant; present only if the application may read it.
        pub user_id: Option<String>,
        /// The desk.
        pub work_station: Option<String>,
    }
}

view! {
    /// Part of what the application can see.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ContactScopeUpdated, ScopePart}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ContactScopeUpdated::TYPE, "usual");
    /// let updated: ContactScopeUpdated = event.payload()?;
    /// let part: &ScopePart = &updated.added;
    /// assert_eq!(part.departments[0].department_hrbps[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(part.user_groups[0].member_count, Some(12));
    /// assert_eq!(part.users[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ScopePart {
        /// Departments.
        pub departments: Vec<Department>,
        /// User groups.
        pub user_groups: Vec<UserGroup>,
        /// Users.
        pub users: Vec<ContactUser>,
    }
}

view! {
    /// A user group.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ContactScopeUpdated, UserGroup}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ContactScopeUpdated::TYPE, "usual");
    /// let updated: ContactScopeUpdated = event.payload()?;
    /// let group: &UserGroup = &updated.added.user_groups[0];
    /// assert_eq!(group.member_count, Some(12));
    /// assert_eq!(group.name.as_deref(), Some("Fire wardens"));
    /// assert_eq!(group.status, Some(1));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct UserGroup {
        /// How many people.
        pub member_count: Option<i64>,
        /// Its name.
        pub name: Option<String>,
        /// Its state.
        pub status: Option<i64>,
        /// 1 made by hand.
        pub kind: Option<i64> = "type",
        /// The group.
        pub user_group_id: Option<String>,
    }
}

view! {
    /// The place of a user in a department.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ContactScopeUpdated, UserOrder}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ContactScopeUpdated::TYPE, "usual");
    /// let updated: ContactScopeUpdated = event.payload()?;
    /// let order: &UserOrder = &updated.added.users[0].orders[0];
    /// assert_eq!(order.department_id.as_deref(), Some("D-042"));
    /// assert_eq!(order.department_order, Some(1));
    /// assert_eq!(order.is_primary_dept, Some(true));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct UserOrder {
        /// The department id, as the tenant sets it.
        pub department_id: Option<String>,
        /// The place of the department among those of the user.
        pub department_order: Option<i64>,
        /// Whether it is the main department.
        pub is_primary_dept: Option<bool>,
        /// The place among the users of the department.
        pub user_order: Option<i64>,
    }
}

view! {
    /// A position of a user.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ContactScopeUpdated, UserPosition}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ContactScopeUpdated::TYPE, "usual");
    /// let updated: ContactScopeUpdated = event.payload()?;
    /// let position: &UserPosition = &updated.added.users[0].positions[0];
    /// assert_eq!(position.department_id.as_deref(), Some("D-042"));
    /// assert_eq!(position.is_major, Some(true));
    /// assert_eq!(position.leader_position_code.as_deref(), Some("leader-position-code-7c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct UserPosition {
        /// The department id, as the tenant sets it.
        pub department_id: Option<String>,
        /// Whether it is the main position.
        pub is_major: Option<bool>,
        /// The position of the manager.
        pub leader_position_code: Option<String>,
        /// The user id of the manager.
        pub leader_user_id: Option<String>,
        /// The code of the position.
        pub position_code: Option<String>,
        /// Its name.
        pub position_name: Option<String>,
    }
}

view! {
    /// The state of a user.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ContactScopeUpdated, UserStatus}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ContactScopeUpdated::TYPE, "usual");
    /// let updated: ContactScopeUpdated = event.payload()?;
    /// let status: &UserStatus = &updated.added.users[0].status;
    /// assert_eq!(status.is_activated, Some(true));
    /// assert_eq!(status.is_exited, Some(false));
    /// assert_eq!(status.is_frozen, Some(false));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct UserStatus {
        /// The account was activated.
        pub is_activated: Option<bool>,
        /// The person left the tenant by themselves.
        pub is_exited: Option<bool>,
        /// The account is suspended.
        pub is_frozen: Option<bool>,
        /// The person has left.
        pub is_resigned: Option<bool>,
        /// The person has not joined yet.
        pub is_unjoin: Option<bool>,
    }
}
