//! Settings in force: each with its value and where that comes from, secrets masked; and changes that wait for a restart.

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
    Console,
    elements::{Tone, ago, badge, empty, prose, table},
    language::say,
    navigation::SETTINGS,
    page::page,
    value::{given as text, list as rows, number as whole},
    view::View,
};

/// Query of the page.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Asked {
    /// Not empty: those with their defaults, too.
    all: String,
}

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(SETTINGS, get(show))
}

async fn show(State(console): State<Arc<Console>>, view: View, Query(asked): Query<Asked>) -> Response {
    let title = view.word("Settings", "设置");
    let settings = console.admin.shown_settings.now();
    page(&view, title, &body(&view, &settings, !asked.all.is_empty()))
}

fn body(view: &View, answer: &Value, shows_all: bool) -> Markup {
    let settings = rows(answer, "settings");
    let waiting = settings.iter().filter(|setting| later(setting).is_some()).count();
    let is_set = |setting: &&Value| text(setting, "origin") != Some("default") || later(setting).is_some();
    let shown: Vec<_> = settings
        .iter()
        .filter(|setting| shows_all || is_set(setting))
        .map(|setting| row(view, setting))
        .collect();
    html! {
        p.hint {
            (view.word("Settings in force, read ", "当前生效的设置，读取时间："))
            (ago(view, whole(answer, "read_at_ms").unwrap_or_default()))
            (view.word(
                ". Secrets are masked. A change of a file is seen after SIGHUP, or a restart.",
                "。密钥已隐藏。文件的修改在 SIGHUP 重新加载或重启后显示。",
            ))
        }
        @if let Some(refused) = answer.get("refused").filter(|refused| refused.is_object()) {
            section.notice.bad role="alert" {
                p {
                    (view.word("The last reload was refused ", "最近一次重新加载被拒绝（"))
                    (ago(view, whole(refused, "at_ms").unwrap_or_default()))
                    (view.word(", so nothing was changed. Correct this and send SIGHUP again:", "），未做任何更改。请修正以下问题后再次发送 SIGHUP："))
                }
                p.error { (text(refused, view.word("reason", "reason_zh")).unwrap_or_default()) }
            }
        }
        @if waiting > 0 {
            p.notice.warn {
                (say!(view, "{waiting} changed and take effect after a restart.", "{waiting} 项已修改，重启后生效。"))
            }
        }
        p {
            @if shows_all {
                a.button href=(SETTINGS) { (view.word("Only those that are set", "只看已设置的")) }
            } @else {
                a.button href={ (SETTINGS) "?all=1" } { (say!(view, "All {}", "全部 {} 项", settings.len())) }
            }
        }
        @if shown.is_empty() {
            (empty(view.word("Nothing is set: everything has its default.", "没有任何设置，全部为默认值。")))
        } @else {
            (table(
                view.word("Settings", "设置"),
                &[view.word("Name", "名称"), view.word("Value", "值"), view.word("From", "来源")],
                &shown,
            ))
        }
    }
}

fn row(view: &View, setting: &Value) -> Markup {
    html! {
        tr {
            th scope="row" { code { (text(setting, "name").unwrap_or_default()) } }
            td {
                (value(view, setting))
                @if let Some(later) = later(setting) {
                    div.later {
                        (badge(Tone::Warn, view.word("after a restart", "重启后"))) " " (value(view, later))
                    }
                }
            }
            td {
                (origin(view, setting))
                @if let Some(later) = later(setting) { div.later { (origin(view, later)) } }
            }
        }
    }
}

/// What a restart would bring.
fn later(setting: &Value) -> Option<&Value> {
    setting.get("after_restart").filter(|later| !later.is_null())
}

fn value(view: &View, setting: &Value) -> Markup {
    let is_secret = setting.get("is_secret").and_then(Value::as_bool).unwrap_or_default();
    html! {
        @match text(setting, "value") {
            Some(_) if is_secret => { (badge(Tone::Plain, view.word("secret, set", "密钥，已设置"))) }
            Some(value) => { code { (value) } }
            None => { span.dim { (prose(text(setting, "default").unwrap_or_default())) } }
        }
    }
}

fn origin(view: &View, setting: &Value) -> Markup {
    let place = match (text(setting, "origin"), text(setting, "file")) {
        (Some("file" | "env_file"), Some(file)) => html! { code { (file) } },
        (Some("environment"), _) => html! { (view.word("environment", "环境变量")) },
        (Some("flag"), _) => html! { (view.word("command line", "命令行")) },
        (Some("dev"), _) => html! { (view.word("set by lark-callback dev", "由 lark-callback dev 设定")) },
        _ => html! { span.dim { (view.word("default", "默认值")) } },
    };
    html! {
        @if let Some(file) = text(setting, "secret_file") {
            code { (file) } " (" (place) ")"
        } @else {
            (place)
        }
        @if let Some(line) = whole(setting, "line") {
            (say!(view, ", line {}", "，第 {} 行", line))
        }
    }
}
