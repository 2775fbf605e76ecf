//! Language of a page: the one that was chosen, else the browser's first that there is.

use axum::http::{HeaderMap, header};

use crate::codes::Language;

/// Builds a text in the language of a view from two formats: `say!(view, "{count} events", "{count} 个事件")`.
macro_rules! say {
    ($view:expr, $en:literal, $zh:literal $(, $argument:expr)* $(,)?) => {
        match $view.language {
            $crate::codes::Language::En => format!($en $(, $argument)*),
            $crate::codes::Language::Zh => format!($zh $(, $argument)*),
        }
    };
}

pub(crate) use say;

/// Languages looked at in one header; people speak fewer.
const RANGES_MAX: usize = 32;

/// Code of a language in HTML and HTTP.
pub(super) fn tag(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Zh => "zh-CN",
    }
}

/// Language of a word in a cookie or a form.
pub(super) fn of_word(word: &str) -> Option<Language> {
    match word {
        "en" => Some(Language::En),
        "zh" | "zh-CN" => Some(Language::Zh),
        _ => None,
    }
}

/// Language that the browser prefers.
pub(super) fn accepted(headers: &HeaderMap) -> Language {
    let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter();
    let ranges = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    let mut best = (0.0, Language::En);
    for range in ranges.take(RANGES_MAX) {
        let (name, weight) = range.split_once(';').unwrap_or((range, ""));
        let weight = weight
            .trim()
            .strip_prefix("q=")
            .map_or(1.0, |q| q.parse().unwrap_or(0.0));
        let language = match name.trim().split('-').next().unwrap_or_default() {
            name if name.eq_ignore_ascii_case("en") => Language::En,
            name if name.eq_ignore_ascii_case("zh") => Language::Zh,
            _ => continue,
        };
        if weight > best.0 {
            best = (weight, language);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::*;

    #[test]
    fn the_browsers_first_language_that_there_is_is_taken() {
        for (accepts, language) in [
            ("", Language::En),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Zh),
            ("en-US,en;q=0.9,zh;q=0.8", Language::En),
            ("de, ZH-Hant;q=0.5", Language::Zh),
            ("en;q=0.1, zh;q=0.2", Language::Zh),
            ("zh;q=x, *", Language::En),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accepts))]);
            assert_eq!(accepted(&headers), language, "{accepts}");
        }
    }
}
