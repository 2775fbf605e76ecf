//! What is uploaded, and what is downloaded.

/// The purpose of an image.
///
/// ```
/// # use lark_plugin_sdk::ImageType;
/// assert_eq!(ImageType::Avatar.name(), "avatar");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageType {
    /// Messages and cards.
    Message,
    /// Avatars.
    Avatar,
}

impl ImageType {
    /// Returns Lark's word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Avatar => "avatar",
        }
    }
}

/// The type of a file, by which Lark shows it.
///
/// ```
/// use lark_plugin_sdk::FileType;
///
/// fn type_of(name: &str) -> FileType {
///     match name.rsplit_once('.').map(|(_, extension)| extension) {
///         Some("pdf") => FileType::Pdf,
///         Some("mp4") => FileType::Mp4,
///         Some("xls" | "xlsx") => FileType::Xls,
///         _ => FileType::Stream,
///     }
/// }
///
/// assert_eq!(type_of("plan.xlsx").name(), "xls");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    /// Audio in the format Opus.
    Opus,
    /// Video in the format MP4.
    Mp4,
    /// A PDF.
    Pdf,
    /// A text document (doc, docx).
    Doc,
    /// A spreadsheet (xls, xlsx).
    Xls,
    /// A presentation (ppt, pptx).
    Ppt,
    /// Anything else.
    Stream,
}

impl FileType {
    /// Returns Lark's word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Mp4 => "mp4",
            Self::Pdf => "pdf",
            Self::Doc => "doc",
            Self::Xls => "xls",
            Self::Ppt => "ppt",
            Self::Stream => "stream",
        }
    }
}

/// The type of a resource in a message.
///
/// ```
/// # use lark_plugin_sdk::ResourceType;
/// assert_eq!(ResourceType::File.name(), "file"); // also of sound and film
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceType {
    /// An image, also one in a rich text.
    Image,
    /// A file, audio or video.
    File,
}

impl ResourceType {
    /// Returns Lark's word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::File => "file",
        }
    }
}

/// An upload without its bytes.
///
/// ```
/// use lark_plugin_sdk::{FileType, ImageType, MediaContent};
///
/// let photo = MediaContent::Image(ImageType::Message);
/// let report = MediaContent::file(FileType::Pdf, "report.pdf");
/// let film = MediaContent::File { file_type: FileType::Mp4, name: "demo.mp4".to_owned(), duration_ms: Some(30_000) };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaContent {
    /// An image of at most 10 MB.
    Image(ImageType),
    /// A file of at most 30 MB.
    File {
        /// Its type.
        file_type: FileType,
        /// As people see it, with its extension.
        name: String,
        /// The length of audio or video, in milliseconds.
        duration_ms: Option<u64>,
    },
}

impl MediaContent {
    /// A file; without a length in time.
    pub fn file(file_type: FileType, name: impl Into<String>) -> Self {
        Self::File {
            file_type,
            name: name.into(),
            duration_ms: None,
        }
    }
}

/// The place of a download.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # use lark_plugin_sdk::testing::fixture;
/// # let event = fixture("im.message.receive_v1", "image");
/// # fake.set_resource("om_63d2f0a8c4b94e17", "img_v3_01c4_7d2e", b"a photo");
/// use lark_plugin_sdk::{MediaSource, ResourceType};
///
/// let message: MessageReceive = event.payload()?;
/// for picture in message.read().resources {
///     let source = MediaSource::in_message(&message.message.message_id, &picture.key, ResourceType::Image);
///     let bytes = host.media().download(&source, 10 << 20)?;
///     # assert_eq!(bytes, b"a photo");
/// }
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaSource {
    /// An image or file that a message holds.
    Message {
        /// `om_…`
        message_id: String,
        /// The `image_key` or `file_key` in the content of the message.
        file_key: String,
        /// Its type.
        resource_type: ResourceType,
    },
    /// An image that the application itself has uploaded, by its `image_key`.
    Image(String),
    /// A file that the application itself has uploaded, by its `file_key`.
    File(String),
}

impl MediaSource {
    /// An image or file that a message holds.
    pub fn in_message(message_id: impl Into<String>, file_key: impl Into<String>, resource_type: ResourceType) -> Self {
        Self::Message {
            message_id: message_id.into(),
            file_key: file_key.into(),
            resource_type,
        }
    }
}
