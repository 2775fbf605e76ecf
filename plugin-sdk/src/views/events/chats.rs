//! Events of the group `chats`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::{I18nNames, UserId};

view! {
    /// A person opened the private chat with the bot; at every opening, not only the first.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::P2pChatEntered, prelude::*, testing::fixture};
    ///
    /// let event = fixture(P2pChatEntered::TYPE, "usual");
    /// let entered: P2pChatEntered = event.payload()?;
    /// assert_eq!(entered.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(entered.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(entered.last_message_create_time.as_deref(), Some("1704067200000"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ChatDisbanded, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatDisbanded::TYPE, "usual");
    /// let disbanded: ChatDisbanded = event.payload()?;
    /// assert_eq!(disbanded.chat_id, "oc_a41c7be02d9f4e35");
    /// assert_eq!(disbanded.i18n_names.en_us.as_deref(), Some("Team"));
    /// assert_eq!(disbanded.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    /// Settings of a chat of the bot were changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ChatUpdated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatUpdated::TYPE, "usual");
    /// let updated: ChatUpdated = event.payload()?;
    /// assert_eq!(updated.after_change.i18n_names.en_us.as_deref(), Some("Team"));
    /// assert_eq!(updated.before_change.i18n_names.en_us.as_deref(), Some("Team"));
    /// assert_eq!(updated.chat_id, "oc_a41c7be02d9f4e35");
    /// # Ok::<(), Failure>(())
    /// ```
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
    /// Settings of a chat; of a change only those that differ are there.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ChatUpdated, ChatSettings}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatUpdated::TYPE, "usual");
    /// let updated: ChatUpdated = event.payload()?;
    /// let settings: &ChatSettings = &updated.after_change;
    /// assert_eq!(settings.i18n_names.en_us.as_deref(), Some("Team"));
    /// assert_eq!(settings.owner_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(settings.restricted_mode_setting.download_has_permission_setting.as_deref(), Some("all_members"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ChatUpdated, Moderator}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatUpdated::TYPE, "usual");
    /// let updated: ChatUpdated = event.payload()?;
    /// let moderator: &Moderator = &updated.moderator_list.added_member_list[0];
    /// assert_eq!(moderator.user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(moderator.tenant_key.as_deref(), Some("2df73991750b1234"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ChatUpdated, ModeratorChange}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatUpdated::TYPE, "usual");
    /// let updated: ChatUpdated = event.payload()?;
    /// let change: &ModeratorChange = &updated.moderator_list;
    /// assert_eq!(change.added_member_list[0].user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(change.removed_member_list[0].user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{ChatUpdated, RestrictedMode}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ChatUpdated::TYPE, "usual");
    /// let updated: ChatUpdated = event.payload()?;
    /// let mode: &RestrictedMode = &updated.after_change.restricted_mode_setting;
    /// assert_eq!(mode.download_has_permission_setting.as_deref(), Some("all_members"));
    /// assert_eq!(mode.message_has_permission_setting.as_deref(), Some("all_members"));
    /// assert_eq!(mode.screenshot_has_permission_setting.as_deref(), Some("all_members"));
    /// # Ok::<(), Failure>(())
    /// ```
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
