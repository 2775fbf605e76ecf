//! Components of which people choose.

use serde_json::{Value, json};

use super::inputs::named;
use super::{Nested, Text, callback, component, push, tagged};

component! {
    /// A choice of one.
    ///
    /// ```
    /// # use lark_plugin_sdk::card::Select;
    /// let kind = Select::new("kind").option("sick", "病假").option("annual", "年假").initial("annual").required();
    /// ```
    Select
    /// Sets what is shown before a choice.
    fn placeholder(text: impl Into<Text>) -> "placeholder" = text.into();
    /// Sets the value that is chosen at first.
    fn initial(value: impl Into<String>) -> "initial_option" = value.into();
    /// Has the form not submitted without a choice.
    fn required() -> "required" = true;
}

component! {
    /// A choice of several.
    MultiSelect
    /// Sets what is shown before a choice.
    fn placeholder(text: impl Into<Text>) -> "placeholder" = text.into();
    /// Sets the values that are chosen at first.
    fn initial(values: &[&str]) -> "selected_values" = values;
    /// Has the form not submitted without a choice.
    fn required() -> "required" = true;
}

component! {
    /// A choice of one person: of all people of the chat, unless it has options.
    PersonPicker
    /// Sets what is shown before a choice.
    fn placeholder(text: impl Into<Text>) -> "placeholder" = text.into();
    /// Has the form not submitted without a choice.
    fn required() -> "required" = true;
}

component! {
    /// A choice of several people: of all people of the chat, unless it has options.
    PersonsPicker
    /// Sets what is shown before a choice.
    fn placeholder(text: impl Into<Text>) -> "placeholder" = text.into();
    /// Has the form not submitted without a choice.
    fn required() -> "required" = true;
}

component! {
    /// A choice of pictures.
    ImagePicker
    /// Allows several.
    fn several() -> "multi_select" = true;
    /// Has the form not submitted without a choice.
    fn required() -> "required" = true;
}

component! {
    /// A text with a box to be ticked.
    Checker
    /// Sets whether it is ticked at first.
    fn checked(checked: bool) -> "checked" = checked;
    /// Sets the text.
    fn text(text: impl Into<Text>) -> "text" = text.into();
}

named! {
    Select: "select_static"
    MultiSelect: "multi_select_static"
    PersonPicker: "select_person"
    PersonsPicker: "multi_select_person"
    ImagePicker: "select_img"
    Checker: "checker"
}

/// Options with a text.
macro_rules! options {
    ($($name:ident)*) => {
        $(impl $name {
            /// Adds an option: its value, and what people see.
            pub fn option(mut self, value: &str, text: impl Into<Text>) -> Self {
                let option = json!({"value": value, "text": Value::from(text.into())});
                push(&mut self.0, "options", option);
                self
            }
        })*
    };
}

options!(Select MultiSelect);

/// Options without a text.
macro_rules! people {
    ($($name:ident)*) => {
        $(impl $name {
            /// Adds a person to choose from, by open id.
            pub fn option(mut self, open_id: &str) -> Self {
                push(&mut self.0, "options", json!({"value": open_id}));
                self
            }
        })*
    };
}

people!(PersonPicker PersonsPicker);

impl ImagePicker {
    /// Adds a picture: its value, and its key (`img_…`).
    pub fn option(mut self, value: &str, image_key: &str) -> Self {
        push(&mut self.0, "options", json!({"value": value, "img_key": image_key}));
        self
    }
}
