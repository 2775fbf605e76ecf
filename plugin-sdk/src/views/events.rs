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

mod application;
mod approval;
mod calendar;
mod callbacks;
mod chats;
mod contact;
mod drive;
mod employee_types;
mod messages;
mod organization;
mod schema_v1;
mod work;

pub use super::secret::{AppTicket, CardToken};

pub use application::{
    AppOpened, AppStatusChanged, AppTicketPushed, AppUninstalled, AppVersionApplied, AppVersionAudited,
    AppVersionRevoked, ApplicationCreated, BotMenu, FeedbackCreated, FeedbackUpdated, MenuOperator, OpenIdOnly,
    OrderPaid, UserId, UserTokenRevoked, VisibilityAdded, VisibleUser,
};
pub use approval::{
    ApprovalCopy, ApprovalDefinition, ApprovalDefinitionUpdated, ApprovalInstance, ApprovalInstanceChanged,
    ApprovalTask, ApprovalTaskChanged, LeaveApproval, TripApproval, TripSchedule, WorkApproval,
};
pub use calendar::{
    AclScope, CalendarAclCreated, CalendarAclDeleted, CalendarEventChanged, CalendarsChanged, RsvpInfo,
};
pub use callbacks::{Action, CardAction, Context, OauthRedirect, Operator, UrlPreview};
pub use chats::{
    BotAdded, BotDeleted, ChatDisbanded, ChatMember, ChatMembersAdded, ChatMembersDeleted, ChatMembersWithdrawn,
    ChatSettings, ChatUpdated, Moderator, ModeratorChange, P2pChatEntered, RestrictedMode,
};
pub use contact::{UserCreated, UserDeleted, UserUpdated};
pub use drive::{
    BaseFieldChanged, BaseRecordChanged, CommentAdded, CommentNotice, FieldAction, FileCreatedInFolder, FileDeleted,
    FileEdited, FileMemberAdded, FileMemberApplied, FileMemberRemoved, FileRead, FileTitleUpdated, FileTrashed,
    RecordAction,
};
pub use employee_types::{
    CustomFields, CustomFieldsUpdated, EmployeeType, EmployeeTypeActivated, EmployeeTypeCreated,
    EmployeeTypeDeactivated, EmployeeTypeDeleted, EmployeeTypeUpdated,
};
pub use messages::{
    BotInfo, Mention, Message, MessageRead, MessageReader, MessageRecalled, MessageReceive, ReactionCreated,
    ReactionDeleted, ReactionType, Sender,
};
pub use organization::{
    Avatar, ContactScopeUpdated, ContactUser, Department, DepartmentCreated, DepartmentDeleted, DepartmentLeader,
    DepartmentStatus, DepartmentUpdated, ScopePart, UserGroup, UserOrder, UserPosition, UserStatus,
};
pub use schema_v1::{
    BotAddedV1, BotRemovedV1, ChatDisbandedV1, ChatUser, ChatUsersAddedV1, ChatUsersRemovedV1, ChatUsersRevokedV1,
    ContactScopeChangedV1, DepartmentAddedV1, DepartmentDeletedV1, DepartmentUpdatedV1, GroupSettingsV1,
    GroupSettingsV1Updated, I18nNames, MessageReadV1, MessageV1, P2pChatCreate, UserAddedV1, UserLeftV1, UserUpdatedV1,
};
pub use work::{
    Meeting, MeetingEnded, MeetingJoined, MeetingLeft, MeetingRoomCreated, MeetingRoomDeleted,
    MeetingRoomStatusChanged, MeetingRoomUpdated, MeetingStarted, MeetingUser, MinuteGenerated, MinuteSource,
    RecordingReady, TaskAccessUpdated, TaskCommentUpdated, TaskUpdated,
};
