//! Events of the group `calendar`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::UserId;

view! {
    /// A permission for a calendar was given.
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
    #[derive(Debug, Clone, Default)]
    pub struct RsvpInfo {
        /// The person.
        pub from_user_id: UserId,
        /// `needs_action`, `accept`, `tentative`, `decline` or `removed`.
        pub rsvp_status: Option<String>,
    }
}
