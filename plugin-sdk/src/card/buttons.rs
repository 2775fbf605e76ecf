//! Buttons.

use serde_json::{Value, json};

use super::{Nested, Text, callback, component, push, tagged};

component! {
    /// A button: one that calls the plugin, opens a page, or submits a form.
    ///
    /// ```
    /// # use lark_plugin_sdk::card::Button;
    /// # use serde_json::json;
    /// let approve = Button::callback("同意", json!({"order": 42})).primary();
    /// let details = Button::open("详情", "https://example.com/42");
    /// ```
    Button
    /// Sets the kind: `default`, `primary`, `danger`, `text`, `primary_filled`, `danger_filled`, `laser`, …
    fn kind(kind: &str) -> "type" = kind;
    /// Makes it the one that most people want.
    fn primary() -> "type" = "primary";
    /// Makes it one to be used with care.
    fn danger() -> "type" = "danger";
    /// Sets the size: `tiny`, `small`, `medium` or `large`.
    fn size(size: &str) -> "size" = size;
    /// Sets the width: `default`, `fill`, or pixels as `[100,∞)px`.
    fn width(width: &str) -> "width" = width;
    /// Sets an icon of Lark's library.
    fn icon(token: &str) -> "icon" = json!({"tag": "standard_icon", "token": token});
    /// Sets what a computer shows while the pointer is over it.
    fn hint(text: impl Into<Text>) -> "hover_tips" = text.into();
}

impl Button {
    /// A button that calls the plugin with this value.
    pub fn callback(text: impl Into<Text>, value: impl Into<Value>) -> Self {
        Self::with_text(text).value(value)
    }

    /// A button that opens a URL.
    pub fn open(text: impl Into<Text>, url: impl Into<String>) -> Self {
        let opens = json!([{"type": "open_url", "default_url": url.into()}]);
        Self::with_text(text).with("behaviors", opens)
    }

    /// The button that submits a form. Its name is unique within the card.
    ///
    /// ```
    /// use lark_plugin_sdk::card::{Button, Form, Input};
    /// use serde_json::json;
    ///
    /// let form = Form::new("leave")
    ///     .add(Input::new("reason"))
    ///     .add(Button::submit("send", "提交").primary().value(json!({"order": 42})))
    ///     .add(Button::reset("clear", "重填"));
    /// ```
    pub fn submit(name: impl Into<String>, text: impl Into<Text>) -> Self {
        Self::with_text(text)
            .with("name", name.into())
            .with("form_action_type", "submit")
    }

    /// A button that empties a form. Its name is unique within the card.
    pub fn reset(name: impl Into<String>, text: impl Into<Text>) -> Self {
        Self::with_text(text)
            .with("name", name.into())
            .with("form_action_type", "reset")
    }

    /// Sets the value that comes back with the click.
    pub fn value(self, value: impl Into<Value>) -> Self {
        self.with("behaviors", callback(value))
    }

    /// Asks before the click counts.
    ///
    /// ```
    /// use lark_plugin_sdk::card::Button;
    /// use serde_json::json;
    ///
    /// let delete = Button::callback("删除", json!({"delete": 42}))
    ///     .danger()
    ///     .icon("delete_outlined")
    ///     .confirm("删除？", "不能恢复。");
    /// ```
    pub fn confirm(self, title: impl Into<Text>, text: impl Into<Text>) -> Self {
        let asks = json!({"title": Value::from(title.into()), "text": Value::from(text.into())});
        self.with("confirm", asks)
    }

    /// Makes it a button that cannot be used, with the reason.
    ///
    /// ```
    /// use lark_plugin_sdk::card::Button;
    /// use serde_json::json;
    ///
    /// let approve = Button::callback("同意", json!({"approve": 42}))
    ///     .kind("primary_filled")
    ///     .size("large")
    ///     .width("fill")
    ///     .hint("同意这次请假")
    ///     .disabled("已经有人处理了");
    /// ```
    pub fn disabled(self, why: impl Into<Text>) -> Self {
        self.with("disabled", true)
            .with("disabled_tips", Value::from(why.into()))
    }

    fn with_text(text: impl Into<Text>) -> Self {
        Self(tagged("button")).with("text", Value::from(text.into()))
    }
}

component! {
    /// A menu behind three dots.
    ///
    /// ```
    /// # use lark_plugin_sdk::card::Overflow;
    /// let menu = Overflow::new().option("archive", "归档").link("https://example.com/42", "打开");
    /// ```
    Overflow
}

impl Overflow {
    /// A menu without entries.
    #[allow(clippy::new_without_default, reason = "as all components")]
    pub fn new() -> Self {
        Self(tagged("overflow"))
    }

    /// Adds an entry that calls the plugin; its value comes back as [`Action::option`](crate::Action::option).
    pub fn option(mut self, value: &str, text: impl Into<Text>) -> Self {
        let option = json!({"value": value, "text": Value::from(text.into())});
        push(&mut self.0, "options", option);
        self
    }

    /// Adds an entry that opens a URL.
    pub fn link(mut self, url: &str, text: impl Into<Text>) -> Self {
        let option = json!({"multi_url": {"url": url}, "text": Value::from(text.into())});
        push(&mut self.0, "options", option);
        self
    }

    /// Sets the value that comes back beside the entry.
    ///
    /// ```
    /// use lark_plugin_sdk::card::Overflow;
    /// use serde_json::json;
    ///
    /// let menu = Overflow::new().option("archive", "归档").option("close", "关闭").value(json!({"ticket": 42}));
    /// ```
    pub fn value(self, value: impl Into<Value>) -> Self {
        self.with("behaviors", callback(value))
    }
}

impl Nested for Button {}
impl Nested for Overflow {}
