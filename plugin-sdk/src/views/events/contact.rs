//! Events of the group `contact`.
//!
//! Generated from `schema/events.json`; change that, not this.

use crate::views::ContactUser;

view! {
    /// A user joined the tenant.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::UserCreated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(UserCreated::TYPE, "usual");
    /// let created: UserCreated = event.payload()?;
    /// assert_eq!(created.object.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::UserDeleted, prelude::*, testing::fixture};
    ///
    /// let event = fixture(UserDeleted::TYPE, "usual");
    /// let deleted: UserDeleted = event.payload()?;
    /// assert_eq!(deleted.object.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(deleted.old_object.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::{events::UserUpdated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(UserUpdated::TYPE, "usual");
    /// let updated: UserUpdated = event.payload()?;
    /// assert_eq!(updated.object.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// assert_eq!(updated.old_object.open_id.as_deref(), Some("ou_5f0c6d1a9b7e4c21"));
    /// # Ok::<(), Failure>(())
    /// ```
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
