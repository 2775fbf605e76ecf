//! Events of the group `messages`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::UserId;

view! {
    /// Messages of the bot that a person read in a private chat.
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
    #[derive(Debug, Clone, Default)]
    pub struct BotInfo {
        /// `cli_…`: the application of the bot.
        pub app_id: Option<String>,
    }
}

view! {
    /// A mention of a person, a bot or everybody.
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
    #[derive(Debug, Clone, Default)]
    pub struct ReactionType {
        /// Its name, for example `SMILE`.
        pub emoji_type: String,
    }
}

view! {
    /// The sender of a message.
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
