//! `im.message.receive_v1`: a message to the bot or in one of its chats ("Receive message").

use serde::Deserialize;

use super::{content, filled};
use crate::Failure;

view! {
    /// A received message, with its sender.
    #[derive(Debug, Clone, Default)]
    pub struct MessageReceive {
        /// The sender.
        pub sender: Sender,
        /// The message.
        pub message: Message,
    }
}

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

view! {
    /// The sender of a message.
    #[derive(Debug, Clone, Default)]
    pub struct Sender {
        /// The person's ids.
        pub sender_id: UserId,
        /// `user`, or `app` for another bot.
        pub sender_type: Option<String>,
        /// The tenant of the person.
        pub tenant_key: Option<String>,
    }
}

view! {
    /// The ids of one person.
    #[derive(Debug, Clone, Default)]
    pub struct UserId {
        /// `on_…`, one per person and developer.
        pub union_id: Option<String>,
        /// Present only if the application may read it.
        pub user_id: Option<String>,
        /// `ou_…`, one per person and application.
        pub open_id: Option<String>,
    }
}

view! {
    /// The message.
    #[derive(Debug, Clone, Default)]
    pub struct Message {
        /// `om_…`: stays the same when Lark delivers the message under two event ids.
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
        pub chat_id: String,
        /// `p2p` or `group`.
        pub chat_type: String,
        /// `text`, `post`, `image`, `file`, `interactive`, …
        pub message_type: String,
        /// JSON text whose shape depends on the type; see [`content`](Self::content).
        pub content_json: String = "content",
        /// The mentioned people and bots.
        pub mentions: Vec<Mention>,
        /// The client that sent it.
        pub user_agent: Option<String>,
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

view! {
    /// A mention of a person, a bot or everybody.
    #[derive(Debug, Clone, Default)]
    pub struct Mention {
        /// The placeholder in the text, for example `@_user_1`.
        pub key: String,
        /// The person's ids.
        pub id: UserId,
        /// The displayed name.
        pub name: String,
        /// The tenant of the person.
        pub tenant_key: Option<String>,
        /// `user` or `bot`; some events say `app` for a bot.
        pub mentioned_type: Option<String>,
        /// The bot, if a bot was mentioned.
        pub bot_info: BotInfo,
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

view! {
    /// A bot that was mentioned.
    #[derive(Debug, Clone, Default)]
    pub struct BotInfo {
        /// `cli_…`: the application of the bot.
        pub app_id: Option<String>,
    }
}
