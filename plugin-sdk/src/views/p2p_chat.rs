//! `p2p_chat_create` of schema 1.0: somebody talks to the bot for the first time ("P2P chat created").

use serde::Deserialize;
use serde_json::{Map, Value};

use super::null_is_default;

/// Somebody opened a chat with the bot.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct P2pChatCreate {
    /// `oc_…`
    #[serde(deserialize_with = "null_is_default")]
    pub chat_id: String,
    /// Who opened the chat; has no name when it was the bot.
    #[serde(deserialize_with = "null_is_default")]
    pub operator: ChatUser,
    /// With whom the bot talks now.
    #[serde(deserialize_with = "null_is_default")]
    pub user: ChatUser,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A person in an event of schema 1.0.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ChatUser {
    /// As it is shown.
    pub name: Option<String>,
    /// `ou_…`
    pub open_id: Option<String>,
    /// Only when the application may read it.
    pub user_id: Option<String>,
}
