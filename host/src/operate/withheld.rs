//! Answers for those who may not see payloads: without them, and saying so.

use serde_json::{Value, json};

/// Fields that hold what people wrote, parts of it, or what plugins made of it.
const FIELDS: [&str; 8] = [
    "payload",
    "reply",
    "card",
    "log",
    "lines",
    "value",
    "values",
    "ordering_key",
];

/// Outcomes whose error is the server's own. In all others a plugin may have had a word: what it reports, what it panics with,
/// what it says last before it is stopped, names that it made up.
const OWN: [&str; 13] = [
    "busy",
    "crashed",
    "dropped",
    "expired",
    "loading",
    "lost",
    "no_handler",
    "no_plugin",
    "not_stored",
    "other_app",
    "paused",
    "store_error",
    "too_old",
];

/// Fields with such an error.
const ERRORS: [&str; 2] = ["error", "example"];

/// Text for people beside what is left out.
const WHY: &str = "this token may not see them; CALLBACK_VIEWER_PAYLOADS=on allows it";

/// Empties each of these fields, and adds `withheld`, which names those that had something in them.
pub(super) fn withheld(mut answer: Value) -> Value {
    let mut names = Vec::new();
    empty(&mut answer, &mut names);
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("withheld".to_owned(), json!({"fields": names, "reason": WHY}));
    }
    answer
}

fn empty(value: &mut Value, names: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| empty(item, names)),
        Value::Object(fields) => {
            let outcome = fields.get("outcome").and_then(Value::as_str);
            let is_written = outcome.is_some_and(|outcome| !OWN.contains(&outcome));
            for (name, value) in fields {
                let is_of_people = FIELDS.contains(&name.as_str()) || is_written && ERRORS.contains(&name.as_str());
                if !is_of_people {
                    empty(value, names);
                    continue;
                }
                // A field that is always a text stays one.
                let left = match value {
                    Value::Null => continue,
                    Value::String(text) if text.is_empty() => continue,
                    Value::String(_) if ["log", "error"].contains(&name.as_str()) => json!(""),
                    Value::Array(_) => json!([]),
                    _ => Value::Null,
                };
                *value = left;
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_left_out_at_every_depth_and_the_answer_says_so() {
        let answer = withheld(json!({
            "id": 7,
            "payload": {"text": "planted"},
            "reply": null,
            "ordering_key": "plugin/app/planted",
            "deliveries_in_full": [{"attempts": [{"outcome": "ok", "log": "planted"}]}],
            "dead": [
                {"outcome": "permanent", "error": "planted", "example": "planted"},
                {"outcome": "over_memory", "error": "it ended with: MemoryError: planted"},
                {"outcome": "expired", "error": "after 7 days"},
            ],
        }));
        assert!(!answer.to_string().contains("planted"), "{answer}");
        assert_eq!(answer["id"], 7);
        assert_eq!(answer["payload"], Value::Null);
        assert_eq!(answer["deliveries_in_full"][0]["attempts"][0]["log"], "");
        assert_eq!(answer["dead"][0]["example"], Value::Null);
        // What the server itself found says nothing of people.
        assert_eq!(answer["dead"][2]["error"], "after 7 days");
        assert_eq!(
            answer["withheld"]["fields"],
            json!(["error", "example", "log", "ordering_key", "payload"])
        );
    }
}
