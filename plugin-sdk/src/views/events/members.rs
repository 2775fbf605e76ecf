//! Events of the group `members`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::{I18nNames, UserId};

view! {
    /// The bot was added to a chat.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::BotAdded, prelude::*, testing::fixture};
    ///
    /// let event = fixture(BotAdded::TYPE, "usual");
    /// let added: BotAdded = event.payload()?;
    /// assert_eq!(added.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(added.i18n_names.en_us.as_deref(), Some("Team"));
    /// assert_eq!(added.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct BotAdded {
        /// `oc_…`: the chat.
        pub chat_id: String,
        /// Whether the chat has members of other tenants.
        pub external: Option<bool>,
        /// The name in other languages.
        pub i18n_names: I18nNames,
        /// The name of the chat.
        pub name: Option<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The tenant of the person who did it.
        pub operator_tenant_key: Option<String>,
    }
}

impl BotAdded {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "im.chat.member.bot.added_v1";
}

view! {
    /// The bot was removed from a chat.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::BotDeleted, prelude::*, testing::fixture};
    ///
    /// let event = fixture(BotDeleted::TYPE, "usual");
    /// let deleted: BotDeleted = event.payload()?;
    /// assert_eq!(deleted.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(deleted.i18n_names.en_us.as_deref(), Some("Team"));
    /// assert_eq!(deleted.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct BotDeleted {
        /// `oc_…`: the chat.
        pub chat_id: String,
        /// Whether the chat has members of other tenants.
        pub external: Option<bool>,
        /// The name in other languages.
        pub i18n_names: I18nNames,
        /// The name of the chat.
        pub name: Option<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The tenant of the person who did it.
        pub operator_tenant_key: Option<String>,
    }
}

impl BotDeleted {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "im.chat.member.bot.deleted_v1";
}

view! {
    /// People came into a chat of the bot.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ChatMembersAdded, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatMembersAdded::TYPE, "usual");
    /// let added: ChatMembersAdded = event.payload()?;
    /// assert_eq!(added.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(added.i18n_names.en_us.as_deref(), Some("Team"));
    /// assert_eq!(added.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ChatMembersAdded {
        /// `oc_…`: the chat.
        pub chat_id: String,
        /// Whether the chat has members of other tenants.
        pub external: Option<bool>,
        /// The name in other languages.
        pub i18n_names: I18nNames,
        /// The name of the chat.
        pub name: Option<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The tenant of the person who did it.
        pub operator_tenant_key: Option<String>,
        /// The people.
        pub users: Vec<ChatMember>,
    }
}

impl ChatMembersAdded {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "im.chat.member.user.added_v1";
}

view! {
    /// People left a chat of the bot, or were removed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ChatMembersDeleted, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatMembersDeleted::TYPE, "usual");
    /// let deleted: ChatMembersDeleted = event.payload()?;
    /// assert_eq!(deleted.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(deleted.i18n_names.en_us.as_deref(), Some("Team"));
    /// assert_eq!(deleted.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ChatMembersDeleted {
        /// `oc_…`: the chat.
        pub chat_id: String,
        /// Whether the chat has members of other tenants.
        pub external: Option<bool>,
        /// The name in other languages.
        pub i18n_names: I18nNames,
        /// The name of the chat.
        pub name: Option<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The tenant of the person who did it.
        pub operator_tenant_key: Option<String>,
        /// The people.
        pub users: Vec<ChatMember>,
    }
}

impl ChatMembersDeleted {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "im.chat.member.user.deleted_v1";
}

view! {
    /// An invitation to a chat of the bot was withdrawn.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ChatMembersWithdrawn, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatMembersWithdrawn::TYPE, "usual");
    /// let withdrawn: ChatMembersWithdrawn = event.payload()?;
    /// assert_eq!(withdrawn.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(withdrawn.i18n_names.en_us.as_deref(), Some("Team"));
    /// assert_eq!(withdrawn.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ChatMembersWithdrawn {
        /// `oc_…`: the chat.
        pub chat_id: String,
        /// Whether the chat has members of other tenants.
        pub external: Option<bool>,
        /// The name in other languages.
        pub i18n_names: I18nNames,
        /// The name of the chat.
        pub name: Option<String>,
        /// The person who did it.
        pub operator_id: UserId,
        /// The tenant of the person who did it.
        pub operator_tenant_key: Option<String>,
        /// The people.
        pub users: Vec<ChatMember>,
    }
}

impl ChatMembersWithdrawn {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "im.chat.member.user.withdrawn_v1";
}

view! {
    /// A member of a chat.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ChatMembersAdded, ChatMember}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatMembersAdded::TYPE, "usual");
    /// let added: ChatMembersAdded = event.payload()?;
    /// let member: &ChatMember = &added.users[0];
    /// assert_eq!(member.user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(member.name.as_deref(), Some("Anna"));
    /// assert_eq!(member.tenant_key.as_deref(), Some("2df73991750b1234"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ChatMember {
        /// The displayed name.
        pub name: Option<String>,
        /// The tenant.
        pub tenant_key: Option<String>,
        /// The person.
        pub user_id: UserId,
    }
}
