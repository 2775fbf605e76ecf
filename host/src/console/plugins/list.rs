//! All plugins of this server: what serves, and what does not.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    address,
    say::{badge, hash, is, list, moment, say, some, source, text},
};
use crate::{
    codes::Language,
    console::elements::{
        Heading::{Number, Text},
        prose, table,
    },
};

/// The table of plugins.
pub(super) fn draw(language: Language, plugins: &Value) -> Markup {
    let all = plugins.as_array().map_or(&[][..], Vec::as_slice);
    html! {
        @if all.is_empty() {
            p .plugin-empty {
                (say(language, "No plugin is loaded. Drop a component below, or put one into the folder of plugins.", "没有已加载的插件。请将组件拖放到下方，或放入插件目录。"))
            }
        } @else {
            @let rows: Vec<_> = all.iter().map(|plugin| row(language, plugin)).collect();
            (table(
                say(language, "All plugins", "全部插件"),
                &[
                    say(language, "Plugin", "插件"),
                    say(language, "State", "状态"),
                    say(language, "Version", "版本"),
                    say(language, "From", "来源"),
                    say(language, "Event types", "事件类型"),
                    say(language, "Nearest limit", "最接近的上限"),
                ],
                &rows,
            ))
        }
    }
}

fn row(language: Language, plugin: &Value) -> Markup {
    let name = text(plugin, "/name");
    let types = list(plugin, "/active/event_types");
    html! {
        tr {
            td { a .plugin-name href=(address(name)) { (name) } }
            td {
                (states(language, plugin))
                // Without a version of it, this is all that there is to say.
                @if some(plugin, "/active").is_none() && some(plugin, "/held").is_some() {
                    p .plugin-reason { (prose(text(plugin, say(language, "/held/reason", "/held/reason_zh")))) }
                }
            }
            td {
                (text(plugin, "/active/version")) " " (hash(text(plugin, "/active/hash")))
            }
            td { (source(language, text(plugin, "/active/source"))) }
            td {
                @for kind in types.iter().take(4) { code .plugin-type { (kind.as_str().unwrap_or_default()) } " " }
                @if types.len() > 4 { "+ " (types.len() - 4) }
                @if types.is_empty() && some(plugin, "/active").is_some() { "—" }
            }
            td { (nearest(plugin)) }
        }
    }
}

/// The limit that the plugin came nearest to.
fn nearest(plugin: &Value) -> Markup {
    let nearest = list(plugin, "/limits")
        .iter()
        .filter_map(|limit| Some((super::limits::share(limit)?, limit)))
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    html! {
        @if let Some((share, limit)) = nearest {
            @if share > 0.0 { (super::limits::percent(share)) " " code { (text(limit, "/limit")) } }
        }
    }
}

/// Whether there is no file to load a plugin from, whatever was ordered.
pub(super) fn is_gone(state: &Value) -> bool {
    some(state, "/active").is_none()
        && some(state, "/held").is_none()
        && !is(state, "/loading")
        && !is(state, "/disabled")
}

/// What is to be known of the state of a plugin, as labels.
pub(in crate::console) fn states(language: Language, plugin: &Value) -> Markup {
    let is_off = is(plugin, "/disabled");
    html! {
        @if is_off {
            (badge("quiet", say(language, "disabled", "已停用")))
        } @else if is(plugin, "/active/paused") {
            (badge("warn", say(language, "paused", "已暂停")))
        } @else if some(plugin, "/active").is_some() {
            (badge("ok", say(language, "serves", "服务中")))
        } @else if !is(plugin, "/loading") {
            (badge("bad", say(language, "not loaded", "未加载")))
        }
        @if is(plugin, "/loading") { " " (badge("warn", say(language, "loading", "正在加载"))) }
        @if some(plugin, "/held").is_some() { " " (badge("bad", say(language, "a file is not used", "有文件未启用"))) }
        @if some(plugin, "/active/canary").is_some() { " " (badge("warn", say(language, "canary", "灰度"))) }
        @if some(plugin, "/sent_back").is_some() { " " (badge("bad", say(language, "sent back", "已退回"))) }
        @if some(plugin, "/backoff").is_some() { " " (badge("bad", say(language, "backing off", "退避中"))) }
    }
}

/// Who serves what, on servers that share a database.
pub(super) fn servers(language: Language, servers: &[Value]) -> Markup {
    html! {
        @if servers.is_empty() {
            p .dim { (say(language, "Only this server uses this database.", "只有本服务器使用此数据库。")) }
        } @else {
            @let rows: Vec<_> = servers.iter().map(server).collect();
            (table(
                say(language, "Servers", "服务器"),
                &[
                    say(language, "Server", "服务器"),
                    say(language, "Serves", "服务的版本"),
                    say(language, "Not used, because", "未启用的原因"),
                ],
                &rows,
            ))
        }
    }
}

fn server(server: &Value) -> Markup {
    html! {
        tr {
            td { code { (text(server, "/node")) } }
            td { (hash(text(server, "/hash"))) }
            td { (prose(text(server, "/reason"))) }
        }
    }
}

/// Schedules with their next and last moments.
pub(super) fn schedules(language: Language, plugin: &Value) -> Markup {
    let schedules = list(plugin, "/schedules");
    html! {
        @if let Some(error) = some(plugin, "/schedules/error") {
            p .plugin-warn {
                (say(language, "The schedules cannot be read: ", "无法读取定时任务：")) (error.as_str().unwrap_or_default())
            }
        } @else if schedules.is_empty() {
            p .dim { (say(language, "It has no schedules.", "没有定时任务。")) }
        } @else {
            @let rows: Vec<_> = schedules.iter().map(schedule).collect();
            (table(
                say(language, "Schedules", "定时任务"),
                &[
                    Text(say(language, "Task", "任务")),
                    Text(say(language, "Times", "时间")),
                    Text(say(language, "Application", "应用")),
                    Text(say(language, "Next", "下次")),
                    Text(say(language, "Last", "上次")),
                    Number(say(language, "Missed", "错过")),
                ],
                &rows,
            ))
        }
    }
}

fn schedule(schedule: &Value) -> Markup {
    html! {
        tr {
            td { (text(schedule, "/task")) }
            td { code { (text(schedule, "/at")) } " " (text(schedule, "/zone")) }
            td { code { (text(schedule, "/app")) } }
            td { (moment(schedule.get("next_ms"))) }
            td { (moment(schedule.get("last_ms"))) }
            td.right { (schedule.get("missed").and_then(Value::as_u64).unwrap_or_default()) }
        }
    }
}
