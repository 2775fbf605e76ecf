//! Events of the group `store`.
//!
//! Generated from `schema/events.json`; change that, not this.

use serde_json::{Map, Value};

use crate::views::AppTicket;

view! {
    /// A store application was installed in a tenant for the first time.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::AppOpened, prelude::*, testing::fixture};
    ///
    /// let event = fixture(AppOpened::TYPE, "usual");
    /// let opened: AppOpened = event.payload()?;
    /// assert_eq!(opened.applicants[0].open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(opened.installer.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(opened.installer_employee.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::AppStatusChanged, prelude::*, testing::fixture};
    ///
    /// let event = fixture(AppStatusChanged::TYPE, "usual");
    /// let changed: AppStatusChanged = event.payload()?;
    /// assert_eq!(changed.operator.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(changed.status.as_deref(), Some("start_by_tenant"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::AppTicketPushed, prelude::*, testing::fixture};
    ///
    /// let event = fixture(AppTicketPushed::TYPE, "usual");
    /// let pushed: AppTicketPushed = event.payload()?;
    /// assert_eq!(pushed.app_ticket.as_str(), "t-ticket-7f2c");
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::AppUninstalled, prelude::*, testing::fixture};
    ///
    /// let event = fixture(AppUninstalled::TYPE, "usual");
    /// let uninstalled: AppUninstalled = event.payload()?;
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::AppVersionAudited, prelude::*, testing::fixture};
    ///
    /// let event = fixture(AppVersionAudited::TYPE, "usual");
    /// let audited: AppVersionAudited = event.payload()?;
    /// assert_eq!(audited.app_id, "cli_a5fb0ae6a4123456");
    /// assert_eq!(audited.creator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(audited.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::AppVersionApplied, prelude::*, testing::fixture};
    ///
    /// let event = fixture(AppVersionApplied::TYPE, "usual");
    /// let applied: AppVersionApplied = event.payload()?;
    /// assert_eq!(applied.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(applied.app_status, Some(1));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::AppVersionRevoked, prelude::*, testing::fixture};
    ///
    /// let event = fixture(AppVersionRevoked::TYPE, "usual");
    /// let revoked: AppVersionRevoked = event.payload()?;
    /// assert_eq!(revoked.app_id, "cli_a5fb0ae6a4123456");
    /// assert_eq!(revoked.creator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(revoked.operator_id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    /// A tenant paid for a store application.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::OrderPaid, prelude::*, testing::fixture};
    ///
    /// let event = fixture(OrderPaid::TYPE, "usual");
    /// let paid: OrderPaid = event.payload()?;
    /// assert_eq!(paid.buy_count, Some(1));
    /// assert_eq!(paid.buy_type.as_deref(), Some("buy"));
    /// assert_eq!(paid.create_time.as_deref(), Some("1704067200"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    /// A person, by open id.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{AppOpened, OpenIdOnly}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(AppOpened::TYPE, "usual");
    /// let opened: AppOpened = event.payload()?;
    /// let only: &OpenIdOnly = &opened.applicants[0];
    /// assert_eq!(only.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct OpenIdOnly {
        /// `ou_…`: one per person and application.
        pub open_id: Option<String>,
    }
}

view! {
    /// The ids of one person.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{AppStatusChanged, UserId}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(AppStatusChanged::TYPE, "usual");
    /// let changed: AppStatusChanged = event.payload()?;
    /// let id: &UserId = &changed.operator;
    /// assert_eq!(id.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(id.union_id.as_deref(), Some("on_1c9e7a52d30b4f68"));
    /// assert_eq!(id.user_id.as_deref(), Some("b7c2e91d"));
    /// # Ok::<(), Failure>(())
    /// ```
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
