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
    ///
    /// ```
    /// use lark_plugin_sdk::card::Select;
    /// use serde_json::json;
    ///
    /// // Outside of a form each choice calls the plugin, with the value beside the chosen option.
    /// let assign = Select::new("state").placeholder("状态").option("open", "处理中").option("done", "完成").value(json!({"ticket": 42}));
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
    ///
    /// ```
    /// use lark_plugin_sdk::card::MultiSelect;
    ///
    /// let days = MultiSelect::new("days")
    ///     .placeholder("哪几天？")
    ///     .option("mon", "周一")
    ///     .option("tue", "周二")
    ///     .initial(&["mon"])
    ///     .required();
    /// ```
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
    ///
    /// ```
    /// use lark_plugin_sdk::card::PersonPicker;
    ///
    /// let deputy = PersonPicker::new("deputy").placeholder("代班人").option("ou_anna").option("ou_ben").required();
    /// ```
    PersonPicker
    /// Sets what is shown before a choice.
    fn placeholder(text: impl Into<Text>) -> "placeholder" = text.into();
    /// Has the form not submitted without a choice.
    fn required() -> "required" = true;
}

component! {
    /// A choice of several people: of all people of the chat, unless it has options.
    ///
    /// ```
    /// use lark_plugin_sdk::card::PersonsPicker;
    ///
    /// let reviewers = PersonsPicker::new("reviewers").placeholder("评审人").required(); // anybody in the chat
    /// let few = PersonsPicker::new("few").option("ou_anna").option("ou_ben");
    /// ```
    PersonsPicker
    /// Sets what is shown before a choice.
    fn placeholder(text: impl Into<Text>) -> "placeholder" = text.into();
    /// Has the form not submitted without a choice.
    fn required() -> "required" = true;
}

component! {
    /// A choice of pictures.
    ///
    /// ```
    /// use lark_plugin_sdk::card::ImagePicker;
    ///
    /// let cover = ImagePicker::new("cover").option("sea", "img_v3_1").option("wood", "img_v3_2").several().required();
    /// ```
    ImagePicker
    /// Allows several.
    fn several() -> "multi_select" = true;
    /// Has the form not submitted without a choice.
    fn required() -> "required" = true;
}

component! {
    /// A text with a box to be ticked.
    ///
    /// ```
    /// use lark_plugin_sdk::card::Checker;
    /// use serde_json::json;
    ///
    /// let done = Checker::new("milk").text("买牛奶").checked(false).value(json!({"todo": 7}));
    /// ```
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
