//! Answers for people: lists as tables, everything else as lines of names and values.

mod columns;

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    app::now_ms,
    codes::{Language, Text, both, told},
    telemetry::{escaped_lines, is_unfit, local, local_in_table, zone_name},
};
use columns::{
    AUDIT, AUTHORIZATIONS, Column, DEAD, DELIVERIES, EVENTS, GAPS, GROUPS, JOBS, KEYS, REJECTED, SESSIONS, VERSIONS,
};

/// Maximum width of a cell; an error may be long, and `events show` prints all of it.
const CELL_SYMBOLS_MAX: usize = 80;

pub(super) fn text(answer: &Value, language: Language) -> String {
    escaped_lines(&shown(answer, language)).into_owned()
}

fn shown(answer: &Value, language: Language) -> String {
    let list = |name: &str| answer.get(name).and_then(Value::as_array);
    let table = |columns: &[Column], rows: &[Value], none: [&'static str; 2]| {
        let [en, zh] = none;
        table(columns, rows, both(en, zh).of(language), answer, language)
    };
    if let Some(events) = list("events") {
        return table(&EVENTS, events, ["no event", "没有事件"]);
    }
    if let Some(changes) = list("audit") {
        let changes: Vec<Value> = changes.iter().cloned().map(change).collect();
        return table(&AUDIT, &changes, ["no change is on record", "没有操作记录"]);
    }
    if let Some(users) = list("authorizations") {
        let none = ["no user has authorized an application", "还没有用户授权应用"];
        return table(&AUTHORIZATIONS, users, none);
    }
    if let Some(sessions) = list("sessions") {
        let none = ["no attempt in the last day", "最近一天没有授权请求"];
        return table(&SESSIONS, sessions, none) + of_a_part(answer).of(language);
    }
    if let Some(groups) = list("groups") {
        return table(&GROUPS, groups, ["no dead letter", "没有死信"]);
    }
    if let Some(gaps) = list("gaps") {
        let none = [
            "no gap: a long connection was open all the time, or there never was one",
            "没有空档：长连接一直保持，或从未建立过",
        ];
        return table(&GAPS, gaps, none);
    }
    if let Some(letters) = list("dead") {
        return table(&DEAD, letters, ["no dead letter", "没有死信"]);
    }
    if let Some(deliveries) = list("deliveries").filter(|_| answer.get("next_before").is_some()) {
        return table(&DELIVERIES, deliveries, ["no delivery", "没有投递"]);
    }
    if let Some(rejected) = list("rejected") {
        let none = ["no request was refused since the start", "启动以来没有拒绝过请求"];
        return table(&REJECTED, rejected, none);
    }
    if let Some(jobs) = list("jobs") {
        return table(
            &JOBS,
            jobs,
            [
                "no job: one is kept for an hour after its end",
                "没有批量任务：结束后保留一小时",
            ],
        );
    }
    if let Some(keys) = list("keys") {
        return table(&KEYS, keys, ["no such key", "没有符合的键"]);
    }
    if let Some(versions) = list("versions").filter(|_| answer.get("order").is_none()) {
        let versions: Vec<Value> = versions
            .iter()
            .map(|of_plugin| version(of_plugin.clone(), language))
            .collect();
        return table(&VERSIONS, &versions, ["no version has served", "没有版本服务过"]);
    }
    let mut lines = String::new();
    describe(answer, 0, &mut lines);
    lines
}

/// Sentence below a list of which more was left out.
fn of_a_part(answer: &Value) -> Text {
    if answer.get("is_cut") == Some(&Value::Bool(true)) {
        return both(
            "there are more attempts than are looked at; some are missing here\n",
            "授权过程过多，此处只显示其中一部分\n",
        );
    }
    both("", "")
}

/// A change as a row.
fn change(mut change: Value) -> Value {
    if let Some(fields) = change.as_object_mut() {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let who = match (text("name"), text("role")) {
            (Some(name), Some(role)) => format!("{name} ({role})"),
            (_, role) => role.unwrap_or_default().to_owned(),
        };
        fields.insert("who".to_owned(), who.into());
        if fields.get("outcome").is_none_or(Value::is_null) {
            fields.insert("outcome".to_owned(), "running".into());
        }
        for name in ["arguments", "result"] {
            let is_empty = |value: &Value| value.as_object().is_some_and(serde_json::Map::is_empty);
            let told = fields.get(name).filter(|value| !value.is_null() && !is_empty(value));
            let told = told.map(ToString::to_string).unwrap_or_default();
            fields.insert(name.to_owned(), told.into());
        }
    }
    change
}

/// A version of a plugin as a row.
fn version(mut version: Value, language: Language) -> Value {
    let is = |name: &str| version.get(name) == Some(&Value::Bool(true));
    let standing = if is("serves") {
        both("serves", "服务中")
    } else if is("serves_rest") {
        // Beside a canary.
        both("serves the rest", "处理其余事件")
    } else if is("is_kept") {
        both("kept", "已保留")
    } else {
        both("not kept", "未保留")
    };
    let count = |name: &str| version.pointer(&format!("/calls/{name}")).and_then(Value::as_u64);
    let failures: u64 = ["trapped", "timed_out", "over_limit", "failed"]
        .into_iter()
        .filter_map(count)
        .sum();
    let calls = failures + count("succeeded").unwrap_or_default();
    let short = |name: &str| -> String {
        let hash = version.get(name).and_then(Value::as_str).unwrap_or_default();
        hash.chars().take(12).collect()
    };
    let (hash, settings) = (short("hash"), short("settings_hash"));
    if let Some(fields) = version.as_object_mut() {
        fields.insert("standing".to_owned(), standing.of(language).into());
        fields.insert("calls".to_owned(), calls.into());
        fields.insert("failures".to_owned(), failures.into());
        fields.insert("hash".to_owned(), hash.into());
        fields.insert("settings".to_owned(), settings.into());
    }
    version
}

fn table(columns: &[Column], rows: &[Value], none: &str, answer: &Value, language: Language) -> String {
    if rows.is_empty() {
        return format!("{none}\n");
    }
    let zone = zone_name(now_ms());
    let head = |([en, zh], name): &Column| {
        let head = both(*en, *zh).of(language).to_owned();
        if is_time(name) {
            format!("{head} ({zone})")
        } else {
            head
        }
    };
    let head = columns.iter().map(head).collect::<Vec<_>>();
    let body = rows.iter().map(|row| {
        columns
            .iter()
            .map(|(_, name)| cell(name, row.get(name)))
            .collect::<Vec<_>>()
    });
    let lines: Vec<_> = std::iter::once(head).chain(body).collect();
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let cells: Vec<_> = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width()))))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    if let Some(before) = answer.get("next_before").and_then(Value::as_i64) {
        let older = told!("older ones: --before {before}\n", "更早的：--before {before}\n");
        text.push_str(older.of(language));
    }
    if let Some(after) = answer.get("next_after").and_then(Value::as_str) {
        text.push_str(&format!("more: --after {after}\n"));
    }
    text
}

fn cell(name: &str, value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::Array(texts)) if texts.iter().all(Value::is_string) => {
            let texts: Vec<_> = texts.iter().filter_map(Value::as_str).collect();
            texts.join(" ")
        }
        Some(Value::Array(states)) => {
            let field = |state: &Value, name: &str| state.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
            let states = states
                .iter()
                .map(|state| format!("{}:{}", field(state, "plugin"), field(state, "state")));
            states.collect::<Vec<_>>().join(" ")
        }
        Some(value) => match value.as_u64().filter(|_| is_time(name)) {
            Some(ms) => local_in_table(ms),
            None => plain(name, value),
        },
    };
    // Keeps each row on one line and in its order, whatever a plugin wrote.
    let text: String = text
        .chars()
        .map(|symbol| if is_unfit(symbol) { ' ' } else { symbol })
        .collect();
    if text.chars().count() > CELL_SYMBOLS_MAX {
        let start: String = text.chars().take(CELL_SYMBOLS_MAX - 1).collect();
        return format!("{start}…");
    }
    text
}

/// Formats a value according to its name: times become dates.
fn plain(name: &str, value: &Value) -> String {
    match value {
        Value::Number(number) if is_time(name) => {
            match number.as_u64() {
                // Lark does not say.
                Some(0) if name == "create_time_ms" => "-".to_owned(),
                Some(ms) => local(ms),
                None => number.to_string(),
            }
        }
        Value::Number(number) if name == "duration_us" => {
            format!("{:.1} ms", number.as_f64().unwrap_or_default() / 1_000.0)
        }
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// Prints names and values, nested ones indented. The content of an event stays JSON.
fn describe(value: &Value, depth: usize, lines: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::Object(_) if matches!(name.as_str(), "payload" | "reply" | "card") => {
                        let json = serde_json::to_string_pretty(value).unwrap_or_default();
                        let json = json.replace('\n', &format!("\n{indent}  "));
                        lines.push_str(&format!("{indent}{name}\n{indent}  {json}\n"));
                    }
                    Value::Object(_) => {
                        lines.push_str(&format!("{indent}{name}\n"));
                        describe(value, depth + 1, lines);
                    }
                    Value::Array(items) if items.iter().any(Value::is_object) => {
                        lines.push_str(&format!("{indent}{name}\n"));
                        for item in items {
                            lines.push_str(&format!("{indent}  -\n"));
                            describe(item, depth + 2, lines);
                        }
                    }
                    value => lines.push_str(&format!("{indent}{name:16} {}\n", plain(name, value))),
                }
            }
        }
        other => lines.push_str(&format!("{indent}{}\n", plain("", other))),
    }
}

/// Whether a value of this name is a time, in milliseconds since 1970.
fn is_time(name: &str) -> bool {
    let endings = [
        "_at_ms",
        "_due_ms",
        "_payload_ms",
        "_time_ms",
        "_to_ms",
        "begins_ms",
        "ended_ms",
        "made_ms",
        "started_ms",
        "from_ms",
        "until_ms",
        "caught_up_ms",
    ];
    name == "at_ms" || endings.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use unicode_width::UnicodeWidthStr as _;

    use crate::codes::Language;

    fn text(answer: &serde_json::Value) -> String {
        super::text(answer, Language::En)
    }

    #[test]
    fn a_list_is_headed_in_the_language_of_the_terminal() {
        let letter = json!({"id": 7, "finished_at_ms": 0, "plugin": "moody", "name": "t", "attempts": 1});
        let shown = super::text(&json!({"dead": [letter], "next_before": 7}), Language::Zh);
        for part in ["投递", "放弃时间", "尝试次数", "moody", "更早的：--before 7"] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        let gap = json!({"app": "cli_a", "from_ms": 1_790_000_000_000_u64, "until_ms": null, "seconds": 7});
        let shown = super::text(&json!({"gaps": [gap]}), Language::Zh);
        assert!(
            shown.contains("开始 (") && shown.contains("2026-09-2") && !shown.contains("17900"),
            "{shown}"
        );
        assert_eq!(
            super::text(&json!({"rejected": []}), Language::Zh),
            "启动以来没有拒绝过请求\n"
        );
    }

    #[test]
    fn a_list_is_a_table_and_one_row_is_one_line() {
        let letter = json!({"id": 7, "finished_at_ms": 0, "plugin": "moody", "name": "t", "attempts": 1, "error": "a\nb\u{202e}"});
        let shown = text(&json!({"dead": [letter], "next_before": 7}));
        assert_eq!(shown.lines().count(), 3, "{shown}");
        assert!(
            shown.contains("moody")
                && shown.contains("a b\n")
                && !shown.contains('\u{202e}')
                && shown.contains("--before 7"),
            "{shown}"
        );
        assert_eq!(text(&json!({"dead": [], "next_before": null})), "no dead letter\n");
    }

    #[test]
    fn a_column_stands_below_its_head_whatever_the_script() {
        let letter = |plugin: &str| json!({"id": 7, "plugin": plugin, "name": "NAME", "attempts": 1});
        let shown = text(&json!({"dead": [letter("问候语"), letter("moody")]}));
        let starts: Vec<_> = shown
            .lines()
            .skip(1)
            .map(|line| line.split_once("NAME").unwrap().0.width())
            .collect();
        assert_eq!(starts[0], starts[1], "a Chinese character takes two places: {shown}");
    }

    #[test]
    fn nothing_that_was_received_moves_the_cursor_of_a_terminal() {
        let event = json!({"event_id": "\u{1b}[2J\u{202e}", "payload": {"text": "\u{9b}31m"}, "log": "a\nb"});
        let shown = text(&event);
        assert!(!shown.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{shown:?}");
        assert!(
            shown.contains("\\u{1b}[2J\\u{202e}") && shown.contains("a\nb"),
            "{shown:?}"
        );
    }
}
