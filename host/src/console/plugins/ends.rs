//! How the calls of a version ended.

use maud::{Markup, html};
use serde_json::Value;

use crate::codes::Language;

/// Ends of calls, as they are recorded, in words.
const ENDS: [(&str, &str, &str); 5] = [
    ("succeeded", "succeeded", "成功"),
    ("trapped", "crashed", "崩溃"),
    ("timed_out", "timed out", "超时"),
    ("over_limit", "over a limit", "超过上限"),
    ("failed", "failed", "失败"),
];

/// All calls, and those that succeeded.
pub(super) fn sums(calls: Option<&Value>) -> (u64, u64) {
    let of = |name: &str| calls.and_then(|calls| calls.get(name)?.as_u64()).unwrap_or_default();
    (ENDS.iter().map(|(name, ..)| of(name)).sum(), of("succeeded"))
}

/// How calls ended, in words.
pub(super) fn calls(language: Language, calls: &Value) -> Markup {
    let of = |name: &str| calls.get(name).and_then(Value::as_u64).unwrap_or_default();
    html! {
        @if sums(Some(calls)).0 == 0 {
            span .dim { "–" }
        } @else {
            @for (name, en, zh) in ENDS {
                @if of(name) > 0 {
                    span .plugin-count {
                        @match language {
                            Language::En => { (of(name)) " " (en) },
                            Language::Zh => { (zh) " " (of(name)) " 次" },
                        }
                    }
                    " "
                }
            }
        }
    }
}
