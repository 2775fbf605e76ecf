//! Events of the group `chats_v1`.
//!
//! Generated from `schema/events.json`; change that, not this.

view! {
    /// The bot was added to a chat, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::BotAddedV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(BotAddedV1::TYPE, "usual");
    /// let added: BotAddedV1 = event.payload()?;
    /// assert_eq!(added.chat_i18n_names.en_us.as_deref(), Some("Team"));
    /// assert_eq!(added.open_chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(added.chat_name.as_deref(), Some("Team"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct BotAddedV1 {
        /// The name in other languages.
        pub chat_i18n_names: I18nNames,
        /// The name of the chat.
        pub chat_name: Option<String>,
        /// The name of the owner.
        pub chat_owner_name: Option<String>,
        /// The owner.
        pub chat_owner_open_id: Option<String>,
        /// `oc_…`: the chat.
        pub open_chat_id: String,
        /// The name of that person.
        pub operator_name: Option<String>,
        /// The person who did it.
        pub operator_open_id: Option<String>,
        /// Whether a bot owns the chat.
        pub owner_is_bot: Option<bool>,
    }
}

impl BotAddedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "add_bot";
}

view! {
    /// People came into a chat, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ChatUsersAddedV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatUsersAddedV1::TYPE, "usual");
    /// let added: ChatUsersAddedV1 = event.payload()?;
    /// assert_eq!(added.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(added.operator.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(added.users[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ChatUsersAddedV1 {
        /// `oc_…`: the chat.
        pub chat_id: String,
        /// The person who did it.
        pub operator: ChatUser,
        /// The people.
        pub users: Vec<ChatUser>,
    }
}

impl ChatUsersAddedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "add_user_to_chat";
}

view! {
    /// A chat was disbanded, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ChatDisbandedV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatDisbandedV1::TYPE, "usual");
    /// let disbanded: ChatDisbandedV1 = event.payload()?;
    /// assert_eq!(disbanded.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(disbanded.operator.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ChatDisbandedV1 {
        /// `oc_…`: the chat.
        pub chat_id: String,
        /// The person who did it.
        pub operator: ChatUser,
    }
}

impl ChatDisbandedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "chat_disband";
}

view! {
    /// Settings of a chat were changed, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::GroupSettingsV1Updated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(GroupSettingsV1Updated::TYPE, "usual");
    /// let updated: GroupSettingsV1Updated = event.payload()?;
    /// assert_eq!(updated.after_change.add_member_permission.as_deref(), Some("everyone"));
    /// assert_eq!(updated.before_change.add_member_permission.as_deref(), Some("everyone"));
    /// assert_eq!(updated.chat_id, "oc_a41c7be02d9f4e35");
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct GroupSettingsV1Updated {
        /// The new settings.
        pub after_change: GroupSettingsV1,
        /// The old settings.
        pub before_change: GroupSettingsV1,
        /// `oc_…`: the chat.
        pub chat_id: String,
        /// The person who did it.
        pub operator: ChatUser,
    }
}

impl GroupSettingsV1Updated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "group_setting_update";
}

view! {
    /// The bot was removed from a chat, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::BotRemovedV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(BotRemovedV1::TYPE, "usual");
    /// let removed: BotRemovedV1 = event.payload()?;
    /// assert_eq!(removed.chat_i18n_names.en_us.as_deref(), Some("Team"));
    /// assert_eq!(removed.open_chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(removed.chat_name.as_deref(), Some("Team"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct BotRemovedV1 {
        /// The name in other languages.
        pub chat_i18n_names: I18nNames,
        /// The name of the chat.
        pub chat_name: Option<String>,
        /// The name of the owner.
        pub chat_owner_name: Option<String>,
        /// The owner.
        pub chat_owner_open_id: Option<String>,
        /// `oc_…`: the chat.
        pub open_chat_id: String,
        /// The name of that person.
        pub operator_name: Option<String>,
        /// The person who did it.
        pub operator_open_id: Option<String>,
        /// Whether a bot owns the chat.
        pub owner_is_bot: Option<bool>,
    }
}

impl BotRemovedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "remove_bot";
}

view! {
    /// People left a chat, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ChatUsersRemovedV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatUsersRemovedV1::TYPE, "usual");
    /// let removed: ChatUsersRemovedV1 = event.payload()?;
    /// assert_eq!(removed.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(removed.operator.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(removed.users[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ChatUsersRemovedV1 {
        /// `oc_…`: the chat.
        pub chat_id: String,
        /// The person who did it.
        pub operator: ChatUser,
        /// The people.
        pub users: Vec<ChatUser>,
    }
}

impl ChatUsersRemovedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "remove_user_from_chat";
}

view! {
    /// An invitation to a chat was withdrawn, in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ChatUsersRevokedV1, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatUsersRevokedV1::TYPE, "usual");
    /// let revoked: ChatUsersRevokedV1 = event.payload()?;
    /// assert_eq!(revoked.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(revoked.operator.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(revoked.users[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ChatUsersRevokedV1 {
        /// `oc_…`: the chat.
        pub chat_id: String,
        /// The person who did it.
        pub operator: ChatUser,
        /// The people.
        pub users: Vec<ChatUser>,
    }
}

impl ChatUsersRevokedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "revoke_add_user_from_chat";
}

view! {
    /// Settings of a chat in the old form.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{GroupSettingsV1Updated, GroupSettingsV1}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(GroupSettingsV1Updated::TYPE, "usual");
    /// let updated: GroupSettingsV1Updated = event.payload()?;
    /// let settings: &GroupSettingsV1 = &updated.after_change;
    /// assert_eq!(settings.add_member_permission.as_deref(), Some("everyone"));
    /// assert_eq!(settings.message_notification, Some(true));
    /// assert_eq!(settings.owner_open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct GroupSettingsV1 {
        /// Who may add people: `everyone` or `owner`.
        pub add_member_permission: Option<String>,
        /// Whether messages are notified.
        pub message_notification: Option<bool>,
        /// The owner.
        pub owner_open_id: Option<String>,
        /// The user id of the owner.
        pub owner_user_id: Option<String>,
    }
}

view! {
    /// A name in other languages.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{BotAddedV1, I18nNames}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(BotAddedV1::TYPE, "usual");
    /// let added: BotAddedV1 = event.payload()?;
    /// let names: &I18nNames = &added.chat_i18n_names;
    /// assert_eq!(names.en_us.as_deref(), Some("Team"));
    /// assert_eq!(names.ja_jp.as_deref(), Some("チーム"));
    /// assert_eq!(names.zh_cn.as_deref(), Some("团队"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct I18nNames {
        /// English.
        pub en_us: Option<String>,
        /// Japanese.
        pub ja_jp: Option<String>,
        /// Chinese.
        pub zh_cn: Option<String>,
    }
}

view! {
    /// A person in an event of schema 1.0.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ChatUsersAddedV1, ChatUser}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatUsersAddedV1::TYPE, "usual");
    /// let added: ChatUsersAddedV1 = event.payload()?;
    /// let user: &ChatUser = &added.operator;
    /// assert_eq!(user.name.as_deref(), Some("Anna"));
    /// assert_eq!(user.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(user.user_id.as_deref(), Some("b7c2e91d"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ChatUser {
        /// The displayed name.
        pub name: Option<String>,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// The user id in the tenant; present only if the application may read it.
        pub user_id: Option<String>,
    }
}
