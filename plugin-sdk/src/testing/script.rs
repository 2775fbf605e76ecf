//! Answers that a fixture writes down, by method and place.

use std::cell::RefCell;

use serde_json::{Value, json};

/// Answers of Lark and of other services, as in `NAME.host.json`.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// Whether there is one: services then answer as they do in the sandbox.
    pub(super) is_on: bool,
    pub(super) lark: Answers,
    pub(super) http: Answers,
}

/// Entries like `GET /open-apis/contact/v3/users/*`, each with its answers.
#[derive(Debug, Default)]
pub(super) struct Answers(RefCell<Vec<(String, Vec<Value>)>>);

impl Answers {
    pub(super) fn set(&self, entries: &Value) {
        let entries = entries.as_object().into_iter().flatten();
        let entries = entries.map(|(entry, answer)| match answer {
            Value::Array(several) => (entry.clone(), several.clone()),
            one => (entry.clone(), vec![one.clone()]),
        });
        self.0.replace(entries.collect());
    }

    /// The answer to a call: status and body. Several are given one after the other, and the last one again and again.
    pub(super) fn next(&self, method: &str, place: &str) -> Option<(u16, Value)> {
        let mut entries = self.0.borrow_mut();
        let exact = format!("{method} {place}");
        let at = entries
            .iter()
            .position(|(entry, _)| *entry == exact)
            .or_else(|| entries.iter().position(|(entry, _)| covers(entry, method, place)))?;
        let (_, answers) = entries.get_mut(at)?;
        let answer = if answers.len() > 1 {
            answers.remove(0)
        } else {
            answers.first()?.clone()
        };
        let status = answer.get("status").and_then(Value::as_u64);
        Some(
            match (status.and_then(|status| u16::try_from(status).ok()), answer.get("body")) {
                (status, Some(body)) => (status.unwrap_or(200), body.clone()),
                (Some(status), None) => (status, json!({})),
                (None, None) => (200, answer),
            },
        )
    }
}

/// `*` stands for any method and for a part of a path, `**` at the end for the rest.
fn covers(entry: &str, method: &str, place: &str) -> bool {
    let Some((wanted, pattern)) = entry.split_once(' ') else {
        return false;
    };
    if wanted != "*" && wanted != method {
        return false;
    }
    let (mut pattern, mut place) = (pattern.split('/'), place.split('/'));
    loop {
        match (pattern.next(), place.next()) {
            (None, None) | (Some("**"), Some(_)) => return true,
            (Some(wanted), Some(part)) if wanted == "*" || wanted == part => {}
            _ => return false,
        }
    }
}
