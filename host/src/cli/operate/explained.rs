//! Causes and cures of a list or a failure, in the language of the terminal.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::codes::{self, Entry, Language};

/// Translates the explanations in an answer, which come in English.
pub(super) fn translated(mut answer: Value, language: Language) -> Value {
    if language != Language::En {
        translate(&mut answer, language);
    }
    answer
}

fn translate(value: &mut Value, language: Language) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| translate(item, language)),
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                match (name.as_str(), value) {
                    ("explained", Value::Array(entries)) => entries.iter_mut().for_each(|entry| tell(entry, language)),
                    ("payload" | "reply" | "card", _) => {}
                    (_, value) => translate(value, language),
                }
            }
        }
        _ => {}
    }
}

fn tell(told: &mut Value, language: Language) {
    let english = told.get("cause").and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = told.get("code").and_then(Value::as_str).unwrap_or_default();
    let mut known = codes::find(code).into_iter().map(|(_, entry)| entry);
    let same = known.find(|entry| entry.cause(Language::En) == english);
    if let (Some(entry), Some(fields)) = (same, told.as_object_mut()) {
        fields.insert("cause".to_owned(), entry.cause(language).into());
        fields.insert("cure".to_owned(), entry.cure(language).into());
    }
}

/// Footnotes of a list: each code in it once, with cause and cure.
pub(super) fn footer(answer: &Value, language: Language) -> String {
    let mut entries: BTreeMap<&str, &'static Entry> = BTreeMap::new();
    let rows = |name: &str| answer.get(name).and_then(Value::as_array).into_iter().flatten();
    for letter in rows("dead") {
        let told = letter.get("explained").and_then(Value::as_array);
        let found = told.into_iter().flatten().filter_map(|told| told.get("code")?.as_str());
        entries.extend(found.filter_map(|code| Some((code, of_failure(code)?))));
    }
    for refused in rows("rejected") {
        let text = |name: &str| refused.get(name).and_then(Value::as_str);
        let diagnosed = text("diagnosis").and_then(|word| Some((word, codes::diagnosis(word)?)));
        let entry = diagnosed.or_else(|| text("reason").and_then(|reason| Some((reason, codes::refusal(reason)?))));
        entries.extend(entry);
    }
    let lines = entries
        .iter()
        .map(|(code, entry)| format!("\n{code}: {}\n  => {}\n", entry.cause(language), entry.cure(language)));
    lines.collect()
}

fn of_failure(code: &str) -> Option<&'static Entry> {
    let of_lark = code.parse().ok().and_then(codes::lark);
    of_lark.or_else(|| codes::outcome(code))
}
