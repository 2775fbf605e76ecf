//! Events of the group `employee_types`.
//!
//! Generated from `schema/events.json`; change that, not this.

use serde_json::value::RawValue;

view! {
    /// The fields that the tenant defined for users were changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::CustomFieldsUpdated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(CustomFieldsUpdated::TYPE, "usual");
    /// let updated: CustomFieldsUpdated = event.payload()?;
    /// assert_eq!(updated.object.contact_field_key, ["C-7c21"]);
    /// assert_eq!(updated.old_object.contact_field_key, ["C-7c21"]);
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct CustomFieldsUpdated {
        /// As they are now.
        pub object: CustomFields,
        /// As they were.
        pub old_object: CustomFields,
    }
}

impl CustomFieldsUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact.custom_attr_event.updated_v3";
}

view! {
    /// A type of employee was taken into use.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::EmployeeTypeActivated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(EmployeeTypeActivated::TYPE, "usual");
    /// let activated: EmployeeTypeActivated = event.payload()?;
    /// assert_eq!(activated.new_enum.content.as_deref(), Some("Regular"));
    /// assert_eq!(activated.old_enum.content.as_deref(), Some("Regular"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct EmployeeTypeActivated {
        /// The type as it is now.
        pub new_enum: EmployeeType,
        /// The type as it was.
        pub old_enum: EmployeeType,
    }
}

impl EmployeeTypeActivated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact.employee_type_enum.actived_v3";
}

view! {
    /// A type of employee was made.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::EmployeeTypeCreated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(EmployeeTypeCreated::TYPE, "usual");
    /// let created: EmployeeTypeCreated = event.payload()?;
    /// assert_eq!(created.new_enum.content.as_deref(), Some("Regular"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct EmployeeTypeCreated {
        /// The type.
        pub new_enum: EmployeeType,
    }
}

impl EmployeeTypeCreated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact.employee_type_enum.created_v3";
}

view! {
    /// A type of employee was taken out of use.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::EmployeeTypeDeactivated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(EmployeeTypeDeactivated::TYPE, "usual");
    /// let deactivated: EmployeeTypeDeactivated = event.payload()?;
    /// assert_eq!(deactivated.new_enum.content.as_deref(), Some("Regular"));
    /// assert_eq!(deactivated.old_enum.content.as_deref(), Some("Regular"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct EmployeeTypeDeactivated {
        /// The type as it is now.
        pub new_enum: EmployeeType,
        /// The type as it was.
        pub old_enum: EmployeeType,
    }
}

impl EmployeeTypeDeactivated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact.employee_type_enum.deactivated_v3";
}

view! {
    /// A type of employee was deleted.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::EmployeeTypeDeleted, prelude::*, testing::fixture};
    ///
    /// let event = fixture(EmployeeTypeDeleted::TYPE, "usual");
    /// let deleted: EmployeeTypeDeleted = event.payload()?;
    /// assert_eq!(deleted.old_enum.content.as_deref(), Some("Regular"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct EmployeeTypeDeleted {
        /// The type.
        pub old_enum: EmployeeType,
    }
}

impl EmployeeTypeDeleted {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact.employee_type_enum.deleted_v3";
}

view! {
    /// A type of employee was changed.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::EmployeeTypeUpdated, prelude::*, testing::fixture};
    ///
    /// let event = fixture(EmployeeTypeUpdated::TYPE, "usual");
    /// let updated: EmployeeTypeUpdated = event.payload()?;
    /// assert_eq!(updated.new_enum.content.as_deref(), Some("Regular"));
    /// assert_eq!(updated.old_enum.content.as_deref(), Some("Regular"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct EmployeeTypeUpdated {
        /// The type as it is now.
        pub new_enum: EmployeeType,
        /// The type as it was.
        pub old_enum: EmployeeType,
    }
}

impl EmployeeTypeUpdated {
    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).
    pub const TYPE: &'static str = "contact.employee_type_enum.updated_v3";
}

view! {
    /// The fields that the tenant defined for users.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{CustomFieldsUpdated, CustomFields}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(CustomFieldsUpdated::TYPE, "usual");
    /// let updated: CustomFieldsUpdated = event.payload()?;
    /// let fields: &CustomFields = &updated.object;
    /// assert_eq!(fields.contact_field_key, ["C-7c21"]);
    /// assert_eq!(fields.allow_open_query, Some(true));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct CustomFields {
        /// Whether applications may read them.
        pub allow_open_query: Option<bool>,
        /// Their keys.
        pub contact_field_key: Vec<String>,
    }
}

view! {
    /// A type of employee of the tenant.
    ///
    /// ```
    /// use lark_plugin_sdk::{events::{EmployeeTypeActivated, EmployeeType}, prelude::*, testing::fixture};
    ///
    /// let event = fixture(EmployeeTypeActivated::TYPE, "usual");
    /// let activated: EmployeeTypeActivated = event.payload()?;
    /// let kind: &EmployeeType = &activated.new_enum;
    /// assert_eq!(kind.content.as_deref(), Some("Regular"));
    /// assert_eq!(kind.enum_id.as_deref(), Some("enum-id-7c21"));
    /// assert_eq!(kind.enum_status, Some(1));
    /// # Ok::<(), Failure>(())
    /// ```
    #[derive(Debug, Clone, Default)]
    pub struct EmployeeType {
        /// Its name.
        pub content: Option<String>,
        /// The type.
        pub enum_id: Option<String>,
        /// 1 in use, 2 not in use.
        pub enum_status: Option<i64>,
        /// 1 built in, 2 made by the tenant.
        pub enum_type: Option<i64>,
        /// Its value, as in a user's `employee_type`.
        pub enum_value: Option<String>,
        /// Its name in other languages.
        pub i18n_content: Option<Box<RawValue>>,
    }
}
