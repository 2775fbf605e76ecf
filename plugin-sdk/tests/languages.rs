//! Generates the types of events for TypeScript and Python from `schema/events.json`, and holds that they are what it says.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends with a panic, and this one is told by the environment to write"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::{Map, Value};

/// Lark's names that cannot be a member of a Python class.
const PYTHON_WORDS: [&str; 5] = ["class", "from", "global", "import", "pass"];

/// Columns of a generated line.
const COLUMNS: usize = 120;

struct Schema {
    types: Map<String, Value>,
    events: Map<String, Value>,
}

/// A record to be declared.
struct Declared<'a> {
    name: &'a str,
    doc: String,
    fields: &'a Map<String, Value>,
}

impl Schema {
    fn read() -> Self {
        let text = fs::read_to_string(here("schema/events.json")).expect("the schema");
        let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
        let part = |name: &str| schema[name].as_object().expect("a map").clone();
        Self {
            types: part("types"),
            events: part("events"),
        }
    }

    fn is_secret(&self, name: &str) -> bool {
        self.types[name].get("secret").is_some()
    }

    /// All parts, and then all events.
    fn declared(&self) -> Vec<Declared<'_>> {
        let types = self.types.iter().filter(|(name, _)| !self.is_secret(name));
        let types = types.map(|(name, of)| Declared {
            name,
            doc: text_of(of, "doc").to_owned(),
            fields: of["fields"].as_object().expect("fields"),
        });
        let events = self.events.iter().map(|(event_type, of)| Declared {
            name: text_of(of, "view"),
            doc: format!("`{event_type}`: {}", text_of(of, "doc")),
            fields: self.fields_of(event_type),
        });
        types.chain(events).collect()
    }

    fn fields_of(&self, event_type: &str) -> &Map<String, Value> {
        let event = &self.events[event_type];
        match event.get("same_as") {
            Some(other) => self.fields_of(other.as_str().expect("a type")),
            None => event["fields"].as_object().expect("fields"),
        }
    }

    fn typescript(&self) -> String {
        let mut text = String::from(
            "/** Lark's events. Generated from `schema/events.json` of the SDK; change that, not this. */\n\n\
             /** A value of any kind. */\nexport type Json = any;\n",
        );
        for Declared { name, doc, fields } in self.declared() {
            comment(&mut text, "", &doc);
            writeln!(text, "export interface {name} {{").unwrap();
            for (member, field) in fields {
                comment(&mut text, "  ", text_of(field, "doc"));
                let of = self.typescript_type(text_of(field, "type"));
                if is_optional(field) {
                    writeln!(text, "  {member}?: {of} | null;").unwrap();
                } else {
                    writeln!(text, "  {member}: {of};").unwrap();
                }
            }
            text.push_str("}\n");
        }
        comment(&mut text, "", "The payload of each of Lark's event types.");
        text.push_str("export interface EventPayloads {\n");
        for (event_type, event) in &self.events {
            writeln!(text, "  {event_type:?}: {};", text_of(event, "view")).unwrap();
        }
        text.push_str("}\n");
        text
    }

    fn typescript_type(&self, of: &str) -> String {
        match of {
            "json" => "Json".to_owned(),
            "string" | "boolean" | "number" => of.to_owned(),
            "integer" => "number".to_owned(),
            "object" => "Record<string, Json>".to_owned(),
            list if list.starts_with('[') => format!("{}[]", self.typescript_type(list.trim_matches(['[', ']']))),
            name if self.is_secret(name) => "string".to_owned(),
            name => name.to_owned(),
        }
    }

    fn python(&self) -> String {
        let mut text = String::from(
            "\"\"\"Lark's events. Generated from `schema/events.json` of the SDK; change that, not this.\n\n\
             Lark may leave out any member, or send `null` in its place: read with `.get`.\n\"\"\"\n\n\
             from typing import Any, TypedDict\n",
        );
        for Declared { name, doc, fields } in self.declared() {
            let is_class = fields.keys().all(|member| !PYTHON_WORDS.contains(&member.as_str()));
            if is_class {
                writeln!(text, "\n\nclass {name}(TypedDict, total=False):").unwrap();
                docstring(&mut text, &doc);
            } else {
                writeln!(text, "\n\n{name} = TypedDict(\n    \"{name}\",\n    {{").unwrap();
            }
            for (member, field) in fields {
                let of = self.python_type(text_of(field, "type"));
                let of = if is_optional(field) && of != "Any" {
                    format!("{of} | None")
                } else {
                    of
                };
                let (indent, end) = if is_class { ("    ", "") } else { ("        ", ",") };
                let quoted = if is_class {
                    member.clone()
                } else {
                    format!("\"{member}\"")
                };
                let of = if is_class { of } else { format!("{of:?}") };
                wrapped(&mut text, &format!("{indent}# "), text_of(field, "doc"));
                writeln!(text, "{indent}{quoted}: {of}{end}").unwrap();
            }
            if !is_class {
                text.push_str("    },\n    total=False,\n)\n");
                docstring_of_value(&mut text, &doc);
            }
        }
        text.push_str("\n\n# The type of the payload, by Lark's event type.\nPAYLOADS: dict[str, type] = {\n");
        for (event_type, event) in &self.events {
            writeln!(text, "    {event_type:?}: {},", text_of(event, "view")).unwrap();
        }
        text.push_str("}\n");
        text
    }

    fn python_type(&self, of: &str) -> String {
        match of {
            "json" => "Any".to_owned(),
            "string" => "str".to_owned(),
            "boolean" => "bool".to_owned(),
            "integer" => "int".to_owned(),
            "number" => "float".to_owned(),
            "object" => "dict[str, Any]".to_owned(),
            list if list.starts_with('[') => format!("list[{}]", self.python_type(list.trim_matches(['[', ']']))),
            name if self.is_secret(name) => "str".to_owned(),
            // Some refer to a type that comes later.
            name => format!("\"{name}\""),
        }
    }
}

fn is_optional(field: &Value) -> bool {
    field.get("optional") == Some(&Value::Bool(true))
}

fn text_of<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

/// A comment of TypeScript's, before which a declaration at the top has an empty line.
fn comment(text: &mut String, indent: &str, doc: &str) {
    if indent.is_empty() {
        text.push('\n');
    }
    if indent.len() + doc.chars().count() + 7 <= COLUMNS {
        writeln!(text, "{indent}/** {doc} */").unwrap();
        return;
    }
    writeln!(text, "{indent}/**").unwrap();
    wrapped(text, &format!("{indent} * "), doc);
    writeln!(text, "{indent} */").unwrap();
}

fn docstring(text: &mut String, doc: &str) {
    if doc.chars().count() + 10 <= COLUMNS {
        writeln!(text, "    \"\"\"{doc}\"\"\"\n").unwrap();
        return;
    }
    text.push_str("    \"\"\"\n");
    wrapped(text, "    ", doc);
    text.push_str("    \"\"\"\n\n");
}

fn docstring_of_value(text: &mut String, doc: &str) {
    text.push_str("\"\"\"\n");
    wrapped(text, "", doc);
    text.push_str("\"\"\"\n");
}

/// Lines with a beginning, of at most so many columns.
fn wrapped(text: &mut String, beginning: &str, doc: &str) {
    let mut line = String::new();
    for word in doc.split(' ') {
        if !line.is_empty() && beginning.len() + line.chars().count() + 1 + word.chars().count() > COLUMNS {
            writeln!(text, "{}", format!("{beginning}{line}").trim_end()).unwrap();
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(text, "{}", format!("{beginning}{line}").trim_end()).unwrap();
}

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_types_for_typescript_and_python_are_those_of_the_schema() {
    let schema = Schema::read();
    for (path, generated) in [
        ("ts/src/generated/events.ts", schema.typescript()),
        ("python/src/lark_plugin/events.py", schema.python()),
    ] {
        if env::var_os("GENERATE").is_some() {
            fs::write(here(path), generated).expect("the file can be written");
            continue;
        }
        let there = fs::read_to_string(here(path)).unwrap_or_default();
        assert!(
            there == generated,
            "{path} is not what schema/events.json says; run `GENERATE=1 cargo test -p lark-plugin-sdk --test languages`"
        );
    }
}
