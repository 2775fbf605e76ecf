//! A sentence for a person in both languages: what a log and a program get is English, what a terminal gets is chosen.

use std::{
    borrow::Borrow,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
};

use super::Language;

/// Text in both languages. Displayed in English, and in Chinese with `{:#}`. One English text has one translation, so texts
/// are compared by their English.
#[derive(Debug, Clone)]
pub struct Text {
    en: String,
    zh: String,
}

/// Builds a text in both languages.
pub fn both(en: impl Into<String>, zh: impl Into<String>) -> Text {
    Text {
        en: en.into(),
        zh: zh.into(),
    }
}

/// Builds a text that has no translation: an error of a library, or what somebody else said.
pub fn same(text: impl Into<String>) -> Text {
    let text = text.into();
    Text {
        en: text.clone(),
        zh: text,
    }
}

/// Text from two formats with the same arguments: `told!("{name} is missing", "缺少 {name}")`.
macro_rules! told {
    ($en:literal, $zh:literal $(, $argument:expr)* $(,)?) => {
        $crate::codes::both(format!($en $(, $argument)*), format!($zh $(, $argument)*))
    };
}

pub(crate) use told;

impl Text {
    /// The English text.
    pub fn en(&self) -> &str {
        &self.en
    }

    /// The Chinese text.
    pub fn zh(&self) -> &str {
        &self.zh
    }

    /// The text in a language.
    pub fn of(&self, language: impl Into<Language>) -> &str {
        match language.into() {
            Language::En => &self.en,
            Language::Zh => &self.zh,
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if f.alternate() { &self.zh } else { &self.en })
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.en
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.en
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.en == other.en
    }
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.en == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.en == *other
    }
}

impl PartialEq<String> for Text {
    fn eq(&self, other: &String) -> bool {
        self.en == *other
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.en.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::{Language, both};

    #[test]
    fn a_text_within_a_text_keeps_to_its_language() {
        let place = both("in the environment", "环境变量");
        let text = told!("X ({place}) is wrong by {}", "X（{place:#}）有误：{}", 3);
        assert_eq!(text.of(Language::En), "X (in the environment) is wrong by 3");
        assert_eq!(text.of(Language::Zh), "X（环境变量）有误：3");
        assert_eq!(
            (text.to_string(), format!("{text:#}")),
            (text.en().into(), text.zh().into())
        );
    }
}
