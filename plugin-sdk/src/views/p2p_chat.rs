//! `p2p_chat_create` of schema 1.0: somebody talks to the bot for the first time ("P2P chat created").

view! {
    /// Somebody opened a chat with the bot.
    #[derive(Debug, Clone, Default)]
    pub struct P2pChatCreate {
        /// `oc_…`
        pub chat_id: String,
        /// Who opened the chat; has no name when it was the bot.
        pub operator: ChatUser,
        /// With whom the bot talks now.
        pub user: ChatUser,
    }
}

view! {
    /// A person in an event of schema 1.0.
    #[derive(Debug, Clone, Default)]
    pub struct ChatUser {
        /// As it is shown.
        pub name: Option<String>,
        /// `ou_…`
        pub open_id: Option<String>,
        /// Only when the application may read it.
        pub user_id: Option<String>,
    }
}
