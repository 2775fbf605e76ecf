//! Events of the group `application`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::UserId;

view! {
    /// An application was made in the tenant.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::ApplicationCreated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(ApplicationCreated::TYPE, "usual");
    /// let created: ApplicationCreated = event.payload()?;
    /// assert_eq!(created.app_id, "cli_a5fb0ae6a4123456");
    /// assert_eq!(created.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(created.app_scene_type, Some(0));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct ApplicationCreated {
        /// `cli_…`: the application.
        pub app_id: String,
        /// 0 for a custom application, 1 for one of the store, …
        pub app_scene_type: Option<i64>,
        /// The URL of its icon.
        pub avatar: Option<String>,
        /// Where it was made.
        pub create_source: Option<String>,
        /// Its description.
        pub description: Option<String>,
        /// Its name.
        pub name: Option<String>,
        /// The person who made it.
        pub operator_id: UserId,
        /// Its first language.
        pub primary_language: Option<String>,
    }
}

impl ApplicationCreated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "application.application.created_v6";
}

view! {
    /// A person sent feedback about the application.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::FeedbackCreated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(FeedbackCreated::TYPE, "usual");
    /// let created: FeedbackCreated = event.payload()?;
    /// assert_eq!(created.app_id, "cli_a5fb0ae6a4123456");
    /// assert_eq!(created.images, ["https://example.com/a.png"]);
    /// assert_eq!(created.user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct FeedbackCreated {
        /// `cli_…`: the application.
        pub app_id: String,
        /// How to reach the person.
        pub contact: Option<String>,
        /// The text.
        pub description: Option<String>,
        /// When the fault happened.
        pub fault_time: Option<String>,
        /// Kinds of fault.
        pub fault_type: Vec<i64>,
        /// The feedback.
        pub feedback_id: Option<String>,
        /// The page it is about.
        pub feedback_path: Option<String>,
        /// When.
        pub feedback_time: Option<String>,
        /// 1 for a fault, 2 for a suggestion.
        pub feedback_type: Option<i64>,
        /// URLs of pictures.
        pub images: Vec<String>,
        /// The place: 1 a mini program, 2 a web application, 3 a bot, …
        pub source: Option<i64>,
        /// The name of the tenant.
        pub tenant_name: Option<String>,
        /// The person.
        pub user_id: UserId,
    }
}

impl FeedbackCreated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "application.application.feedback.created_v6";
}

view! {
    /// The state of feedback was changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::FeedbackUpdated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(FeedbackUpdated::TYPE, "usual");
    /// let updated: FeedbackUpdated = event.payload()?;
    /// assert_eq!(updated.app_id, "cli_a5fb0ae6a4123456");
    /// assert_eq!(updated.feedback_ids, ["f-7c21"]);
    /// assert_eq!(updated.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct FeedbackUpdated {
        /// `cli_…`: the application.
        pub app_id: String,
        /// The feedback.
        pub feedback_ids: Vec<String>,
        /// The person who changed it.
        pub operator_id: UserId,
        /// The new state.
        pub status: Option<i64>,
        /// When.
        pub update_time: Option<String>,
    }
}

impl FeedbackUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "application.application.feedback.updated_v6";
}

view! {
    /// People can use the application for the first time.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::VisibilityAdded, prelude::*, testing::fixture};
    ///
    /// let event = fixture(VisibilityAdded::TYPE, "usual");
    /// let added: VisibilityAdded = event.payload()?;
    /// assert_eq!(added.users[0].user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(added.source, Some(1));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct VisibilityAdded {
        /// How: 1 by themselves, 2 by an administrator, …
        pub source: Option<i64>,
        /// The people.
        pub users: Vec<VisibleUser>,
    }
}

impl VisibilityAdded {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "application.application.visibility.added_v6";
}

view! {
    /// A person chose an entry of the menu of the bot.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::BotMenu, prelude::*, testing::fixture};
    ///
    /// let event = fixture(BotMenu::TYPE, "usual");
    /// let menu: BotMenu = event.payload()?;
    /// assert_eq!(menu.event_key, "open_report");
    /// assert_eq!(menu.operator.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(menu.timestamp, Some(1704067200000));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct BotMenu {
        /// The key that the menu entry has in the developer console.
        pub event_key: String,
        /// The person.
        pub operator: MenuOperator,
        /// Milliseconds since 1970.
        pub timestamp: Option<i64>,
    }
}

impl BotMenu {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "application.bot.menu_v6";
}

view! {
    /// A user's authorization of the application ended.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::UserTokenRevoked, prelude::*, testing::fixture};
    ///
    /// let event = fixture(UserTokenRevoked::TYPE, "usual");
    /// let revoked: UserTokenRevoked = event.payload()?;
    /// assert_eq!(revoked.open_id, "ou_5f0c6d1a9b7e4c21");
    /// assert_eq!(revoked.revoke_reason.as_deref(), Some("user_logout"));
    /// assert_eq!(revoked.revoke_token_type.as_deref(), Some("user_access_token"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct UserTokenRevoked {
        /// `ou_…`: one per person and application.
        pub open_id: String,
        /// Why.
        pub revoke_reason: Option<String>,
        /// The kind of token.
        pub revoke_token_type: Option<String>,
        /// `on_…`: one per person and developer.
        pub union_id: Option<String>,
        /// The user id in the tenant; present only if the application may read it.
        pub user_id: Option<String>,
    }
}

impl UserTokenRevoked {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "auth.user_access_token.revoked_v4";
}

view! {
    /// The person who used the menu.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{BotMenu, MenuOperator}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(BotMenu::TYPE, "usual");
    /// let menu: BotMenu = event.payload()?;
    /// let operator: &MenuOperator = &menu.operator;
    /// assert_eq!(operator.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(operator.operator_name.as_deref(), Some("Anna"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct MenuOperator {
        /// The ids of the person.
        pub operator_id: UserId,
        /// The displayed name.
        pub operator_name: Option<String>,
    }
}

view! {
    /// A person who can use the application now.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{VisibilityAdded, VisibleUser}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(VisibilityAdded::TYPE, "usual");
    /// let added: VisibilityAdded = event.payload()?;
    /// let user: &VisibleUser = &added.users[0];
    /// assert_eq!(user.user_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct VisibleUser {
        /// The person.
        pub user_id: UserId,
    }
}
