//! Components that hold others.

use serde_json::{Value, json};

use super::{Component, Nested, Text, callback, component, push, tagged};

/// Adding of components that may be nested.
macro_rules! holds {
    ($($name:ident)*) => {
        $(impl $name {
            /// Adds a component at the end.
            #[allow(clippy::should_implement_trait, reason = "a component is no number")]
            pub fn add(mut self, component: impl Nested) -> Self {
                push(&mut self.0, "elements", component.into_element().0);
                self
            }
        })*
    };
}

component! {
    /// Fields that are submitted together. It stands in the card itself, and has a [`Button::submit`](super::Button::submit).
    ///
    /// ```
    /// use lark_plugin_sdk::card::{Button, Form, Input};
    ///
    /// let form = Form::new("leave")
    ///     .add(Input::new("reason").label("原因").required())
    ///     .add(Button::submit("send", "提交"));
    /// ```
    Form
}

impl Form {
    /// A form with this name, unique within the card.
    pub fn new(name: impl Into<String>) -> Self {
        Self(tagged("form"))
            .with("name", name.into())
            .with("elements", json!([]))
    }
}

component! {
    /// A part that people open and close.
    ///
    /// ```
    /// # use lark_plugin_sdk::card::{Markdown, Panel};
    /// let details = Panel::new("详情").open(false).add(Markdown::new("…"));
    /// ```
    Panel
    /// Sets whether it is open at first.
    fn open(open: bool) -> "expanded" = open;
}

impl Panel {
    /// A part under this title.
    pub fn new(title: impl Into<Text>) -> Self {
        let header = json!({"title": Value::from(title.into())});
        Self(tagged("collapsible_panel"))
            .with("header", header)
            .with("elements", json!([]))
    }
}

component! {
    /// A part that as a whole can be clicked.
    ///
    /// ```
    /// use lark_plugin_sdk::card::{Clickable, Markdown};
    /// use serde_json::json;
    ///
    /// let ticket = Clickable::callback(json!({"ticket": 42})).border().add(Markdown::new("**工单 42**"));
    /// let page = Clickable::open("https://example.com/42").add(Markdown::new("打开"));
    /// ```
    Clickable
    /// Draws a line around it.
    fn border() -> "has_border" = true;
}

impl Clickable {
    /// A part that calls the plugin with this value.
    pub fn callback(value: impl Into<Value>) -> Self {
        Self(tagged("interactive_container"))
            .with("behaviors", callback(value))
            .with("elements", json!([]))
    }

    /// A part that opens a URL.
    pub fn open(url: impl Into<String>) -> Self {
        let opens = json!([{"type": "open_url", "default_url": url.into()}]);
        Self(tagged("interactive_container"))
            .with("behaviors", opens)
            .with("elements", json!([]))
    }
}

component! {
    /// Columns side by side.
    ///
    /// ```
    /// # use lark_plugin_sdk::card::{Button, Columns};
    /// # use serde_json::json;
    /// let buttons = Columns::new()
    ///     .column(1, [Button::callback("同意", json!({"approve": true}))])
    ///     .column(1, [Button::callback("拒绝", json!({"approve": false}))]);
    /// ```
    Columns
    /// Sets what happens where the columns do not fit: `none`, `stretch`, `flow`, `bisect` or `trisect`.
    fn when_narrow(flex_mode: &str) -> "flex_mode" = flex_mode;
}

impl Columns {
    /// No columns yet.
    #[allow(clippy::new_without_default, reason = "as all components")]
    pub fn new() -> Self {
        Self(tagged("column_set")).with("columns", json!([]))
    }

    /// Adds a column that takes this part of the width, from 1 to 5.
    pub fn column<C: Nested>(self, weight: u32, components: impl IntoIterator<Item = C>) -> Self {
        self.add_column(json!({"width": "weighted", "weight": weight}), components)
    }

    /// Adds a column that is as wide as what is in it.
    ///
    /// ```
    /// use lark_plugin_sdk::card::{Columns, Markdown, Person};
    ///
    /// let author = Columns::new()
    ///     .when_narrow("flow")
    ///     .narrow_column([Person::new("ou_anna")])
    ///     .column(3, [Markdown::new("昨天")]);
    /// ```
    pub fn narrow_column<C: Nested>(self, components: impl IntoIterator<Item = C>) -> Self {
        self.add_column(json!({"width": "auto"}), components)
    }

    fn add_column<C: Component>(mut self, mut column: Value, components: impl IntoIterator<Item = C>) -> Self {
        let elements: Vec<Value> = components
            .into_iter()
            .map(|component| component.into_element().0)
            .collect();
        if let Value::Object(members) = &mut column {
            members.insert("tag".to_owned(), "column".into());
            members.insert("elements".to_owned(), elements.into());
        }
        push(&mut self.0, "columns", column);
        self
    }
}

holds!(Form Panel Clickable);

impl Nested for Panel {}
impl Nested for Clickable {}
impl Nested for Columns {}
