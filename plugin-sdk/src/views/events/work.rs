//! Events of the group `work`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::UserId;

view! {
    /// A meeting room was made.
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

view! {
    /// Minutes were made.
    #[derive(Debug, Clone, Default)]
    pub struct MinuteGenerated {
        /// Where they come from.
        pub minute_source: MinuteSource,
        /// The minutes.
        pub minute_token: Option<String>,
        /// The people who subscribed to it.
        pub subscriber_ids: Vec<UserId>,
    }
}

impl MinuteGenerated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "minutes.minute.generated_v1";
}

view! {
    /// A comment on a task that the application made was written, changed or deleted.
    #[derive(Debug, Clone, Default)]
    pub struct TaskCommentUpdated {
        /// The comment.
        pub comment_id: Option<String>,
        /// 1 written, 2 a reply, 3 changed, 4 deleted.
        pub obj_type: Option<i64>,
        /// The comment that it replies to.
        pub parent_id: Option<String>,
        /// The task.
        pub task_id: String,
    }
}

impl TaskCommentUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "task.task.comment.updated_v1";
}

view! {
    /// A task that a user can see was changed.
    #[derive(Debug, Clone, Default)]
    pub struct TaskAccessUpdated {
        /// What happened.
        pub event_types: Vec<String>,
        /// The task.
        pub task_guid: String,
    }
}

impl TaskAccessUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "task.task.update_user_access_v2";
}

view! {
    /// A task that the application made was changed.
    #[derive(Debug, Clone, Default)]
    pub struct TaskUpdated {
        /// What was changed: 1 its details, 2 its people, 3 its followers, 4 its reminder, 5 done, 6 not done, 7
        /// deleted.
        pub obj_type: Option<i64>,
        /// The task.
        pub task_id: String,
    }
}

impl TaskUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "task.task.updated_v1";
}

view! {
    /// Somebody joined a meeting.
    #[derive(Debug, Clone, Default)]
    pub struct MeetingJoined {
        /// The meeting.
        pub meeting: Meeting,
        /// The person who did it.
        pub operator: MeetingUser,
    }
}

impl MeetingJoined {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "vc.meeting.join_meeting_v1";
}

view! {
    /// Somebody left a meeting.
    #[derive(Debug, Clone, Default)]
    pub struct MeetingLeft {
        /// 1 left, 2 the meeting ended, 3 removed.
        pub leave_reason: Option<i64>,
        /// The person who left.
        pub leave_user: MeetingUser,
        /// The meeting.
        pub meeting: Meeting,
        /// The person who did it.
        pub operator: MeetingUser,
    }
}

impl MeetingLeft {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "vc.meeting.leave_meeting_v1";
}

view! {
    /// A meeting ended.
    #[derive(Debug, Clone, Default)]
    pub struct MeetingEnded {
        /// The meeting.
        pub meeting: Meeting,
        /// The person who did it.
        pub operator: MeetingUser,
    }
}

impl MeetingEnded {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "vc.meeting.meeting_ended_v1";
}

view! {
    /// A meeting began.
    #[derive(Debug, Clone, Default)]
    pub struct MeetingStarted {
        /// The meeting.
        pub meeting: Meeting,
        /// The person who did it.
        pub operator: MeetingUser,
    }
}

impl MeetingStarted {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "vc.meeting.meeting_started_v1";
}

view! {
    /// The recording of a meeting is ready.
    #[derive(Debug, Clone, Default)]
    pub struct RecordingReady {
        /// Milliseconds, as text.
        pub duration: Option<String>,
        /// The meeting.
        pub meeting: Meeting,
        /// The recording.
        pub url: Option<String>,
    }
}

impl RecordingReady {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "vc.meeting.recording_ready_v1";
}

view! {
    /// A meeting.
    #[derive(Debug, Clone, Default)]
    pub struct Meeting {
        /// The event of the calendar.
        pub calendar_event_id: Option<String>,
        /// Seconds since 1970, as text.
        pub end_time: Option<String>,
        /// The host.
        pub host_user: MeetingUser,
        /// The meeting.
        pub id: Option<String>,
        /// Its number.
        pub meeting_no: Option<String>,
        /// 1 from a calendar, 2 started at once, 3 an interview, …
        pub meeting_source: Option<i64>,
        /// 1 a usual one, …
        pub meeting_sub_type: Option<i64>,
        /// The owner.
        pub owner: MeetingUser,
        /// Seconds since 1970, as text.
        pub start_time: Option<String>,
        /// Its subject.
        pub topic: Option<String>,
    }
}

view! {
    /// A person in a meeting.
    #[derive(Debug, Clone, Default)]
    pub struct MeetingUser {
        /// The person.
        pub id: UserId,
        /// 1 a participant, 2 the host, 3 a co-host.
        pub user_role: Option<i64>,
        /// 1 a user, 2 a room, …
        pub user_type: Option<i64>,
    }
}

view! {
    /// Source of minutes.
    #[derive(Debug, Clone, Default)]
    pub struct MinuteSource {
        /// The source.
        pub source_entity_id: Option<String>,
        /// The kind of source.
        pub source_type: Option<String>,
    }
}
