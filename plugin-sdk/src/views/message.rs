//! `im.message.receive_v1`: a message to the bot or in one of its chats ("Receive message").

use serde::Deserialize;

use super::{Mention, Message, MessageReceive, content, filled};
use crate::Failure;

impl MessageReceive {
    /// Returns the sender's open id; empty when Lark did not send it.
    pub fn sender_open_id(&self) -> &str {
        filled(self.sender.sender_id.open_id.as_ref())
    }

    /// Returns the text of a text message or a post (formatted text, as pasted or written in topic groups), with placeholders
    /// like `@_user_1` for mentions; empty for every other message.
    pub fn text(&self) -> String {
        content::text(&self.message.message_type, &self.message.content_json)
    }

    /// Returns the text with the names of mentioned people instead of placeholders.
    pub fn text_with_names(&self) -> String {
        let mentions = self.message.mentions.iter();
        let names = mentions.map(|mention| (mention.key.as_str(), mention.name.as_str()));
        content::with_names(&self.text(), &names)
    }

    /// Returns whether everybody in the chat was mentioned (`@all`).
    pub fn mentions_all(&self) -> bool {
        let mut mentions = self.message.mentions.iter();
        mentions.any(Mention::is_all) || content::has_placeholder(&self.text(), content::ALL)
    }

    /// Returns whether the bot of this application (the `app_id` of the event) was mentioned. If Lark does not say which bot
    /// was meant, any bot counts: a message that mentions only another bot does not reach this application unless it receives
    /// all messages of the chat.
    pub fn mentions_bot(&self, app_id: &str) -> bool {
        let mut bots = self.message.mentions.iter().filter(|mention| mention.is_bot());
        bots.any(|bot| bot.bot_info.app_id.as_deref().is_none_or(|bot| bot == app_id))
    }
}

impl Message {
    /// Reads the content as a type of your own ("Received message content").
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when it has another shape.
    pub fn content<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Failure> {
        serde_json::from_str(&self.content_json)
            .map_err(|error| Failure::permanent(format_args!("the content has another shape: {error}")))
    }
}

impl Mention {
    /// Returns whether a bot was mentioned.
    pub fn is_bot(&self) -> bool {
        matches!(self.mentioned_type.as_deref(), Some("bot" | "app")) || self.bot_info.app_id.is_some()
    }

    /// Returns whether everybody in the chat was mentioned.
    pub fn is_all(&self) -> bool {
        self.key == content::ALL
    }
}
