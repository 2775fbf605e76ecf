//! Holds that every public item of the SDK has an example, which the doc tests run.
//!
//! What rustdoc knows of a crate can be had as data from an unfinished compiler only, so the sources are read as text: what
//! `cargo fmt` has formatted has one form. A method or a field counts as shown where an example of its type names it. What a
//! macro declares for several types is shown with one of them, and of a typed event, whose example is generated, a few fields
//! stand for all.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends with a panic, and this one reads sources"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Types whose items need no example of their own, with the reason.
const EXCEPT: [(&str, &str); 1] = [(
    "Host",
    "authors call `host.log()` and the like, and not the functions of the border",
)];

/// A public item.
#[derive(Debug)]
struct Item {
    /// The types that have it, of a method or a field.
    owners: Vec<String>,
    name: String,
    /// Its docs have an example.
    is_shown: bool,
    is_field: bool,
}

/// Sources of the crates, as they were read.
#[derive(Debug, Default)]
struct Sources {
    items: Vec<Item>,
    /// The examples of a type: its own, and those of its methods.
    examples: BTreeMap<String, String>,
    /// The methods that a macro of a file declares for the types it is given.
    declared: BTreeMap<String, Vec<String>>,
}

/// Place in a file.
#[derive(Debug, Default)]
struct Reader {
    docs: Vec<String>,
    is_hidden: bool,
    /// Brackets of an attribute that are still open.
    attribute: usize,
    is_exported: bool,
    /// The types that have what follows.
    owners: Vec<String>,
    /// The structure whose fields follow.
    fields_of: Option<String>,
    /// Methods are public without a word: those of a trait, or of a macro's arguments.
    is_trait: bool,
    /// The macro whose rules are read.
    rules: Option<String>,
    /// The macro whose arguments are read.
    call: Option<String>,
}

impl Sources {
    fn read(&mut self, folder: &Path) {
        let mut paths: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        for path in paths {
            let name = path.file_stem().unwrap().to_str().unwrap();
            // What only a component has is not for authors.
            if matches!(name, "tests" | "bindings" | "component" | "streams") {
                continue;
            }
            if path.is_dir() {
                self.read(&path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                let (text, _tests) = text.split_once("\n#[cfg(test)]\nmod tests {").unwrap_or((&text, ""));
                self.read_file(text, &path);
            }
        }
    }

    fn read_file(&mut self, text: &str, path: &Path) {
        let is_event = path.parent().unwrap().ends_with("events");
        let mut reader = Reader::default();
        for line in text.lines() {
            let code = line.trim_start();
            let indent = line.len() - code.len();
            if let Some(doc) = code.strip_prefix("///") {
                reader.docs.push(doc.strip_prefix(' ').unwrap_or(doc).to_owned());
            } else if reader.attribute > 0 || code.starts_with("#[") || code.starts_with("$(#[") {
                let (opened, closed) = (code.matches('[').count(), code.matches(']').count());
                reader.attribute = (reader.attribute + opened).saturating_sub(closed);
                reader.is_hidden |= code.starts_with("#[doc(hidden)]");
                reader.is_exported |= code.starts_with("#[macro_export]");
            } else if !code.is_empty() && !code.starts_with("//") {
                self.read_code(code, indent, &mut reader, is_event);
                reader.docs.clear();
                (reader.is_hidden, reader.is_exported) = (false, false);
            }
        }
    }

    fn read_code(&mut self, code: &str, indent: usize, reader: &mut Reader, is_event: bool) {
        if indent == 0 && code.starts_with('}') {
            *reader = Reader::default();
        } else if let Some(name) = code.strip_prefix("macro_rules! ") {
            let name = word(name);
            if reader.is_exported {
                self.add(Vec::new(), name, reader, false);
            }
            reader.rules = Some(name.to_owned());
        } else if let Some((name, arguments)) = called(code, indent) {
            self.give(name, arguments);
            if code.ends_with('{') {
                reader.call = Some(name.to_owned());
                reader.is_trait = true;
            }
            if name == "host_functions" {
                reader.owners = vec!["Host".to_owned()];
            }
        } else if let Some(of) = impl_of(code) {
            reader.owners = of;
        } else if let Some(name) = code.strip_prefix("pub trait ") {
            reader.owners = vec![word(name).to_owned()];
            reader.is_trait = true;
            self.add(Vec::new(), word(name), reader, false);
        } else if let Some(name) = ["pub struct ", "pub enum "]
            .iter()
            .find_map(|kind| code.strip_prefix(kind))
        {
            let name = word(name);
            if name.is_empty() {
                return; // of a macro
            }
            self.add(Vec::new(), name, reader, false);
            reader.fields_of = (!is_event && code.ends_with('{')).then(|| name.to_owned());
        } else if let Some(name) = function(code, reader.is_trait && !reader.owners.is_empty()) {
            match reader.rules.clone() {
                Some(rules) if reader.owners.is_empty() => {
                    self.declared.entry(rules).or_default().push(name.to_owned())
                }
                _ => self.add(reader.owners.clone(), name, reader, false),
            }
        } else if let Some(field) = code.strip_prefix("pub ").filter(|_| reader.fields_of.is_some()) {
            let owner = reader.fields_of.clone().into_iter().collect();
            self.add(owner, word(field), reader, true);
        } else if let Some(module) = code.strip_prefix("pub mod ") {
            self.add(Vec::new(), word(module), reader, false);
        } else if reader.call.is_some() {
            self.read_argument(code, reader);
        }
    }

    /// A name among the arguments of a macro: that of a component, or of a type to be given methods.
    fn read_argument(&mut self, code: &str, reader: &mut Reader) {
        let name = word(code);
        let is_type = name.starts_with(char::is_uppercase);
        match reader.call.as_deref() {
            Some("component" | "secret") if is_type && name == code => {
                self.add(Vec::new(), name, reader, false);
                reader.owners = vec![name.to_owned()];
                self.give(&reader.call.clone().unwrap(), name);
            }
            Some(call) if is_type => self.give(call, name),
            _ => {}
        }
    }

    /// The methods that a macro declares, for these types. They are declared once, and shown with one of the types.
    fn give(&mut self, name: &str, types: &str) {
        for method in self.declared.get(name).cloned().unwrap_or_default() {
            for of in types.split_whitespace() {
                let item = self
                    .items
                    .iter_mut()
                    .find(|item| item.name == method && item.owners.first().is_some_and(|first| first == name));
                match item {
                    Some(item) => item.owners.push(of.to_owned()),
                    None => self.items.push(Item {
                        owners: vec![name.to_owned(), of.to_owned()],
                        name: method.clone(),
                        is_shown: false,
                        is_field: false,
                    }),
                }
            }
        }
    }

    fn add(&mut self, owners: Vec<String>, name: &str, reader: &Reader, is_field: bool) {
        if reader.is_hidden || name.is_empty() || owners.iter().any(|owner| owner == "a trait") {
            return;
        }
        let code = examples(reader.docs.iter().map(String::as_str));
        for of in owners
            .iter()
            .map(String::as_str)
            .chain(owners.is_empty().then_some(name))
        {
            self.examples.entry(of.to_owned()).or_default().push_str(&code);
        }
        self.items.push(Item {
            owners,
            name: name.to_owned(),
            is_shown: !code.is_empty(),
            is_field,
        });
    }

    /// The items without an example.
    fn without(&self) -> BTreeSet<String> {
        let without = self.items.iter().filter(|item| !item.is_shown && !self.is_named(item));
        without
            .map(|item| match item.owners.last() {
                Some(owner) => format!("{owner}::{}", item.name),
                None => item.name.clone(),
            })
            .collect()
    }

    /// Whether an example of its type names it.
    fn is_named(&self, item: &Item) -> bool {
        if item.owners.is_empty() {
            return self.examples.get(&item.name).is_some_and(|code| !code.is_empty());
        }
        item.owners.iter().any(|owner| {
            let code = self.examples.get(owner).map_or("", String::as_str);
            EXCEPT.iter().any(|(except, _)| except == owner) || names(code, item)
        })
    }
}

/// The first word of a text, as a name.
fn word(text: &str) -> &str {
    let end = text
        .find(|of: char| !of.is_alphanumeric() && of != '_')
        .unwrap_or(text.len());
    &text[..end]
}

/// The types of an `impl` without a trait; of one with a trait nothing is an item of its own.
fn impl_of(code: &str) -> Option<Vec<String>> {
    let rest = code.trim_start_matches("$(").strip_prefix("impl")?;
    let head = rest.split('{').next()?;
    if head.contains(" for ") {
        return Some(vec!["a trait".to_owned()]);
    }
    let of = match head.strip_prefix('<') {
        Some(generic) => generic.split_once("> ").map_or(generic, |(_, of)| of),
        None => head,
    };
    let of = word(of.trim_start().trim_start_matches("dyn "));
    Some(if of.is_empty() { Vec::new() } else { vec![of.to_owned()] })
}

/// The name of a macro that is called, and the arguments on the same line.
fn called(code: &str, indent: usize) -> Option<(&str, &str)> {
    let (name, arguments) = code.split_once('!')?;
    let arguments = arguments
        .trim_start_matches(['(', ' ', '{'])
        .trim_end_matches([')', ';', '}']);
    (indent == 0 && name == word(name)).then_some((name, arguments))
}

/// The name of a public function.
fn function(code: &str, is_trait: bool) -> Option<&str> {
    let code = code.trim_start_matches("$(");
    let public = code.strip_prefix("pub ").or(is_trait.then_some(code))?;
    let name = public.strip_prefix("const ").unwrap_or(public).strip_prefix("fn ")?;
    Some(word(name))
}

/// The code of the examples in docs.
fn examples<'a>(docs: impl Iterator<Item = &'a str>) -> String {
    let (mut code, mut is_inside, mut is_test) = (String::new(), false, false);
    for line in docs {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            is_inside = !is_inside;
            is_test = is_inside && language.is_empty();
        } else if is_test {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

/// Whether code calls the method, or reads or sets the field.
fn names(code: &str, item: &Item) -> bool {
    let is_of_word = |of: char| of.is_alphanumeric() || of == '_';
    code.match_indices(&item.name).any(|(at, name)| {
        let (before, behind) = (&code[..at], &code[at + name.len()..]);
        if before.ends_with(is_of_word) || behind.starts_with(is_of_word) {
            return false;
        }
        let is_member = before.trim_end().ends_with('.') || before.ends_with("::");
        is_member
            || item.is_field && (behind.starts_with(": ") || [", ", " }"].iter().any(|end| behind.starts_with(end)))
    })
}

#[test]
fn every_public_item_has_an_example() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Sources::default();
    sources.read(&here.join("src"));
    sources.read(&here.join("card/src"));
    // The docs of a module are in its file.
    for module in [
        "card",
        "grants",
        "testing",
        "views/events",
        "../card/src/message",
        "../card/src/reply",
    ] {
        let text = fs::read_to_string(here.join("src").join(module).with_extension("rs")).unwrap();
        let docs = text
            .lines()
            .filter_map(|line| line.strip_prefix("//!"))
            .map(str::trim_start);
        let name = module.rsplit('/').next().unwrap();
        sources.examples.insert(name.to_owned(), examples(docs));
    }
    let without = sources.without();
    assert!(
        without.is_empty(),
        "{} items are without an example: {without:#?}",
        without.len()
    );
    let seen = sources.items.len();
    assert!(seen > 800, "only {seen} items were seen");
}
