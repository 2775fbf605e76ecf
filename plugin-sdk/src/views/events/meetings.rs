//! Events of the group `meetings`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::UserId;

view! {
    /// Minutes were made.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::MinuteGenerated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MinuteGenerated::TYPE, "usual");
    /// let generated: MinuteGenerated = event.payload()?;
    /// assert_eq!(generated.minute_source.source_entity_id.as_deref(), Some("source-entity-id-7c21"));
    /// assert_eq!(generated.subscriber_ids[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(generated.minute_token.as_deref(), Some("obcnT7QmL2bT"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    /// Somebody joined a meeting.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::MeetingJoined, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MeetingJoined::TYPE, "usual");
    /// let joined: MeetingJoined = event.payload()?;
    /// assert_eq!(joined.meeting.host_user.id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(joined.operator.id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::MeetingLeft, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MeetingLeft::TYPE, "usual");
    /// let left: MeetingLeft = event.payload()?;
    /// assert_eq!(left.leave_user.id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(left.meeting.host_user.id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(left.operator.id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::MeetingEnded, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MeetingEnded::TYPE, "usual");
    /// let ended: MeetingEnded = event.payload()?;
    /// assert_eq!(ended.meeting.host_user.id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(ended.operator.id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::MeetingStarted, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MeetingStarted::TYPE, "usual");
    /// let started: MeetingStarted = event.payload()?;
    /// assert_eq!(started.meeting.host_user.id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(started.operator.id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::RecordingReady, prelude::*, testing::fixture};
    ///
    /// let event = fixture(RecordingReady::TYPE, "usual");
    /// let ready: RecordingReady = event.payload()?;
    /// assert_eq!(ready.meeting.host_user.id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(ready.duration.as_deref(), Some("3600000"));
    /// assert_eq!(ready.url.as_deref(), Some("https://example.com/42"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{MeetingJoined, Meeting}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MeetingJoined::TYPE, "usual");
    /// let joined: MeetingJoined = event.payload()?;
    /// let meeting: &Meeting = &joined.meeting;
    /// assert_eq!(meeting.host_user.id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(meeting.owner.id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(meeting.calendar_event_id.as_deref(), Some("7c21d04e_0"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{MeetingJoined, MeetingUser}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MeetingJoined::TYPE, "usual");
    /// let joined: MeetingJoined = event.payload()?;
    /// let user: &MeetingUser = &joined.meeting.host_user;
    /// assert_eq!(user.id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(user.user_role, Some(1));
    /// assert_eq!(user.user_type, Some(1));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{MinuteGenerated, MinuteSource}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MinuteGenerated::TYPE, "usual");
    /// let generated: MinuteGenerated = event.payload()?;
    /// let source: &MinuteSource = &generated.minute_source;
    /// assert_eq!(source.source_entity_id.as_deref(), Some("source-entity-id-7c21"));
    /// assert_eq!(source.source_type.as_deref(), Some("meeting"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct MinuteSource {
        /// The source.
        pub source_entity_id: Option<String>,
        /// The kind of source.
        pub source_type: Option<String>,
    }
}
