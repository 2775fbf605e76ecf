//! Buttons, menus and what else sends a click.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use crate::console::drawing::{
    CLICK_FIELD, Clicks, element, link,
    pen::{Pen, flag, hidden, list, string},
    text,
};

/// Options of a menu that are drawn.
const OPTIONS_MAX: usize = 50;

/// Effect of a click on a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Sends what the form holds.
    Submit,
    /// Puts the form back, on the user's machine.
    Reset,
    /// Sends its value.
    Send,
    /// Opens an address, and tells nobody.
    Open,
    /// Nothing that Lark would tell a server.
    Nothing,
}

impl Does {
    fn of(component: &Value) -> Self {
        let form = match string(component, "form_action_type") {
            "" => string(component, "action_type"),
            action => action,
        };
        match form {
            "submit" | "form_submit" => return Self::Submit,
            "reset" | "form_reset" => return Self::Reset,
            _ => {}
        }
        let sends = list(component, "behaviors")
            .iter()
            .any(|behaviour| string(behaviour, "type") == "callback");
        if sends {
            return Self::Send;
        }
        if link::of_component(component).is_some() {
            return Self::Open;
        }
        // A button without behaviors is of schema 1.0, where its value is sent; in 2.0 an empty list does nothing.
        if component.get("behaviors").is_some() && component.get("value").is_none() {
            return Self::Nothing;
        }
        Self::Send
    }
}

/// The click of a component, as a field of a form: its tag, name and value.
pub(super) fn click(component: &Value) -> Value {
    let behaviour = list(component, "behaviors")
        .iter()
        .find(|behaviour| string(behaviour, "type") == "callback")
        .and_then(|behaviour| behaviour.get("value"));
    let mut click = Map::new();
    click.insert("tag".to_owned(), json!(string(component, "tag")));
    if let Some(value) = behaviour.or_else(|| component.get("value")) {
        click.insert("value".to_owned(), value.clone());
    }
    if let Some(name) = component.get("name").and_then(Value::as_str) {
        click.insert("name".to_owned(), json!(name));
    }
    Value::Object(click)
}

/// Bytes of a click that is still drawn as a button: what the form may send back.
const CLICK_BYTES_MAX: usize = 16 << 10;

/// The click as text, if it is not too long; what does not count as text counts here.
fn click_json(pen: &mut Pen<'_>, click: &Value) -> Option<String> {
    let json = click.to_string();
    (json.len() <= CLICK_BYTES_MAX && pen.cut(&json).len() == json.len()).then_some(json)
}

/// A button.
pub(super) fn button(pen: &mut Pen<'_>, component: &Value) -> Markup {
    let none = Value::Null;
    let label = html! {
        (element::icon(pen, component))
        (text::line(pen, component.get("text").unwrap_or(&none)))
    };
    let class = kind(string(component, "type"));
    let does = Does::of(component);
    if does == Does::Open {
        let url = link::of_component(component).unwrap_or_default();
        return link::draw(pen, url, class, &label);
    }
    let is_disabled = flag(component, "disabled");
    let asks = asks(pen, component);
    let drawn = send(pen, component, does, is_disabled, class, &label);
    html! {
        span .card-send {
            (drawn)
            @if let Some(asks) = asks { span .card-small .card-asks { (asks) } }
        }
    }
}

/// What the user is asked before the click is sent.
fn asks(pen: &mut Pen<'_>, component: &Value) -> Option<String> {
    let confirm = component.get("confirm").filter(|confirm| confirm.is_object())?;
    let title = text::bare(pen, confirm.get("title")?);
    let words = pen.say("asks before:", "点击前确认：");
    Some(format!("{words} {title}"))
}

fn send(pen: &mut Pen<'_>, component: &Value, does: Does, is_disabled: bool, class: &str, label: &Markup) -> Markup {
    let why = if is_disabled {
        Some(pen.say("This card has disabled the button.", "卡片已禁用此按钮。"))
    } else if does == Does::Nothing {
        Some(pen.say("This button sends nothing.", "此按钮不发送任何内容。"))
    } else {
        None
    };
    if does == Does::Reset && pen.is_in_form() && pen.is_on() && why.is_none() {
        return html! { button type="reset" class=(class) { (label) } };
    }
    let json = click_json(pen, &click(component));
    let (Some(json), None, true) = (json, why, pen.is_on()) else {
        let why = why.or(pen.why_off());
        return html! { button type="button" class=(class) disabled title=[why] { (label) } };
    };
    let own = (does != Does::Submit || !pen.is_in_form()).then(|| pen.click_form());
    html! {
        button type="submit" class=(class) name=(CLICK_FIELD) value=(json) form=[own] { (label) }
    }
}

fn kind(of: &str) -> &'static str {
    match of {
        "primary" | "primary_filled" | "laser" => "card-button card-primary",
        "danger" | "danger_filled" => "card-button card-danger",
        "primary_text" => "card-button card-bare card-primary-text",
        "danger_text" => "card-button card-bare card-danger-text",
        "text" => "card-button card-bare",
        _ => "card-button",
    }
}

/// The button of a container that can be clicked as a whole.
pub(super) fn of_container(pen: &mut Pen<'_>, of: &Value) -> Markup {
    if of.get("behaviors").is_none() {
        return html! {};
    }
    let does = Does::of(of);
    let label = html! { (pen.say("click", "点击")) };
    if does == Does::Open {
        return element::leads_to(pen, of);
    }
    let drawn = send(
        pen,
        of,
        does,
        flag(of, "disabled"),
        "card-button card-bare card-small",
        &label,
    );
    html! { div .card-right { (drawn) } }
}

/// A menu of further buttons.
pub(super) fn overflow(pen: &mut Pen<'_>, component: &Value) -> Markup {
    let none = Value::Null;
    html! {
        details .card-overflow {
            summary .card-button aria-label=(pen.say("more", "更多")) { "⋯" }
            div .card-menu {
                @for option in list(component, "options").iter().take(OPTIONS_MAX) {
                    @if pen.piece() {
                        @let label = text::line(pen, option.get("text").unwrap_or(&none));
                        @if let Some(url) = link::of_component(option) {
                            (link::draw(pen, url, "card-button card-bare", &label))
                        } @else {
                            (choice(pen, component, option, &label))
                        }
                    }
                }
            }
        }
    }
}

fn choice(pen: &mut Pen<'_>, component: &Value, option: &Value, label: &Markup) -> Markup {
    let mut click = click(component);
    if let Some(click) = click.as_object_mut() {
        click.insert("option".to_owned(), json!(string(option, "value")));
    }
    let json = click_json(pen, &click);
    let (Some(json), true) = (json, pen.is_on()) else {
        return html! {
            button type="button" class="card-button card-bare" disabled title=[pen.why_off()] { (label) }
        };
    };
    html! {
        button type="submit" class="card-button card-bare" name=(CLICK_FIELD) value=(json) form=(pen.click_form()) { (label) }
    }
}

/// A control that sends its value by itself, because it stands in no form of the card.
pub(super) fn alone(pen: &mut Pen<'_>, component: &Value, control: &Markup) -> Markup {
    let Clicks::On(form) = pen.look.clicks else {
        return control.clone();
    };
    if pen.is_in_form() {
        return control.clone();
    }
    let Some(json) = click_json(pen, &click(component)) else {
        return control.clone();
    };
    html! {
        form .card-alone method="post" action=(form.action) {
            (hidden(form.hidden))
            (control)
            button type="submit" class="card-button card-small" name=(CLICK_FIELD) value=(json) { (pen.say("Send", "发送")) }
        }
    }
}
