//! Events of the group `messages_v1`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::ChatUser;

view! {
    /// A message in the old form; subscribe to `im.message.receive_v1` instead.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::MessageV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MessageV1::TYPE, "usual");
    /// let message: MessageV1 = event.payload()?;
    /// assert_eq!(message.open_chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(message.open_message_id, "om_63d2f0a8c4b94e17");
    /// assert_eq!(message.chat_type.as_deref(), Some("group"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct MessageV1 {
        /// `private` or `group`.
        pub chat_type: Option<String>,
        /// The user id of the sender.
        pub employee_id: Option<String>,
        /// Whether the bot was mentioned.
        pub is_mention: Option<bool>,
        /// `text`, `post`, `image`, …
        pub msg_type: Option<String>,
        /// `oc_…`: the chat.
        pub open_chat_id: String,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// `om_…`: the message.
        pub open_message_id: String,
        /// The message that this one replies to.
        pub parent_id: Option<String>,
        /// The first message of the thread of replies.
        pub root_id: Option<String>,
        /// The text, with mentions as tags.
        pub text: Option<String>,
        /// The text without the mention of the bot.
        pub text_without_at_bot: Option<String>,
        /// `on_…`: one per person and developer.
        pub union_id: Option<String>,
    }
}

impl MessageV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "message";
}

view! {
    /// Messages that a person read, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::MessageReadV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(MessageReadV1::TYPE, "usual");
    /// let read: MessageReadV1 = event.payload()?;
    /// assert_eq!(read.open_chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(read.open_message_ids, ["om_63d2f0a8c4b94e17"]);
    /// assert_eq!(read.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct MessageReadV1 {
        /// `oc_…`: the chat.
        pub open_chat_id: String,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// `om_…`: the messages.
        pub open_message_ids: Vec<String>,
    }
}

impl MessageReadV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "message_read";
}

view! {
    /// A new chat between a user and the bot.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::P2pChatCreate, prelude::*, testing::fixture};
    ///
    /// let event = fixture(P2pChatCreate::TYPE, "usual");
    /// let create: P2pChatCreate = event.payload()?;
    /// assert_eq!(create.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(create.operator.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(create.user.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct P2pChatCreate {
        /// `oc_…`
        pub chat_id: String,
        /// The person who opened the chat; without a name if the bot did.
        pub operator: ChatUser,
        /// The user in the chat.
        pub user: ChatUser,
    }
}

impl P2pChatCreate {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "p2p_chat_create";
}
