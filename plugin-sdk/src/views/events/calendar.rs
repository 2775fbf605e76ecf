//! Events of the group `calendar`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::UserId;

view! {
    /// A permission for a calendar was given.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::CalendarAclCreated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(CalendarAclCreated::TYPE, "usual");
    /// let created: CalendarAclCreated = event.payload()?;
    /// assert_eq!(created.scope.user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(created.user_id_list[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(created.acl_id.as_deref(), Some("acl-id-7c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct CalendarAclCreated {
        /// The permission.
        pub acl_id: Option<String>,
        /// `free_busy_reader`, `reader`, `writer` or `owner`.
        pub role: Option<String>,
        /// Whom it is for.
        pub scope: AclScope,
        /// The people to be told.
        pub user_id_list: Vec<UserId>,
    }
}

impl CalendarAclCreated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "calendar.calendar.acl.created_v4";
}

view! {
    /// A permission for a calendar was taken away.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::CalendarAclDeleted, prelude::*, testing::fixture};
    ///
    /// let event = fixture(CalendarAclDeleted::TYPE, "usual");
    /// let deleted: CalendarAclDeleted = event.payload()?;
    /// assert_eq!(deleted.scope.user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(deleted.user_id_list[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(deleted.acl_id.as_deref(), Some("acl-id-7c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct CalendarAclDeleted {
        /// The permission.
        pub acl_id: Option<String>,
        /// `free_busy_reader`, `reader`, `writer` or `owner`.
        pub role: Option<String>,
        /// Whom it is for.
        pub scope: AclScope,
        /// The people to be told.
        pub user_id_list: Vec<UserId>,
    }
}

impl CalendarAclDeleted {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "calendar.calendar.acl.deleted_v4";
}

view! {
    /// The list of calendars of people was changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::CalendarsChanged, prelude::*, testing::fixture};
    ///
    /// let event = fixture(CalendarsChanged::TYPE, "usual");
    /// let changed: CalendarsChanged = event.payload()?;
    /// assert_eq!(changed.user_id_list[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct CalendarsChanged {
        /// The people.
        pub user_id_list: Vec<UserId>,
    }
}

impl CalendarsChanged {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "calendar.calendar.changed_v4";
}

view! {
    /// An event of a calendar was changed; ask for it to see how.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::CalendarEventChanged, prelude::*, testing::fixture};
    ///
    /// let event = fixture(CalendarEventChanged::TYPE, "usual");
    /// let changed: CalendarEventChanged = event.payload()?;
    /// assert_eq!(changed.rsvp_infos[0].from_user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(changed.user_id_list[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(changed.calendar_event_id.as_deref(), Some("7c21d04e_0"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct CalendarEventChanged {
        /// The event.
        pub calendar_event_id: Option<String>,
        /// The calendar.
        pub calendar_id: Option<String>,
        /// `create`, `update`, `delete` or `rsvp`.
        pub change_type: Option<String>,
        /// Answers to the invitation, if these changed.
        pub rsvp_infos: Vec<RsvpInfo>,
        /// The people whose calendar it is.
        pub user_id_list: Vec<UserId>,
    }
}

impl CalendarEventChanged {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "calendar.calendar.event.changed_v4";
}

view! {
    /// Whom a permission is for.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{CalendarAclCreated, AclScope}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(CalendarAclCreated::TYPE, "usual");
    /// let created: CalendarAclCreated = event.payload()?;
    /// let scope: &AclScope = &created.scope;
    /// assert_eq!(scope.user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(scope.kind.as_deref(), Some("user"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct AclScope {
        /// `user`
        pub kind: Option<String> = "type",
        /// The person.
        pub user_id: UserId,
    }
}

view! {
    /// An answer to an invitation.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{CalendarEventChanged, RsvpInfo}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(CalendarEventChanged::TYPE, "usual");
    /// let changed: CalendarEventChanged = event.payload()?;
    /// let info: &RsvpInfo = &changed.rsvp_infos[0];
    /// assert_eq!(info.from_user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(info.rsvp_status.as_deref(), Some("accept"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct RsvpInfo {
        /// The person.
        pub from_user_id: UserId,
        /// `needs_action`, `accept`, `tentative`, `decline` or `removed`.
        pub rsvp_status: Option<String>,
    }
}
