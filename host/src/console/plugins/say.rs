//! Small pieces that all parts of the plugins' pages share.

use std::borrow::Cow;

use maud::{Markup, html};
use serde_json::Value;

use crate::{
    codes::Language,
    console::elements::{self, Tone},
};

/// A text in the page's language.
pub(super) fn say(language: Language, en: &'static str, zh: &'static str) -> &'static str {
    match language {
        Language::En => en,
        Language::Zh => zh,
    }
}

/// A member that is a text; empty if there is none.
pub(super) fn text<'v>(of: &'v Value, pointer: &str) -> &'v str {
    of.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// A member that is a list.
pub(super) fn list<'v>(of: &'v Value, pointer: &str) -> &'v [Value] {
    of.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A member that is a yes.
pub(super) fn is(of: &Value, pointer: &str) -> bool {
    of.pointer(pointer).and_then(Value::as_bool).unwrap_or(false)
}

/// Whether there is something at all.
pub(super) fn some<'v>(of: &'v Value, pointer: &str) -> Option<&'v Value> {
    of.pointer(pointer).filter(|value| !value.is_null())
}

/// The beginning of a hash, with all of it at hand.
pub(super) fn hash(hash: &str) -> Markup {
    let short = hash.get(..12).unwrap_or(hash);
    html! { code.hash title=(hash) { (short) } }
}

/// Where a component came from, as `Source` writes it; a path is the same in both languages.
pub(super) fn source(language: Language, of: &str) -> Cow<'_, str> {
    match (language, of.strip_prefix("kept version ")) {
        (Language::En, _) => of.into(),
        (Language::Zh, Some(number)) => format!("保留的版本 {number}").into(),
        (Language::Zh, None) => match of {
            "built in" => "内置".into(),
            "published" => "已发布".into(),
            path => path.into(),
        },
    }
}

/// A label with a colour: `ok`, `warn`, `bad` or `quiet`.
pub(super) fn badge(kind: &'static str, words: &str) -> Markup {
    let tone = match kind {
        "ok" => Tone::Good,
        "warn" => Tone::Warn,
        "bad" => Tone::Bad,
        _ => Tone::Plain,
    };
    elements::badge(tone, words)
}

/// A moment, if there is one.
pub(super) fn moment(ms: Option<&Value>) -> Markup {
    match ms.and_then(Value::as_u64) {
        Some(ms) => elements::time(ms),
        None => html! { span .dim { "–" } },
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::plugin::Source;

    #[test]
    fn every_source_of_a_component_is_told_in_chinese() {
        let told = |of: Source| source(Language::Zh, &of.to_string()).into_owned();
        assert_eq!(told(Source::BuiltIn), "内置");
        assert_eq!(told(Source::Published), "已发布");
        assert_eq!(told(Source::Kept(7)), "保留的版本 7");
        assert_eq!(told(Source::File(PathBuf::from("plugins/a.wasm"))), "plugins/a.wasm");
    }
}
