//! A whole card: its header, its components in the page's language, and what it says about itself.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    Look, colour, element, link,
    pen::{Pen, list, string},
    spans, text,
};

/// Variables of a template that are listed.
const VARIABLES_MAX: usize = 40;

/// Draws a card: JSON 2.0, the older 1.0, a template, or a card entity, with or without the object around it that says which.
pub(in crate::console) fn draw(card: &Value, look: Look<'_>) -> Markup {
    let mut pen = Pen::new(look);
    let label = pen.say("Card", "卡片");
    let inside = inside(&mut pen, card);
    html! {
        div.card-drawing role="group" aria-label=(label) {
            (inside)
            (pen.end())
            @if let Some(why) = pen.why_off() {
                p .card-off { (why) }
            }
        }
    }
}

fn inside(pen: &mut Pen<'_>, card: &Value) -> Markup {
    let data = card.get("data").filter(|_| card.get("type").is_some());
    match (string(card, "type"), data) {
        ("template", Some(data)) => template(pen, data),
        ("card", Some(data)) => {
            let id = pen.name(string(data, "card_id"));
            element::placeholder(pen, "card entity", "卡片实体", &id)
        }
        // A card as text is a frequent mistake, which Lark answers with 200672.
        (_, Some(Value::String(json))) => match serde_json::from_str::<Value>(json) {
            Ok(parsed) => html! {
                p .card-warning { (pen.say("This card is JSON text within JSON; Lark takes an object here.", "此处的卡片是 JSON 字符串；飞书要求为对象。")) }
                (whole(pen, &parsed))
            },
            Err(_) => not_a_card(pen),
        },
        (_, Some(data)) => whole(pen, data),
        (_, None) => whole(pen, card),
    }
}

fn not_a_card(pen: &Pen<'_>) -> Markup {
    html! { p .card-warning { (pen.say("This is no card.", "这不是卡片。")) } }
}

fn whole(pen: &mut Pen<'_>, card: &Value) -> Markup {
    if !card.is_object() {
        return not_a_card(pen);
    }
    let language = pen.look.language;
    let translated = card
        .get("i18n_header")
        .and_then(|headers| text::chosen(headers, language));
    let header = translated.or_else(|| card.get("header"));
    let elements = elements(pen, card);
    html! {
        @if let Some(header) = header { (draw_header(pen, header)) }
        div .card-body { (element::all(pen, elements)) }
        @if let Some(url) = link::of_component(card) {
            p .card-small .card-foot {
                (pen.say("The whole card leads to", "整张卡片跳转到")) " "
                (link::draw(pen, url, "card-link", &html! {}))
            }
        }
    }
}

/// The components in the page's language, else in the first that there is.
fn elements<'v>(pen: &Pen<'_>, card: &'v Value) -> &'v [Value] {
    let language = pen.look.language;
    let body = card.get("body").unwrap_or(card);
    let own = list(body, "elements");
    if !own.is_empty() {
        return own;
    }
    let Some(by_language) = card.get("i18n_elements") else {
        return own;
    };
    let chosen = text::chosen(by_language, language).and_then(Value::as_array);
    let first = || by_language.as_object()?.values().find_map(Value::as_array);
    chosen.or_else(first).map_or(own, Vec::as_slice)
}

fn draw_header(pen: &mut Pen<'_>, header: &Value) -> Markup {
    let none = Value::Null;
    let title = header.get("title").unwrap_or(&none);
    let subtitle = header.get("subtitle");
    let language = pen.look.language;
    let tags = header
        .get("i18n_text_tag_list")
        .and_then(|tags| text::chosen(tags, language))
        .and_then(Value::as_array)
        .map_or_else(|| list(header, "text_tag_list"), Vec::as_slice);
    html! {
        div .card-header .(colour::fill(string(header, "template"))) {
            (element::icon(pen, header))
            div .card-titles {
                p .card-title { (text::line(pen, title)) }
                @if let Some(subtitle) = subtitle { p .card-subtitle { (text::line(pen, subtitle)) } }
            }
            @for tag in tags {
                @if pen.piece() {
                    @let inside = text::line(pen, tag.get("text").unwrap_or(&none));
                    (spans::tag(string(tag, "color"), &inside))
                }
            }
        }
    }
}

fn template(pen: &mut Pen<'_>, data: &Value) -> Markup {
    let id = pen.name(string(data, "template_id"));
    let version = pen.name(string(data, "template_version_name"));
    let variables = data.get("template_variable").and_then(Value::as_object);
    html! {
        (element::placeholder(pen, "card template", "卡片模板", &format!("{id} {version}")))
        @if let Some(variables) = variables {
            table .card-table {
                @for (name, value) in variables.iter().take(VARIABLES_MAX) {
                    @if pen.piece() {
                        tr {
                            th scope="row" { (pen.name(name)) }
                            td { (pen.name(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))) }
                        }
                    }
                }
            }
        }
    }
}
