//! Events of the group `application`.
//!
//! Generated from `schema/events.json`; change that, not this.

use serde_json::{Map, Value};

use crate::views::AppTicket;

view! {
    /// A store application was installed in a tenant for the first time.
    #[derive(Debug, Clone, Default)]
    pub struct AppOpened {
        /// The people who asked for it.
        pub applicants: Vec<OpenIdOnly>,
        /// The administrator who installed it.
        pub installer: OpenIdOnly,
        /// The person who installed it for themselves.
        pub installer_employee: OpenIdOnly,
    }
}

impl AppOpened {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "app_open";
}

view! {
    /// A tenant enabled or disabled the application.
    #[derive(Debug, Clone, Default)]
    pub struct AppStatusChanged {
        /// The person who did it.
        pub operator: UserId,
        /// `start_by_tenant`, `stop_by_tenant` or `stop_by_platform`.
        pub status: Option<String>,
    }
}

impl AppStatusChanged {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "app_status_change";
}

view! {
    /// The ticket of a store application, which Lark sends every hour. The host keeps it; a plugin rarely needs it.
    #[derive(Debug, Clone, Default)]
    pub struct AppTicketPushed {
        /// The ticket.
        pub app_ticket: AppTicket,
    }
}

impl AppTicketPushed {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "app_ticket";
}

view! {
    /// A tenant removed the application.
    #[derive(Debug, Clone, Default)]
    pub struct AppUninstalled {
    }
}

impl AppUninstalled {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "app_uninstalled";
}

view! {
    /// A version of an application was reviewed.
    #[derive(Debug, Clone, Default)]
    pub struct AppVersionAudited {
        /// `cli_…`: the application.
        pub app_id: String,
        /// `administrator` or `auto`.
        pub audit_source: Option<String>,
        /// The person who asked for the review.
        pub creator_id: UserId,
        /// `audited`, `reject` or `published`.
        pub operation: Option<String>,
        /// The administrator.
        pub operator_id: UserId,
        /// The note of the administrator.
        pub remark: Option<String>,
        /// `oav_…`: the version.
        pub version_id: Option<String>,
    }
}

impl AppVersionAudited {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "application.application.app_version.audit_v6";
}

view! {
    /// A version of an application waits for the review of an administrator.
    #[derive(Debug, Clone, Default)]
    pub struct AppVersionApplied {
        /// The state of the application.
        pub app_status: Option<i64>,
        /// The version that is used.
        pub online_version: Option<Map<String, Value>>,
        /// The person who asks for it.
        pub operator_id: UserId,
        /// The version to be reviewed.
        pub under_audit_version: Option<Map<String, Value>>,
    }
}

impl AppVersionApplied {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "application.application.app_version.publish_apply_v6";
}

view! {
    /// The request to review a version was withdrawn.
    #[derive(Debug, Clone, Default)]
    pub struct AppVersionRevoked {
        /// `cli_…`: the application.
        pub app_id: String,
        /// The person who had asked for it.
        pub creator_id: UserId,
        /// The person who withdrew it.
        pub operator_id: UserId,
        /// `oav_…`: the version.
        pub version_id: Option<String>,
    }
}

impl AppVersionRevoked {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "application.application.app_version.publish_revoke_v6";
}

view! {
    /// An application was made in the tenant.
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
    /// A tenant paid for a store application.
    #[derive(Debug, Clone, Default)]
    pub struct OrderPaid {
        /// How many.
        pub buy_count: Option<i64>,
        /// `buy`, `upgrade` or `renew`.
        pub buy_type: Option<String>,
        /// Seconds since 1970, as text.
        pub create_time: Option<String>,
        /// The order.
        pub order_id: Option<String>,
        /// The price in hundredths.
        pub order_pay_price: Option<i64>,
        /// Seconds since 1970, as text.
        pub pay_time: Option<String>,
        /// The price plan.
        pub price_plan_id: Option<String>,
        /// The kind of price plan.
        pub price_plan_type: Option<String>,
        /// Seats, where the plan has them.
        pub seats: Option<i64>,
        /// The order before an upgrade.
        pub src_order_id: Option<String>,
    }
}

impl OrderPaid {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "order_paid";
}

view! {
    /// The person who used the menu.
    #[derive(Debug, Clone, Default)]
    pub struct MenuOperator {
        /// The ids of the person.
        pub operator_id: UserId,
        /// The displayed name.
        pub operator_name: Option<String>,
    }
}

view! {
    /// A person, by open id.
    #[derive(Debug, Clone, Default)]
    pub struct OpenIdOnly {
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
    }
}

view! {
    /// The ids of one person.
    #[derive(Debug, Clone, Default)]
    pub struct UserId {
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
        /// `on_…`: one per person and developer.
        pub union_id: Option<String>,
        /// The user id in the tenant; present only if the application may read it.
        pub user_id: Option<String>,
    }
}

view! {
    /// A person who can use the application now.
    #[derive(Debug, Clone, Default)]
    pub struct VisibleUser {
        /// The person.
        pub user_id: UserId,
    }
}
