//! Generates the typed events in `src/views/events` from `schema/events.json`, and holds that they are what it says.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends with a panic, and this one is told by the environment to write"
)]

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::{Map, Value};

#[path = "events/shown.rs"]
mod shown;

/// The schema, with what every group of events needs.
struct Schema {
    types: Map<String, Value>,
    events: Map<String, Value>,
    /// The group of a type: that of the first event that has it.
    homes: BTreeMap<String, String>,
}

impl Schema {
    fn read() -> Self {
        let text = fs::read_to_string(here("schema/events.json")).expect("the schema");
        let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
        let part = |name: &str| schema[name].as_object().expect("a map").clone();
        let mut read = Self {
            types: part("types"),
            events: part("events"),
            homes: BTreeMap::new(),
        };
        for (event_type, event) in read.events.clone() {
            let group = text_of(&event, "group");
            read.settle(&read.fields_of(&event_type), &group);
        }
        read
    }

    /// Gives the types of these fields, and the types of theirs, a home.
    fn settle(&mut self, fields: &Map<String, Value>, group: &str) {
        for field in fields.values() {
            let name = inner(&text_of(field, "type")).to_owned();
            let Some(declared) = self.types.get(&name).cloned() else {
                continue;
            };
            if let Entry::Vacant(home) = self.homes.entry(name) {
                home.insert(group.to_owned());
                if let Some(fields) = declared.get("fields").and_then(Value::as_object) {
                    self.settle(fields, group);
                }
            }
        }
    }

    fn fields_of(&self, event_type: &str) -> Map<String, Value> {
        let event = &self.events[event_type];
        match event.get("same_as") {
            Some(other) => self.fields_of(other.as_str().expect("a type")),
            None => event["fields"].as_object().expect("fields").clone(),
        }
    }

    fn groups(&self) -> BTreeSet<String> {
        self.events.values().map(|event| text_of(event, "group")).collect()
    }

    fn rust_name(&self, name: &str) -> String {
        match self.types.get(name).and_then(|declared| declared.get("rust")) {
            Some(rust) => rust.as_str().expect("a name").to_owned(),
            None => name.to_owned(),
        }
    }

    fn rust_type(&self, of: &str, optional: bool) -> String {
        let plain = match of {
            "json" => return "Option<Box<RawValue>>".to_owned(),
            "string" => "String".to_owned(),
            "boolean" => "bool".to_owned(),
            "integer" => "i64".to_owned(),
            "number" => "f64".to_owned(),
            "object" => "Map<String, Value>".to_owned(),
            list if list.starts_with('[') => format!("Vec<{}>", self.rust_type(inner(list), false)),
            name => {
                assert!(self.types.contains_key(name), "no type is named {name}");
                self.rust_name(name)
            }
        };
        if optional { format!("Option<{plain}>") } else { plain }
    }
}

/// The file of one group.
fn group(schema: &Schema, group: &str) -> String {
    let mut body = String::new();
    let mut own = BTreeSet::new();
    let mut used = BTreeSet::new();
    for (event_type, event) in &schema.events {
        if text_of(event, "group") != group {
            continue;
        }
        let fields = schema.fields_of(event_type);
        let view = text_of(event, "view");
        let hides = event.get("hides").is_some();
        own.insert(view.clone());
        let docs = Docs(text_of(event, "doc"), shown::event(schema, event_type));
        declare(schema, &mut body, &view, &docs, &fields, hides);
        writeln!(
            body,
            "\nimpl {view} {{\n    /// Lark's name of this event type, for [`Plugin::EVENTS`](crate::Plugin::EVENTS).\n    \
             pub const TYPE: &'static str = {event_type:?};\n}}"
        )
        .unwrap();
        note_used(schema, &fields, &mut used);
    }
    for (name, home) in &schema.homes {
        let declared = &schema.types[name];
        let Some(fields) = declared.get("fields").and_then(Value::as_object) else {
            continue;
        };
        if home == group {
            let rust = schema.rust_name(name);
            let docs = Docs(text_of(declared, "doc"), shown::part(schema, name));
            declare(schema, &mut body, &rust, &docs, fields, false);
            own.insert(rust);
            note_used(schema, fields, &mut used);
        }
    }
    let mut head = format!(
        "//! Events of the group `{group}`.\n//!\n//! Generated from `schema/events.json`; change that, not this.\n"
    );
    let json: Vec<&str> = [("Map<", "Map"), ("Value>", "Value")]
        .iter()
        .filter(|(sign, _)| body.contains(sign) && body.contains("Map<"))
        .map(|(_, name)| *name)
        .collect();
    let foreign: Vec<String> = used.difference(&own).cloned().collect();
    if body.contains("RawValue") || !json.is_empty() || !foreign.is_empty() {
        head.push('\n');
    }
    if body.contains("RawValue") {
        head.push_str("use serde_json::value::RawValue;\n");
    }
    if !json.is_empty() {
        writeln!(head, "use serde_json::{{{}}};", json.join(", ")).unwrap();
    }
    if !foreign.is_empty() {
        if body.contains("RawValue") || !json.is_empty() {
            head.push('\n');
        }
        match foreign.as_slice() {
            [one] => writeln!(head, "use crate::views::{one};").unwrap(),
            many => writeln!(head, "use crate::views::{{{}}};", many.join(", ")).unwrap(),
        }
    }
    head + &body
}

fn note_used(schema: &Schema, fields: &Map<String, Value>, used: &mut BTreeSet<String>) {
    for field in fields.values() {
        let name = text_of(field, "type");
        if schema.types.contains_key(inner(&name)) {
            used.insert(schema.rust_name(inner(&name)));
        }
    }
}

/// Text about a type, and its example.
struct Docs(String, Vec<String>);

fn declare(schema: &Schema, body: &mut String, view: &str, docs: &Docs, fields: &Map<String, Value>, hides: bool) {
    let derived = if hides {
        "Clone, Default"
    } else {
        "Debug, Clone, Default"
    };
    writeln!(body, "\nview! {{").unwrap();
    wrap(body, 4, &docs.0);
    for line in &docs.1 {
        writeln!(body, "{}", format!("    /// {line}").trim_end()).unwrap();
    }
    writeln!(body, "    #[derive({derived})]\n    pub struct {view} {{").unwrap();
    for (member, field) in fields {
        let name = field.get("rust").and_then(Value::as_str).unwrap_or(member);
        let optional = field.get("optional") == Some(&Value::Bool(true));
        let of = schema.rust_type(&text_of(field, "type"), optional);
        wrap(body, 8, &text_of(field, "doc"));
        let renamed = if name == member {
            String::new()
        } else {
            format!(" = {member:?}")
        };
        writeln!(body, "        pub {name}: {of}{renamed},").unwrap();
    }
    body.push_str("    }\n}\n");
}

/// A comment in lines of at most 120 characters.
fn wrap(body: &mut String, indent: usize, text: &str) {
    let mut line = String::new();
    let columns = 120 - indent - 4;
    for word in text.split(' ') {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > columns {
            writeln!(body, "{:indent$}/// {line}", "").unwrap();
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(body, "{:indent$}/// {line}", "").unwrap();
}

/// The file that names the groups.
fn index(schema: &Schema) -> String {
    let mut text = include_str!("events/head.txt").to_owned();
    for group in schema.groups() {
        writeln!(text, "mod {group};").unwrap();
    }
    text.push_str("\npub use super::secret::{AppTicket, CardToken};\n\n");
    for group in schema.groups() {
        let events = schema.events.values().filter(|event| text_of(event, "group") == group);
        let mut names: BTreeSet<String> = events.map(|event| text_of(event, "view")).collect();
        let types = schema
            .homes
            .iter()
            .filter(|(name, home)| **home == group && schema.types[*name].get("fields").is_some());
        names.extend(types.map(|(name, _)| schema.rust_name(name)));
        let names: Vec<String> = names.into_iter().collect();
        let one_line = format!("pub use {group}::{{{}}};", names.join(", "));
        if let [one] = names.as_slice() {
            writeln!(text, "pub use {group}::{one};").unwrap();
        } else if one_line.chars().count() <= 120 {
            writeln!(text, "{one_line}").unwrap();
        } else {
            writeln!(text, "pub use {group}::{{").unwrap();
            let mut line = String::from("   ");
            for name in &names {
                if line.len() + name.len() + 2 > 120 {
                    writeln!(text, "{line}").unwrap();
                    line = String::from("   ");
                }
                write!(line, " {name},").unwrap();
            }
            writeln!(text, "{line}\n}};").unwrap();
        }
    }
    text
}

fn inner(of: &str) -> &str {
    of.trim_matches(['[', ']'])
}

fn text_of(value: &Value, name: &str) -> String {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {value}"))
        .to_owned()
}

/// The text without what `cargo fmt` decides.
fn unformatted(text: &str) -> String {
    let text: String = text.split_whitespace().collect();
    text.replace(",}", "}")
}

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_typed_events_are_those_of_the_schema() {
    let schema = Schema::read();
    let mut files = BTreeMap::from([("src/views/events.rs".to_owned(), index(&schema))]);
    for name in schema.groups() {
        files.insert(format!("src/views/events/{name}.rs"), group(&schema, &name));
    }
    for (path, generated) in files {
        if env::var_os("GENERATE").is_some() {
            fs::write(here(&path), generated).expect("the file can be written");
            continue;
        }
        let there = fs::read_to_string(here(&path)).unwrap_or_default();
        assert!(
            unformatted(&there) == unformatted(&generated),
            "{path} is not what schema/events.json says; run `GENERATE=1 cargo test -p lark-plugin-sdk --test events` \
             and `cargo fmt`"
        );
    }
}

#[test]
fn every_usual_fixture_has_every_field_and_no_other() {
    let schema = Schema::read();
    for (event_type, event) in &schema.events {
        let usual = event["fixtures"]["usual"].as_object().expect("a fixture named `usual`");
        let fields = schema.fields_of(event_type);
        let version_1 = event["schema"] == "1.0";
        for name in usual.keys() {
            let is_envelope = version_1 && matches!(name.as_str(), "type" | "app_id" | "tenant_key");
            assert!(
                fields.contains_key(name) || is_envelope,
                "{event_type}: {name} is no field"
            );
        }
        let may_be_absent = |name: &str| event_type == "oauth_redirect" && name == "error";
        for name in fields.keys() {
            assert!(
                usual.contains_key(name) || may_be_absent(name),
                "{event_type}: no {name}"
            );
        }
    }
}
