//! Parts of Lark's answers, read as leniently as its events.

use crate::content::{Mentioned, MessageContent};

view! {
    /// A message as Lark's API has it.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// # let message = json!({
    /// #     "message_id": "om_1", "msg_type": "text", "chat_id": "oc_team", "create_time": "1704067200000", "deleted": false,
    /// #     "root_id": "om_0", "parent_id": "om_0", "sender": {"id": "ou_anna", "id_type": "open_id", "sender_type": "user"},
    /// #     "body": {"content": "{\"text\": \"@_user_1 hi\"}"},
    /// #     "mentions": [{"key": "@_user_1", "id": "ou_ben", "name": "Ben"}],
    /// # });
    /// # fake.answer("GET", "/open-apis/im/v1/messages/*", &json!({"items": [message]}));
    /// let message = host.openapi().message("om_1")?;
    /// if message.deleted == Some(true) || message.is_from_app("cli_a5fb0ae6a4123456") {
    ///     return Ok(()); // recalled, or our own
    /// }
    /// assert_eq!(message.read().text, "@Ben hi");
    /// assert_eq!((message.message_id.as_str(), message.message_type.as_str()), ("om_1", "text"));
    /// assert_eq!(message.chat_id.as_deref(), Some("oc_team"));
    /// assert_eq!((message.root_id.as_deref(), message.parent_id.as_deref()), (Some("om_0"), Some("om_0")));
    /// assert_eq!((message.thread_id, message.upper_message_id), (None, None));
    /// assert_eq!((message.sender.id.as_deref(), message.create_time.as_deref()), (Some("ou_anna"), Some("1704067200000")));
    /// assert_eq!((message.mentions[0].name.as_str(), message.body.content_json.as_str()), ("Ben", r#"{"text": "@_user_1 hi"}"#));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// # use lark_plugin_sdk::{ChatMessage, Failure};
    /// # use serde_json::json;
    /// # let message: ChatMessage = serde_json::from_value(json!({
    /// #     "sender": {"id": "cli_b", "id_type": "app_id", "sender_type": "app", "tenant_key": "2df73991750b1234"},
    /// # }))?;
    /// let sender = &message.sender;
    /// let is_bot = sender.sender_type.as_deref() == Some("app");
    /// assert!(is_bot && sender.id_type.as_deref() == Some("app_id"));
    /// assert_eq!((sender.id.as_deref(), sender.tenant_key.as_deref()), (Some("cli_b"), Some("2df73991750b1234")));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// # use lark_plugin_sdk::{ChatMessage, Failure};
    /// # let json = r#"{"msg_type": "image", "body": {"content": "{\"image_key\": \"img_v3_1\"}"}}"#;
    /// # let message: ChatMessage = serde_json::from_str(json)?;
    /// let content: serde_json::Value = serde_json::from_str(&message.body.content_json)?;
    /// assert_eq!(content["image_key"], "img_v3_1");
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ChatBody {
        /// JSON text whose shape depends on the type.
        pub content_json: String = "content",
    }
}

view! {
    /// A mention in a message.
    ///
    /// ```
    /// # use lark_plugin_sdk::{ChatMessage, Failure};
    /// # let json = r#"{"mentions": [{"key": "@_user_1", "id": "ou_ben", "name": "Ben"}]}"#;
    /// # let message: ChatMessage = serde_json::from_str(json)?;
    /// let mention = &message.mentions[0];
    /// assert_eq!((mention.key.as_str(), mention.id.as_deref(), mention.name.as_str()), ("@_user_1", Some("ou_ben"), "Ben"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// # fake.answer("GET", "/open-apis/im/v1/chats/*", &json!({
    /// #     "name": "Team", "description": "all of us", "owner_id": "ou_anna", "chat_mode": "group", "chat_type": "private",
    /// #     "external": false, "user_count": "7", "bot_count": "1", "tenant_key": "2df73991750b1234", "avatar": "https://example.com/a.png",
    /// # }));
    /// let chat = host.openapi().chat("oc_team")?;
    /// assert_eq!((chat.name.as_deref(), chat.owner_id.as_deref()), (Some("Team"), Some("ou_anna")));
    /// assert_eq!((chat.user_count, chat.bot_count, chat.external), (Some(7), Some(1), Some(false)));
    /// assert_eq!((chat.chat_mode.as_deref(), chat.chat_type.as_deref()), (Some("group"), Some("private")));
    /// assert_eq!(chat.chat_id, None); // a list of chats has it
    /// # assert!(chat.description.is_some() && chat.avatar.is_some() && chat.tenant_key.is_some());
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// # let items = json!({"items": [{"member_id": "ou_anna", "name": "Anna", "tenant_key": "2df73991750b1234"}]});
    /// # fake.answer("GET", "/open-apis/im/v1/chats/*/members", &items);
    /// for member in host.openapi().chat_members("oc_team")? {
    ///     let member = member?;
    ///     let is_ours = member.tenant_key.as_deref() == Some("2df73991750b1234");
    ///     host.log().debug(&format!("{} {is_ours}", member.member_id));
    ///     # assert_eq!(member.name.as_deref(), Some("Anna"));
    /// }
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// # let bot = json!({"open_id": "ou_bot", "app_name": "Helper", "avatar_url": "https://example.com/bot.png"});
    /// # fake.answer_with("GET", "/open-apis/bot/v3/info", &json!({"code": 0, "bot": bot}));
    /// let bot = host.openapi().bot()?;
    /// host.openapi().send_text(To::Chat("oc_team"), &format!("我是{}", bot.app_name.unwrap_or_default()))?;
    /// # assert_eq!((bot.open_id.as_str(), bot.avatar_url.is_some()), ("ou_bot", true));
    /// # Ok::<(), Failure>(())
    /// ```
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
