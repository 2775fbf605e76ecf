//! Refused: the last refused requests, each with what it was found to be and what to do about it.

use std::sync::Arc;

use axum::{Router, extract::State, response::Response, routing::get};
use maud::{Markup, html};
use serde_json::Value;

use super::{
    Console,
    elements::{
        Heading::{Number, Text},
        Tone, ago, badge, empty, number, prose, stacking_table, table,
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
    let is_of_operator =
        |count: &&Value| text(count, "reason").is_some_and(|reason| codes::operator_refusal(reason).is_some());
    let (of_operator, of_lark): (Vec<_>, Vec<_>) = counts.iter().partition(is_of_operator);
    html! {
        p.hint {
            (say!(
                view,
                "What was sent to this server and refused since it started; the overview counts a span of time, of all servers. The last \
                 {} are kept in memory, without their bodies.",
                "本服务启动以来被拒绝的请求；概览统计的是一段时间内所有服务器的请求。内存中保留最近 {} 条，不含请求内容。",
                kept
            ))
        }
        @if !of_lark.is_empty() {
            h2 { (view.word("By reason, since the start", "按原因（启动以来）")) }
            (reasons(view, view.word("Refusals by application and reason", "按应用和原因统计的拒绝次数"), &of_lark))
        }
        h2 { (view.word("The last ones", "最近的请求")) }
        @if rows.is_empty() && of_lark.is_empty() {
            (empty(view.word(
                "No request to the address that Lark calls was refused since the start.",
                "启动以来，发往飞书回调地址的请求没有被拒绝的。",
            )))
        } @else if rows.is_empty() {
            (empty(view.word("No details of these were kept.", "没有保留这些请求的详情。")))
        } @else {
            (stacking_table(
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
        @if !of_operator.is_empty() {
            h2 { (view.word("At the operator's listener", "运维端口")) }
            p.hint {
                (view.word(
                    "Requests to this console and the API. They have nothing to do with Lark; only their number is kept.",
                    "发往本控制台和 API 的请求，与飞书无关；只保留次数。",
                ))
            }
            (reasons(view, view.word("Refusals of the operator's listener by reason", "运维端口按原因统计的拒绝次数"), &of_operator))
        }
    }
}

fn reasons(view: &View, caption: &str, counts: &[&Value]) -> Markup {
    let rows: Vec<_> = counts.iter().map(|count| reason(view, count)).collect();
    table(
        caption,
        &[
            Text(view.word("Reason", "原因")),
            Text(view.word("Application", "应用")),
            Number(view.word("Count", "次数")),
            Text(view.word("Meaning", "含义")),
        ],
        &rows,
    )
}

/// The diagnosis says more than the reason.
fn entry(one: &Value) -> Option<&'static Entry> {
    let diagnosed = text(one, "diagnosis").and_then(codes::diagnosis);
    diagnosed.or_else(|| text(one, "reason").and_then(codes::refusal))
}

fn reason(view: &View, count: &Value) -> Markup {
    let word = text(count, "reason").unwrap_or_default();
    let entry = codes::refusal(word).or_else(|| codes::operator_refusal(word));
    html! {
        tr {
            th scope="row" { code { (word) } }
            td { (text(count, "app_id").filter(|app| !app.is_empty()).unwrap_or("—")) }
            td.right { (number(whole(count, "count").unwrap_or_default())) }
            td {
                @if let Some(entry) = entry {
                    (prose(entry.cause(view.language)))
                    div.cure { (prose(entry.cure(view.language))) }
                }
            }
        }
    }
}

/// Method and path, or the listener if what arrived had none.
fn request(view: &View, one: &Value) -> Markup {
    let (method, path) = (
        text(one, "method").unwrap_or_default(),
        text(one, "path").unwrap_or_default(),
    );
    let listener = match path {
        "(public listener)" => view.word("to the public listener", "发往公网端口"),
        "(operator listener)" => view.word("to the operator's listener", "发往运维端口"),
        _ => return html! { code.whole { (method) " " (path) } },
    };
    html! { (listener) }
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
                (request(view, one))
                " " (badge(Tone::Bad, &whole(one, "status").unwrap_or_default().to_string()))
                @for (name, id) in ids {
                    @if let Some(id) = id { div.dim { (name) " " code { (id) } } }
                }
            }
            td {
                (badge(Tone::Warn, word))
                @if let Some(detail) = text(one, view.word("detail", "detail_zh")) { div.dim { (detail) } }
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
