//! One component by its tag; what has no drawing is named.

mod buttons;
mod containers;
mod controls;

use maud::{Markup, html};
use serde_json::Value;

use super::{
    link,
    pen::{Pen, flag, list, string},
    spans, table, text,
};

/// Components in their order.
pub(super) fn all(pen: &mut Pen<'_>, elements: &[Value]) -> Markup {
    html! {
        @for element in elements {
            (one(pen, element))
        }
    }
}

/// One component.
pub(super) fn one(pen: &mut Pen<'_>, element: &Value) -> Markup {
    if !pen.piece() {
        return html! {};
    }
    pen.deeper(|pen| draw(pen, element))
}

fn draw(pen: &mut Pen<'_>, element: &Value) -> Markup {
    match string(element, "tag") {
        "markdown" | "lark_md" | "plain_text" => with_icon(pen, element),
        "div" => div(pen, element),
        "hr" => html! { hr .card-hr; },
        "img" => image(pen, element),
        "img_combination" => combination(pen, element),
        "note" => html! { div .card-note { (all(pen, list(element, "elements"))) } },
        "action" => html! { div .card-actions { (all(pen, list(element, "actions"))) } },
        "column_set" => containers::columns(pen, element),
        "column" => containers::column(pen, element),
        "form" => pen.within_form(|pen| all(pen, list(element, "elements"))),
        "interactive_container" => containers::interactive(pen, element),
        "collapsible_panel" => containers::collapsible(pen, element),
        "button" => buttons::button(pen, element),
        "overflow" => buttons::overflow(pen, element),
        "input" => controls::input(pen, element),
        "select_static" | "select_person" => controls::select(pen, element, false),
        "multi_select_static" | "multi_select_person" => controls::select(pen, element, true),
        "select_img" => controls::select(pen, element, flag(element, "multi_select")),
        "date_picker" => controls::picker(pen, element, "date", "initial_date"),
        "picker_time" => controls::picker(pen, element, "time", "initial_time"),
        "picker_datetime" => controls::picker(pen, element, "datetime-local", "initial_datetime"),
        "checker" => controls::checker(pen, element),
        "table" => table::draw(pen, element),
        "chart" => chart(pen, element),
        "person" => html! { p .card-plain { (spans::at(pen, string(element, "user_id"))) } },
        "person_list" => people(pen, element),
        "text_tag" => {
            let inside = text::line(pen, element.get("text").unwrap_or(&Value::Null));
            spans::tag(string(element, "color"), &inside)
        }
        "standard_icon" | "custom_icon" => icon_of(pen, element),
        "" => placeholder(pen, "a component without a tag", "没有 tag 的组件", ""),
        other => {
            let other = pen.name(other);
            placeholder(pen, "not drawn:", "未绘制：", &other)
        }
    }
}

fn with_icon(pen: &mut Pen<'_>, element: &Value) -> Markup {
    if element.get("icon").is_none() {
        return text::draw(pen, element);
    }
    html! { div .card-with-icon { (icon(pen, element)) (text::draw(pen, element)) } }
}

fn div(pen: &mut Pen<'_>, element: &Value) -> Markup {
    let fields = list(element, "fields");
    html! {
        div .card-div {
            div .card-grow {
                (icon(pen, element))
                @if let Some(of) = element.get("text") { (text::draw(pen, of)) }
                @if !fields.is_empty() {
                    div .card-fields {
                        @for field in fields {
                            @if pen.piece() {
                                @let class = if flag(field, "is_short") { "card-field card-half" } else { "card-field" };
                                div class=(class) {
                                    @if let Some(of) = field.get("text") { (text::draw(pen, of)) }
                                }
                            }
                        }
                    }
                }
            }
            @if let Some(extra) = element.get("extra") { (one(pen, extra)) }
        }
    }
}

/// The icon of a component, in any of its spellings.
pub(super) fn icon(pen: &mut Pen<'_>, of: &Value) -> Markup {
    let icon = of
        .get("icon")
        .or_else(|| of.get("ud_icon"))
        .filter(|icon| icon.is_object());
    html! {
        @if let Some(icon) = icon { (icon_of(pen, icon)) }
    }
}

fn icon_of(pen: &mut Pen<'_>, icon: &Value) -> Markup {
    let keys = ["token", "img_key"].into_iter().map(|name| string(icon, name));
    let key = keys.into_iter().find(|key| !key.is_empty()).unwrap_or("icon");
    let key = pen.name(key);
    html! { span.card-icon role="img" aria-label=(key) title=(key) { "◆" } }
}

fn image(pen: &mut Pen<'_>, element: &Value) -> Markup {
    let none = Value::Null;
    let alt = text::bare(pen, element.get("alt").unwrap_or(&none));
    let title = element.get("title");
    html! {
        figure .card-image {
            div .card-picture {
                span { (pen.say("picture", "图片")) }
                code { (pen.name(string(element, "img_key"))) }
                @if !alt.is_empty() { span { (alt) } }
            }
            @if let Some(title) = title { figcaption { (text::line(pen, title)) } }
        }
    }
}

fn combination(pen: &mut Pen<'_>, element: &Value) -> Markup {
    html! {
        div .card-pictures {
            @for of in list(element, "img_list") {
                @if pen.piece() { (image(pen, of)) }
            }
        }
    }
}

fn people(pen: &mut Pen<'_>, element: &Value) -> Markup {
    html! {
        p .card-plain {
            @for person in list(element, "persons") {
                @if pen.piece() { (spans::at(pen, string(person, "id"))) " " }
            }
        }
    }
}

/// Charts are drawn by a library of Lark's own; what is said of one is its kind, its title and its size.
fn chart(pen: &mut Pen<'_>, element: &Value) -> Markup {
    let none = Value::Null;
    let spec = element.get("chart_spec").unwrap_or(&none);
    let title = spec.get("title").unwrap_or(&none);
    let title = title.get("text").unwrap_or(title);
    let kind = pen.name(string(spec, "type"));
    let values = spec.get("data").map_or(0, |data| {
        let series = data
            .as_array()
            .map_or_else(|| vec![data], |series| series.iter().collect());
        series.iter().map(|series| list(series, "values").len()).sum::<usize>()
    });
    html! {
        figure .card-image {
            div .card-picture {
                span { (pen.say("chart", "图表")) " " code { (kind) } }
                @if values > 0 { span { (values) " " (pen.say("values", "个数据")) } }
            }
            @if title.is_string() || title.is_object() { figcaption { (text::line(pen, title)) } }
        }
    }
}

/// A link or nothing, below a component that leads somewhere.
pub(super) fn leads_to(pen: &mut Pen<'_>, element: &Value) -> Markup {
    match link::of_component(element) {
        Some(url) => link::draw(pen, url, "card-link card-small", &html! {}),
        None => html! {},
    }
}

/// What stands for something that has no drawing.
pub(super) fn placeholder(pen: &Pen<'_>, en: &'static str, zh: &'static str, about: &str) -> Markup {
    html! {
        p.card-placeholder { (pen.say(en, zh)) " " code { (about) } }
    }
}
