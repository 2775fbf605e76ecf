//! Every answer of the operator's API that a test gets, held against the document of the API.
//!
//! The document allows fields that it does not name, so that clients go on with a newer server; here it does not.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::wire::{Answer, Request};

const API: &str = "/api/v1/";

/// Keywords that say nothing about a value.
const WORDS: [&str; 5] = ["description", "title", "default", "format", "examples"];

fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(lark_callback::admin::document)
}

/// Whether a path is one of a template: `/api/v1/events/7` of `/api/v1/events/{key}`.
fn is_of(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || wanted.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}

/// Holds an answer of the API against the document. Answers of other listeners and paths are none of its business.
#[track_caller]
pub(crate) fn check(request: &Request, answer: &Answer) {
    let path = request.path.split('?').next().unwrap_or_default();
    if !path.starts_with(API) || answer.header("content-type").is_none_or(|kind| !kind.contains("json")) {
        return;
    }
    let method = request.method.to_ascii_lowercase();
    let templates = document()["paths"].as_object().unwrap().iter();
    let of = templates.filter(|(template, item)| is_of(template, path) && item.get(&method).is_some());
    // A template without a parameter is meant before one with it.
    let of = of.min_by_key(|(template, _)| template.contains('{'));
    let refused = &document()["components"]["schemas"]["Refused"];
    let schema = match (answer.status, of) {
        (200, Some((_, item))) => &item[&method]["responses"]["200"]["content"]["application/json"]["schema"],
        (200, None) => panic!("{method} {path} is not in the document of the API"),
        _ => refused,
    };
    if let Err(wrong) = valid(schema, &answer.json()) {
        panic!("{method} {path} is not as the document says: {wrong}\n{answer:?}");
    }
}

/// Whether a value is as a schema says; the keywords that the document uses, and no other.
fn valid(schema: &Value, value: &Value) -> Result<(), String> {
    let Some(keywords) = schema.as_object() else {
        return if schema == &json!(false) {
            Err(format!("nothing is allowed: {value}"))
        } else {
            Ok(())
        };
    };
    for (keyword, argument) in keywords {
        let holds = match keyword.as_str() {
            "$ref" => {
                let place = argument.as_str().unwrap().trim_start_matches('#');
                valid(document().pointer(place).unwrap(), value)?;
                true
            }
            "type" => {
                let kinds = argument.as_array().cloned().unwrap_or_else(|| vec![argument.clone()]);
                kinds.iter().any(|kind| is_a(kind.as_str().unwrap(), value))
            }
            "enum" => argument.as_array().unwrap().contains(value),
            "const" => argument == value,
            "minimum" => value.as_f64().is_none_or(|number| number >= argument.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= argument.as_f64().unwrap()),
            "anyOf" | "oneOf" => {
                let tried: Vec<_> = argument
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| valid(one, value))
                    .collect();
                if tried.iter().all(Result::is_err) {
                    return Err(tried
                        .into_iter()
                        .filter_map(Result::err)
                        .collect::<Vec<_>>()
                        .join(", and "));
                }
                true
            }
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    valid(argument, item)?;
                }
                true
            }
            "required" => value.as_object().is_none_or(|fields| {
                let names = argument.as_array().unwrap().iter();
                names
                    .map(|name| name.as_str().unwrap())
                    .all(|name| fields.contains_key(name))
            }),
            "properties" | "additionalProperties" => {
                let others = keywords.get("additionalProperties").unwrap_or(&Value::Bool(false));
                fields(keywords.get("properties"), others, value.as_object())?;
                true
            }
            word if WORDS.contains(&word) => true,
            other => panic!("the keyword {other} is not known here: {schema}"),
        };
        if !holds {
            return Err(format!("{keyword} {argument} does not hold for {value}"));
        }
    }
    Ok(())
}

fn fields(known: Option<&Value>, others: &Value, given: Option<&Map<String, Value>>) -> Result<(), String> {
    for (name, value) in given.into_iter().flatten() {
        let schema = known.and_then(|known| known.get(name)).unwrap_or(others);
        valid(schema, value).map_err(|wrong| format!("{name}: {wrong}"))?;
    }
    Ok(())
}

fn is_a(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("there is no type {other}"),
    }
}

#[test]
fn an_answer_that_is_not_as_the_document_says_is_noticed() {
    let answer = |body: Value| Answer {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string(),
    };
    let request = Request::get("/api/v1/audit");
    check(&request, &answer(json!({"audit": [], "next_before": null})));
    for wrong in [
        json!({"audit": []}),
        json!({"audit": [{}], "next_before": null}),
        json!({"audit": [], "next_before": "7"}),
        json!({"audit": [], "next_before": null, "new": 1}),
        json!([]),
    ] {
        let wrong = answer(wrong);
        let noticed = std::panic::catch_unwind(|| check(&Request::get("/api/v1/audit"), &wrong));
        assert!(noticed.is_err(), "{wrong:?}");
    }
}
