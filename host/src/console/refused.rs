//! Refused: the last refused requests, each with what it was found to be and what to do about it.

use std::sync::Arc;

use axum::{Router, extract::State, response::Response, routing::get};
use maud::{Markup, html};
use serde_json::Value;

use super::{
    Console,
    elements::{
        Heading::{Number, Text},
        Tone, ago, badge, empty, number, prose, table,
    },
    language::say,
    navigation::REFUSED,
    page::page,
    value::{given as text, number as whole},
    view::View,
};
use crate::codes::{self, Entry};

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(REFUSED, get(show))
}

async fn show(State(console): State<Arc<Console>>, view: View) -> Response {
    page(
        &view,
        view.word("Refused requests", "被拒绝的请求"),
        &body(&view, &console.admin.rejected()),
    )
}

fn body(view: &View, answer: &Value) -> Markup {
    let list = |name: &str| answer.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (rejected, counts) = (list("rejected"), list("counts"));
    let kept = whole(answer, "rejected_max").unwrap_or_default();
    let rows: Vec<_> = rejected.iter().map(|one| row(view, one)).collect();
    let of_reasons: Vec<_> = counts.iter().map(|count| reason(view, count)).collect();
    html! {
        p.hint {
            (say!(
                view,
                "What was sent to this server and refused since it started. The last {} are kept in memory, without their bodies.",
                "本服务启动以来被拒绝的请求。内存中保留最近 {} 条，不含请求内容。",
                kept
            ))
        }
        @if !of_reasons.is_empty() {
            h2 { (view.word("By reason", "按原因")) }
            (table(
                view.word("Refusals by application and reason", "按应用和原因统计的拒绝次数"),
                &[
                    Text(view.word("Reason", "原因")),
                    Text(view.word("Application", "应用")),
                    Number(view.word("Count", "次数")),
                    Text(view.word("Meaning", "含义")),
                ],
                &of_reasons,
            ))
        }
        h2 { (view.word("The last ones", "最近的请求")) }
        @if rows.is_empty() {
            (empty(view.word("No request was refused since the start.", "启动以来没有请求被拒绝。")))
        } @else {
            (table(
                view.word("Refused requests", "被拒绝的请求"),
                &[
                    view.word("Received", "收到时间"),
                    view.word("Sender", "发送方"),
                    view.word("Request", "请求"),
                    view.word("Found to be", "诊断"),
                    view.word("Cause and cure", "原因与处理"),
                ],
                &rows,
            ))
        }
    }
}

/// The diagnosis says more than the reason.
fn entry(one: &Value) -> Option<&'static Entry> {
    let diagnosed = text(one, "diagnosis").and_then(codes::diagnosis);
    diagnosed.or_else(|| text(one, "reason").and_then(codes::refusal))
}

fn reason(view: &View, count: &Value) -> Markup {
    let word = text(count, "reason").unwrap_or_default();
    html! {
        tr {
            th scope="row" { code { (word) } }
            td { (text(count, "app_id").filter(|app| !app.is_empty()).unwrap_or("—")) }
            td.right { (number(whole(count, "count").unwrap_or_default())) }
            td { (prose(codes::refusal(word).map(|entry| entry.cause(view.language)).unwrap_or_default())) }
        }
    }
}

fn row(view: &View, one: &Value) -> Markup {
    let word = text(one, "diagnosis")
        .or_else(|| text(one, "reason"))
        .unwrap_or_default();
    let ids = [
        ("X-Request-Id", text(one, "request_id")),
        ("X-Tt-Logid", text(one, "log_id")),
    ];
    html! {
        tr {
            td { (ago(view, whole(one, "received_at_ms").unwrap_or_default())) }
            td { code.whole { (text(one, "peer").unwrap_or("—")) } }
            td {
                code.whole { (text(one, "method").unwrap_or_default()) " " (text(one, "path").unwrap_or_default()) }
                " " (badge(Tone::Bad, &whole(one, "status").unwrap_or_default().to_string()))
                @for (name, id) in ids {
                    @if let Some(id) = id { div.dim { (name) " " code { (id) } } }
                }
            }
            td {
                (badge(Tone::Warn, word))
                @if let Some(detail) = text(one, "detail") { div.dim { (detail) } }
            }
            td {
                @if let Some(entry) = entry(one) {
                    (prose(entry.cause(view.language)))
                    div.cure { (prose(entry.cure(view.language))) }
                }
            }
        }
    }
}
