//! Events of the group `schema_v1`.
//!
//! Generated from `schema/events.json`; change that, not this.

view! {
    /// The bot was added to a chat, in the old form.
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
    /// The part of the directory that the application may see was changed, in the old form.
    #[derive(Debug, Clone, Default)]
    pub struct ContactScopeChangedV1 {
    }
}

impl ContactScopeChangedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact_scope_change";
}

view! {
    /// A department was made, in the old form.
    #[derive(Debug, Clone, Default)]
    pub struct DepartmentAddedV1 {
        /// `od-…`: the department.
        pub open_department_id: Option<String>,
    }
}

impl DepartmentAddedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "dept_add";
}

view! {
    /// A department was deleted, in the old form.
    #[derive(Debug, Clone, Default)]
    pub struct DepartmentDeletedV1 {
        /// `od-…`: the department.
        pub open_department_id: Option<String>,
    }
}

impl DepartmentDeletedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "dept_delete";
}

view! {
    /// A department was changed, in the old form.
    #[derive(Debug, Clone, Default)]
    pub struct DepartmentUpdatedV1 {
        /// `od-…`: the department.
        pub open_department_id: Option<String>,
    }
}

impl DepartmentUpdatedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "dept_update";
}

view! {
    /// Settings of a chat were changed, in the old form.
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
    /// A message in the old form; subscribe to `im.message.receive_v1` instead.
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

view! {
    /// The bot was removed from a chat, in the old form.
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
    /// A user joined the tenant, in the old form.
    #[derive(Debug, Clone, Default)]
    pub struct UserAddedV1 {
        /// The user id.
        pub employee_id: Option<String>,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// `on_…`: one per person and developer.
        pub union_id: Option<String>,
    }
}

impl UserAddedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "user_add";
}

view! {
    /// A user left the tenant, in the old form.
    #[derive(Debug, Clone, Default)]
    pub struct UserLeftV1 {
        /// The user id.
        pub employee_id: Option<String>,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// `on_…`: one per person and developer.
        pub union_id: Option<String>,
    }
}

impl UserLeftV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "user_leave";
}

view! {
    /// A user was changed, in the old form.
    #[derive(Debug, Clone, Default)]
    pub struct UserUpdatedV1 {
        /// The user id.
        pub employee_id: Option<String>,
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// `on_…`: one per person and developer.
        pub union_id: Option<String>,
    }
}

impl UserUpdatedV1 {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "user_update";
}

view! {
    /// Settings of a chat in the old form.
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
