//! `NAME.expected.json` against what came: each difference with its path.

use serde::Deserialize;
use serde_json::Value;

/// Content of `NAME.expected.json`. Only what is named is compared.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Expected {
    /// `reply`, `done`, `pass`, or the code of an error, such as `permanent` or `trap`.
    outcome: Option<Value>,
    /// The reply, whole.
    reply: Option<Value>,
    /// The message of an error.
    error: Option<Value>,
    /// The tasks in their order.
    tasks: Option<Value>,
    /// Calls of Lark and of other services, in their order.
    calls: Option<Value>,
    /// The lines of the log.
    log: Option<Value>,
}

/// Differences that are shown of one case.
const DIFFERENCES_MAX: usize = 20;

impl Expected {
    pub(super) const MEMBERS: [&'static str; 6] = ["outcome", "reply", "error", "tasks", "calls", "log"];

    /// Lists the differences.
    pub(super) fn differences(&self, came: &Value) -> Vec<String> {
        let Self {
            outcome,
            reply,
            error,
            tasks,
            calls,
            log,
        } = self;
        let mut found = Vec::new();
        for (name, expected) in [
            ("outcome", outcome),
            ("reply", reply),
            ("error", error),
            ("tasks", tasks),
            ("calls", calls),
            ("log", log),
        ] {
            // No calls and no tasks are an empty list, for whoever writes it down.
            let is_none = |value: &&Value| !value.as_array().is_some_and(Vec::is_empty);
            if let Some(expected) = expected {
                differ(
                    name,
                    Some(expected).filter(is_none),
                    came.get(name).filter(is_none),
                    &mut found,
                );
            }
        }
        let more = found.len().saturating_sub(DIFFERENCES_MAX);
        if more > 0 {
            found.truncate(DIFFERENCES_MAX);
            found.push(format!("and {more} more"));
        }
        found
    }
}

/// Collects the places in which two values differ.
fn differ(path: &str, expected: Option<&Value>, came: Option<&Value>, found: &mut Vec<String>) {
    match (expected, came) {
        (Some(Value::Object(expected)), Some(Value::Object(came))) => {
            for (name, value) in expected {
                differ(&format!("{path}.{name}"), Some(value), came.get(name), found);
            }
            for (name, value) in came.iter().filter(|(name, _)| !expected.contains_key(*name)) {
                differ(&format!("{path}.{name}"), None, Some(value), found);
            }
        }
        (Some(Value::Array(expected)), Some(Value::Array(came))) => {
            for at in 0..expected.len().max(came.len()) {
                differ(&format!("{path}[{at}]"), expected.get(at), came.get(at), found);
            }
        }
        (expected, came) if expected == came => {}
        (expected, came) => {
            let words = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
            found.push(format!("{path}: expected {}, got {}", words(expected), words(came)));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Expected;

    fn differences(expected: Value, came: &Value) -> Vec<String> {
        serde_json::from_value::<Expected>(expected).unwrap().differences(came)
    }

    #[test]
    fn a_difference_is_told_by_its_path() {
        let came = json!({"outcome": "reply", "reply": {"toast": {"content": "b", "type": "info"}}, "calls": ["x"]});
        assert_eq!(
            differences(json!({"reply": {"toast": {"content": "a", "type": "info"}}}), &came),
            [r#"reply.toast.content: expected "a", got "b""#]
        );
        assert_eq!(
            differences(json!({"reply": {"toast": {"content": "b"}}}), &came),
            [r#"reply.toast.type: expected nothing, got "info""#]
        );
        assert_eq!(
            differences(json!({"calls": ["x", "y"]}), &came),
            [r#"calls[1]: expected "y", got nothing"#]
        );
        assert_eq!(
            differences(json!({"calls": []}), &came),
            [r#"calls: expected nothing, got ["x"]"#]
        );
    }

    #[test]
    fn an_empty_list_is_none() {
        assert!(differences(json!({"tasks": []}), &json!({"outcome": "done"})).is_empty());
    }

    #[test]
    fn what_is_not_named_is_not_compared() {
        assert!(differences(json!({"outcome": "done"}), &json!({"outcome": "done", "calls": ["x"]})).is_empty());
    }
}
