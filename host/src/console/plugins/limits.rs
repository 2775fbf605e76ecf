//! The limits of a plugin, and how near its calls came to them.

use maud::{Markup, html};
use serde_json::Value;

use super::say::{list, say, text};
use crate::{
    codes::Language,
    console::elements::{
        self,
        Heading::{Number, Text},
        bytes,
    },
    plugin::{Limit, all_limits},
};

/// From this share of a limit on it is worth a look.
const NEAR: f64 = 0.8;

/// Units of the width of a bar.
const BAR: f64 = 100.0;

/// The part of a limit that was used at most, where both are known.
pub(super) fn share(limit: &Value) -> Option<f64> {
    let value = limit.get("value")?.as_f64()?;
    let highest = limit.get("highest")?.as_f64()?;
    (value > 0.0).then_some(highest / value)
}

pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0 %".to_owned(),
        percent if percent < 1.0 => "< 1 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}

/// The table of limits, those that are used most first.
pub(super) fn draw(language: Language, plugin: &Value) -> Markup {
    let mut limits: Vec<&Value> = list(plugin, "/limits").iter().collect();
    limits.sort_by(|a, b| share(b).unwrap_or(-1.0).total_cmp(&share(a).unwrap_or(-1.0)));
    if limits.is_empty() {
        return html! { p .dim { (say(language, "It is not loaded, so it has no limits.", "未加载，没有上限。")) } };
    }
    let (used, others): (Vec<&Value>, Vec<&Value>) = limits.into_iter().partition(|limit| share(limit).is_some());
    let uncounted = say(language, "Limits whose use is not counted", "未统计用量的上限");
    html! {
        (table(language, say(language, "Limits whose use is counted", "统计用量的上限"), &used))
        details .plugin-more {
            summary { (uncounted) " (" (others.len()) ")" }
            (table(language, uncounted, &others))
        }
    }
}

fn table(language: Language, label: &str, limits: &[&Value]) -> Markup {
    let rows: Vec<_> = limits.iter().map(|limit| row(language, limit)).collect();
    elements::table(
        label,
        &[
            // The long text is last: a narrow screen shows the first columns.
            Text(say(language, "Limit", "上限")),
            Number(say(language, "Highest use", "最高用量")),
            Number(say(language, "Value", "值")),
            Text(say(language, "Share", "占比")),
            Text(say(language, "What it counts", "计量内容")),
        ],
        &rows,
    )
}

fn row(language: Language, limit: &Value) -> Markup {
    let key = text(limit, "/limit");
    let declared = all_limits().iter().find(|declared| declared.key == key);
    let word = |words: [&'static str; 2]| say(language, words[0], words[1]);
    let number = |value: Option<&Value>| match (value.and_then(Value::as_u64), declared) {
        (Some(value), Some(limit)) => amount(value, limit, language),
        _ => "–".to_owned(),
    };
    html! {
        tr {
            td { code .plugin-name { (key) } }
            td .right { (number(limit.get("highest"))) }
            td .right {
                @match limit.get("value").and_then(Value::as_u64) {
                    Some(_) => { (number(limit.get("value"))) }
                    None => { @if let Some(declared) = declared { (word(declared.unset)) } }
                }
            }
            td { @if let Some(share) = share(limit) { (bar(share)) } }
            td { @if let Some(declared) = declared { (word(declared.counts)) } }
        }
    }
}

/// A bar with its share in words beside it.
fn bar(share: f64) -> Markup {
    let width = (share * BAR).clamp(0.0, BAR);
    let class = if share >= NEAR {
        "plugin-bar plugin-bar-near"
    } else {
        "plugin-bar"
    };
    html! {
        span .plugin-share {
            svg class=(class) viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
                rect .plugin-bar-all x="0" y="0" width="100" height="6" rx="3" {}
                rect .plugin-bar-used x="0" y="0" width=(format!("{width:.1}")) height="6" rx="3" {}
            }
            span { (percent(share)) }
        }
    }
}

/// A number in its unit; bytes in the unit that people read.
fn amount(value: u64, limit: &Limit, language: Language) -> String {
    match limit.unit[0] {
        "bytes" => bytes(value),
        "" => value.to_string(),
        _ => format!("{value} {}", say(language, limit.unit[0], limit.unit[1])),
    }
}
