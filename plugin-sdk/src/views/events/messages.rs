//! Events of the group `messages`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::UserId;

view! {
    /// Messages of the bot that a person read in a private chat.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::MessageRead, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MessageRead::TYPE, "usual");
    /// let read: MessageRead = event.payload()?;
    /// assert_eq!(read.message_id_list, ["om_63d2f0a8c4b94e17"]);
    /// assert_eq!(read.reader.reader_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct MessageRead {
        /// `om_…`: the messages.
        pub message_id_list: Vec<String>,
        /// Who read them, and when.
        pub reader: MessageReader,
    }
}

impl MessageRead {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "im.message.message_read_v1";
}

view! {
    /// An emoji that somebody put on a message.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ReactionCreated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ReactionCreated::TYPE, "usual");
    /// let created: ReactionCreated = event.payload()?;
    /// assert_eq!(created.message_id, "om_63d2f0a8c4b94e17");
    /// assert_eq!(created.reaction_type.emoji_type, "THUMBSUP");
    /// assert_eq!(created.user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ReactionCreated {
        /// Milliseconds since 1970, as text.
        pub action_time: Option<String>,
        /// `cli_…`: the bot that did it; absent when a person did.
        pub app_id: Option<String>,
        /// `om_…`: the message.
        pub message_id: String,
        /// `user` or `app`.
        pub operator_type: Option<String>,
        /// The emoji.
        pub reaction_type: ReactionType,
        /// The person; empty when a bot did it.
        pub user_id: UserId,
    }
}

impl ReactionCreated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "im.message.reaction.created_v1";
}

view! {
    /// An emoji that somebody took off a message.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ReactionDeleted, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ReactionDeleted::TYPE, "usual");
    /// let deleted: ReactionDeleted = event.payload()?;
    /// assert_eq!(deleted.message_id, "om_63d2f0a8c4b94e17");
    /// assert_eq!(deleted.reaction_type.emoji_type, "THUMBSUP");
    /// assert_eq!(deleted.user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ReactionDeleted {
        /// Milliseconds since 1970, as text.
        pub action_time: Option<String>,
        /// `cli_…`: the bot that did it; absent when a person did.
        pub app_id: Option<String>,
        /// `om_…`: the message.
        pub message_id: String,
        /// `user` or `app`.
        pub operator_type: Option<String>,
        /// The emoji.
        pub reaction_type: ReactionType,
        /// The person; empty when a bot did it.
        pub user_id: UserId,
    }
}

impl ReactionDeleted {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "im.message.reaction.deleted_v1";
}

view! {
    /// A message that was recalled, in a chat of the bot.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::MessageRecalled, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MessageRecalled::TYPE, "usual");
    /// let recalled: MessageRecalled = event.payload()?;
    /// assert_eq!(recalled.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(recalled.message_id, "om_63d2f0a8c4b94e17");
    /// assert_eq!(recalled.recall_time.as_deref(), Some("1704067200000"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct MessageRecalled {
        /// `oc_…`: the chat.
        pub chat_id: String,
        /// `om_…`: the message.
        pub message_id: String,
        /// Milliseconds since 1970, as text.
        pub recall_time: Option<String>,
        /// `message_owner`, `group_owner`, `group_manager` or `enterprise_manager`.
        pub recall_type: Option<String>,
    }
}

impl MessageRecalled {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "im.message.recalled_v1";
}

view! {
    /// A received message, with its sender.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::MessageReceive, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MessageReceive::TYPE, "usual");
    /// let receive: MessageReceive = event.payload()?;
    /// assert_eq!(receive.message.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(receive.sender.sender_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct MessageReceive {
        /// The message.
        pub message: Message,
        /// The sender.
        pub sender: Sender,
    }
}

impl MessageReceive {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "im.message.receive_v1";
}

view! {
    /// A bot that was mentioned.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{MessageReceive, BotInfo}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MessageReceive::TYPE, "usual");
    /// let receive: MessageReceive = event.payload()?;
    /// let info: &BotInfo = &receive.message.mentions[0].bot_info;
    /// assert_eq!(info.app_id.as_deref(), Some("cli_a5fb0ae6a4123456"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct BotInfo {
        /// `cli_…`: the application of the bot.
        pub app_id: Option<String>,
    }
}

view! {
    /// A mention of a person, a bot or everybody.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{MessageReceive, Mention}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MessageReceive::TYPE, "usual");
    /// let receive: MessageReceive = event.payload()?;
    /// let mention: &Mention = &receive.message.mentions[0];
    /// assert_eq!(mention.bot_info.app_id.as_deref(), Some("cli_a5fb0ae6a4123456"));
    /// assert_eq!(mention.id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(mention.key, "@_user_1");
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct Mention {
        /// The bot, if a bot was mentioned.
        pub bot_info: BotInfo,
        /// The ids of the person or bot.
        pub id: UserId,
        /// The placeholder in the text, for example `@_user_1`; `@_all` for everybody.
        pub key: String,
        /// `user` or `bot`; some events say `app` for a bot.
        pub mentioned_type: Option<String>,
        /// The displayed name.
        pub name: String,
        /// The tenant of the person.
        pub tenant_key: Option<String>,
    }
}

view! {
    /// The message.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{MessageReceive, Message}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MessageReceive::TYPE, "usual");
    /// let receive: MessageReceive = event.payload()?;
    /// let message: &Message = &receive.message;
    /// assert_eq!(message.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(message.chat_type, "group");
    /// assert_eq!(message.content_json, "{\"text\": \"@_user_1 hello\"}");
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct Message {
        /// `oc_…`
        pub chat_id: String,
        /// `p2p` or `group`.
        pub chat_type: String,
        /// JSON text whose shape depends on the type.
        pub content_json: String = "content",
        /// Milliseconds since 1970, as text.
        pub create_time: Option<String>,
        /// The mentioned people and bots.
        pub mentions: Vec<Mention>,
        /// `om_…`: stays the same when Lark delivers the message under two event ids.
        pub message_id: String,
        /// `text`, `post`, `image`, `file`, `interactive`, …
        pub message_type: String,
        /// The message that this one replies to.
        pub parent_id: Option<String>,
        /// The first message of the thread of replies.
        pub root_id: Option<String>,
        /// `omt_…`: the topic, where topics are in use.
        pub thread_id: Option<String>,
        /// Milliseconds since 1970, as text.
        pub update_time: Option<String>,
        /// The client that sent it.
        pub user_agent: Option<String>,
    }
}

view! {
    /// A person who read messages.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{MessageRead, MessageReader}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MessageRead::TYPE, "usual");
    /// let read: MessageRead = event.payload()?;
    /// let reader: &MessageReader = &read.reader;
    /// assert_eq!(reader.reader_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(reader.read_time.as_deref(), Some("1704067200000"));
    /// assert_eq!(reader.tenant_key.as_deref(), Some("2df73991750b1234"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct MessageReader {
        /// Milliseconds since 1970, as text.
        pub read_time: Option<String>,
        /// The person.
        pub reader_id: UserId,
        /// The tenant.
        pub tenant_key: Option<String>,
    }
}

view! {
    /// The emoji of a reaction.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ReactionCreated, ReactionType}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ReactionCreated::TYPE, "usual");
    /// let created: ReactionCreated = event.payload()?;
    /// let kind: &ReactionType = &created.reaction_type;
    /// assert_eq!(kind.emoji_type, "THUMBSUP");
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ReactionType {
        /// Its name, for example `SMILE`.
        pub emoji_type: String,
    }
}

view! {
    /// The sender of a message.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{MessageReceive, Sender}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MessageReceive::TYPE, "usual");
    /// let receive: MessageReceive = event.payload()?;
    /// let sender: &Sender = &receive.sender;
    /// assert_eq!(sender.sender_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(sender.sender_type.as_deref(), Some("user"));
    /// assert_eq!(sender.tenant_key.as_deref(), Some("2df73991750b1234"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct Sender {
        /// The ids of the person; empty for a bot.
        pub sender_id: UserId,
        /// `user`, or `app` for another bot.
        pub sender_type: Option<String>,
        /// The tenant of the sender.
        pub tenant_key: Option<String>,
    }
}
