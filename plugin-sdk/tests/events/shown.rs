//! The example of a typed event, from the sample payload that there is of it.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{Schema, inner, text_of};

/// Fields that an example shows: enough to see how they are read.
const SHOWN_MAX: usize = 3;

/// The example of an event: how it is read, and what is in it.
pub(crate) fn event(schema: &Schema, event_type: &str) -> Vec<String> {
    let event = &schema.events[event_type];
    let view = text_of(event, "view");
    let variable = variable(&view);
    let facts = facts(
        schema,
        &schema.fields_of(event_type),
        &event["fixtures"]["usual"],
        &variable,
    );
    example(&view, None, &[], &facts)
}

/// The example of a part of events, in the first event that has it.
pub(crate) fn part(schema: &Schema, name: &str) -> Vec<String> {
    for (event_type, event) in &schema.events {
        let view = text_of(event, "view");
        let usual = &event["fixtures"]["usual"];
        let Some((place, value)) = find(schema, name, &schema.fields_of(event_type), usual, &variable(&view)) else {
            continue;
        };
        let rust = schema.rust_name(name);
        let variable = variable(&rust);
        let fields = schema.types[name]["fields"].as_object().expect("fields");
        let facts = facts(schema, fields, value, &variable);
        let taken = format!("let {variable}: &{rust} = &{place};");
        return example(&view, Some(&rust), &[taken], &facts);
    }
    panic!("no event has a {name}")
}

fn example(view: &str, part: Option<&str>, taken: &[String], facts: &[String]) -> Vec<String> {
    let names = match part {
        Some(part) => format!("events::{{{view}, {part}}}"),
        None => format!("events::{view}"),
    };
    let mut lines = vec![
        String::new(),
        "```".to_owned(),
        format!("use lark_plugin_sdk::{{{names}, prelude::*, testing::fixture}};"),
        String::new(),
        format!("let event = fixture({view}::TYPE, \"usual\");"),
        format!("let {}: {view} = event.payload()?;", variable(view)),
    ];
    lines.extend(taken.iter().chain(facts).cloned());
    lines.push("# Ok::<(), Failure>(())".to_owned());
    lines.push("```".to_owned());
    lines
}

/// What is read of these fields, those first that are always there.
fn facts(schema: &Schema, fields: &Map<String, Value>, value: &Value, place: &str) -> Vec<String> {
    let is_optional = |field: &Value| field.get("optional") == Some(&Value::Bool(true));
    let always = fields.iter().filter(|(_, field)| !is_optional(field));
    let order = always.chain(fields.iter().filter(|(_, field)| is_optional(field)));
    let facts = order.filter_map(|(member, field)| fact(schema, member, field, value, place));
    facts.take(SHOWN_MAX).collect()
}

/// What is read of one field, or of the first of its own that tells something.
fn fact(schema: &Schema, member: &str, field: &Value, of: &Value, place: &str) -> Option<String> {
    let value = of.get(member).filter(|value| !value.is_null())?;
    let place = format!(
        "{place}.{}",
        field.get("rust").and_then(Value::as_str).unwrap_or(member)
    );
    let optional = field.get("optional") == Some(&Value::Bool(true));
    let kind = text_of(field, "type");
    let some = |text: String| if optional { format!("Some({text})") } else { text };
    match kind.as_str() {
        "string" if optional => Some(format!("assert_eq!({place}.as_deref(), Some({:?}));", value.as_str()?)),
        "string" => Some(format!("assert_eq!({place}, {:?});", value.as_str()?)),
        "boolean" if optional => Some(format!("assert_eq!({place}, Some({value}));")),
        "boolean" => Some(format!(
            "assert!({}{place});",
            if value == &Value::Bool(true) { "" } else { "!" }
        )),
        "integer" | "number" => {
            let number = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some(format!("assert_eq!({place}, {});", some(number)))
        }
        "[string]" => {
            let texts: Vec<String> = value.as_array()?.iter().map(Value::to_string).collect();
            if texts.is_empty() {
                return None;
            }
            let texts = format!("[{}]", texts.join(", "));
            let place = if optional {
                format!("{place}.as_deref().unwrap_or_default()")
            } else {
                place
            };
            Some(format!("assert_eq!({place}, {texts});"))
        }
        "json" | "object" => None,
        name => {
            let declared = schema.types.get(inner(name))?;
            if declared.get("secret").is_some() {
                return (!optional).then(|| format!("assert_eq!({place}.as_str(), {value});"));
            }
            let (place, value) = match value {
                Value::Array(list) => (format!("{place}[0]"), list.first()?),
                one => (place, one),
            };
            let fields = declared["fields"].as_object()?;
            // Of the ids of a person the one that an application gets.
            let own = fields
                .get("open_id")
                .map(|field| fact(schema, "open_id", field, value, &place));
            own.unwrap_or_else(|| facts(schema, fields, value, &place).into_iter().next())
        }
    }
}

/// The first place of a type among these fields, with what is there.
fn find<'a>(
    schema: &Schema,
    name: &str,
    fields: &Map<String, Value>,
    of: &'a Value,
    place: &str,
) -> Option<(String, &'a Value)> {
    fields.iter().find_map(|(member, field)| {
        let kind = text_of(field, "type");
        let declared = schema.types.get(inner(&kind))?.get("fields")?.as_object()?;
        let value = of.get(member)?;
        let place = format!(
            "{place}.{}",
            field.get("rust").and_then(Value::as_str).unwrap_or(member)
        );
        let (place, value) = match value {
            Value::Array(list) => (format!("{place}[0]"), list.first()?),
            one => (place, one),
        };
        if inner(&kind) == name {
            return Some((place, value));
        }
        find(schema, name, declared, value, &place)
    })
}

/// A variable for a value of this type: the last word of its name.
fn variable(of: &str) -> String {
    let mut name = String::new();
    for letter in of.trim_end_matches("V1").chars() {
        if letter.is_uppercase() {
            name.clear();
        }
        write!(name, "{}", letter.to_lowercase()).expect("a letter");
    }
    match name.as_str() {
        "type" => "kind".to_owned(),
        // The event as it came.
        "event" => "view".to_owned(),
        _ => name,
    }
}
