//! Messages of any type as one text, with the files that belong to it ("Received message content").

mod card;
mod mentions;
mod others;
mod post;
#[cfg(test)]
mod tests;
mod time;

use std::borrow::Cow;

use serde_json::Value;

use crate::json_text;

pub(crate) use mentions::{ALL, Mentioned, has_placeholder, with_names};

/// A message as one text, with the files that belong to it.
///
/// A file or anything else that is no text is a word in brackets: `[image]`, `[file: plan.pdf]`. So the text of a message is
/// never empty for a person who sees something, and can be given to a language model as it is.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::{ResourceKind, testing::fixture};
/// # let event = fixture("im.message.receive_v1", "file");
/// let message: MessageReceive = event.payload()?;
/// let content = message.read();
/// assert_eq!(content.text, "[file: plan.pdf]");
/// assert_eq!(content.resources[0].kind, ResourceKind::File);
/// assert_eq!(content.resources[0].key, "file_v3_01c4_9a10");
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageContent {
    /// The text, with names in place of mentions.
    pub text: String,
    /// Pictures and files, in the order of the text.
    pub resources: Vec<Resource>,
}

/// A picture or a file of a message.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::{ResourceKind, testing::fixture};
/// # let event = fixture("im.message.receive_v1", "media");
/// let message: MessageReceive = event.payload()?;
/// let film = &message.read().resources[0];
/// assert_eq!((film.kind, film.name.as_deref()), (ResourceKind::Video, Some("clip.mp4")));
/// assert!(film.key.starts_with("file_") && film.duration_ms.is_some() && film.cover_key.is_some());
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// What it is.
    pub kind: ResourceKind,
    /// `img_…` or `file_…`, with which it is downloaded.
    pub key: String,
    /// The name of the file.
    pub name: Option<String>,
    /// The length of sound or film, in milliseconds.
    pub duration_ms: Option<u64>,
    /// The picture that is shown for a film.
    pub cover_key: Option<String>,
}

/// The kind of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// A picture.
    Image,
    /// A file.
    File,
    /// A folder, which cannot be downloaded.
    Folder,
    /// Speech.
    Audio,
    /// A film.
    Video,
    /// A sticker, which cannot be downloaded.
    Sticker,
}

impl ResourceKind {
    /// Returns the `type` with which Lark's "Obtain resource files in messages" downloads it; `None` where it cannot.
    ///
    /// ```
    /// # use lark_plugin_sdk::ResourceKind;
    /// assert_eq!(ResourceKind::Video.download_type(), Some("file"));
    /// assert_eq!(ResourceKind::Sticker.download_type(), None);
    /// ```
    pub fn download_type(self) -> Option<&'static str> {
        match self {
            Self::Image => Some("image"),
            Self::File | Self::Audio | Self::Video => Some("file"),
            Self::Folder | Self::Sticker => None,
        }
    }
}

impl MessageContent {
    /// Reads a content of this type, from an event or from Lark's API; mentions are pairs of placeholder and name.
    ///
    /// ```
    /// # use lark_plugin_sdk::MessageContent;
    /// let content = MessageContent::of("text", r#"{"text": "@_user_1 hello"}"#, &[("@_user_1", "Anna")]);
    /// assert_eq!(content.text, "@Anna hello");
    /// ```
    pub fn of(message_type: &str, content_json: &str, mentions: &[(&str, &str)]) -> Self {
        let named = |&(key, name): &(_, _)| (key, Mentioned::Name(name));
        Self::read(message_type, content_json, &mentions.iter().map(named))
    }

    pub(crate) fn read<'a>(
        message_type: &str,
        content_json: &str,
        mentions: &(impl Iterator<Item = (&'a str, Mentioned<'a>)> + Clone),
    ) -> Self {
        let mut content = Self::default();
        let json = json_text::without_lone_surrogates(Cow::Borrowed(content_json));
        let json = serde_json::from_str(&json).unwrap_or(Value::Null);
        let text = match message_type {
            "text" => string(&json, "text").to_owned(),
            "post" => post::read(&json, &mut content.resources),
            "interactive" => card::read(&json, &mut content.resources),
            other => others::read(other, &json, &mut content.resources),
        };
        content.text = with_names(&text, mentions);
        content
    }
}

/// The text of a text message or a post; empty for every other message, and for content that is not as documented.
pub(crate) fn text(message_type: &str, content_json: &str) -> String {
    let content = json_text::without_lone_surrogates(Cow::Borrowed(content_json));
    let Ok(content) = serde_json::from_str::<Value>(&content) else {
        return String::new();
    };
    // Other types use the same fields for other texts: the title of a task, the label of a red packet.
    match message_type {
        "text" => string(&content, "text").to_owned(),
        "post" => post::text(&content),
        _ => String::new(),
    }
}

/// A member that is a string; empty when it is none.
fn string<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Adds a file, if its key is there, and returns whether it is.
fn add(resources: &mut Vec<Resource>, kind: ResourceKind, of: &Value, key: &str) -> bool {
    let key = string(of, key);
    if key.is_empty() {
        return false;
    }
    let text = |name| Some(string(of, name).to_owned()).filter(|text| !text.is_empty());
    resources.push(Resource {
        kind,
        key: key.to_owned(),
        name: text("file_name"),
        duration_ms: of.get("duration").and_then(Value::as_u64),
        cover_key: if kind == ResourceKind::Video {
            text("image_key")
        } else {
            None
        },
    });
    true
}
