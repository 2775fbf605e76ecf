//! Cause and cure beside each failure in an answer to the operator.

use serde_json::{Value, json};

use crate::codes::{self, Failed, Language};

/// Adds `explained` to every attempt, delivery and event in a value that has an error.
pub(super) fn explained(mut value: Value) -> Value {
    explain(&mut value);
    value
}

fn explain(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(explain),
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
            let (outcome, error) = (text("outcome"), text("error"));
            // The deliveries of a callback are its tasks, which are tried again.
            let failed = match text("kind") {
                "callback" => Failed::Callback,
                _ => Failed::Delivery,
            };
            let entries = if error.is_empty() {
                Vec::new()
            } else {
                codes::of_failure(failed, outcome, error)
            };
            // What was received and answered is Lark's and the plugin's own, not ours to explain.
            let ours = fields
                .iter_mut()
                .filter(|(name, _)| !matches!(name.as_str(), "payload" | "reply" | "card"));
            ours.for_each(|(_, value)| explain(value));
            if !entries.is_empty() {
                let entries = entries.into_iter().map(|entry| {
                    json!({
                        "code": entry.code,
                        "cause": entry.cause(Language::En),
                        "cure": entry.cure(Language::En),
                    })
                });
                fields.insert("explained".to_owned(), entries.collect());
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::explained;

    #[test]
    fn a_failed_attempt_says_what_to_do_and_a_payload_stays_as_it_came() {
        let event = explained(json!({
            "outcome": "ok",
            "payload": {"outcome": "trap", "error": "a form of somebody"},
            "deliveries": [{"attempts": [
                {"outcome": "permanent", "error": "Lark answered with code 230002 (status 400)"},
                {"outcome": "ok", "error": null},
            ]}],
        }));
        let attempts = &event["deliveries"][0]["attempts"];
        assert_eq!(attempts[0]["explained"][0]["code"], "230002");
        assert!(
            attempts[0]["explained"][0]["cure"]
                .as_str()
                .unwrap()
                .contains("add the bot")
        );
        assert!(attempts[1].get("explained").is_none() && event["payload"].get("explained").is_none());
    }

    #[test]
    fn a_failed_callback_is_told_another_cure_than_the_attempts_of_its_tasks() {
        let event = explained(json!({
            "kind": "callback",
            "outcome": "retry",
            "error": "the plugin asked for a retry: no",
            "deliveries_in_full": [{"kind": "task", "attempts": [{"outcome": "retry", "error": "no"}]}],
        }));
        let cure = |value: &serde_json::Value| value["explained"][0]["cure"].as_str().unwrap().to_owned();
        assert!(cure(&event).contains("not retried"), "{event}");
        let attempt = &event["deliveries_in_full"][0]["attempts"][0];
        assert!(cure(attempt).contains("retried by itself"), "{attempt}");
    }
}
