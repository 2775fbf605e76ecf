//! What a plugin has written: its keys and values, and its log.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    address,
    say::{badge, is, list, moment, say, text},
};
use crate::{
    codes::Language,
    console::elements::{
        Heading::{Number, Text},
        bytes, table,
    },
    operate::encoded,
};

/// Levels of the log, the least first.
pub(super) const LEVELS: [&str; 4] = ["DEBUG", "INFO", "WARN", "ERROR"];

/// Bytes of a key, as plugins may have them.
pub(super) const PREFIX_BYTES_MAX: usize = 4_096;

/// A page of keys with the beginnings of their values.
pub(super) fn keys(language: Language, plugin: &str, prefix: &str, page: &Value) -> Markup {
    let all = list(page, "/keys");
    let next = page.get("next_after").and_then(Value::as_str);
    let base = format!("{}/kv", address(plugin));
    html! {
        form .plugin-filter method="get" action=(base) role="search" {
            label {
                span { (say(language, "Keys that begin with", "键的前缀")) }
                input type="search" name="prefix" value=(prefix) autocomplete="off";
            }
            button type="submit" { (say(language, "Show", "查看")) }
        }
        @if all.is_empty() {
            p .dim { (say(language, "There are no such keys.", "没有符合的键。")) }
        } @else {
            @let rows: Vec<_> = all.iter().map(|entry| entry_row(language, entry)).collect();
            (table(
                say(language, "Keys and their values", "键和值"),
                &[
                    Text(say(language, "Key", "键")),
                    Number(say(language, "Size", "大小")),
                    Text(say(language, "Value", "值")),
                ],
                &rows,
            ))
        }
        @if let Some(next) = next {
            p { a .button href=(format!("{base}?prefix={}&after={}", encoded(prefix), encoded(next))) { (say(language, "Further keys", "更多")) } }
        }
    }
}

fn entry_row(language: Language, entry: &Value) -> Markup {
    let form = text(entry, "/form");
    html! {
        tr {
            td { code .plugin-key { (crate::telemetry::escaped(text(entry, "/key"))) } }
            td .right { (bytes(entry.get("bytes").and_then(Value::as_u64).unwrap_or_default())) }
            td {
                @match form {
                    "sealed" => { (badge("quiet", say(language, "sealed", "已加密"))) }
                    _ => {
                        @if form == "hex" { (badge("quiet", say(language, "bytes", "二进制"))) " " }
                        code .plugin-value { (text(entry, "/value")) }
                        @if is(entry, "/is_cut") { " " span .dim { (say(language, "… cut", "… 已截断")) } }
                    }
                }
            }
        }
    }
}

/// The last lines of a log, with a place for those that follow.
pub(super) fn log(language: Language, plugin: &str, level: &str, page: &Value) -> Markup {
    let base = address(plugin);
    html! {
        form .plugin-filter method="get" action=(format!("{base}/log")) {
            label {
                span { (say(language, "From level", "最低级别")) }
                select name="level" {
                    @for known in LEVELS {
                        option value=(known) selected[known == level] { (known) }
                    }
                }
            }
            button type="submit" { (say(language, "Show", "查看")) }
        }
        div .plugin-log role="log" aria-live="off" tabindex="0" aria-label=(say(language, "Log lines, the newest first", "日志，最新在前"))
            data-live=(format!("{base}/log/live?level={level}")) {
            (lines(language, level, page))
        }
    }
}

/// The lines of at least a level, the newest first.
pub(super) fn lines(language: Language, level: &str, page: &Value) -> Markup {
    let rank = |level: &str| LEVELS.iter().position(|known| *known == level).unwrap_or_default();
    let shown = list(page, "/lines").iter().rev();
    let shown: Vec<&Value> = shown.filter(|line| rank(text(line, "/level")) >= rank(level)).collect();
    html! {
        @if shown.is_empty() {
            p .dim { (say(language, "It has logged nothing of this level since the server started.", "服务启动以来没有此级别的日志。")) }
        } @else {
            ol { @for line in shown { (self::line(line)) } }
        }
    }
}

fn line(line: &Value) -> Markup {
    let level = text(line, "/level");
    let class = match level {
        "WARN" => "plugin-line plugin-line-warn",
        "ERROR" => "plugin-line plugin-line-error",
        "DEBUG" => "plugin-line plugin-line-debug",
        _ => "plugin-line",
    };
    let event = text(line, "/event_id");
    html! {
        li class=(class) {
            (moment(line.get("at_ms")))
            span .plugin-level { (level) }
            span .plugin-words { (text(line, "/text")) }
            @if !event.is_empty() { (about(event)) }
        }
    }
}

/// The event that a line is about, or the delivery of a task, which has no event of its own.
fn about(id: &str) -> Markup {
    html! {
        @match id.strip_prefix("delivery-") {
            Some(number) => a .plugin-event href=(format!("/console/deliveries/{}", encoded(number))) { (id) },
            None => a .plugin-event href=(format!("/console/events/{}", encoded(id))) { (id.get(..12).unwrap_or(id)) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::about;

    #[test]
    fn a_line_leads_to_its_event_or_to_the_delivery_of_its_task() {
        for (id, link) in [
            (
                "delivery-1290000",
                r#"href="/console/deliveries/1290000">delivery-1290000</a>"#,
            ),
            (
                "0123456789abcdef",
                r#"href="/console/events/0123456789abcdef">0123456789ab</a>"#,
            ),
        ] {
            let html = about(id).into_string();
            assert!(html.contains(link), "{html}");
        }
    }
}
