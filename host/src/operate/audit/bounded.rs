//! What is recorded of a change: not long, and without what is about people.

use serde_json::{Value, json};

use crate::telemetry::shortened;

/// Items of a list that are kept in a record.
const ITEMS_MAX: usize = 20;

/// Length of one text in a record.
pub(super) const TEXT_BYTES_MAX: usize = 300;

/// Length of the arguments, and of the result, of one change.
const RECORD_BYTES_MAX: usize = 4_000;

/// Names of what people are erased or found by, and of what they or plugins wrote.
const ABOUT_PEOPLE: [&str; 6] = ["users", "user", "chat", "text", "message", "error"];

/// A value as JSON that is not too long, without what is about people.
pub(super) fn bounded(mut value: Value) -> String {
    bound(&mut value);
    let text = value.to_string();
    if text.len() <= RECORD_BYTES_MAX {
        return text;
    }
    json!({"left_out": format!("{} bytes", text.len())}).to_string()
}

fn bound(value: &mut Value) {
    match value {
        Value::Array(items) => {
            let more = items.len().saturating_sub(ITEMS_MAX);
            items.truncate(ITEMS_MAX);
            items.iter_mut().for_each(bound);
            if more > 0 {
                items.push(json!(format!("… and {more} more")));
            }
        }
        Value::Object(fields) => {
            fields.retain(|_, value| !is_nothing(value));
            for (name, value) in fields {
                if ABOUT_PEOPLE.contains(&name.as_str()) {
                    *value = match &value {
                        Value::Array(people) => json!(format!("({} not recorded)", people.len())),
                        _ => json!("(not recorded)"),
                    };
                } else {
                    bound(value);
                }
            }
        }
        Value::String(text) => *text = shortened(std::mem::take(text), TEXT_BYTES_MAX),
        _ => {}
    }
}

/// Whether a field says nothing: a record shows what was asked for.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use lark_callback_store::Filter;

    use super::*;
    use crate::operate::{AuditedChange, Command, Erase, Selection};

    #[test]
    fn a_record_names_no_person() {
        let erase = Command::Erase(Erase {
            users: vec!["ou_planted".to_owned()],
            dry_run: false,
        });
        let recorded = bounded(AuditedChange::of(&erase).arguments);
        assert!(
            !recorded.contains("planted") && recorded.contains("1 not recorded"),
            "{recorded}"
        );
    }

    #[test]
    fn a_record_holds_nothing_that_people_or_plugins_wrote() {
        let planted = || Some("planted".to_owned());
        let drop = Command::Drop(Selection {
            filter: Filter {
                plugin: Some("greeter".to_owned()),
                user: planted(),
                chat: planted(),
                message: planted(),
                text: planted(),
                error: planted(),
                ..Filter::default()
            },
            ..Selection::default()
        });
        let told = AuditedChange::of(&drop).told();
        assert!(told.contains("greeter") && !told.contains("planted"), "{told}");
    }

    #[test]
    fn a_record_is_short_whatever_was_asked_for() {
        let drop = Command::Drop(Selection {
            ids: (0..5_000).collect(),
            filter: Filter {
                outcome: Some("x".repeat(100_000)),
                ..Filter::default()
            },
            ..Selection::default()
        });
        let recorded = bounded(AuditedChange::of(&drop).arguments);
        assert!(recorded.len() <= RECORD_BYTES_MAX, "{}", recorded.len());
        assert!(recorded.contains("… and 4980 more"), "{recorded}");
    }
}
