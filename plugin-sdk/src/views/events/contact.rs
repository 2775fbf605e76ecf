//! Events of the group `contact`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::ContactUser;

view! {
    /// A user joined the tenant.
    #[derive(Debug, Clone, Default)]
    pub struct UserCreated {
        /// The user.
        pub object: ContactUser,
    }
}

impl UserCreated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact.user.created_v3";
}

view! {
    /// A user left the tenant.
    #[derive(Debug, Clone, Default)]
    pub struct UserDeleted {
        /// The user.
        pub object: ContactUser,
        /// The departments that the user was in.
        pub old_object: ContactUser,
    }
}

impl UserDeleted {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact.user.deleted_v3";
}

view! {
    /// A user was changed.
    #[derive(Debug, Clone, Default)]
    pub struct UserUpdated {
        /// The user as it is now.
        pub object: ContactUser,
        /// The old values of the fields that changed.
        pub old_object: ContactUser,
    }
}

impl UserUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact.user.updated_v3";
}
