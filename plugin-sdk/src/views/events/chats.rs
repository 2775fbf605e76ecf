//! Events of the group `chats`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::{I18nNames, UserId};

view! {
    /// A person opened the private chat with the bot; at every opening, not only the first.
    #[derive(Debug, Clone, Default)]
    pub struct P2pChatEntered {
        /// `oc_…`: the chat.
        pub chat_id: String,
        /// Milliseconds since 1970, as text.
        pub last_message_create_time: Option<String>,
        /// `om_…`: the newest message of the chat.
        pub last_message_id: Option<String>,
        /// The person.
        pub operator_id: UserId,
    }
}

impl P2pChatEntered {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "im.chat.access_event.bot_p2p_chat_entered_v1";
}

view! {
    /// A chat of the bot was disbanded.
    #[derive(Debug, Clone, Default)]
    pub struct ChatDisbanded {
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

impl ChatDisbanded {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "im.chat.disbanded_v1";
}

view! {
    /// The bot was added to a chat.
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
    /// Settings of a chat of the bot were changed.
    #[derive(Debug, Clone, Default)]
    pub struct ChatUpdated {
        /// The settings that changed, with their new values.
        pub after_change: ChatSettings,
        /// The same settings with their old values.
        pub before_change: ChatSettings,
        /// `oc_…`: the chat.
        pub chat_id: String,
        /// Whether the chat has members of other tenants.
        pub external: Option<bool>,
        /// The people who may write, if that changed.
        pub moderator_list: ModeratorChange,
        /// The person who did it.
        pub operator_id: UserId,
        /// The tenant of the person who did it.
        pub operator_tenant_key: Option<String>,
    }
}

impl ChatUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "im.chat.updated_v1";
}

view! {
    /// A member of a chat.
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

view! {
    /// Settings of a chat; of a change only those that differ are there.
    #[derive(Debug, Clone, Default)]
    pub struct ChatSettings {
        /// Who may add people: `only_owner` or `all_members`.
        pub add_member_permission: Option<String>,
        /// Who may mention everybody: `only_owner` or `all_members`.
        pub at_all_permission: Option<String>,
        /// The URL of the picture.
        pub avatar: Option<String>,
        /// The description.
        pub description: Option<String>,
        /// Who may edit the chat: `only_owner` or `all_members`.
        pub edit_permission: Option<String>,
        /// `chat` or `thread`.
        pub group_message_type: Option<String>,
        /// The name in other languages.
        pub i18n_names: I18nNames,
        /// Who sees that somebody came: `only_owner`, `all_members` or `not_anyone`.
        pub join_message_visibility: Option<String>,
        /// Labels of the chat.
        pub labels: Vec<String>,
        /// Who sees that somebody left: `only_owner`, `all_members` or `not_anyone`.
        pub leave_message_visibility: Option<String>,
        /// `no_approval_required` or `approval_required`.
        pub membership_approval: Option<String>,
        /// Who may write: `all_members`, `moderator_list` or `only_owner`.
        pub moderation_permission: Option<String>,
        /// The name of the chat.
        pub name: Option<String>,
        /// The owner.
        pub owner_id: UserId,
        /// The confidential mode.
        pub restricted_mode_setting: RestrictedMode,
        /// Whether the chat may be shared: `allowed` or `not_allowed`.
        pub share_card_permission: Option<String>,
    }
}

view! {
    /// A person who may write in a moderated chat.
    #[derive(Debug, Clone, Default)]
    pub struct Moderator {
        /// The tenant.
        pub tenant_key: Option<String>,
        /// The person.
        pub user_id: UserId,
    }
}

view! {
    /// A change of the people who may write.
    #[derive(Debug, Clone, Default)]
    pub struct ModeratorChange {
        /// Those who may write now.
        pub added_member_list: Vec<Moderator>,
        /// Those who may not write any more.
        pub removed_member_list: Vec<Moderator>,
    }
}

view! {
    /// The confidential mode of a chat.
    #[derive(Debug, Clone, Default)]
    pub struct RestrictedMode {
        /// Who may download: `all_members` or `not_anyone`.
        pub download_has_permission_setting: Option<String>,
        /// Who may copy and forward: `all_members` or `not_anyone`.
        pub message_has_permission_setting: Option<String>,
        /// Who may take screenshots: `all_members` or `not_anyone`.
        pub screenshot_has_permission_setting: Option<String>,
        /// Whether it is on.
        pub status: Option<bool>,
    }
}
