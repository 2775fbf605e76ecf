//! Events of the group `rooms`.
//!
//! Generated from `schema/events.json`; change that, not this.

view! {
    /// A meeting room was made.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::MeetingRoomCreated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MeetingRoomCreated::TYPE, "usual");
    /// let created: MeetingRoomCreated = event.payload()?;
    /// assert_eq!(created.room_id, "omm_7c21d04e5b77");
    /// assert_eq!(created.room_name.as_deref(), Some("F3-07"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct MeetingRoomCreated {
        /// `omm_…`: the room.
        pub room_id: String,
        /// Its name.
        pub room_name: Option<String>,
    }
}

impl MeetingRoomCreated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "meeting_room.meeting_room.created_v1";
}

view! {
    /// A meeting room was deleted.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::MeetingRoomDeleted, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MeetingRoomDeleted::TYPE, "usual");
    /// let deleted: MeetingRoomDeleted = event.payload()?;
    /// assert_eq!(deleted.room_id, "omm_7c21d04e5b77");
    /// assert_eq!(deleted.room_name.as_deref(), Some("F3-07"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct MeetingRoomDeleted {
        /// `omm_…`: the room.
        pub room_id: String,
        /// Its name.
        pub room_name: Option<String>,
    }
}

impl MeetingRoomDeleted {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "meeting_room.meeting_room.deleted_v1";
}

view! {
    /// A meeting room was opened or closed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::MeetingRoomStatusChanged, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MeetingRoomStatusChanged::TYPE, "usual");
    /// let changed: MeetingRoomStatusChanged = event.payload()?;
    /// assert_eq!(changed.room_id, "omm_7c21d04e5b77");
    /// assert_eq!(changed.room_name.as_deref(), Some("F3-07"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct MeetingRoomStatusChanged {
        /// `omm_…`: the room.
        pub room_id: String,
        /// Its name.
        pub room_name: Option<String>,
    }
}

impl MeetingRoomStatusChanged {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "meeting_room.meeting_room.status_changed_v1";
}

view! {
    /// A meeting room was changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::MeetingRoomUpdated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MeetingRoomUpdated::TYPE, "usual");
    /// let updated: MeetingRoomUpdated = event.payload()?;
    /// assert_eq!(updated.room_id, "omm_7c21d04e5b77");
    /// assert_eq!(updated.room_name.as_deref(), Some("F3-07"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct MeetingRoomUpdated {
        /// `omm_…`: the room.
        pub room_id: String,
        /// Its name.
        pub room_name: Option<String>,
    }
}

impl MeetingRoomUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "meeting_room.meeting_room.updated_v1";
}
