//! `im.message.receive_v1`: somebody wrote to the bot, or in a chat where it is ("Receive message").

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{filled, null_is_default};
use crate::Failure;

/// A message arrived.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct MessageReceive {
    /// Who wrote it.
    #[serde(deserialize_with = "null_is_default")]
    pub sender: Sender,
    /// What was written.
    #[serde(deserialize_with = "null_is_default")]
    pub message: Message,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl MessageReceive {
    /// The open id of the sender; empty when Lark did not send it.
    pub fn sender_open_id(&self) -> &str {
        filled(self.sender.sender_id.open_id.as_ref())
    }

    /// The text of a text message, with `@_user_1` where somebody was mentioned; empty for every other message.
    pub fn text(&self) -> String {
        #[derive(Deserialize)]
        struct Text {
            text: String,
        }
        match self.message.content::<Text>() {
            Ok(content) => content.text,
            Err(_other_kind) => String::new(),
        }
    }

    /// The text of a text message as a person reads it: with names where somebody was mentioned.
    pub fn text_with_names(&self) -> String {
        // The longest key first: `@_user_1` is also the beginning of `@_user_10`.
        let mut mentions: Vec<&Mention> = self
            .message
            .mentions
            .iter()
            .filter(|mention| !mention.key.is_empty())
            .collect();
        mentions.sort_by_key(|mention| std::cmp::Reverse(mention.key.len()));
        mentions.into_iter().fold(self.text(), |text, mention| {
            text.replace(&mention.key, &format!("@{}", mention.name))
        })
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Sender {
    /// The person.
    #[serde(deserialize_with = "null_is_default")]
    pub sender_id: UserId,
    /// `user`, or `app` for another bot.
    pub sender_type: Option<String>,
    /// The tenant of the person.
    pub tenant_key: Option<String>,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The ids of one person.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct UserId {
    /// `on_…`, one per person and developer.
    pub union_id: Option<String>,
    /// Only when the application may read it.
    pub user_id: Option<String>,
    /// `ou_…`, one per person and application.
    pub open_id: Option<String>,
}

/// What was written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Message {
    /// `om_…`: the same message may arrive under two event ids, but has one of these.
    #[serde(deserialize_with = "null_is_default")]
    pub message_id: String,
    /// The first message of the thread of replies.
    pub root_id: Option<String>,
    /// The message that this one replies to.
    pub parent_id: Option<String>,
    /// `omt_…`: the topic, where topics are in use.
    pub thread_id: Option<String>,
    /// Milliseconds since 1970, as text.
    pub create_time: Option<String>,
    /// Milliseconds since 1970, as text.
    pub update_time: Option<String>,
    /// `oc_…`
    #[serde(deserialize_with = "null_is_default")]
    pub chat_id: String,
    /// `p2p` or `group`.
    #[serde(deserialize_with = "null_is_default")]
    pub chat_type: String,
    /// `text`, `post`, `image`, `file`, `interactive`, …
    #[serde(deserialize_with = "null_is_default")]
    pub message_type: String,
    /// JSON text whose shape depends on the type; see [`content`](Self::content).
    #[serde(deserialize_with = "null_is_default", rename = "content")]
    pub content_json: String,
    /// Who was mentioned.
    #[serde(deserialize_with = "null_is_default")]
    pub mentions: Vec<Mention>,
    /// The client that sent it.
    pub user_agent: Option<String>,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Message {
    /// Reads the content ("Received message content").
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when it has another shape.
    pub fn content<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Failure> {
        serde_json::from_str(&self.content_json)
            .map_err(|error| Failure::permanent(format_args!("the content has another shape: {error}")))
    }
}

/// Somebody was mentioned.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Mention {
    /// `@_user_1`: stands in the text for the person.
    #[serde(deserialize_with = "null_is_default")]
    pub key: String,
    /// The person.
    #[serde(deserialize_with = "null_is_default")]
    pub id: UserId,
    /// The name as it was shown.
    #[serde(deserialize_with = "null_is_default")]
    pub name: String,
    /// The tenant of the person.
    pub tenant_key: Option<String>,
}
