//! Parts of Lark's answers, read as leniently as its events.

use crate::content::{Mentioned, MessageContent};

view! {
    /// A message as Lark's API has it.
    #[derive(Debug, Clone, Default)]
    pub struct ChatMessage {
        /// `om_…`
        pub message_id: String,
        /// The first message of the thread of replies.
        pub root_id: Option<String>,
        /// The message that this one replies to.
        pub parent_id: Option<String>,
        /// `omt_…`: the topic, where topics are in use.
        pub thread_id: Option<String>,
        /// The forwarded message that holds this one.
        pub upper_message_id: Option<String>,
        /// `text`, `post`, `image`, `file`, `interactive`, …
        pub message_type: String = "msg_type",
        /// Milliseconds since 1970, as text.
        pub create_time: Option<String>,
        /// Whether it was recalled.
        pub deleted: Option<bool>,
        /// `oc_…`
        pub chat_id: Option<String>,
        /// The sender.
        pub sender: ChatSender,
        /// The content.
        pub body: ChatBody,
        /// The mentioned people and bots.
        pub mentions: Vec<ChatMention>,
    }
}

view! {
    /// The sender of a message.
    #[derive(Debug, Clone, Default)]
    pub struct ChatSender {
        /// `ou_…` of a person, `cli_…` of a bot.
        pub id: Option<String>,
        /// `open_id` or `app_id`.
        pub id_type: Option<String>,
        /// `user`, `app`, `anonymous` or `unknown`.
        pub sender_type: Option<String>,
        /// The tenant of the sender.
        pub tenant_key: Option<String>,
    }
}

view! {
    /// The content of a message.
    #[derive(Debug, Clone, Default)]
    pub struct ChatBody {
        /// JSON text whose shape depends on the type.
        pub content_json: String = "content",
    }
}

view! {
    /// A mention in a message.
    #[derive(Debug, Clone, Default)]
    pub struct ChatMention {
        /// The placeholder in the text, for example `@_user_1`.
        pub key: String,
        /// `ou_…`
        pub id: Option<String>,
        /// The displayed name.
        pub name: String,
    }
}

impl ChatMessage {
    /// Returns the message as one text, with names instead of placeholders, and its files.
    pub fn read(&self) -> MessageContent {
        let names = self.mentions.iter();
        let names = names.map(|mention| (mention.key.as_str(), Mentioned::Name(mention.name.as_str())));
        MessageContent::read(&self.message_type, &self.body.content_json, &names)
    }

    /// Returns whether the bot of this application (the `app_id` of the event) wrote it.
    pub fn is_from_app(&self, app_id: &str) -> bool {
        self.sender.sender_type.as_deref() == Some("app") && self.sender.id.as_deref() == Some(app_id)
    }
}

view! {
    /// A chat.
    #[derive(Debug, Clone, Default)]
    pub struct ChatInfo {
        /// `oc_…`; in a list of chats only.
        pub chat_id: Option<String>,
        /// The name.
        pub name: Option<String>,
        /// The description.
        pub description: Option<String>,
        /// The URL of the picture.
        pub avatar: Option<String>,
        /// `ou_…`: the owner.
        pub owner_id: Option<String>,
        /// `group`, `topic` or `p2p`.
        pub chat_mode: Option<String>,
        /// `private` or `public`.
        pub chat_type: Option<String>,
        /// Whether it has members of other tenants.
        pub external: Option<bool>,
        /// The number of people.
        pub user_count: Option<i64>,
        /// The number of bots.
        pub bot_count: Option<i64>,
        /// The tenant of the chat.
        pub tenant_key: Option<String>,
    }
}

view! {
    /// A person in a chat.
    #[derive(Debug, Clone, Default)]
    pub struct MemberInfo {
        /// `ou_…`
        pub member_id: String,
        /// The displayed name.
        pub name: Option<String>,
        /// The tenant of the person.
        pub tenant_key: Option<String>,
    }
}

view! {
    /// The bot of the application.
    #[derive(Debug, Clone, Default)]
    pub struct Bot {
        /// `ou_…`, under which messages and mentions name it.
        pub open_id: String,
        /// The displayed name.
        pub app_name: Option<String>,
        /// The URL of the picture.
        pub avatar_url: Option<String>,
    }
}
