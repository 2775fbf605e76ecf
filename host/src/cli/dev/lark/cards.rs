//! Cards that Lark keeps ("Create card entity", cardkit-v1): made once, sent as a message, and written into afterwards.

use std::collections::BTreeMap;

use axum::response::Response;
use serde_json::{Value, json};

use super::{Request, data, new_id, refused, say};
use crate::cli::render;

/// Lark's "Your request contains an invalid request parameter" of these calls.
const INVALID: i64 = 10_002;

/// Lark's "The card entity does not exist".
const UNKNOWN: i64 = 200_740;

/// Lark's "streaming mode is closed".
const NOT_WRITING: i64 = 300_309;

/// Lark's "sequence number compare failed".
const SEQUENCE: i64 = 300_317;

/// Maximum number of cards kept; a person looks at the last ones.
const CARDS_MAX: usize = 1_000;

/// Cards by their id.
#[derive(Debug, Default)]
pub(super) struct Cards(BTreeMap<String, Kept>);

#[derive(Debug)]
struct Kept {
    card: Value,
    /// Of the last change.
    sequence: i64,
}

impl Cards {
    /// The card that a message names, or the one that its content is; none when it names a card that there is not.
    pub(super) fn named_by<'c>(&'c self, content: &'c Value) -> Option<&'c Value> {
        if content.get("type").and_then(Value::as_str) != Some("card") {
            return Some(content);
        }
        let id = content.pointer("/data/card_id").and_then(Value::as_str)?;
        self.0.get(id).map(|kept| &kept.card)
    }

    /// The calls of `cardkit/v1`; none for one that is not supported.
    pub(super) fn call(&mut self, method: &str, path: &[&str], request: &Request<'_>) -> Option<Response> {
        Some(match (method, path) {
            ("POST", ["cards"]) => self.make(request),
            ("PUT", ["cards", id]) => self.change(id, request, |kept, request| {
                kept.card = card_of(request.body.get("card")?)?;
                Some(render::card(&kept.card))
            }),
            ("PUT", ["cards", id, "elements", element, "content"]) => self.write(id, element, request),
            ("PATCH", ["cards", id, "settings"]) => self.change(id, request, |kept, request| {
                let settings: Value = serde_json::from_str(request.field("settings")).ok()?;
                let config = settings.get("config")?.as_object()?;
                let card = kept.card.as_object_mut()?;
                let of_card = card.entry("config").or_insert_with(|| json!({})).as_object_mut()?;
                of_card.extend(config.clone());
                Some(vec![format!("settings {}", Value::Object(config.clone()))])
            }),
            _ => return None,
        })
    }

    fn make(&mut self, request: &Request<'_>) -> Response {
        let card = match request.field("type") {
            "card_json" => serde_json::from_str(request.field("data")).ok(),
            // What a template holds only Lark knows.
            "template" => serde_json::from_str(request.field("data"))
                .ok()
                .map(|template: Value| json!({"data": template})),
            _ => None,
        };
        let Some(card) = card.filter(Value::is_object) else {
            return refused(
                INVALID,
                "Invalid request param: type, or data that is not the text of a JSON object",
            );
        };
        if self.0.len() >= CARDS_MAX {
            self.0.clear();
        }
        let id = new_id("");
        let id = id.get(..19).unwrap_or(&id).to_owned();
        say(&format!("card {id} is kept"), &render::card(&card));
        self.0.insert(id.clone(), Kept { card, sequence: 0 });
        data(&json!({"card_id": id}))
    }

    /// Sets the text of a component, as long as the card is written into.
    fn write(&mut self, id: &str, element: &str, request: &Request<'_>) -> Response {
        let is_writing = |kept: &Kept| kept.card.pointer("/config/streaming_mode") == Some(&Value::Bool(true));
        if self.0.get(id).is_some_and(|kept| !is_writing(kept)) {
            return refused(NOT_WRITING, "streaming mode is closed");
        }
        self.change(id, request, |kept, request| {
            let text = request.body.get("content").and_then(Value::as_str)?;
            let written = component(&mut kept.card, element)?;
            written.as_object_mut()?.insert("content".to_owned(), json!(text));
            Some(vec![format!("{element}: {text}")])
        })
    }

    /// Changes a card in the order of the numbers that the changes have; a change that is not one is refused.
    fn change(
        &mut self,
        id: &str,
        request: &Request<'_>,
        change: impl FnOnce(&mut Kept, &Request<'_>) -> Option<Vec<String>>,
    ) -> Response {
        let Some(kept) = self.0.get_mut(id) else {
            return refused(UNKNOWN, "The card entity does not exist");
        };
        let sequence = request.body.get("sequence").and_then(Value::as_i64).unwrap_or_default();
        if sequence <= kept.sequence {
            return refused(SEQUENCE, "sequence number compare failed");
        }
        let Some(lines) = change(kept, request) else {
            return refused(
                INVALID,
                "Invalid request param: there is no such component, or the change is not of the right form",
            );
        };
        kept.sequence = sequence;
        say(&format!("card {id} is changed"), &lines);
        data(&json!({}))
    }
}

/// A card in a change: `{"type": "card_json", "data": "…"}`.
fn card_of(change: &Value) -> Option<Value> {
    let card = serde_json::from_str::<Value>(change.get("data")?.as_str()?).ok()?;
    card.is_object().then_some(card)
}

/// The component with this `element_id`, wherever it stands.
fn component<'c>(node: &'c mut Value, element_id: &str) -> Option<&'c mut Value> {
    if node.get("element_id").and_then(Value::as_str) == Some(element_id) {
        return Some(node);
    }
    match node {
        Value::Array(nodes) => nodes.iter_mut().find_map(|node| component(node, element_id)),
        Value::Object(fields) => fields.values_mut().find_map(|node| component(node, element_id)),
        _ => None,
    }
}
