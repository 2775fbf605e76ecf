//! What a plugin wants, what it was granted, and the lines that are missing in its settings.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::Value;

use super::say::{badge, list, say, some, source, text};
use crate::{
    codes::{Language, backing_off, recorded},
    console::elements::table,
    plugin::{Grants, Want, grants_all_of, to_add},
};

/// The wants of the version that serves, beside the grants in its settings.
pub(super) fn draw(language: Language, name: &str, plugin: &Value, versions: &[Value]) -> Markup {
    let serving = versions
        .iter()
        .find(|version| version.get("serves") == Some(&Value::Bool(true)));
    let wants: Vec<Want> = serving
        .or(versions.first())
        .and_then(|version| serde_json::from_value(version.get("wants")?.clone()).ok())
        .unwrap_or_default();
    let grants = some(plugin, "/active/grant");
    let granted_now: Grants = grants
        .and_then(|grants| serde_json::from_value(grants.clone()).ok())
        .unwrap_or_default();
    let config = some(plugin, "/active/config");
    let is_met = |want: &Want| match want.kind.as_str() {
        "config" => config.is_some_and(|config| config.get(&want.value).is_some()),
        kind => grants_all_of(
            &granted_now,
            &Grants::from([(kind.to_owned(), vec![want.value.clone()])]),
        ),
    };
    // The grants are those of a loaded version; what the file says is not known without one.
    let is_known = some(plugin, "/active").is_some();
    let missing: Vec<Want> = wants.iter().filter(|want| is_known && !is_met(want)).cloned().collect();
    html! {
        @if wants.is_empty() {
            @if is_known { p .dim { (say(language, "The version that serves needs no grants or settings.", "服务中的版本不需要任何权限或配置。")) } }
            @else { p .dim { (say(language, "No version is loaded.", "没有已加载的版本。")) } }
        } @else {
            @let rows: Vec<_> = wants.iter().map(|want| row(language, want, is_known.then(|| is_met(want)))).collect();
            (table(
                say(language, "What it wants", "需求列表"),
                &[
                    say(language, "Kind", "类型"),
                    say(language, "What", "内容"),
                    say(language, "Granted", "已授予"),
                    say(language, "Why, by its author", "作者说明"),
                ],
                &rows,
            ))
            @if !is_known {
                p .dim { (say(language, "No version is loaded, so what its settings grant is not known.", "没有已加载的版本，无法得知其配置授予了哪些权限。")) }
            }
        }
        @if !missing.is_empty() {
            p { (say(language, "To be added to", "需添加到")) " " code { (name) ".toml" } ":" }
            pre .plugin-text { (to_add(&missing, &BTreeMap::new())) }
        }
        @if let Some(grants) = grants { (granted(language, grants)) }
        @if let Some(config) = config.and_then(Value::as_object).filter(|config| !config.is_empty()) {
            h3 { (say(language, "Configuration, by where each value stands", "配置项及其来源")) }
            ul .plugin-difference {
                @for (key, place) in config { li { code { (key) } " " span .dim { (place.as_str().unwrap_or_default()) } } }
            }
        }
    }
}

fn row(language: Language, want: &Want, is_met: Option<bool>) -> Markup {
    html! {
        tr {
            td { code .plugin-name { (want.kind) } }
            td { code { (want.value) } }
            td {
                @match is_met {
                    Some(true) => (badge("ok", say(language, "yes", "是"))),
                    Some(false) => (badge("bad", say(language, "no", "否"))),
                    None => span .dim { (say(language, "not known", "未知")) },
                }
            }
            td { (want.reason) }
        }
    }
}

fn granted(language: Language, grants: &Value) -> Markup {
    let kinds = grants.as_object().into_iter().flatten();
    let kinds: Vec<_> = kinds
        .filter(|(_, values)| values.as_array().is_some_and(|values| !values.is_empty()))
        .collect();
    html! {
        @if !kinds.is_empty() {
            h3 { (say(language, "Granted by its settings", "配置中已授予")) }
            ul .plugin-difference {
                @for (kind, values) in kinds {
                    @for value in values.as_array().into_iter().flatten() {
                        li { code { (kind) } " " code { (value.as_str().unwrap_or_default()) } }
                    }
                }
            }
        }
    }
}

/// Event types and applications of the version that serves.
pub(super) fn takes(language: Language, plugin: &Value) -> Markup {
    let apps = list(plugin, "/active/apps");
    html! {
        dl .plugin-facts {
            dt { (say(language, "Event types", "事件类型")) }
            dd { @for kind in list(plugin, "/active/event_types") { code .plugin-type { (kind.as_str().unwrap_or_default()) } " " } }
            dt { (say(language, "Applications", "应用")) }
            dd {
                @if apps.is_empty() { (say(language, "all", "全部")) }
                @for app in apps { code { (app.as_str().unwrap_or_default()) } " " }
            }
            dt { (say(language, "From", "来源")) }
            dd { (source(language, text(plugin, "/active/source"))) }
            @if let Some(share) = some(plugin, "/active/canary/share") {
                dt { (say(language, "Canary", "灰度")) }
                dd {
                    (format!("{:.0}", share.as_f64().unwrap_or_default() * 100.0)) " %"
                    @for (of, en, zh) in [("chats", "chats", "个群"), ("users", "users", "个用户")] {
                        @if let Some(count) = plugin.pointer(&format!("/active/canary/{of}")).and_then(Value::as_u64).filter(|count| *count > 0) {
                            ", " (count) " " (say(language, en, zh))
                        }
                    }
                    " · " (say(language, "the rest by", "其余由")) " " (text(plugin, "/active/canary/rest/version")) (say(language, "", " 处理"))
                }
            }
            @if let Some(backoff) = some(plugin, "/backoff") {
                dt { (say(language, "Back-off", "退避")) }
                dd {
                    (backing_off(backoff).of(language))
                    pre .plugin-text { (recorded(text(backoff, "/error")).of(language)) }
                }
            }
        }
    }
}
