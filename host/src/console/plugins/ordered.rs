//! What is ordered for a plugin, or set in its settings, and whether its state has followed.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    order::{Switch, of_settings},
    say::{is, list, moment, say, some, text},
};
use crate::codes::Language;

/// Whether an order is not carried out yet on this server.
fn is_underway(known: &Value) -> bool {
    let (Some(order), Some(state)) = (some(known, "/order"), some(known, "/state")) else {
        return false;
    };
    let active = state.pointer("/active/hash").and_then(Value::as_str);
    let is_loaded = active.is_some();
    let number = order.get("number").filter(|number| !number.is_null());
    let of_number = |version: &&Value| version.get("number") == number;
    let ordered = number.and_then(|_| list(known, "/versions").iter().find(of_number));
    let is_other = ordered.is_some_and(|version| version.get("hash").and_then(Value::as_str) != active);
    let left = |returned: &Value| returned.get("hash").and_then(Value::as_str) == active;
    // Without a pin, what serves instead is right unless it was sent back itself.
    let has_to_go = is(order, "/is_pinned") || list(known, "/sent_back").iter().any(left);
    let is_version_late = is_loaded && is_other && has_to_go && some(state, "/held").is_none();
    is(order, "/is_disabled") != is(state, "/disabled_by_command")
        || is(order, "/is_disabled") && is_loaded
        || is(order, "/is_paused") != is(state, "/paused_by_command")
        || is_loaded && is(order, "/is_paused") && !is(state, "/active/paused")
        || is_version_late
}

/// Whether another component has come since a rollback, and serves.
pub(super) fn is_over(known: &Value) -> bool {
    let Some(order) = some(known, "/order").filter(|order| !is(order, "/is_pinned")) else {
        return false;
    };
    let number = order.get("number").filter(|number| !number.is_null());
    let active = known.pointer("/state/active/hash").and_then(Value::as_str);
    let (Some(number), Some(active)) = (number, active) else {
        return false;
    };
    let is_active = |row: &Value| row.get("hash").and_then(Value::as_str) == Some(active);
    let is_ordered = |version: &Value| version.get("number") == Some(number) && is_active(version);
    !list(known, "/versions").iter().any(is_ordered) && !list(known, "/sent_back").iter().any(is_active)
}

/// What the operator has ordered, by whom and when; what its settings say against it; and whether it is being carried out.
pub(super) fn draw(language: Language, plugin: &str, known: &Value) -> Markup {
    let state = known.get("state").unwrap_or(&Value::Null);
    html! {
        @if is_underway(known) {
            p .notice role="status" {
                (say(language, "The order is kept and being carried out. Load this page again in a moment.", "指令已记录，正在执行，请稍后刷新页面。"))
            }
        }
        @if is(state, "/disabled_by_settings") { p .notice { (of_settings(language, plugin, Switch::Disabled)) } }
        @else if is(state, "/paused_by_settings") { p .notice { (of_settings(language, plugin, Switch::Paused)) } }
        @if let Some(order) = some(known, "/order") { (of_operator(language, order, is_over(known))) }
    }
}

fn of_operator(language: Language, order: &Value, is_over: bool) -> Markup {
    let number = order.get("number").and_then(Value::as_u64).filter(|_| !is_over);
    let by = text(order, "/changed_by");
    let at = moment(order.get("changed_at_ms"));
    html! {
        @if number.is_some() || is(order, "/is_disabled") || is(order, "/is_paused") {
            p .notice {
                @if let Some(number) = number {
                    @match (language, is(order, "/is_pinned"), by == PROBATION) {
                        (Language::En, true, _) => { "Pinned to version No. " (number) ". " },
                        (Language::En, _, true) => { "Sent back to version No. " (number) ". " },
                        (Language::En, _, _) => { "Rolled back to version No. " (number) ". " },
                        (Language::Zh, true, _) => { "已固定为序号 " (number) " 的版本。" },
                        (Language::Zh, _, true) => { "已退回到序号 " (number) " 的版本。" },
                        (Language::Zh, _, _) => { "已回滚到序号 " (number) " 的版本。" },
                    }
                }
                @if is(order, "/is_disabled") { (say(language, "Disabled by an order. ", "已按指令停用。")) }
                @if is(order, "/is_paused") { (say(language, "Paused by an order. ", "已按指令暂停。")) }
                span .dim {
                    @match language {
                        Language::En => { "Last changed by " (by) ", " (at) },
                        Language::Zh => { "最近一次更改：" (operator(by)) "，" (at) },
                    }
                }
            }
        }
    }
}

/// Who orders what sends a version back by itself.
const PROBATION: &str = "probation";

/// Who gave an order, in Chinese.
fn operator(by: &str) -> &str {
    match by {
        "operator" => "运维人员",
        PROBATION => "观察期检查",
        other => other,
    }
}
