//! Events of the group `drive`.
//!
//! Generated from `schema/events.json`; change that, not this.

use serde_json::value::RawValue;

use crate::views::UserId;

view! {
    /// Fields of a table in Base were changed.
    #[derive(Debug, Clone, Default)]
    pub struct BaseFieldChanged {
        /// The changes.
        pub action_list: Vec<FieldAction>,
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The number of the change.
        pub revision: Option<i64>,
        /// The people who subscribed to the document.
        pub subscriber_id_list: Vec<UserId>,
        /// The table.
        pub table_id: Option<String>,
        /// Seconds since 1970.
        pub update_time: Option<i64>,
    }
}

impl BaseFieldChanged {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.bitable_field_changed_v1";
}

view! {
    /// Records of a table in Base were changed.
    #[derive(Debug, Clone, Default)]
    pub struct BaseRecordChanged {
        /// The changes.
        pub action_list: Vec<RecordAction>,
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The number of the change.
        pub revision: Option<i64>,
        /// The people who subscribed to the document.
        pub subscriber_id_list: Vec<UserId>,
        /// The table.
        pub table_id: Option<String>,
        /// Seconds since 1970.
        pub update_time: Option<i64>,
    }
}

impl BaseRecordChanged {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.bitable_record_changed_v1";
}

view! {
    /// A document was made in a folder.
    #[derive(Debug, Clone, Default)]
    pub struct FileCreatedInFolder {
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// The folder.
        pub folder_token: Option<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The people who subscribed to it.
        pub subscriber_ids: Vec<UserId>,
    }
}

impl FileCreatedInFolder {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.created_in_folder_v1";
}

view! {
    /// A document was deleted for good.
    #[derive(Debug, Clone, Default)]
    pub struct FileDeleted {
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The people who subscribed to the document.
        pub subscriber_id_list: Vec<UserId>,
    }
}

impl FileDeleted {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.deleted_v1";
}

view! {
    /// A document was edited.
    #[derive(Debug, Clone, Default)]
    pub struct FileEdited {
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// The people who edited it.
        pub operator_id_list: Vec<UserId>,
        /// The sheet, in a spreadsheet.
        pub sheet_id: Option<String>,
        /// The people who subscribed to the document.
        pub subscriber_id_list: Vec<UserId>,
    }
}

impl FileEdited {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.edit_v1";
}

view! {
    /// People were given access to a document.
    #[derive(Debug, Clone, Default)]
    pub struct FileMemberAdded {
        /// Chats that were given access.
        pub chat_list: Vec<String>,
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// Departments that were given access.
        pub open_department_id_list: Vec<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The people who subscribed to the document.
        pub subscriber_id_list: Vec<UserId>,
        /// The people.
        pub user_list: Vec<UserId>,
    }
}

impl FileMemberAdded {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.permission_member_added_v1";
}

view! {
    /// Somebody asks for access to a document.
    #[derive(Debug, Clone, Default)]
    pub struct FileMemberApplied {
        /// Chats for which.
        pub application_chat_list: Vec<String>,
        /// Departments for which.
        pub application_department_list: Vec<String>,
        /// The note.
        pub application_remark: Option<String>,
        /// The people for whom.
        pub application_user_list: Vec<UserId>,
        /// The person who decides.
        pub approver_id: UserId,
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// The person who asks.
        pub operator_id: UserId,
        /// `view`, `edit` or `full_access`.
        pub permission: Option<String>,
        /// The people who subscribed to it.
        pub subscriber_ids: Vec<UserId>,
    }
}

impl FileMemberApplied {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.permission_member_applied_v1";
}

view! {
    /// People lost access to a document.
    #[derive(Debug, Clone, Default)]
    pub struct FileMemberRemoved {
        /// Chats that were given access.
        pub chat_list: Vec<String>,
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// Departments that were given access.
        pub open_department_id_list: Vec<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The people who subscribed to the document.
        pub subscriber_id_list: Vec<UserId>,
        /// The people.
        pub user_list: Vec<UserId>,
    }
}

impl FileMemberRemoved {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.permission_member_removed_v1";
}

view! {
    /// A document was read.
    #[derive(Debug, Clone, Default)]
    pub struct FileRead {
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// The people who read it.
        pub operator_id_list: Vec<UserId>,
        /// The people who subscribed to the document.
        pub subscriber_id_list: Vec<UserId>,
    }
}

impl FileRead {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.read_v1";
}

view! {
    /// A document was renamed.
    #[derive(Debug, Clone, Default)]
    pub struct FileTitleUpdated {
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The people who subscribed to the document.
        pub subscriber_id_list: Vec<UserId>,
    }
}

impl FileTitleUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.title_updated_v1";
}

view! {
    /// A document was moved to the trash.
    #[derive(Debug, Clone, Default)]
    pub struct FileTrashed {
        /// The token of the document or file.
        pub file_token: String,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The people who subscribed to the document.
        pub subscriber_id_list: Vec<UserId>,
    }
}

impl FileTrashed {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.file.trashed_v1";
}

view! {
    /// Somebody wrote a comment, or replied to one.
    #[derive(Debug, Clone, Default)]
    pub struct CommentAdded {
        /// The comment.
        pub comment_id: Option<String>,
        /// Whether the person who is told was mentioned.
        pub is_mentioned: Option<bool>,
        /// The document and the people.
        pub notice_meta: CommentNotice,
        /// The reply.
        pub reply_id: Option<String>,
    }
}

impl CommentAdded {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "drive.notice.comment_add_v1";
}

view! {
    /// The document of a comment, and the people of it.
    #[derive(Debug, Clone, Default)]
    pub struct CommentNotice {
        /// The token of the document or file.
        pub file_token: Option<String>,
        /// `doc`, `docx`, `sheet`, `bitable`, `file`, `folder`, …
        pub file_type: Option<String>,
        /// The person who wrote it.
        pub from_user_id: UserId,
        /// `add_comment` or `add_reply`.
        pub notice_type: Option<String>,
        /// The person who is told.
        pub to_user_id: UserId,
    }
}

view! {
    /// A change of one field.
    #[derive(Debug, Clone, Default)]
    pub struct FieldAction {
        /// `field_added`, `field_edited` or `field_deleted`.
        pub action: Option<String>,
        /// The field as it is now.
        pub after_value: Option<Box<RawValue>>,
        /// The field as it was.
        pub before_value: Option<Box<RawValue>>,
        /// The field.
        pub field_id: Option<String>,
    }
}

view! {
    /// A change of one record.
    #[derive(Debug, Clone, Default)]
    pub struct RecordAction {
        /// `record_added`, `record_edited` or `record_deleted`.
        pub action: Option<String>,
        /// The same with their new values.
        pub after_value: Option<Box<RawValue>>,
        /// The fields that changed, with their old values.
        pub before_value: Option<Box<RawValue>>,
        /// The record.
        pub record_id: Option<String>,
    }
}
