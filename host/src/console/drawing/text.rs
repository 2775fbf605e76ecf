//! The texts of cards: a string, or an object with a tag, a content, and the same in other languages.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    colour,
    pen::{Pen, string},
    spans,
};
use crate::codes::Language;

/// The keys of a language in Lark's cards, the best first.
fn keys(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => &["en_us", "en"],
        Language::Zh => &["zh_cn", "zh_hk", "zh_tw"],
    }
}

/// The member of an object of languages that the page's language chooses.
pub(super) fn chosen(of: &Value, language: Language) -> Option<&Value> {
    keys(language).iter().find_map(|key| of.get(*key))
}

/// The content of a text in the page's language.
pub(super) fn content(text: &Value, language: Language) -> &str {
    if let Some(text) = text.as_str() {
        return text;
    }
    let translated = ["i18n_content", "i18n"].iter().find_map(|name| {
        let of = chosen(text.get(*name)?, language)?;
        of.as_str().filter(|of| !of.is_empty())
    });
    let first = || {
        let of = text.get("i18n_content").or_else(|| text.get("i18n"))?.as_object()?;
        of.values().find_map(Value::as_str)
    };
    translated
        .or_else(|| text.get("content").and_then(Value::as_str))
        .or_else(first)
        .unwrap_or_default()
}

/// Whether a text is Markdown.
fn is_markdown(text: &Value) -> bool {
    matches!(string(text, "tag"), "lark_md" | "markdown")
}

/// A text as a block.
pub(super) fn draw(pen: &mut Pen<'_>, text: &Value) -> Markup {
    let content = content(text, pen.look.language);
    if content.is_empty() {
        return html! {};
    }
    if is_markdown(text) {
        return html! { div class=(class(text)) { (spans::markdown(pen, content)) } };
    }
    let ink = colour::ink(string(text, "text_color"));
    html! { p .card-plain .(class(text)) .(ink) { (pen.cut(content)) } }
}

/// A text within a line: a title, a label, an option.
pub(super) fn line(pen: &mut Pen<'_>, text: &Value) -> Markup {
    let content = content(text, pen.look.language);
    if is_markdown(text) {
        return spans::line(pen, content);
    }
    html! { (pen.cut(content)) }
}

/// A text for an attribute.
pub(super) fn bare(pen: &mut Pen<'_>, text: &Value) -> String {
    let content = content(text, pen.look.language);
    pen.cut(content).to_owned()
}

/// Class for the size and the side of a text.
pub(super) fn class(text: &Value) -> &'static str {
    let is_small = matches!(string(text, "text_size"), "notation" | "x-small" | "small");
    let is_large = matches!(
        string(text, "text_size"),
        "heading" | "heading-0" | "heading-1" | "heading-2" | "xx-large" | "xxx-large" | "x-large" | "large"
    );
    match (string(text, "text_align"), is_small, is_large) {
        ("center", true, _) => "card-block card-small card-center",
        ("center", _, true) => "card-block card-large card-center",
        ("center", ..) => "card-block card-center",
        ("right", true, _) => "card-block card-small card-right",
        ("right", _, true) => "card-block card-large card-right",
        ("right", ..) => "card-block card-right",
        (_, true, _) => "card-block card-small",
        (_, _, true) => "card-block card-large",
        _ => "card-block",
    }
}
