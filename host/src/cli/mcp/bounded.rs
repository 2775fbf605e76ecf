//! Results that fit into an agent's context: long texts are cut, and of long lists the end is left out.

use serde_json::{Value, json};

use crate::telemetry::shortened;

/// Length of a result.
const RESULT_BYTES_MAX: usize = 48 * 1024;

/// Lengths of a text and of a list, tried one after the other.
const STEPS: [(usize, usize); 4] = [(16_000, 200), (2_000, 100), (500, 30), (120, 10)];

/// A result as a text of JSON, which says what was left out.
pub(super) fn bounded(answer: &Value) -> String {
    let whole = answer.to_string();
    if whole.len() <= RESULT_BYTES_MAX {
        return whole;
    }
    for (text_bytes, items) in STEPS {
        let mut smaller = answer.clone();
        cut(&mut smaller, text_bytes, items);
        let text =
            json!({"shortened": format!("from {} bytes; ask for less to see all", whole.len()), "result": smaller});
        let text = text.to_string();
        if text.len() <= RESULT_BYTES_MAX {
            return text;
        }
    }
    let text = json!({"shortened": format!("from {} bytes; ask for less to see it", whole.len()), "result": null});
    text.to_string()
}

fn cut(value: &mut Value, text_bytes: usize, items_max: usize) {
    match value {
        Value::String(text) => *text = shortened(std::mem::take(text), text_bytes),
        Value::Array(items) => {
            let more = items.len().saturating_sub(items_max);
            items.truncate(items_max);
            items.iter_mut().for_each(|item| cut(item, text_bytes, items_max));
            if more > 0 {
                items.push(json!(format!("… and {more} more")));
            }
        }
        Value::Object(fields) => fields.values_mut().for_each(|value| cut(value, text_bytes, items_max)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_bounded_and_says_what_is_missing() {
        let small = json!({"events": [1, 2]});
        assert_eq!(bounded(&small), small.to_string());
        let payload: Vec<_> = (0..3_000)
            .map(|number| json!({"number": number, "text": "x".repeat(900)}))
            .collect();
        let text = bounded(&json!({ "payload": payload }));
        assert!(
            text.len() <= RESULT_BYTES_MAX && text.contains("… and 2970 more"),
            "{}",
            text.len()
        );
    }
}
