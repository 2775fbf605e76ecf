//! Tables.

use serde_json::{Map, Value, json};

use super::{component, push, tagged};

component! {
    /// A table. It stands in the card itself, and a card has at most five.
    ///
    /// ```
    /// # use lark_plugin_sdk::card::{Column, Table};
    /// # use serde_json::json;
    /// let table = Table::new([Column::text("name", "姓名"), Column::number("days", "天数")])
    ///     .row(json!({"name": "Anna", "days": 3}))
    ///     .row(json!({"name": "Ben", "days": 1}));
    /// ```
    ///
    /// ```
    /// use lark_plugin_sdk::card::{Column, Table};
    ///
    /// let wide = Table::new([Column::text("name", "姓名"), Column::number("days", "天数")])
    ///     .page_rows(10)
    ///     .first_column_stays()
    ///     .with("row_height", "low");
    /// ```
    Table
    /// Sets the rows of a page, from 1 to 10.
    fn page_rows(rows: u32) -> "page_size" = rows;
    /// Has the first column stay while the others are moved.
    fn first_column_stays() -> "freeze_first_column" = true;
}

impl Table {
    /// A table with these columns.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        let columns: Vec<Value> = columns.into_iter().map(|column| column.0.into()).collect();
        Self(tagged("table")).with("columns", columns).with("rows", json!([]))
    }

    /// Adds a row: values by the names of columns.
    pub fn row(mut self, row: Value) -> Self {
        push(&mut self.0, "rows", row);
        self
    }
}

/// A column of a table.
///
/// ```
/// use lark_plugin_sdk::card::{Column, Table};
/// use serde_json::json;
///
/// let table = Table::new([
///     Column::text("title", "工单").with("width", "200px"),
///     Column::number("hours", "小时"),
///     Column::date("due", "截止", "YYYY-MM-DD"),
///     Column::persons("owner", "负责人"),
///     Column::labels("level", "级别"),
///     Column::new("lark_md", "link", "链接"),
/// ])
/// .row(json!({
///     "title": "打印机", "hours": 2, "due": 1_711_900_800_000_u64, "owner": "ou_anna",
///     "level": [{"text": "S2", "color": "blue"}], "link": "[打开](https://example.com/42)",
/// }));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a column does nothing until it is in a table"]
pub struct Column(Map<String, Value>);

impl Column {
    /// A column of this type: `text`, `lark_md`, `markdown`, `number`, `options`, `persons` or `date`.
    pub fn new(data_type: &str, name: &str, title: &str) -> Self {
        let members = [("name", name), ("display_name", title), ("data_type", data_type)];
        Self(
            members
                .map(|(name, value)| (name.to_owned(), value.into()))
                .into_iter()
                .collect(),
        )
    }

    /// Text.
    pub fn text(name: &str, title: &str) -> Self {
        Self::new("text", name, title)
    }

    /// Numbers.
    pub fn number(name: &str, title: &str) -> Self {
        Self::new("number", name, title)
    }

    /// Dates, as milliseconds since 1970, shown in this form: `YYYY-MM-DD`.
    pub fn date(name: &str, title: &str, format: &str) -> Self {
        Self::new("date", name, title).with("date_format", format)
    }

    /// People, by open id: a string, or a list.
    pub fn persons(name: &str, title: &str) -> Self {
        Self::new("persons", name, title)
    }

    /// Labels: `[{"text": "S2", "color": "blue"}]`.
    pub fn labels(name: &str, title: &str) -> Self {
        Self::new("options", name, title)
    }

    /// Sets any other member that Lark documents.
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.0.insert(member.to_owned(), value.into());
        self
    }
}

/// Replaces tables that are too many for a card by text.
pub(super) fn further_as_text(elements: &mut [Value]) {
    let is_table = |element: &&mut Value| element.get("tag").and_then(Value::as_str) == Some("table");
    for element in elements.iter_mut().filter(is_table).skip(lark_card::TABLES_MAX) {
        *element = json!({"tag": "markdown", "content": as_text(element)});
    }
}

/// A table as lines, in a block in which every character has the same width.
fn as_text(table: &Value) -> String {
    let list = |name: &str| table.get(name).and_then(Value::as_array).into_iter().flatten();
    let columns: Vec<(&str, &str)> = list("columns")
        .map(|column| {
            let text = |name| column.get(name).and_then(Value::as_str).unwrap_or_default();
            (text("name"), text("display_name"))
        })
        .collect();
    let titles: Vec<String> = columns.iter().map(|(_, title)| (*title).to_owned()).collect();
    let rows = list("rows").map(|row| {
        let cells = columns
            .iter()
            .map(|(name, _)| row.get(*name).map(cell).unwrap_or_default());
        cells.collect::<Vec<_>>()
    });
    let lines: Vec<String> = std::iter::once(titles)
        .chain(rows)
        .map(|cells| cells.join(" | "))
        .collect();
    format!("```\n{}\n```", lines.join("\n").replace("```", "'''"))
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(members) => members.get("text").map(cell).unwrap_or_default(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
