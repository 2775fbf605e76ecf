//! Language of what a command says to a person: `--lang`, or the language of the terminal.

use crate::{codes, config};

/// Language that a command can speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Language {
    /// English
    En,
    /// Simplified Chinese (简体中文)
    Zh,
}

impl Language {
    /// Returns the language that was asked for, or that of the terminal.
    pub(super) fn chosen(asked: Option<Self>) -> Self {
        asked.unwrap_or_else(|| Self::of_locale(config::terminal_locale().as_deref()))
    }

    fn of_locale(locale: Option<&str>) -> Self {
        if locale.is_some_and(|locale| locale.to_ascii_lowercase().starts_with("zh")) {
            Self::Zh
        } else {
            Self::En
        }
    }
}

impl From<Language> for codes::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Self::En,
            Language::Zh => Self::Zh,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn a_chinese_terminal_is_spoken_to_in_chinese() {
        for (locale, language) in [
            (Some("zh_CN.UTF-8"), Language::Zh),
            (Some("ZH_tw"), Language::Zh),
            (Some("C.UTF-8"), Language::En),
            (None, Language::En),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale:?}");
        }
    }
}
