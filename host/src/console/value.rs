//! Fields of what commands answer.

use serde_json::Value;

/// A text; empty when there is none.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    given(value, name).unwrap_or_default()
}

/// A text, if there is one.
pub(super) fn given<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

/// A number that is not negative.
pub(super) fn number(value: &Value, name: &str) -> Option<u64> {
    value.get(name).and_then(Value::as_u64)
}

/// The number of a row.
pub(super) fn id(value: &Value, name: &str) -> Option<i64> {
    value.get(name).and_then(Value::as_i64)
}

/// A list; empty when there is none.
pub(super) fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether it says so.
pub(super) fn is(value: &Value, name: &str) -> bool {
    value.get(name) == Some(&Value::Bool(true))
}
