//! Components that hold others: columns, panels, containers that can be clicked.

use maud::{Markup, html};
use serde_json::Value;

use super::buttons;
use crate::console::drawing::{
    colour, element,
    pen::{Pen, flag, list, string},
    text,
};

/// Columns beside each other.
pub(super) fn columns(pen: &mut Pen<'_>, set: &Value) -> Markup {
    let class = match string(set, "flex_mode") {
        "stretch" | "flow" => "card-columns card-wrap",
        _ => "card-columns",
    };
    html! {
        div class={ (class) " " (colour::fill(string(set, "background_style"))) } {
            @for column in list(set, "columns") {
                @if pen.piece() { (pen.deeper(|pen| self::column(pen, column))) }
            }
        }
        (element::leads_to(pen, set.get("action").unwrap_or(&Value::Null)))
    }
}

/// One column; its share is a class, because a style of its own would need a weaker security policy.
pub(super) fn column(pen: &mut Pen<'_>, column: &Value) -> Markup {
    let weight = column.get("weight").and_then(Value::as_f64).unwrap_or(1.0);
    let share = match string(column, "width") {
        "weighted" | "" if weight >= 4.5 => "share-5",
        "weighted" | "" if weight >= 3.5 => "share-4",
        "weighted" | "" if weight >= 2.5 => "share-3",
        "weighted" | "" if weight >= 1.5 => "share-2",
        "weighted" | "" => "share-1",
        _ => "share-auto",
    };
    let middle = match string(column, "vertical_align") {
        "center" => " card-middle",
        "bottom" => " card-bottom",
        _ => "",
    };
    html! {
        div class={ "card-column " (share) (middle) " " (colour::fill(string(column, "background_style"))) } {
            (element::all(pen, list(column, "elements")))
            (element::leads_to(pen, column.get("action").unwrap_or(&Value::Null)))
        }
    }
}

/// A container that is one large button.
pub(super) fn interactive(pen: &mut Pen<'_>, of: &Value) -> Markup {
    let border = if flag(of, "has_border") { " card-bordered" } else { "" };
    html! {
        div class={ "card-interactive" (border) " " (colour::fill(string(of, "background_style"))) } {
            (element::all(pen, list(of, "elements")))
            (buttons::of_container(pen, of))
        }
    }
}

/// A panel that opens.
pub(super) fn collapsible(pen: &mut Pen<'_>, of: &Value) -> Markup {
    let none = Value::Null;
    let header = of.get("header").unwrap_or(&none);
    let title = header.get("title").unwrap_or(&none);
    html! {
        details .card-panel open[flag(of, "expanded")] {
            summary .(colour::fill(string(header, "background_color"))) { (element::icon(pen, header)) (text::line(pen, title)) }
            div .card-panel-body { (element::all(pen, list(of, "elements"))) }
        }
    }
}
