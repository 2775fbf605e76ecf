//! Inputs, choices, pickers and ticks.
//!
//! The name of a field begins with what its value is in a click: `input_value.reason`, `options.people`.

use maud::{Markup, html};
use serde_json::Value;

use super::buttons;
use crate::console::drawing::{
    pen::{Pen, flag, list, string},
    text,
};

/// Options of a choice that are drawn; the page would be slow with all the people of a company.
const OPTIONS_MAX: usize = 200;

/// Lines of a text field.
const LINES_MAX: u64 = 12;

fn field(kind: &str, component: &Value) -> String {
    let name: String = string(component, "name").chars().take(100).collect();
    format!("{kind}.{name}")
}

/// A label with its control.
fn labelled(pen: &mut Pen<'_>, component: &Value, control: &Markup) -> Markup {
    let none = Value::Null;
    let label = text::line(pen, component.get("label").unwrap_or(&none));
    let name = pen.name(string(component, "name"));
    let tag = pen.name(string(component, "tag"));
    // Each control has a name, for those who hear the page.
    let words = match (label.0.is_empty(), name.is_empty()) {
        (false, _) => label,
        (true, false) => html! { (name) },
        (true, true) => html! { (tag) },
    };
    let whole = html! {
        label .card-control {
            span.card-label { (words) @if flag(component, "required") { " *" } }
            (control)
        }
    };
    buttons::alone(pen, component, &whole)
}

fn placeholder(pen: &mut Pen<'_>, component: &Value) -> Option<String> {
    let placeholder = component.get("placeholder")?;
    Some(text::bare(pen, placeholder))
}

/// A text field.
pub(super) fn input(pen: &mut Pen<'_>, component: &Value) -> Markup {
    let name = field("input_value", component);
    let hint = placeholder(pen, component);
    let value = pen.cut(string(component, "default_value")).to_owned();
    let (is_off, is_required) = (!pen.is_on() || flag(component, "disabled"), flag(component, "required"));
    let length = component
        .get("max_length")
        .and_then(Value::as_u64)
        .map(|length| length.min(10_000));
    let control = if string(component, "input_type") == "multiline_text" {
        let rows = component
            .get("rows")
            .and_then(Value::as_u64)
            .unwrap_or(3)
            .clamp(2, LINES_MAX);
        html! {
            textarea name=(name) rows=(rows) placeholder=[hint] maxlength=[length] required[is_required] disabled[is_off] { (value) }
        }
    } else {
        let kind = if string(component, "input_type") == "password" {
            "password"
        } else {
            "text"
        };
        html! {
            input type=(kind) name=(name) value=(value) placeholder=[hint] maxlength=[length] required[is_required]
                disabled[is_off] autocomplete="off";
        }
    };
    labelled(pen, component, &control)
}

/// A choice of one or of several.
pub(super) fn select(pen: &mut Pen<'_>, component: &Value, is_multi: bool) -> Markup {
    let options = list(component, "options");
    let chosen = list(component, "selected_values");
    let initial = string(component, "initial_option");
    let index = component.get("initial_index").and_then(Value::as_u64);
    let is_chosen = |at: usize, value: &str| {
        let is_initial = !value.is_empty() && (initial == value || chosen.iter().any(|of| of.as_str() == Some(value)));
        is_initial || index == Some(at as u64 + 1)
    };
    let hint = placeholder(pen, component);
    let is_off = !pen.is_on() || flag(component, "disabled");
    let name = field(if is_multi { "options" } else { "option" }, component);
    let left_out = options.len().saturating_sub(OPTIONS_MAX);
    let control = html! {
        select name=(name) multiple[is_multi] disabled[is_off] required[flag(component, "required")] {
            @if !is_multi { option value="" { (hint.unwrap_or_default()) } }
            @for (at, option) in options.iter().enumerate().take(OPTIONS_MAX) {
                @if pen.piece() {
                    @let value = string(option, "value");
                    option value=(pen.cut(value)) selected[is_chosen(at, value)] { (label(pen, option)) }
                }
            }
            @if left_out > 0 { option disabled { "+ " (left_out) } }
        }
    };
    labelled(pen, component, &control)
}

/// The words of an option; people and pictures have none but their ids.
fn label(pen: &mut Pen<'_>, option: &Value) -> Markup {
    let words = option
        .get("text")
        .map(|of| text::line(pen, of))
        .filter(|words| !words.0.is_empty());
    words.unwrap_or_else(|| {
        let id = ["img_key", "value"].into_iter().map(|name| string(option, name));
        let id = id.into_iter().find(|id| !id.is_empty()).unwrap_or_default();
        html! { (pen.name(id)) }
    })
}

/// A picker of a day, a time, or both.
pub(super) fn picker(pen: &mut Pen<'_>, component: &Value, kind: &'static str, initial: &str) -> Markup {
    let value = pen.name(string(component, initial)).replacen(' ', "T", 1);
    let is_off = !pen.is_on() || flag(component, "disabled");
    let control = html! {
        input type=(kind) name=(field(kind, component)) value=(value) required[flag(component, "required")] disabled[is_off];
    };
    labelled(pen, component, &control)
}

/// A tick with its text.
pub(super) fn checker(pen: &mut Pen<'_>, component: &Value) -> Markup {
    let none = Value::Null;
    let is_off = !pen.is_on() || flag(component, "disabled");
    let words = text::line(pen, component.get("text").unwrap_or(&none));
    let control = html! {
        label .card-check {
            // What is not ticked is sent as well.
            input type="hidden" name=(field("unchecked", component)) value="" disabled[is_off];
            input type="checkbox" name=(field("checked", component)) value="1" checked[flag(component, "checked")] disabled[is_off];
            span { (words) }
        }
    };
    buttons::alone(pen, component, &control)
}
