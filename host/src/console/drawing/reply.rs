//! The answer to a click or a link preview: a toast, a preview, a card.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    Look, card, link,
    pen::{Pen, string},
    text,
};

/// Members of a card that an answer of the older kind has at its top.
const OF_CARD: [&str; 6] = ["elements", "body", "header", "i18n_elements", "i18n_header", "schema"];

/// Draws what Lark is answered; nothing for an answer that shows nothing.
pub(in crate::console) fn draw(reply: &Value, look: Look<'_>) -> Markup {
    let mut pen = Pen::new(look);
    let is_template = string(reply, "type") == "template" && reply.get("data").is_some();
    let own = OF_CARD.iter().any(|name| reply.get(name).is_some()) || is_template;
    let card = reply
        .get("card")
        .filter(|card| card.is_object())
        .or(own.then_some(reply));
    html! {
        @if let Some(toast) = reply.get("toast").filter(|toast| toast.is_object()) { (draw_toast(&mut pen, toast)) }
        @if let Some(inline) = reply.get("inline").filter(|inline| inline.is_object()) { (draw_preview(&mut pen, inline)) }
        @if let Some(card) = card { (card::draw(card, look)) }
    }
}

fn draw_toast(pen: &mut Pen<'_>, toast: &Value) -> Markup {
    let (class, mark) = match string(toast, "type") {
        "success" => ("card-toast card-toast-success", "✓"),
        "error" => ("card-toast card-toast-error", "✕"),
        "warning" => ("card-toast card-toast-warning", "!"),
        _ => ("card-toast", "i"),
    };
    let words = text::bare(pen, toast);
    html! {
        p class=(class) role="status" {
            span .card-toast-mark aria-hidden="true" { (mark) }
            span { (words) }
        }
    }
}

/// What stands in a chat in the place of a link.
fn draw_preview(pen: &mut Pen<'_>, inline: &Value) -> Markup {
    let language = pen.look.language;
    let translated = inline
        .get("i18n_title")
        .and_then(|titles| text::chosen(titles, language));
    let title = translated
        .and_then(Value::as_str)
        .unwrap_or_else(|| string(inline, "title"));
    let title = pen.cut(title).to_owned();
    let key = pen.name(string(inline, "image_key"));
    let url = inline.get("url").and_then(|url| {
        let of = |name: &str| url.get(name).and_then(Value::as_str).filter(|of| !of.is_empty());
        url.as_str().or_else(|| of("copy_url")).or_else(|| of("pc"))
    });
    html! {
        p .card-preview {
            @if !key.is_empty() {
                span .card-icon role="img" aria-label=(key) title=(key) { "◆" }
            }
            span .card-preview-title { (title) }
            @if let Some(url) = url { " " (link::draw(pen, url, "card-link card-small", &html! {})) }
        }
    }
}
