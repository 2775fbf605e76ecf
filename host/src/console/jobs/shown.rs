//! A job on its page: its count with the button that starts it, how far it is, and what came of each item.

use maud::{Markup, html};
use serde_json::Value;

use crate::console::{
    elements::{
        Heading::{Number, Text},
        Tone, action, ago, badge, dangerous_action, empty, number, prose, table, time,
    },
    events::EVENTS,
    language::say,
    navigation::JOBS,
    value::{is, list as rows, number as count, text},
    view::View,
};

/// Heading of the page.
pub(super) fn title<'v>(view: &'v View, job: &Value) -> &'v str {
    match text(job, "action") {
        "replay" => view.word("Replay events", "重放事件"),
        "retry" => view.word("Retry deliveries", "重试投递"),
        "drop" => view.word("Drop deliveries", "丢弃投递"),
        "retry_dead" => view.word("Retry dead letters", "重试死信"),
        _ => view.word("Drop dead letters", "丢弃死信"),
    }
}

/// All jobs of this server.
pub(super) fn list(view: &View, jobs: &[Value]) -> Markup {
    let lines: Vec<_> = jobs
        .iter()
        .map(|job| {
            html! {
                tr {
                    td {
                        a href={ (JOBS) "/" (text(job, "job")) } { (title(view, job)) }
                        // Jobs of one action would look alike.
                        " " span.dim { (fields(job)) }
                    }
                    td { (phase(view, job)) }
                    td.right { (number(count(job, "done").unwrap_or_default())) " / " (number(count(job, "count").unwrap_or_default())) }
                    td.right { (number(count(job, "failed").unwrap_or_default())) }
                    td { (ago(view, count(job, "made_ms").unwrap_or_default())) }
                }
            }
        })
        .collect();
    html! {
        p.hint {
            (view.word(
                "Actions on many events or deliveries on this server, kept for an hour after their end.",
                "本服务器上对多个事件或投递的操作，结束后保留一小时。",
            ))
        }
        @if jobs.is_empty() {
            (empty(view.word("No job. Choose rows in a list, or all that its filter matches.", "没有批量任务。可在列表中选择行，或选择全部匹配项。")))
        } @else {
            (table(
                view.word("Jobs", "批量任务"),
                &[
                    Text(view.word("Action", "操作")),
                    Text(view.word("State", "状态")),
                    Number(view.word("Done", "已处理")),
                    Number(view.word("Failed", "失败")),
                    Text(view.word("Created", "创建时间")),
                ],
                &lines,
            ))
        }
    }
}

fn phase(view: &View, job: &Value) -> Markup {
    let failed = count(job, "failed").unwrap_or_default();
    let (tone, en, zh) = match text(job, "phase") {
        "counting" => (Tone::Busy, "counting", "统计中"),
        "counted" => (Tone::Plain, "waits for you", "待确认"),
        "waiting" => (Tone::Busy, "waits for another job", "排队中"),
        "running" => (Tone::Busy, "running", "执行中"),
        "done" if failed > 0 => {
            let failed = number(failed);
            return badge(
                Tone::Warn,
                &say!(view, "done, {failed} failed", "已完成，{failed} 个失败"),
            );
        }
        "done" => (Tone::Good, "done", "已完成"),
        "cancelled" => (Tone::Warn, "cancelled", "已取消"),
        "not_started" => (Tone::Plain, "not started", "未执行"),
        _ => (Tone::Bad, "failed", "失败"),
    };
    badge(tone, view.word(en, zh))
}

/// One job.
pub(super) fn one(view: &View, job: &Value) -> Markup {
    let word = text(job, "phase");
    let path = format!("{JOBS}/{}", text(job, "job"));
    let (all, done, without) = (
        count(job, "count").unwrap_or_default(),
        count(job, "done").unwrap_or_default(),
        count(job, "without_plugin").unwrap_or_default(),
    );
    html! {
        div.card.job {
            p { (phase(view, job)) " " (summary(view, job, word, all, done)) }
            @if !text(job, "error").is_empty() { p.error { (prose(text(job, "error"))) } }
            @if is(job, "is_capped") {
                p.notice.warn {
                    (say!(view,
                        "More match: one job takes {} at most. Start another one afterwards, or narrow the filter.",
                        "匹配项更多：一次最多 {} 个。完成后可再次执行，或缩小筛选范围。",
                        number(all)
                    ))
                }
            }
            @if matches!(word, "running" | "waiting" | "done" | "cancelled" | "failed") && all > 0 {
                progress value=(done) max=(all) aria-label=(view.word("Progress", "进度")) {}
            }
            (subject(view, job))
            @if word == "counted" && all > 0 { p { (consequence(view, job)) } }
            @if word == "counted" && without > 0 { (to_nobody(view, without, all)) }
            (filter(view, job))
            div.buttons {
                @if word == "counted" && all > without {
                    @let starts = format!("{path}/start");
                    @if text(job, "action").starts_with("drop") { (dangerous_action(view, &starts, &start(view, job, all))) }
                    @else { (action(view, &starts, &[], &start(view, job, all))) }
                }
                @if matches!(word, "counting" | "counted" | "waiting" | "running") {
                    (action(view, &format!("{path}/cancel"), &[], view.word("Cancel", "取消")))
                    a.button href=(path) { (view.word("Refresh", "刷新")) }
                }
            }
        }
        (results(view, job, "failures", view.word("Failed", "失败"), count(job, "failed").unwrap_or_default()))
        (results(view, job, "results", view.word("Changed", "已更改"), count(job, "changed").unwrap_or_default()))
    }
}

fn summary(view: &View, job: &Value, word: &str, all: u64, done: u64) -> String {
    let (changed, failed) = (
        count(job, "changed").unwrap_or_default(),
        count(job, "failed").unwrap_or_default(),
    );
    match word {
        "counting" => say!(
            view,
            "{} found so far, {} looked at",
            "已找到 {} 个，已查看 {} 个",
            number(all),
            number(count(job, "looked_at").unwrap_or_default())
        ),
        "counted" if all == 0 => say!(view, "Nothing matches.", "没有匹配项。"),
        "counted" if all == 1 => say!(
            view,
            "1 matches. Nothing has been changed.",
            "匹配 1 个，尚未做任何更改。"
        ),
        "counted" => say!(
            view,
            "{} match. Nothing has been changed.",
            "匹配 {} 个，尚未做任何更改。",
            number(all)
        ),
        _ => say!(
            view,
            "{} of {} done: {} changed, {} failed",
            "已处理 {} / {}：已更改 {} 条，失败 {} 条",
            number(done),
            number(all),
            number(changed),
            number(failed)
        ),
    }
}

/// What becomes of what it is done to.
fn consequence<'v>(view: &'v View, job: &Value) -> &'v str {
    match text(job, "action") {
        "replay" => view.word(
            "Each is handled once more, also if it was handled before.",
            "每个事件会再处理一次，即使之前已处理过。",
        ),
        "retry" => view.word("Each is attempted at once.", "每个投递会立即尝试。"),
        "drop" => view.word(
            "A dropped delivery is not attempted any more. Its event is kept and can be replayed.",
            "被丢弃的投递不再尝试；事件会保留，可以重放。",
        ),
        "retry_dead" => view.word("Each is attempted again, from the first attempt on.", "每条死信会从第一次尝试开始重新投递。"),
        _ => view.word(
            "A dropped dead letter is no longer listed and not attempted any more. Its event is kept and can be replayed.",
            "被丢弃的死信不再列出，也不再尝试；事件会保留，可以重放。",
        ),
    }
}

/// What the button that starts it says.
fn start(view: &View, job: &Value, all: u64) -> String {
    let action = text(job, "action");
    if all == 1 {
        return match action {
            "replay" => view.word("Replay 1 event", "重放 1 个事件"),
            "retry" => view.word("Retry 1 delivery", "重试 1 个投递"),
            "drop" => view.word("Drop 1 delivery", "丢弃 1 个投递"),
            "retry_dead" => view.word("Retry 1 dead letter", "重试 1 条死信"),
            _ => view.word("Drop 1 dead letter", "丢弃 1 条死信"),
        }
        .to_owned();
    }
    let all = number(all);
    match action {
        "replay" => say!(view, "Replay {all} events", "重放 {all} 个事件"),
        "retry" => say!(view, "Retry {all} deliveries", "重试 {all} 个投递"),
        "drop" => say!(view, "Drop {all} deliveries", "丢弃 {all} 个投递"),
        "retry_dead" => say!(view, "Retry {all} dead letters", "重试 {all} 条死信"),
        _ => say!(view, "Drop {all} dead letters", "丢弃 {all} 条死信"),
    }
}

/// What it is done to: the numbers that were chosen, and whom a replay is for.
fn subject(view: &View, job: &Value) -> Markup {
    let is_of_events = text(job, "action") == "replay";
    let ids: Vec<i64> = rows(job, "ids").iter().filter_map(Value::as_i64).collect();
    let is_cut = ids.len() as u64 != count(job, "count").unwrap_or_default();
    html! {
        @if !ids.is_empty() {
            p {
                @if is_of_events { (view.word("Events: ", "事件：")) } @else { (view.word("Deliveries: ", "投递：")) }
                @for id in ids { (link(is_of_events, id)) " " }
                @if is_cut { "…" }
            }
        }
        @if is_of_events {
            p {
                (view.word("Replayed to: ", "重放到："))
                @match text(job, "plugin") {
                    "" => (view.word("each plugin that the event was delivered to", "事件原先投递到的每个插件")),
                    plugin => code { (plugin) },
                }
            }
        }
    }
}

/// That events cannot be replayed to the same plugins, because they had none; told before the job starts.
fn to_nobody(view: &View, without: u64, all: u64) -> Markup {
    let (is_all, without) = (without == all, number(without));
    html! {
        p.notice.warn {
            @if is_all {
                (view.word(
                    "Nothing can be replayed: no plugin had these by a delivery (a callback is answered at once), so choose the plugin that gets them now. ",
                    "无法重放：没有插件以投递方式处理过它们（回调会当场应答），须指定现在由哪个插件接收。",
                ))
            } @else {
                (say!(
                    view,
                    "{without} of them will fail: no plugin had them by a delivery (a callback is answered at once), so choose the plugin that gets them now. ",
                    "其中 {without} 个会失败：没有插件以投递方式处理过它们（回调会当场应答），须指定现在由哪个插件接收。"
                ))
            }
            (view.word("Cancel this job, and choose the plugin in the field “Replay to” of ", "请取消本任务，然后在"))
            a href=(EVENTS) { (view.word("the list", "事件列表")) }
            (view.word(".", "的“重放到”中选择插件。"))
        }
    }
}

/// The page of an event or a delivery.
fn link(is_event: bool, id: i64) -> Markup {
    html! {
        @if is_event { a.mono href={ (EVENTS) "/" (id) } { (id) } }
        @else { a.mono href={ "/console/deliveries/" (id) } { (id) } }
    }
}

/// Where no filter was set.
fn everything<'v>(view: &'v View, job: &Value) -> &'v str {
    match text(job, "action") {
        "replay" => view.word("none: all events", "无，即全部事件"),
        "retry" | "drop" => view.word("none: all deliveries that wait or run", "无，即全部等待或执行中的投递"),
        _ => view.word("none: all dead letters of all plugins", "无，即所有插件的全部死信"),
    }
}

/// The fields of its filter.
fn fields(job: &Value) -> Markup {
    let fields = job.get("filter").and_then(Value::as_object);
    html! {
        @for (name, value) in fields.into_iter().flatten() {
            @match (name.ends_with("_ms"), value.as_u64()) {
                (true, Some(ms)) => { (name.trim_end_matches("_ms")) " " (time(ms)) " " }
                _ => { code { (name) "=" (value.as_str().map_or_else(|| value.to_string(), str::to_owned)) } " " }
            }
        }
    }
}

/// What it was counted by.
fn filter(view: &View, job: &Value) -> Markup {
    let has_fields = job
        .get("filter")
        .and_then(Value::as_object)
        .is_some_and(|fields| !fields.is_empty());
    html! {
        @if has_fields {
            p.dim { (view.word("Filter: ", "筛选：")) (fields(job)) }
        } @else if rows(job, "ids").is_empty() {
            p.dim { (view.word("Filter: ", "筛选：")) (everything(view, job)) }
        }
        @if let Some(made) = count(job, "made_ms") {
            p.dim { (view.word("Counted ", "计数时间：")) (time(made)) }
        }
    }
}

fn results(view: &View, job: &Value, field: &str, title: &str, all: u64) -> Markup {
    let items = rows(job, field);
    let is_of_events = text(job, "action") == "replay";
    let lines: Vec<_> = items
        .iter()
        .map(|item| {
            let id = item.get("id").and_then(Value::as_i64).unwrap_or_default();
            html! {
                tr {
                    td { (link(is_of_events, id)) }
                    td { (prose(text(item, "text"))) }
                }
            }
        })
        .collect();
    html! {
        @if !items.is_empty() {
            h2 { (title) " " span.dim { (number(all)) } }
            (table(title, &[view.word("Number", "编号"), view.word("Result", "结果")], &lines))
            @if all > items.len() as u64 {
                p.hint { (say!(view, "The first {} are shown.", "仅显示前 {} 个。", items.len())) }
            }
        }
    }
}
