//! The title of a card.

use serde_json::{Map, Value, json};

use super::{Text, push};

/// The title of a card.
///
/// ```
/// use lark_plugin_sdk::card::{Header, Text};
///
/// let header = Header::new(Text::new("请假").translated("en_us", "Leave"))
///     .subtitle("三天")
///     .color("blue")
///     .icon("approval_colorful")
///     .label("加急", "red");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a header does nothing until it is added to a card"]
pub struct Header(Map<String, Value>);

impl Header {
    /// A title.
    pub fn new(title: impl Into<Text>) -> Self {
        Self(Map::from_iter([("title".to_owned(), title.into().into_value())]))
    }

    /// Sets the line under the title.
    pub fn subtitle(mut self, subtitle: impl Into<Text>) -> Self {
        self.0.insert("subtitle".to_owned(), subtitle.into().into_value());
        self
    }

    /// Sets the colour: `blue`, `wathet`, `turquoise`, `green`, `yellow`, `orange`, `red`, `carmine`, `violet`, `purple`,
    /// `indigo`, `grey` or `default`.
    pub fn color(mut self, template: impl Into<String>) -> Self {
        self.0.insert("template".to_owned(), template.into().into());
        self
    }

    /// Adds a label beside the title; at most three are shown.
    pub fn label(mut self, text: impl Into<Text>, color: &str) -> Self {
        let label = json!({"tag": "text_tag", "text": text.into().into_value(), "color": color});
        push(&mut self.0, "text_tag_list", label);
        self
    }

    /// Sets an icon of Lark's library, for example `approval_colorful`.
    pub fn icon(mut self, token: &str) -> Self {
        self.0
            .insert("icon".to_owned(), json!({"tag": "standard_icon", "token": token}));
        self
    }

    pub(super) fn to_value(&self) -> Value {
        self.0.clone().into()
    }
}
