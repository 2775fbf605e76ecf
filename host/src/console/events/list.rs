//! Rows of the list of events, and what can be done with those that are chosen.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    EVENTS,
    filters::{Names, form},
    query::Query,
};
use crate::console::{
    elements::{
        Heading::{Number, Text},
        Tone, ago, badge, choosing_box, choosing_table, empty, number, state,
    },
    jobs,
    language::say,
    navigation::JOBS,
    value::{id, is, list, number as count, text},
    view::View,
};

/// The form, the rows, and where to go on.
pub(super) fn page_body(view: &View, query: &Query, found: &Value, names: &Names, plugins: &[String]) -> Markup {
    let is_live = query.is_first_page() && !query.is_still;
    html! {
        (form(view, query, names))
        form.rows method="post" action=(JOBS) {
            (jobs::replays(view, plugins, query))
            @if is_live {
                div.live data-live={ "/console/events-live?" (query.narrowed()) } { (rows(view, found, None)) }
            } @else {
                div { (rows(view, found, None)) }
            }
        }
        (foot(view, query, found, is_live))
        (keys(view))
    }
}

/// The rows, below how many arrive in a second.
pub(super) fn rows(view: &View, found: &Value, rate: Option<f64>) -> Markup {
    let events = list(found, "events");
    html! {
        p.rate role="status" {
            @if let Some(rate) = rate {
                span.dot aria-hidden="true" {}
                span.alive {
                    @if rate >= 0.5 { (say!(view, "{rate:.0} events a second", "每秒 {rate:.0} 个事件")) }
                    @else { (view.word("Live", "实时")) }
                }
                span.stands { (view.word("Not up to date", "未更新")) }
            }
        }
        @if events.is_empty() {
            (empty(nothing(view, found)))
        } @else {
            @let rows: Vec<_> = events.iter().map(|event| row(view, event)).collect();
            (choosing_table(
                view,
                view.word("Events, the newest first", "事件，最新在前"),
                &[
                    Text(view.word("Event", "事件")),
                    Text(view.word("Received", "接收时间")),
                    Text(view.word("Type", "类型")),
                    Text(view.word("Result", "结果")),
                    Text(view.word("Plugin", "插件")),
                    Number(view.word("Took", "耗时")),
                ],
                &rows,
            ))
        }
    }
}

fn nothing<'v>(view: &View, found: &'v Value) -> &'v str {
    let is_partial = id(found, "next_before").is_some();
    match (is_partial, view.language) {
        (true, crate::codes::Language::En) => "Nothing found so far. Older events have not been searched yet.",
        (true, crate::codes::Language::Zh) => "目前没有找到，更早的事件尚未搜索。",
        (false, crate::codes::Language::En) => "No event matches.",
        (false, crate::codes::Language::Zh) => "没有符合条件的事件。",
    }
}

fn row(view: &View, event: &Value) -> Markup {
    let number = id(event, "id").unwrap_or_default();
    let is_callback = text(event, "kind") == "callback";
    let again = count(event, "duplicates").unwrap_or_default();
    html! {
        tr data-row=(number) {
            (choosing_box(view, number, &say!(view, "Choose event {number}", "选择事件 {number}")))
            td { a.mono href={ (EVENTS) "/" (number) } { (number) } }
            td { (ago(view, count(event, "received_at_ms").unwrap_or_default())) }
            td {
                span.mono { (text(event, "event_type")) }
                @if is_callback { " " (badge(Tone::Plain, view.word("callback", "回调"))) }
                @if again > 0 {
                    " " (badge(Tone::Warn, &say!(view, "seen {} times", "收到 {} 次", again + 1)))
                }
                @match text(event, "transport") {
                    "" => {}
                    "catch_up" => { " " (badge(Tone::Warn, view.word("caught up", "补拉"))) }
                    _ => { " " (badge(Tone::Plain, view.word("long connection", "长连接"))) }
                }
            }
            td { (result(view, event)) }
            td { (plugins(event)) }
            td.right { @if let Some(us) = count(event, "duration_us") { (took(us)) } }
        }
    }
}

/// How a callback ended, or where the deliveries of an event stand.
fn result(view: &View, event: &Value) -> Markup {
    let outcome = text(event, "outcome");
    html! {
        @if !outcome.is_empty() { (ended(outcome)) " " }
        @for (word, deliveries) in states(event) {
            (state(view, word))
            @if deliveries > 1 { span.dim { " ×" (deliveries) } }
            " "
        }
    }
}

/// States of the deliveries with how many are in each, in the order in which they come first.
fn states(event: &Value) -> Vec<(&str, usize)> {
    let mut states: Vec<(&str, usize)> = Vec::new();
    for delivery in list(event, "deliveries") {
        let word = text(delivery, "state");
        match states.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => states.push((word, 1)),
        }
    }
    states
}

/// The word for how a call ended.
pub(in crate::console) fn ended(outcome: &str) -> Markup {
    let tone = match outcome {
        "ok" => Tone::Good,
        "passed" | "dropped" | "no_handler" => Tone::Plain,
        "retry" | "busy" | "backing_off" => Tone::Warn,
        _ => Tone::Bad,
    };
    badge(tone, outcome)
}

fn plugins(event: &Value) -> Markup {
    let mut names: Vec<&str> = list(event, "deliveries")
        .iter()
        .map(|delivery| text(delivery, "plugin"))
        .collect();
    names.push(text(event, "plugin"));
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    names.dedup();
    html! { (names.join(", ")) }
}

/// A time in milliseconds.
pub(in crate::console) fn took(us: u64) -> String {
    match us {
        0..=9_999 => format!("{:.1} ms", us as f64 / 1_000.0),
        10_000..=9_999_999 => format!("{} ms", number(us / 1_000)),
        _ => format!("{:.1} s", us as f64 / 1e6),
    }
}

/// Where to go on, and how far was looked.
fn foot(view: &View, query: &Query, found: &Value, is_live: bool) -> Markup {
    let next = id(found, "next_before");
    let is_full = list(found, "events").len() >= 50;
    html! {
        nav.pages aria-label=(view.word("Pages of the list", "列表分页")) {
            @if let Some(next) = next {
                a.button rel="next" href=(query.address(EVENTS, Some(next))) {
                    @if is_full { (view.word("Older", "更早")) }
                    @else { (view.word("Search older events", "继续搜索更早的事件")) }
                }
                @if !is_full {
                    @let looked = number(count(found, "looked_at").unwrap_or_default());
                    span.dim { (say!(view, "{looked} events searched so far on this page", "本页已搜索 {looked} 个事件")) }
                }
            }
            @if !query.is_first_page() { a.button href=(query.address(EVENTS, None)) { (view.word("Newest", "最新")) } }
            @if is_live {
                @let address = query.address(EVENTS, None);
                a.button href={ (address) (if address.contains('?') { "&" } else { "?" }) "live=off" } {
                    (view.word("Stop following", "停止自动更新"))
                }
            } @else if query.is_still {
                a.button href=(query.address(EVENTS, None)) { (view.word("Follow", "自动更新")) }
            }
            @if is(found, "is_exact") { span.dim { (list(found, "events").len()) } }
        }
    }
}

/// The keys that the list takes.
fn keys(view: &View) -> Markup {
    html! {
        dialog #keys aria-labelledby="keys-title" {
            h2 #keys-title { (view.word("Keys", "快捷键")) }
            dl.keys {
                @for (key, en, zh) in [
                    ("j", "next row", "下一行"),
                    ("k", "previous row", "上一行"),
                    ("Enter", "open the row", "打开该行"),
                    ("x", "choose the row", "选择该行"),
                    ("/", "go to the search", "跳到搜索框"),
                    ("?", "this list", "显示此列表"),
                ] {
                    div { dt { kbd { (key) } } dd { (view.word(en, zh)) } }
                }
            }
            label.keys-on { input type="checkbox" checked data-keys-on; " " (view.word("Keys are on", "启用快捷键")) }
            form method="dialog" { button type="submit" { (view.word("Close", "关闭")) } }
        }
        p.hint.keys-hint {
            (view.word("Press ? for the keys.", "按 ? 查看快捷键。")) " "
            button.quiet type="button" data-keys { (view.word("Keys…", "快捷键…")) }
        }
    }
}
