//! Components into which people write or put dates.

use serde_json::Value;

use super::{Nested, Text, callback, component, tagged};

/// A component by its tag and name, which is unique within the card.
macro_rules! named {
    ($($name:ident: $tag:literal)*) => {
        $(impl $name {
            /// A component with this name, unique within the card, under which its value comes back.
            pub fn new(name: impl Into<String>) -> Self {
                Self(tagged($tag)).with("name", name.into())
            }

            /// Has its use call the plugin with this value, outside of a form.
            pub fn value(self, value: impl Into<Value>) -> Self {
                self.with("behaviors", callback(value))
            }
        }

        impl Nested for $name {})*
    };
}
pub(super) use named;

component! {
    /// A field for text.
    ///
    /// ```
    /// # use lark_plugin_sdk::card::Input;
    /// let reason = Input::new("reason").label("原因").placeholder("为什么？").rows(3).max_chars(500).required();
    /// ```
    ///
    /// ```
    /// use lark_plugin_sdk::card::Input;
    ///
    /// let code = Input::new("code").label("验证码").initial("4711").password().width("fill");
    /// ```
    Input
    /// Sets the label.
    fn label(label: impl Into<Text>) -> "label" = label.into();
    /// Sets what is shown while it is empty.
    fn placeholder(text: impl Into<Text>) -> "placeholder" = text.into();
    /// Sets what is in it at first.
    fn initial(text: impl Into<String>) -> "default_value" = text.into();
    /// Sets the most characters, up to 1000.
    fn max_chars(chars: u32) -> "max_length" = chars;
    /// Has the form not submitted while it is empty.
    fn required() -> "required" = true;
    /// Hides what is typed.
    fn password() -> "input_type" = "password";
    /// Sets the width: `default`, `fill`, or pixels.
    fn width(width: &str) -> "width" = width;
}

impl Input {
    /// Makes it a field of several lines.
    pub fn rows(self, rows: u32) -> Self {
        self.with("input_type", "multiline_text").with("rows", rows)
    }
}

component! {
    /// A field for a date; its value is a [`FormDate`](super::FormDate).
    ///
    /// ```
    /// use lark_plugin_sdk::card::DatePicker;
    ///
    /// let from = DatePicker::new("from").placeholder("开始日期").initial("2024-04-01").required();
    /// ```
    DatePicker
    /// Sets what is shown while it is empty.
    fn placeholder(text: impl Into<Text>) -> "placeholder" = text.into();
    /// Sets the date at first: `2024-04-01`.
    fn initial(date: impl Into<String>) -> "initial_date" = date.into();
    /// Has the form not submitted while it is empty.
    fn required() -> "required" = true;
}

component! {
    /// A field for a time of day; its value is a [`FormTime`](super::FormTime).
    ///
    /// ```
    /// use lark_plugin_sdk::card::TimePicker;
    ///
    /// let at = TimePicker::new("at").placeholder("几点？").initial("09:30").required();
    /// ```
    TimePicker
    /// Sets what is shown while it is empty.
    fn placeholder(text: impl Into<Text>) -> "placeholder" = text.into();
    /// Sets the time at first: `09:30`.
    fn initial(time: impl Into<String>) -> "initial_time" = time.into();
    /// Has the form not submitted while it is empty.
    fn required() -> "required" = true;
}

component! {
    /// A field for a date with a time of day.
    ///
    /// ```
    /// use lark_plugin_sdk::card::DateTimePicker;
    /// use serde_json::json;
    ///
    /// let due = DateTimePicker::new("due").placeholder("截止").initial("2024-04-01 18:00").required();
    /// let moved = DateTimePicker::new("moved").value(json!({"ticket": 42})); // outside of a form
    /// ```
    DateTimePicker
    /// Sets what is shown while it is empty.
    fn placeholder(text: impl Into<Text>) -> "placeholder" = text.into();
    /// Sets the moment at first: `2024-04-01 09:30`.
    fn initial(moment: impl Into<String>) -> "initial_datetime" = moment.into();
    /// Has the form not submitted while it is empty.
    fn required() -> "required" = true;
}

named! {
    Input: "input"
    DatePicker: "date_picker"
    TimePicker: "picker_time"
    DateTimePicker: "picker_datetime"
}
