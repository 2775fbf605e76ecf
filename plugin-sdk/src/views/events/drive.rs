//! Events of the group `drive`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::UserId;

view! {
    /// A document was made in a folder.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::FileCreatedInFolder, prelude::*, testing::fixture};
    ///
    /// let event = fixture(FileCreatedInFolder::TYPE, "usual");
    /// let folder: FileCreatedInFolder = event.payload()?;
    /// assert_eq!(folder.file_token, "doxcnK4vY2bT7QmL");
    /// assert_eq!(folder.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(folder.subscriber_ids[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::FileDeleted, prelude::*, testing::fixture};
    ///
    /// let event = fixture(FileDeleted::TYPE, "usual");
    /// let deleted: FileDeleted = event.payload()?;
    /// assert_eq!(deleted.file_token, "doxcnK4vY2bT7QmL");
    /// assert_eq!(deleted.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(deleted.subscriber_id_list[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::FileEdited, prelude::*, testing::fixture};
    ///
    /// let event = fixture(FileEdited::TYPE, "usual");
    /// let edited: FileEdited = event.payload()?;
    /// assert_eq!(edited.file_token, "doxcnK4vY2bT7QmL");
    /// assert_eq!(edited.operator_id_list[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(edited.subscriber_id_list[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    /// A document was read.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::FileRead, prelude::*, testing::fixture};
    ///
    /// let event = fixture(FileRead::TYPE, "usual");
    /// let read: FileRead = event.payload()?;
    /// assert_eq!(read.file_token, "doxcnK4vY2bT7QmL");
    /// assert_eq!(read.operator_id_list[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(read.subscriber_id_list[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::FileTitleUpdated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(FileTitleUpdated::TYPE, "usual");
    /// let updated: FileTitleUpdated = event.payload()?;
    /// assert_eq!(updated.file_token, "doxcnK4vY2bT7QmL");
    /// assert_eq!(updated.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(updated.subscriber_id_list[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::FileTrashed, prelude::*, testing::fixture};
    ///
    /// let event = fixture(FileTrashed::TYPE, "usual");
    /// let trashed: FileTrashed = event.payload()?;
    /// assert_eq!(trashed.file_token, "doxcnK4vY2bT7QmL");
    /// assert_eq!(trashed.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(trashed.subscriber_id_list[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::CommentAdded, prelude::*, testing::fixture};
    ///
    /// let event = fixture(CommentAdded::TYPE, "usual");
    /// let added: CommentAdded = event.payload()?;
    /// assert_eq!(added.notice_meta.from_user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(added.comment_id.as_deref(), Some("7310948823510941697"));
    /// assert_eq!(added.is_mentioned, Some(true));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{CommentAdded, CommentNotice}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(CommentAdded::TYPE, "usual");
    /// let added: CommentAdded = event.payload()?;
    /// let notice: &CommentNotice = &added.notice_meta;
    /// assert_eq!(notice.from_user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(notice.to_user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(notice.file_token.as_deref(), Some("doxcnK4vY2bT7QmL"));
    /// # Ok::<(), Failure>(())
    /// ```
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
