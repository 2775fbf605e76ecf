//! Typed views of the events that Lark documents, each with its type as `TYPE`.
//!
//! ```
//! use lark_plugin_sdk::prelude::*;
//! use lark_plugin_sdk::events::{BotAdded, MessageRecalled};
//!
//! #[derive(Default)]
//! struct Watcher;
//!
//! impl Plugin for Watcher {
//!     const EVENTS: &'static [&'static str] = &[BotAdded::TYPE, MessageRecalled::TYPE];
//!
//!     fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
//!         match event.event_type.as_str() {
//!             BotAdded::TYPE => {
//!                 let added: BotAdded = event.payload()?;
//!                 host.log().info(&format!("now in {}", added.chat_id));
//!             }
//!             _ => {
//!                 let recalled: MessageRecalled = event.payload()?;
//!                 host.log().info(&format!("{} was recalled", recalled.message_id));
//!             }
//!         }
//!         Ok(Outcome::done())
//!     }
//! }
//! # use lark_plugin_sdk::testing::{FakeHost, fixture};
//! # let host = FakeHost::new();
//! # Watcher.handle(&host, &fixture(BotAdded::TYPE, "usual"))?;
//! # assert_eq!(host.logged()[0].message, "now in oc_a41c7be02d9f4e35");
//! # Ok::<(), Failure>(())
//! ```
//!
//! A field that Lark may omit is an `Option` or empty; what is unknown, or of an unexpected kind, is in `extra`.
//!
//! Generated from `schema/events.json`; change that, not this.

mod absences;
mod application;
mod approval;
mod base;
mod calendar;
mod callbacks;
mod chats;
mod chats_v1;
mod contact;
mod contact_v1;
mod departments;
mod drive;
mod employee_types;
mod meetings;
mod members;
mod messages;
mod messages_v1;
mod organization;
mod rooms;
mod sharing;
mod store;
mod tasks;

pub use super::secret::{AppTicket, CardToken};

pub use absences::{LeaveApproval, TripApproval, TripSchedule, WorkApproval};
pub use application::{
    ApplicationCreated, BotMenu, FeedbackCreated, FeedbackUpdated, MenuOperator, UserTokenRevoked, VisibilityAdded,
    VisibleUser,
};
pub use approval::{
    ApprovalCopy, ApprovalDefinition, ApprovalDefinitionUpdated, ApprovalInstance, ApprovalInstanceChanged,
    ApprovalTask, ApprovalTaskChanged,
};
pub use base::{BaseFieldChanged, BaseRecordChanged, FieldAction, RecordAction};
pub use calendar::{
    AclScope, CalendarAclCreated, CalendarAclDeleted, CalendarEventChanged, CalendarsChanged, RsvpInfo,
};
pub use callbacks::{Action, CardAction, Context, OauthRedirect, Operator, UrlPreview};
pub use chats::{ChatDisbanded, ChatSettings, ChatUpdated, Moderator, ModeratorChange, P2pChatEntered, RestrictedMode};
pub use chats_v1::{
    BotAddedV1, BotRemovedV1, ChatDisbandedV1, ChatUser, ChatUsersAddedV1, ChatUsersRemovedV1, ChatUsersRevokedV1,
    GroupSettingsV1, GroupSettingsV1Updated, I18nNames,
};
pub use contact::{UserCreated, UserDeleted, UserUpdated};
pub use contact_v1::{
    ContactScopeChangedV1, DepartmentAddedV1, DepartmentDeletedV1, DepartmentUpdatedV1, UserAddedV1, UserLeftV1,
    UserUpdatedV1,
};
pub use departments::{
    Department, DepartmentCreated, DepartmentDeleted, DepartmentLeader, DepartmentStatus, DepartmentUpdated,
};
pub use drive::{
    CommentAdded, CommentNotice, FileCreatedInFolder, FileDeleted, FileEdited, FileRead, FileTitleUpdated, FileTrashed,
};
pub use employee_types::{
    CustomFields, CustomFieldsUpdated, EmployeeType, EmployeeTypeActivated, EmployeeTypeCreated,
    EmployeeTypeDeactivated, EmployeeTypeDeleted, EmployeeTypeUpdated,
};
pub use meetings::{
    Meeting, MeetingEnded, MeetingJoined, MeetingLeft, MeetingStarted, MeetingUser, MinuteGenerated, MinuteSource,
    RecordingReady,
};
pub use members::{BotAdded, BotDeleted, ChatMember, ChatMembersAdded, ChatMembersDeleted, ChatMembersWithdrawn};
pub use messages::{
    BotInfo, Mention, Message, MessageRead, MessageReader, MessageRecalled, MessageReceive, ReactionCreated,
    ReactionDeleted, ReactionType, Sender,
};
pub use messages_v1::{MessageReadV1, MessageV1, P2pChatCreate};
pub use organization::{
    Avatar, ContactScopeUpdated, ContactUser, ScopePart, UserGroup, UserOrder, UserPosition, UserStatus,
};
pub use rooms::{MeetingRoomCreated, MeetingRoomDeleted, MeetingRoomStatusChanged, MeetingRoomUpdated};
pub use sharing::{FileMemberAdded, FileMemberApplied, FileMemberRemoved};
pub use store::{
    AppOpened, AppStatusChanged, AppTicketPushed, AppUninstalled, AppVersionApplied, AppVersionAudited,
    AppVersionRevoked, OpenIdOnly, OrderPaid, UserId,
};
pub use tasks::{TaskAccessUpdated, TaskCommentUpdated, TaskUpdated};
