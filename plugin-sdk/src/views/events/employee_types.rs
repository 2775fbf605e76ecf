//! Events of the group `employee_types`.
//!
//! Generated from `schema/events.json`; change that, not this.

use serde_json::value::RawValue;

view! {
    /// The fields that the tenant defined for users were changed.
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
