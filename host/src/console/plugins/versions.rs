//! The versions of a plugin: what served when, how its calls ended, what was sent back and why.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    ends::{calls, sums},
    order::{self, Order},
    say::{badge, hash, is, list, moment, say, some, source, text},
};
use crate::{
    codes::Language,
    console::elements::{
        Heading::{Number, Text},
        bytes, prose, table,
    },
};

/// The table of versions, the one that served last first, with why those were sent back that were.
pub(super) fn draw(language: Language, plugin: &str, versions: &[Value], known: &Value, may_order: bool) -> Markup {
    if versions.is_empty() {
        return html! { p .dim { (say(language, "No version has served yet.", "尚无版本提供过服务。")) } };
    }
    let rows = versions.iter().map(|version| {
        let of_version = |returned: &&Value| returned.get("hash") == version.get("hash");
        let returned = list(known, "/sent_back").iter().find(of_version);
        let of_component = |other: &&Value| other.get("hash") == version.get("hash");
        let has_other_settings = versions.iter().filter(of_component).count() > 1;
        row(
            language,
            plugin,
            version,
            returned,
            has_other_settings,
            known,
            may_order,
        )
    });
    let rows: Vec<_> = rows.collect();
    let mut headings = vec![
        Number(say(language, "No.", "序号")),
        Text(say(language, "Version", "版本")),
        Text(say(language, "State", "状态")),
        Text(say(language, "Served", "服务时间")),
        Number(say(language, "Size", "大小")),
        Text(say(language, "First attempts", "首次尝试")),
    ];
    if may_order {
        headings.push(Text(say(language, "Use this version", "切换")));
    }
    table(
        say(language, "Versions of this plugin", "此插件的版本"),
        &headings,
        &rows,
    )
}

fn row(
    language: Language,
    plugin: &str,
    version: &Value,
    returned: Option<&Value>,
    has_other_settings: bool,
    known: &Value,
    may_order: bool,
) -> Markup {
    let is_there = some(known, "/state").is_some();
    let active = some(known, "/state/active/hash");
    let can_go_back = active.is_some() && active != version.get("hash");
    let is_pinned = is(known, "/order/is_pinned") && known.pointer("/order/number") == version.get("number");
    let number = version.get("number").and_then(Value::as_u64).unwrap_or_default();
    // What the operator has ordered to serve is not judged.
    let is_ordered = known
        .pointer("/order/number")
        .is_some_and(|ordered| Some(ordered) == version.get("number"));
    let is_judged =
        is(version, "/serves") && !is(version, "/is_trusted") && some(known, "/before").is_some() && !is_ordered;
    let is_kept = is(version, "/is_kept");
    let serves = is(version, "/serves");
    let size = version.get("wasm_bytes").and_then(Value::as_u64).unwrap_or_default();
    html! {
        tr {
            td .right { (number) }
            td {
                (text(version, "/version")) " " (hash(text(version, "/hash")))
                br; span .dim { (source(language, text(version, "/source"))) }
                // The same component served with others, too: the rows would look alike.
                @if has_other_settings { br; span .dim { (settings(language, text(version, "/settings_hash"))) } }
            }
            td {
                @if serves { (badge("ok", say(language, "serves", "服务中"))) " " }
                @if is(version, "/serves_rest") { (badge("ok", say(language, "serves the rest", "处理其余事件"))) " " }
                @if is_judged { (badge("quiet", say(language, "on probation", "观察期"))) " " }
                @if !is_kept { (badge("quiet", say(language, "not kept any more", "已不保留"))) " " }
                @if let Some(returned) = returned {
                    (badge("bad", say(language, "sent back", "已退回")))
                    p .plugin-reason { (prose(&reason(language, returned, version))) }
                }
                @if let Some(evidence) = some(version, "/evidence") { (self::evidence(language, evidence)) }
            }
            td {
                (moment(version.get("first_served_at_ms"))) br;
                (moment(version.get("last_served_at_ms")))
            }
            td .right { (bytes(size)) }
            td { (calls(language, version.get("calls").unwrap_or(&Value::Null))) }
            @if may_order {
                td {
                    @if is_kept && is_there {
                        @if can_go_back { (order::link(language, plugin, Order::Rollback, Some(number))) " " }
                        @if !is_pinned { (order::link(language, plugin, Order::Pin, Some(number))) }
                    }
                }
            }
        }
    }
}

/// Settings that a version served with.
fn settings(language: Language, settings_hash: &str) -> Markup {
    html! {
        @if settings_hash.is_empty() { (say(language, "without settings", "无配置")) }
        @else { (say(language, "settings ", "配置 ")) (hash(settings_hash)) }
    }
}

/// Why a version was sent back. Its record is in English, so the Chinese sentence is made of the facts.
fn reason(language: Language, returned: &Value, version: &Value) -> String {
    let to = returned.get("to_number").and_then(Value::as_u64).unwrap_or_default();
    if language == Language::En {
        return text(returned, "/reason").to_owned();
    }
    if text(returned, "/returned_by") != "probation" {
        return format!("运维人员已回滚到版本 {to}");
    }
    let (all, succeeded) = sums(version.pointer("/evidence/calls"));
    match all {
        0 => format!("失败明显多于版本 {to}，已自动退回该版本"),
        _ => format!(
            "{all} 次调用中失败 {} 次，明显多于版本 {to}，已自动退回该版本",
            all - succeeded
        ),
    }
}

/// Below this a probability is not told more exactly.
const LEAST_CHANCE: f64 = 0.000_001;

/// The numbers that a probation was decided by.
fn evidence(language: Language, evidence: &Value) -> Markup {
    let chance = evidence.get("chance").and_then(Value::as_f64);
    html! {
        dl .plugin-evidence {
            dt { (say(language, "This version", "此版本")) }
            dd { (calls(language, evidence.get("calls").unwrap_or(&Value::Null))) }
            dt { (say(language, "The one before", "上一版本")) }
            dd {
                (calls(language, evidence.get("before").unwrap_or(&Value::Null)))
                @if is(evidence, "/is_assumed") {
                    " " span .dim { (say(language, "(too few; taken as 1 failure in 20 calls)", "（次数过少，按 20 次中失败 1 次比较）")) }
                }
            }
            @if let Some(chance) = chance {
                dt { (say(language, "Probability of so many by chance", "纯属偶然的概率")) }
                dd { @if chance < LEAST_CHANCE { "< " (LEAST_CHANCE) } @else { (format!("{chance:.6}")) } }
            }
        }
    }
}

/// The file that is not used, and what would change with it.
pub(super) fn held(language: Language, plugin: &Value) -> Markup {
    let Some(held) = some(plugin, "/held") else {
        return html! {};
    };
    let lists = [
        ("/difference/wants", "wants more", "新增需求", "+"),
        ("/difference/no_longer_wants", "wants no longer", "不再需要", "−"),
        ("/difference/takes", "takes more", "新增事件类型", "+"),
        ("/difference/no_longer_takes", "takes no longer", "不再处理", "−"),
    ];
    html! {
        section .plugin-held aria-label=(say(language, "A file that is not used", "未启用的文件")) {
            h2 {
                (say(language, "Not used: ", "未启用：")) code { (source(language, text(held, "/source"))) } " " (hash(text(held, "/hash")))
            }
            pre .plugin-text { (prose(text(held, say(language, "/reason", "/reason_zh")))) }
            @if some(held, "/difference").is_some() {
                h3 { (say(language, "Compared with the version that serves", "与服务中的版本相比")) }
                @for (pointer, en, zh, sign) in lists {
                    @if !list(held, pointer).is_empty() {
                        p { (say(language, en, zh)) ":" }
                        ul .plugin-difference {
                            @for entry in list(held, pointer) { li { (sign) " " code { (entry.as_str().unwrap_or_default()) } } }
                        }
                    }
                }
            }
        }
    }
}
