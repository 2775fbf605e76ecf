//! One delivery with its attempts: what each did, how it ended, what it means and what the plugin wrote.

use std::borrow::Cow;

use lark_callback_store::alike;
use maud::{Markup, html};
use serde_json::Value;

use super::{
    list::{ended, took},
    sees_payloads,
};
use crate::{
    codes::{self, Failed, recorded},
    console::{
        elements::{Tone, badge, due, prose, state, time},
        hold::Hold,
        jobs,
        language::say,
        value::{id, list, number, text},
        view::View,
    },
    telemetry::cut,
};

/// Bytes of an error in a row of a list.
const ROW_BYTES_MAX: usize = 300;

/// A delivery in the timeline of its event; what serves tells why it waits.
pub(in crate::console) fn delivery(view: &View, delivery: &Value, serving: &Value) -> Markup {
    let number_of = id(delivery, "id").unwrap_or_default();
    let word = text(delivery, "state");
    let task = text(delivery, "task");
    html! {
        article.delivery #{ "delivery-" (number_of) } {
            header {
                h3 {
                    (say!(view, "Delivery {number_of}", "投递 {number_of}")) " → " code { (text(delivery, "plugin")) }
                }
                (state(view, word))
                @if !task.is_empty() { " " (badge(Tone::Plain, &say!(view, "task {task}", "任务 {task}"))) }
                @else if text(delivery, "kind") != "event" { " " (badge(Tone::Plain, text(delivery, "kind"))) }
                @if let Some(origin) = id(delivery, "origin") {
                    " " span.dim { (say!(view, "asked for by delivery {origin}", "源自投递 {origin}")) }
                }
                (buttons(view, number_of, word))
            }
            ol.attempts {
                @for one in list(delivery, "attempts") { (attempt(view, one)) }
                @if matches!(word, "ready" | "retry_wait") {
                    li.waiting {
                        @match Hold::of(serving, text(delivery, "plugin")) {
                            Some(hold) => { (view.word("Waits: ", "等待中：")) (hold.text(view)) }
                            None => {
                                (view.word("Next attempt: ", "下次尝试："))
                                (due(view, number(delivery, "next_at_ms").unwrap_or_default()))
                            }
                        }
                        (behind(view, delivery))
                    }
                }
            }
        }
    }
}

/// What stands before it, with where that is shown.
fn behind(view: &View, delivery: &Value) -> Markup {
    let Some(before) = before(view, delivery) else {
        return html! {};
    };
    html! {
        (view.word("; ", "；")) (before)
        (view.word(
            ", which has the same ordering key: retry or drop that one",
            "，两者的顺序键相同：请重试或丢弃那一条",
        ))
    }
}

/// The link to what stands before a delivery.
pub(in crate::console) fn before(view: &View, delivery: &Value) -> Option<Markup> {
    let first = id(delivery, "waits_for")?;
    Some(html! {
        (view.word("waits for ", "等待"))
        a href=(format!("/console/deliveries/{first}")) { (say!(view, "delivery {first}", "投递 {first}")) }
    })
}

fn buttons(view: &View, number: i64, word: &str) -> Markup {
    let id = number.to_string();
    html! {
        span.buttons {
            @if matches!(word, "ready" | "retry_wait" | "dead" | "expired") {
                (jobs::button(view, "retry", &id, view.word("Retry now", "立即重试")))
            }
            @if matches!(word, "ready" | "retry_wait" | "dead") {
                (jobs::button(view, "drop", &id, view.word("Drop", "丢弃")))
            }
        }
    }
}

fn attempt(view: &View, attempt: &Value) -> Markup {
    let version = text(attempt, "plugin_version");
    let hash: String = text(attempt, "plugin_hash").chars().take(12).collect();
    let (outcome, error) = (text(attempt, "outcome"), text(attempt, "error"));
    let log = text(attempt, "log");
    html! {
        li {
            div.attempt-head {
                strong { (say!(view, "Attempt {}", "第 {} 次尝试", number(attempt, "number").unwrap_or_default())) }
                (ended(outcome))
                span.dim { (took(number(attempt, "duration_us").unwrap_or_default())) }
                (time(number(attempt, "started_at_ms").unwrap_or_default()))
                @if !version.is_empty() { span.dim { (say!(view, "version {version}", "版本 {version}")) } }
                @if !hash.is_empty() { code.dim title=(text(attempt, "plugin_hash")) { (hash) } }
            }
            @if !error.is_empty() { (failure(view, Failed::Delivery, outcome, error)) }
            @if !log.is_empty() {
                @if sees_payloads(view) {
                    details open[outcome != "ok"] {
                        summary { (view.word("Log", "日志")) }
                        pre.log { @for line in log.lines() { (line_of(line)) "\n" } }
                    }
                } @else {
                    (unseen_log(view))
                }
            }
        }
    }
}

/// In the place of what a plugin wrote, for those who may not see it.
pub(super) fn unseen_log(view: &View) -> Markup {
    html! { p.hint { (view.word("What the plugin wrote is shown to operators.", "插件日志仅运维身份可见。")) } }
}

/// A line with its level.
pub(super) fn line_of(line: &str) -> Markup {
    let level = line.split(' ').next().unwrap_or_default();
    let class = match level {
        "ERROR" => "bad",
        "WARN" => "warn",
        "CALL" => "call",
        _ => "",
    };
    html! { span class=(class) { (line) } }
}

/// An error as whoever looks at it may see it: a plugin may put into it what an event says.
fn seen<'e>(view: &View, error: &'e str) -> Cow<'e, str> {
    if sees_payloads(view) {
        Cow::Borrowed(error)
    } else {
        Cow::Owned(alike(error))
    }
}

/// The beginning of an error, for a row of a list.
pub(in crate::console) fn error_of_row(view: &View, row: &Value) -> Markup {
    let error = seen(view, text(row, "error"));
    html! { @if !error.is_empty() { span.cut { (recorded(cut(&error, ROW_BYTES_MAX)).of(view.language)) } } }
}

/// An error with what it means and what to do.
pub(in crate::console) fn failure(view: &View, failed: Failed, outcome: &str, error: &str) -> Markup {
    html! {
        div.failure {
            p.error { (recorded(&seen(view, error)).of(view.language)) }
            (explained(view, failed, outcome, error))
        }
    }
}

/// The codes in an error, in words.
pub(in crate::console) fn explained(view: &View, failed: Failed, outcome: &str, error: &str) -> Markup {
    let entries = codes::of_failure(failed, outcome, error);
    html! {
        @for entry in entries {
            p.explained {
                code { (entry.code) } " " (prose(entry.cause(view.language))) (view.word(". ", "。"))
                strong { (view.word("To do: ", "处理：")) } (prose(entry.cure(view.language)))
            }
        }
    }
}
