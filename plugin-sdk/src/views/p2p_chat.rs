//! `p2p_chat_create` of schema 1.0: the first conversation between a user and the bot ("P2P chat created").

view! {
    /// A new chat between a user and the bot.
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

view! {
    /// A person in an event of schema 1.0.
    #[derive(Debug, Clone, Default)]
    pub struct ChatUser {
        /// The displayed name.
        pub name: Option<String>,
        /// `ou_…`
        pub open_id: Option<String>,
        /// Present only if the application may read it.
        pub user_id: Option<String>,
    }
}
