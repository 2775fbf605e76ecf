//! Back-off of a plugin in words.

use serde_json::Value;

use super::Text;

/// Back-off as the API answers it, in words: how often the plugin crashed, and when it is called again.
pub fn backing_off(backoff: &Value) -> Text {
    let crashes = backoff.get("crashes").and_then(Value::as_u64).unwrap_or_default();
    let seconds = backoff.get("seconds").and_then(Value::as_f64).unwrap_or_default();
    // Less than a second left is no trial yet.
    let seconds = seconds.ceil();
    if seconds > 0.0 {
        told!(
            "{crashes} crashes in a row, and not called for another {seconds} s",
            "连续崩溃 {crashes} 次，{seconds} 秒内不再调用"
        )
    } else {
        told!(
            "{crashes} crashes in a row, and the next call is a trial",
            "连续崩溃 {crashes} 次，下一次调用为试调用"
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::backing_off;

    #[test]
    fn a_pause_that_is_over_ends_with_a_trial() {
        for (seconds, en, zh) in [
            (
                7.2,
                "5 crashes in a row, and not called for another 8 s",
                "连续崩溃 5 次，8 秒内不再调用",
            ),
            (
                0.01,
                "5 crashes in a row, and not called for another 1 s",
                "连续崩溃 5 次，1 秒内不再调用",
            ),
            (
                0.0,
                "5 crashes in a row, and the next call is a trial",
                "连续崩溃 5 次，下一次调用为试调用",
            ),
        ] {
            let told = backing_off(&json!({"crashes": 5, "seconds": seconds, "error": "x"}));
            assert_eq!((told.en(), told.zh()), (en, zh));
        }
    }
}
