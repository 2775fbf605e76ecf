//! One event: its timeline from the arrival to the last attempt, what it said, and what was replied.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    EVENTS,
    attempt::{delivery, failure, line_of, unseen_log},
    list::{ended, took},
    sees_payloads,
    tree::tree,
};
use crate::{
    codes::Failed,
    console::{
        Console, audit, click,
        elements::{Tone, badge, facts, time},
        jobs,
        language::say,
        value::{id, is, list, number, text},
        view::View,
    },
};

/// How long Lark waits for an answer.
const LARK_MS: u64 = 3_000;

/// A callback without an outcome that is older than this gets none any more.
const ANSWERED_MS: u64 = 30_000;

/// Everything about one event.
pub(super) fn page_body(console: &Console, view: &View, event: &Value, serving: &Value) -> Markup {
    let changes = list(event, "changes");
    html! {
        div.event-head {
            span.mono { (text(event, "event_type")) }
            (badge(Tone::Plain, kind(view, event)))
            @if !text(event, "outcome").is_empty() { (ended(text(event, "outcome"))) }
            span.buttons {
                (jobs::replay(view, &console.admin.dispatcher.plugins(), event))
            }
        }
        section aria-labelledby="timeline" {
            h2 #timeline { (view.word("Timeline", "时间线")) }
            @if is_moving(view, event) {
                div.live data-live={ (EVENTS) "/" (id(event, "id").unwrap_or_default()) "/live" } {
                    (timeline(view, event, serving))
                }
            } @else {
                (timeline(view, event, serving))
            }
        }
        (contents(console, view, event))
        @if !changes.is_empty() { (audit::touched(view, changes)) }
        section aria-labelledby="facts" {
            h2 #facts { (view.word("Details", "详情")) }
            div.card { (facts(&details(view, event))) }
        }
    }
}

/// Whether something is still to happen with it.
pub(super) fn is_moving(view: &View, event: &Value) -> bool {
    let is_open = |one: &Value| matches!(text(one, "state"), "ready" | "running" | "retry_wait");
    let is_new =
        || number(event, "received_at_ms").is_some_and(|at_ms| view.now_ms < at_ms.saturating_add(ANSWERED_MS));
    let is_unanswered = text(event, "kind") == "callback" && text(event, "outcome").is_empty();
    list(event, "deliveries_in_full").iter().any(is_open) || is_unanswered && is_new()
}

/// What happened to it so far.
pub(super) fn timeline(view: &View, event: &Value, serving: &Value) -> Markup {
    html! {
        ol.timeline {
            (happened(view, event))
            (received(view, event))
            (answered(view, event))
            @if let Some(again) = number(event, "duplicates").filter(|again| *again > 0) { (repeated(view, again)) }
        }
        @if text(event, "kind") == "callback" { (written(view, event)) }
        @for one in list(event, "deliveries_in_full") { (delivery(view, one, serving)) }
        @if list(event, "deliveries_in_full").is_empty() && text(event, "kind") == "event" {
            p.hint {
                (view.word(
                    "No plugin takes this type, so there is no delivery. After loading one, replay the event to it.",
                    "没有插件处理此类型，因此没有投递。加载插件后可重放该事件。",
                ))
            }
        }
    }
}

fn kind<'v>(view: &View, event: &'v Value) -> &'v str {
    match (text(event, "kind"), view.language) {
        ("callback", crate::codes::Language::Zh) => "回调",
        ("event", crate::codes::Language::Zh) => "事件",
        (other, _) => other,
    }
}

fn step(title: &str, at_ms: Option<u64>, tone: Tone, body: &Markup) -> Markup {
    html! {
        li class=(tone.class()) {
            div.step-head { strong { (title) } @if let Some(ms) = at_ms { (time(ms)) } }
            (body)
        }
    }
}

fn happened(view: &View, event: &Value) -> Markup {
    let Some(created) = number(event, "create_time_ms").filter(|ms| *ms > 0) else {
        return html! {};
    };
    let late = number(event, "received_at_ms")
        .unwrap_or_default()
        .saturating_sub(created);
    let body = html! {
        @if late > 0 { p.dim { (say!(view, "{} before it arrived here", "到达此处前 {}", length(late))) } }
    };
    step(
        view.word("Happened in Lark", "在飞书中发生"),
        Some(created),
        Tone::Plain,
        &body,
    )
}

fn length(ms: u64) -> String {
    took(ms.saturating_mul(1_000))
}

fn received(view: &View, event: &Value) -> Markup {
    let way = match text(event, "transport") {
        "catch_up" => view.word("fetched, because it had been missed", "补拉（此前未收到）"),
        "" => view.word("over HTTP", "通过 HTTP"),
        _ => view.word("over the long connection", "通过长连接"),
    };
    let body = html! {
        p.dim {
            (way) (view.word(", ", "，"))
            (view.word(
                "verified, decrypted, and stored on disk before anything else happened",
                "已验签、解密，并在其他处理之前落盘",
            ))
            @if !text(event, "node").is_empty() { " · " code { (text(event, "node")) } }
        }
    };
    step(
        view.word("Received, verified, stored", "接收、验证、存储"),
        number(event, "received_at_ms"),
        Tone::Good,
        &body,
    )
}

/// How long Lark waited, of the time that it waits.
fn answered(view: &View, event: &Value) -> Markup {
    if text(event, "kind") == "event" {
        let body = html! {
            p.dim {
                (view.word(
                    "Lark got HTTP 200 as soon as the event was stored; plugins handle it afterwards. Without it Lark sends an event \
                     again after 15 s, 5 min, 1 h and 6 h.",
                    "事件落盘后立即向飞书返回 HTTP 200，随后由插件处理。若未返回，飞书会在 15 秒、5 分钟、1 小时、6 小时后重发。",
                ))
            }
        };
        return step(view.word("Answered", "已应答"), None, Tone::Good, &body);
    }
    let Some(us) = number(event, "duration_us") else {
        let body = html! {
            p.dim {
                (view.word(
                    "No answer is recorded: it is being handled, or the server stopped meanwhile. Lark never sends a callback again.",
                    "没有应答记录：仍在处理，或服务器中途停止。飞书不会重发回调。",
                ))
            }
        };
        return step(view.word("Not answered", "未应答"), None, Tone::Warn, &body);
    };
    let ms = us / 1_000;
    let tone = match ms {
        0..=1_500 => Tone::Good,
        1_501..=2_400 => Tone::Warn,
        _ => Tone::Bad,
    };
    let (outcome, error, plugin) = (text(event, "outcome"), text(event, "error"), text(event, "plugin"));
    let title = say!(
        view,
        "Answered in {ms} of {LARK_MS} ms",
        "{ms} 毫秒内应答（上限 {LARK_MS} 毫秒）"
    );
    let body = html! {
        svg.budget viewBox="0 0 300 6" width="300" height="6" preserveAspectRatio="none" aria-hidden="true" {
            rect.budget-all width="300" height="6" rx="3" {}
            rect class={ "budget-used " (tone.class()) } width=((ms.min(LARK_MS) * 300 / LARK_MS).max(2)) height="6" rx="3" {}
        }
        p.dim {
            @if !plugin.is_empty() { (view.word("by the plugin ", "由插件 ")) code { (plugin) } " · " }
            (ended(outcome))
        }
        @if !error.is_empty() { (failure(view, Failed::Callback, outcome, error)) }
    };
    step(
        &title,
        number(event, "received_at_ms").map(|at| at.saturating_add(ms)),
        tone,
        &body,
    )
}

fn repeated(view: &View, again: u64) -> Markup {
    let body = html! {
        p.dim {
            (view.word(
                "Each repeat got the first answer, and no plugin saw it twice.",
                "每次重发都得到首次应答，插件不会重复收到。",
            ))
        }
    };
    step(
        &say!(view, "Arrived again: {again} ×", "又收到 {again} 次"),
        None,
        Tone::Warn,
        &body,
    )
}

/// What plugins wrote about a callback, and their calls of Lark. Nothing of it is stored, because Lark would wait for that, too.
fn written(view: &View, event: &Value) -> Markup {
    if !sees_payloads(view) {
        return unseen_log(view);
    }
    let lines = list(event, "lines");
    let is_cut = is(event, "lines_cut");
    let received_at_ms = number(event, "received_at_ms").unwrap_or_default();
    html! {
        article.delivery {
            header { h3 { (view.word("Log lines and calls of Lark", "日志与飞书调用")) } }
            @if lines.is_empty() {
                p.hint {
                    @if is_cut {
                        (view.word("They are no longer in memory: the plugin has logged more since. ", "已不在内存中：此后该插件又写了更多日志。"))
                    } @else {
                        (view.word("None is in memory. ", "内存中没有。"))
                    }
                    (view.word(
                        "Those of a callback are not stored: the server that handled it keeps the last 200 lines of each plugin until \
                         it stops.",
                        "回调的日志不落盘：处理它的服务器为每个插件保留最近 200 行，停止后即消失。",
                    ))
                }
            } @else {
                @if is_cut {
                    p.hint {
                        (view.word("Earlier lines may no longer be in memory.", "更早的日志可能已不在内存中。"))
                    }
                }
                pre.log {
                    @for line in lines {
                        @let after = number(line, "at_ms").unwrap_or_default().saturating_sub(received_at_ms);
                        @let (level, plugin, said) = (text(line, "level"), text(line, "plugin"), text(line, "text"));
                        (line_of(&format!("{level} +{after} ms {plugin}: {said}"))) "\n"
                    }
                }
                p.hint {
                    (view.word(
                        "From the memory of this server, which keeps the last 200 lines of each plugin until it stops. What a replay \
                         writes stands with its attempt.",
                        "来自本服务器的内存：每个插件保留最近 200 行，停止后即消失。重放时写的日志显示在对应的尝试中。",
                    ))
                }
            }
        }
    }
}

/// What it said and what was replied.
fn contents(console: &Console, view: &View, event: &Value) -> Markup {
    if !sees_payloads(view) {
        return html! {
            p.notice { (view.word("Payloads are shown to operators.", "消息内容仅运维身份可见。")) }
        };
    }
    let payload = event.get("payload").filter(|payload| !payload.is_null());
    let reply = event.get("reply").filter(|reply| !reply.is_null());
    html! {
        div.columns {
            section aria-labelledby="payload" {
                h2 #payload { (view.word("Payload", "内容")) }
                @match payload {
                    Some(payload) => {
                        div.card { (tree(payload)) }
                        (raw(view, payload))
                    }
                    None => p.empty {
                        (view.word("Deleted: payloads are kept for CALLBACK_PAYLOAD_DAYS.", "已删除：内容按 CALLBACK_PAYLOAD_DAYS 保留。"))
                    }
                }
            }
            @if let Some(reply) = reply {
                section aria-labelledby="reply" {
                    h2 #reply { (view.word("Reply", "应答")) }
                    (click::drawn(console, view, event))
                    div.card { (tree(reply)) }
                    (raw(view, reply))
                }
            }
        }
    }
}

/// The JSON as one text, to be copied.
fn raw(view: &View, value: &Value) -> Markup {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    html! {
        @if text.len() <= 256 << 10 {
            details.raw { summary { (view.word("As JSON", "JSON 原文")) } pre { (text) } }
        }
    }
}

fn details(view: &View, event: &Value) -> Vec<(&'static str, Markup)> {
    let name = |en: &'static str, zh: &'static str| match view.language {
        crate::codes::Language::En => en,
        crate::codes::Language::Zh => zh,
    };
    let rows = [
        (name("Application", "应用"), "app"),
        (name("Event id", "事件 ID"), "event_id"),
        (name("Message id", "消息 ID"), "message_id"),
        (name("Schema", "格式版本"), "schema"),
        (name("Tenant", "租户"), "tenant_key"),
        (name("Lark log id", "飞书日志 ID"), "log_id"),
        (name("Request id", "请求 ID"), "request_id"),
        (name("Server", "服务器"), "node"),
    ];
    let rows = rows.into_iter().filter(|(_, field)| !text(event, field).is_empty());
    rows.map(|(name, field)| (name, html! { code { (text(event, field)) } }))
        .collect()
}
