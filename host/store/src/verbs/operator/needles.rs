//! What a filter wants of a payload, looked for in every text of it, however JSON writes it.

use serde_json::Value;

use super::filter::Filter;
use crate::rows::id_filter::{Known, LAYERS_MAX};

/// Texts that must be in a payload.
#[derive(Debug, Default)]
pub(super) struct Needles {
    /// Whole texts.
    ids: Vec<String>,
    /// Part of a text, with the letters a to z in lower case.
    text: Option<String>,
    /// The longest part of it that JSON writes as it is, or with `\u`; the database looks for it.
    pub(super) fragment: Option<String>,
}

impl Needles {
    pub(super) fn of(filter: &Filter) -> Self {
        let ids = [&filter.user, &filter.chat, &filter.message];
        let text = filter.text.as_deref().map(str::to_ascii_lowercase);
        let is_escaped = |symbol: char| matches!(symbol, '"' | '\\' | '/') || symbol.is_control();
        let fragments = text.iter().flat_map(|text| text.split(is_escaped));
        // The database may fold other letters in another way, or not at all.
        let plain = fragments.flat_map(|part| {
            part.split(|symbol: char| {
                symbol.is_alphabetic()
                    && !symbol.is_ascii()
                    && symbol.to_lowercase().next() != symbol.to_uppercase().next()
            })
        });
        let fragment = plain.max_by_key(|part| part.len()).filter(|part| !part.is_empty());
        Self {
            ids: ids.into_iter().flatten().cloned().collect(),
            fragment: fragment.map(str::to_owned),
            text,
        }
    }

    /// Keys that the block of an event must have.
    pub(super) fn keys(&self, filter: &Filter) -> Vec<u64> {
        let ids = self.ids.iter().map(|id| Known::Text(id));
        let app = filter.app.as_deref().map(Known::App);
        let event_type = filter.event_type.as_deref().map(Known::Type);
        ids.chain(app).chain(event_type).filter_map(Known::key).collect()
    }

    pub(super) fn are_in(&self, payload: &str) -> bool {
        let Ok(value) = serde_json::from_str(payload) else {
            let lower = payload.to_ascii_lowercase();
            return self.ids.iter().all(|id| payload.contains(id)) && self.text.iter().all(|text| lower.contains(text));
        };
        let is_in = |test: &dyn Fn(&str) -> bool| any_text(&value, LAYERS_MAX, test);
        self.ids.iter().all(|id| is_in(&|text| text == id))
            && self
                .text
                .iter()
                .all(|wanted| is_in(&|text| text.to_ascii_lowercase().contains(wanted)))
    }
}

/// Whether any text in a value, or in JSON within one, passes a test.
fn any_text(value: &Value, layers: usize, test: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => {
            if test(text) {
                return true;
            }
            let is_json = layers > 0 && text.starts_with(['{', '[']);
            is_json && serde_json::from_str(text).is_ok_and(|inner: Value| any_text(&inner, layers - 1, test))
        }
        Value::Array(items) => items.iter().any(|item| any_text(item, layers, test)),
        Value::Object(fields) => fields.values().any(|field| any_text(field, layers, test)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, Needles};

    fn is_in(text: &str, payload: &str) -> bool {
        let filter = Filter {
            text: Some(text.to_owned()),
            ..Filter::default()
        };
        let needles = Needles::of(&filter);
        let by_database = needles
            .fragment
            .as_ref()
            .is_none_or(|fragment| payload.to_ascii_lowercase().contains(fragment) || payload.contains("\\u"));
        let is_in = needles.are_in(payload);
        assert!(by_database || !is_in, "the database would not have found {text}");
        is_in
    }

    #[test]
    fn a_text_is_found_however_json_writes_it() {
        for (text, payload) in [
            (
                "hello World",
                r#"{"message":{"content":"{\"text\":\"Say Hello world\"}"}}"#,
            ),
            ("你好", r#"{"content":"{\"text\":\"\\u4f60\\u597d\"}"}"#),
            ("你好", r#"{"content":"{\"text\":\"说你好吗\"}"}"#),
            ("a<b", r#"{"x":"a\u003cb"}"#),
            ("say \"hi\"", r#"{"x":"say \"hi\" to"}"#),
            ("https://x/y", r#"{"x":"https:\/\/x\/y"}"#),
            ("É", r#"{"x":"É"}"#),
        ] {
            assert!(is_in(text, payload), "{text} in {payload}");
        }
        assert!(
            !is_in("message", r#"{"message":{"content":"x"}}"#),
            "names of fields are no text"
        );
    }

    #[test]
    fn an_id_is_a_whole_text() {
        let filter = Filter {
            user: Some("ou_1".to_owned()),
            ..Filter::default()
        };
        let needles = Needles::of(&filter);
        assert!(needles.are_in(r#"{"sender":{"open_id":"ou_1"}}"#));
        assert!(!needles.are_in(r#"{"sender":{"open_id":"ou_12"}}"#));
    }
}
