//! Audit: the changes that operators have made, the newest first, with filters in the address.

mod words;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use maud::{Markup, html};
use serde_json::Value;

use super::{
    Console, Failure,
    elements::{Tone, ago, badge, empty, length, prose, stacking_table},
    navigation::AUDIT,
    page::page,
    value::{given as text, list as rows, number as whole},
    view::View,
};
use crate::{
    codes::told,
    operate::{AuditFilter, CHINESE, Command, encoded},
};

/// Fields of the form, as a browser sends them: empty when nothing was entered.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Asked {
    command: String,
    name: String,
    outcome: String,
    plugin: String,
    event: String,
    delivery: String,
    before: String,
}

impl Asked {
    fn filter(&self) -> Result<AuditFilter, Failure> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let number = |text: &str| match given(text).map(|text| text.parse()) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(Failure::bad_request(told!(
                "Events, deliveries and changes are named by a number.",
                "事件、投递和变更用编号指定。"
            ))),
        };
        Ok(AuditFilter {
            command: given(&self.command),
            name: given(&self.name),
            outcome: given(&self.outcome),
            plugin: given(&self.plugin),
            event: number(&self.event)?,
            delivery: number(&self.delivery)?,
            before: number(&self.before)?,
            ..AuditFilter::default()
        })
    }

    /// Fields that narrow the list.
    fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let fields = [
            ("command", &self.command),
            ("name", &self.name),
            ("outcome", &self.outcome),
            ("plugin", &self.plugin),
            ("event", &self.event),
            ("delivery", &self.delivery),
        ];
        let given = fields.into_iter().map(|(name, value)| (name, value.trim()));
        given.filter(|(_, value)| !value.is_empty())
    }

    /// Whether this is the whole list, from its beginning.
    fn is_empty(&self) -> bool {
        self.given().next().is_none() && self.before.is_empty()
    }

    /// Address of the page with these fields and another cursor.
    fn page_before(&self, before: u64) -> String {
        let given: String = self
            .given()
            .map(|(name, value)| format!("{name}={}&", encoded(value)))
            .collect();
        format!("{AUDIT}?{given}before={before}")
    }
}

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(AUDIT, get(show))
}

async fn show(
    State(console): State<Arc<Console>>,
    view: View,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let answer = console.execute(&view, Command::Audit(asked.filter()?)).await?;
    Ok(page(
        &view,
        view.word("Audit", "操作记录"),
        &body(&view, &asked, &answer),
    ))
}

fn body(view: &View, asked: &Asked, answer: &Value) -> Markup {
    let shown: Vec<_> = rows(answer, "audit").iter().map(|change| row(view, change)).collect();
    html! {
        p.hint {
            (view.word(
                "Every change that was made over the API, on these pages or at the command line. The name is what the client gave; nothing proves it.",
                "通过 API、本控制台或命令行所做的每项变更。名称由客户端提供，未经验证。",
            ))
        }
        (form(view, asked))
        @if shown.is_empty() {
            @if asked.is_empty() {
                (empty(view.word("No change is on record.", "没有变更记录。")))
            } @else {
                (empty(view.word("No change on record matches.", "没有符合条件的变更记录。")))
            }
        } @else {
            (changes(view, &shown))
        }
        @if let Some(before) = whole(answer, "next_before") {
            p.pages { a.button href=(asked.page_before(before)) { (view.word("Older", "更早")) } }
        }
    }
}

/// Rows of changes under their headings.
fn changes(view: &View, shown: &[Markup]) -> Markup {
    stacking_table(
        view.word("Changes", "变更"),
        &[
            view.word("When", "时间"),
            view.word("Who", "操作者"),
            view.word("What", "操作"),
            view.word("Outcome", "结果"),
            view.word("From", "来源"),
        ],
        shown,
    )
}

/// Changes that touched one thing, for the page of that thing; nothing without any.
pub(super) fn touched(view: &View, shown: &[Value]) -> Markup {
    html! {
        @if !shown.is_empty() {
            h2 { (view.word("Changes by operators", "运维操作")) }
            (changes(view, &shown.iter().map(|change| row(view, change)).collect::<Vec<_>>()))
        }
    }
}

fn form(view: &View, asked: &Asked) -> Markup {
    let outcomes = [
        ("", view.word("any", "全部")),
        ("done", view.word("done", "成功")),
        ("refused", view.word("refused", "被拒绝")),
        ("failed", view.word("failed", "失败")),
        ("running", view.word("not finished", "未结束")),
    ];
    let field = |id: &'static str, label: &str, value: &str| {
        html! { label { span { (label) } input name=(id) value=(value) autocomplete="off" spellcheck="false"; } }
    };
    html! {
        form.filters method="get" action=(AUDIT) role="search" aria-label=(view.word("Filter", "筛选")) {
            label {
                span { (view.word("Command", "操作")) }
                select name="command" {
                    option value="" { (view.word("any", "全部")) }
                    @if !asked.command.is_empty() && words::command(&asked.command).is_none() {
                        option value=(asked.command) selected { (asked.command) }
                    }
                    @for (command, [en, zh]) in words::COMMANDS {
                        option value=(command) selected[asked.command == command] { (view.word(en, zh)) }
                    }
                }
            }
            (field("name", view.word("Name", "名称"), &asked.name))
            (field("plugin", view.word("Plugin", "插件"), &asked.plugin))
            (field("event", view.word("Event number", "事件编号"), &asked.event))
            (field("delivery", view.word("Delivery", "投递编号"), &asked.delivery))
            label {
                span { (view.word("Outcome", "结果")) }
                select name="outcome" {
                    @for (word, label) in outcomes {
                        option value=(word) selected[asked.outcome == word] { (label) }
                    }
                }
            }
            button.primary type="submit" { (view.word("Show", "查看")) }
            a.button href=(AUDIT) { (view.word("Clear", "清除")) }
        }
    }
}

fn row(view: &View, change: &Value) -> Markup {
    let way = match text(change, "way") {
        Some("console") => view.word("console", "控制台"),
        Some("command_line") => view.word("command line", "命令行"),
        Some("api") => "API",
        other => other.unwrap_or_default(),
    };
    let role = match text(change, "role") {
        Some("viewer") => view.word("viewer", "只读"),
        _ => view.word("operator", "运维"),
    };
    html! {
        tr id={ "change-" (whole(change, "id").unwrap_or_default()) } {
            td { (ago(view, whole(change, "at_ms").unwrap_or_default())) }
            td {
                @if let Some(name) = text(change, "name") { (name) " " }
                span.dim { (role) }
            }
            td {
                @let command = text(change, "command").unwrap_or_default();
                @match words::command(command) {
                    Some(name) => span title=(command) { (name.of(view.language)) },
                    None => code { (command) },
                }
                (pairs(view, change.get("arguments")))
            }
            td {
                (outcome(view, text(change, "outcome")))
                @if let Some(took) = whole(change, "took_ms") { " " span.dim { (length(view, took)) } }
                (pairs(view, change.get("result")))
            }
            td { (way) @if let Some(peer) = text(change, "peer") { " " code.whole { (peer) } } }
        }
    }
}

/// Fields of arguments or of a result: each name with its value; of an error its sentence, in Chinese too if it was recorded so.
fn pairs(view: &View, value: Option<&Value>) -> Markup {
    let told = value.and_then(|value| {
        let en = text(value, "msg")?;
        Some(view.word(en, text(value, CHINESE).unwrap_or(en)))
    });
    let fields = value.and_then(Value::as_object).filter(|_| told.is_none());
    html! {
        @if let Some(told) = told { div.dim { (prose(told)) } }
        @for (name, value) in fields.into_iter().flatten() {
            // What is inside says the same in more words.
            @if name != "order" && !is_nothing(value) {
                div.dim {
                    (words::field(name).as_ref().map_or(name.as_str(), |words| words.of(view.language))) " "
                    code { (value.as_str().map_or_else(|| value.to_string(), str::to_owned)) }
                }
            }
        }
    }
}

/// Whether a field was left out: requests are recorded with all their fields.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.values().all(is_nothing),
        _ => false,
    }
}

fn outcome(view: &View, outcome: Option<&str>) -> Markup {
    match outcome {
        Some("done") => badge(Tone::Good, view.word("done", "成功")),
        Some("refused") => badge(Tone::Warn, view.word("refused", "被拒绝")),
        Some("failed") => badge(Tone::Bad, view.word("failed", "失败")),
        _ => badge(Tone::Busy, view.word("not finished", "未结束")),
    }
}
