//! Tables of cards.

use jiff::{Timestamp, tz::TimeZone};
use maud::{Markup, html};
use serde_json::Value;

use super::{
    pen::{Pen, list, string},
    spans, text,
};

/// Rows that are drawn; Lark shows ten on a page.
const ROWS_MAX: usize = 50;

/// Columns that are drawn, as many as Lark takes.
const COLUMNS_MAX: usize = 50;

/// A table with its columns by name.
pub(super) fn draw(pen: &mut Pen<'_>, element: &Value) -> Markup {
    let columns = list(element, "columns")
        .get(..COLUMNS_MAX)
        .unwrap_or_else(|| list(element, "columns"));
    let rows = list(element, "rows");
    let left_out = rows.len().saturating_sub(ROWS_MAX);
    html! {
        div.card-scroll tabindex="0" {
            table .card-table {
                tr {
                    @for column in columns {
                        @if pen.piece() { th scope="col" .(side(column)) { (head(pen, column)) } }
                    }
                }
                @for row in rows.iter().take(ROWS_MAX) {
                    @if pen.piece() {
                        tr {
                            @for column in columns {
                                @if pen.piece() {
                                    td .(side(column)) { (cell(pen, column, row.get(string(column, "name")).unwrap_or(&Value::Null))) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if left_out > 0 { p .card-small { "+ " (left_out) " " (pen.say("rows", "行")) } }
    }
}

fn head(pen: &mut Pen<'_>, column: &Value) -> Markup {
    match column.get("display_name") {
        Some(title) => text::line(pen, title),
        None => html! { (pen.name(string(column, "name"))) },
    }
}

fn side(column: &Value) -> &'static str {
    match string(column, "horizontal_align") {
        "right" => "card-right",
        "center" => "card-center",
        _ => "card-left",
    }
}

fn cell(pen: &mut Pen<'_>, column: &Value, value: &Value) -> Markup {
    match (string(column, "data_type"), value) {
        (_, Value::Null) => html! {},
        ("lark_md" | "markdown", Value::String(of)) => spans::markdown(pen, of),
        ("options", Value::Array(options)) => html! {
            @for option in options {
                @if pen.piece() {
                    @let inside = text::line(pen, option.get("text").unwrap_or(&Value::Null));
                    (spans::tag(string(option, "color"), &inside)) " "
                }
            }
        },
        ("persons", Value::Array(people)) => html! {
            @for person in people {
                @if pen.piece() { (spans::at(pen, person.as_str().unwrap_or_default())) " " }
            }
        },
        ("persons", Value::String(person)) => spans::at(pen, person),
        ("date", of) => match of.as_i64().and_then(day) {
            Some(day) => html! { (day) },
            None => plain(pen, of),
        },
        ("number", of) => {
            let symbol = pen.name(
                column
                    .pointer("/format/symbol")
                    .and_then(Value::as_str)
                    .unwrap_or_default(),
            );
            html! { (symbol) (plain(pen, of)) }
        }
        (_, of) => plain(pen, of),
    }
}

fn plain(pen: &mut Pen<'_>, of: &Value) -> Markup {
    match of {
        Value::String(of) => html! { (pen.cut(of)) },
        Value::Object(_) if of.get("content").is_some() => text::line(pen, of),
        of => html! { (pen.name(&of.to_string())) },
    }
}

fn day(ms: i64) -> Option<String> {
    let day = Timestamp::from_millisecond(ms).ok()?.to_zoned(TimeZone::UTC);
    Some(day.strftime("%Y-%m-%d").to_string())
}
