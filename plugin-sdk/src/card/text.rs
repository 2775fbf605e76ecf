//! Texts in several languages.

use serde_json::{Map, Value};

/// A text, with translations: a `&str` or `String` will do where there are none.
///
/// ```
/// # use lark_plugin_sdk::card::Text;
/// let text = Text::new("请假").translated("en_us", "Leave");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    content: String,
    translations: Vec<(String, String)>,
}

impl Text {
    /// A text in the language of most readers.
    pub fn new(content: impl Into<String>) -> Self {
        Self {
            content: content.into(),
            translations: Vec::new(),
        }
    }

    /// Sets the text for clients in this language (`zh_cn`, `en_us`, `ja_jp`, …).
    #[must_use]
    pub fn translated(mut self, language: impl Into<String>, content: impl Into<String>) -> Self {
        self.translations.push((language.into(), content.into()));
        self
    }

    /// Sets the content and its translations.
    pub(super) fn set(self, members: &mut Map<String, Value>) {
        members.insert("content".to_owned(), self.content.into());
        if !self.translations.is_empty() {
            let texts = self.translations.into_iter();
            let texts: Map<String, Value> = texts.map(|(language, text)| (language, text.into())).collect();
            members.insert("i18n_content".to_owned(), texts.into());
        }
    }

    pub(super) fn into_value(self) -> Value {
        let mut members = super::tagged("plain_text");
        self.set(&mut members);
        members.into()
    }
}

impl From<&str> for Text {
    fn from(content: &str) -> Self {
        Self::new(content)
    }
}

impl From<String> for Text {
    fn from(content: String) -> Self {
        Self::new(content)
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        text.into_value()
    }
}
