//! Plugins and long connections at a glance.

use maud::{Markup, html};
use serde_json::Value;

use super::readings::Readings;
use crate::{
    console::{
        elements::{
            Heading::{Number, Text},
            Tone, ago, badge, number, table,
        },
        navigation::link,
        plugins::states,
        view::View,
    },
    operate::encoded,
    telemetry::ConnectionPhase,
};

/// Digits of a hash that tell two versions apart.
const HASH_CHARS: usize = 12;

pub(super) fn plugins(view: &View, readings: &Readings) -> Markup {
    let headings = [
        view.word("Plugin", "插件"),
        view.word("State", "状态"),
        view.word("Version", "版本"),
        view.word("Component", "组件"),
        view.word("Serves", "处理"),
    ];
    let plugins = readings.plugins.as_array().into_iter().flatten();
    let rows: Vec<_> = plugins.map(|plugin| row(view, plugin)).collect();
    html! {
        h2 { (view.word("Plugins", "插件")) }
        (table(view.word("Plugins", "插件"), &headings, &rows))
    }
}

fn row(view: &View, plugin: &Value) -> Markup {
    let text = |value: &Value| value.as_str().unwrap_or("—").to_owned();
    let (name, active) = (text(&plugin["name"]), &plugin["active"]);
    let hash: String = text(&active["hash"]).chars().take(HASH_CHARS).collect();
    let types = active["event_types"].as_array().map_or(&[][..], Vec::as_slice);
    html! {
        tr {
            th scope="row" {
                @match link("/console/plugins") {
                    Some(path) => a href={ (path) "/" (encoded(&name)) } { (name) },
                    None => (name),
                }
            }
            td { (states(view.language, plugin)) }
            td { (text(&active["version"])) }
            td { code { (hash) } }
            td.types {
                @for event_type in types.iter().filter_map(Value::as_str).take(4) { code { (event_type) } " " }
                @if types.len() > 4 { span.dim { "+ " (types.len() - 4) } }
            }
        }
    }
}

pub(super) fn connections(view: &View, readings: &Readings) -> Markup {
    if readings.connections.is_empty() {
        return html! {};
    }
    let title = view.word("Long connections", "长连接");
    let headings = [
        Text(view.word("Application", "应用")),
        Text(view.word("State", "状态")),
        Text(view.word("Since", "开始于")),
        Text(view.word("Last push", "最近推送")),
        Number(view.word("Pushes", "推送数")),
        Text(view.word("Reason", "原因")),
    ];
    let rows: Vec<_> = readings
        .connections
        .iter()
        .map(|connection| {
            let tone = match connection.phase {
                ConnectionPhase::Connected => Tone::Good,
                _ => Tone::Warn,
            };
            html! {
                tr {
                    th scope="row" { code { (connection.app_id) } " #" (connection.number) }
                    td { (badge(tone, phase(view, connection.phase))) }
                    td { (ago(view, connection.since_ms)) }
                    td { @match connection.last_push_ms { Some(ms) => (ago(view, ms)), None => "—" } }
                    td.right { (number(connection.pushes.values().sum())) }
                    td { (connection.reason.as_ref().map_or("", |reason| reason.of(view.language))) }
                }
            }
        })
        .collect();
    html! {
        h2 { (title) }
        (table(title, &headings, &rows))
    }
}

fn phase(view: &View, phase: ConnectionPhase) -> &'static str {
    match phase {
        ConnectionPhase::Connecting => view.word("connecting", "连接中"),
        ConnectionPhase::Connected => view.word("connected", "已连接"),
        ConnectionPhase::Waiting => view.word("waiting", "等待重试"),
        ConnectionPhase::Refused => view.word("refused", "被拒绝"),
    }
}
