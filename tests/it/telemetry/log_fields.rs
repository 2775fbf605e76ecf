//! The fields of log lines: one set of names, written down for the operator, and errors with all of their causes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use crate::support::{root, sources};

/// The macros that write a line; the lines of one place may share what they have in common.
const MACROS: [&str; 7] = [
    "trace!(", "debug!(", "info!(", "warn!(", "error!(", "$level!(", "line!(",
];
const LEVELS: [&str; 5] = ["trace", "debug", "info", "warn", "error"];

/// The text between the parentheses of a macro, without comments, split at the commas that are its own.
fn arguments(text: &str) -> Vec<String> {
    let (mut depth, mut is_text, mut is_comment) = (1, false, false);
    let mut arguments = vec![String::new()];
    let mut symbols = text.chars().peekable();
    while let Some(symbol) = symbols.next() {
        let last = arguments.last_mut().unwrap();
        match symbol {
            '\n' if is_comment => is_comment = false,
            _ if is_comment => continue,
            '\\' if is_text => {
                symbols.next();
            }
            '"' => is_text = !is_text,
            _ if is_text => {}
            '/' if symbols.peek() == Some(&'/') => is_comment = true,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 1 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if !is_comment {
            last.push(symbol);
        }
    }
    arguments
}

/// The fields of all log lines in a text: the name, and the value as it is written.
fn fields(text: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for macro_name in MACROS {
        for (at, _) in text.match_indices(macro_name) {
            let is_whole = !text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
            if is_whole {
                add_fields(&arguments(&text[at + macro_name.len()..]), &mut fields);
            }
        }
    }
    fields
}

fn add_fields(arguments: &[String], fields: &mut Vec<(String, String)>) {
    for argument in arguments {
        let argument = argument.trim();
        if argument.starts_with('"') || argument.starts_with("$text") {
            // The message; what follows is its own.
            return;
        }
        if let Some(group) = argument.strip_prefix('{') {
            add_fields(&self::arguments(group), fields);
            continue;
        }
        let is_no_field = argument.is_empty()
            || argument.starts_with("target:")
            || argument.starts_with('$')
            || LEVELS.contains(&argument);
        if is_no_field {
            continue;
        }
        let (name, value) = argument.split_once('=').unwrap_or((argument, argument));
        let name = name.replace("r#", "");
        fields.push((
            name.trim().trim_start_matches(['%', '?']).to_owned(),
            value.trim().to_owned(),
        ));
    }
}

/// All lines of the server, those of tests aside.
fn server_fields() -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for folder in ["host/src", "host/store/src"] {
        for (file, text) in sources(folder) {
            let text = text.split("#[cfg(test)]").next().unwrap();
            for (name, value) in fields(text) {
                found
                    .entry(name)
                    .or_default()
                    .insert((file.display().to_string(), value));
            }
        }
    }
    found
}

/// The names of the operator's table.
fn documented() -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("host/docs/logs.md")).unwrap();
    let (_, table) = page.split_once("\n| field | meaning |\n|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let names = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2));
    names.map(str::to_owned).collect()
}

#[test]
fn every_field_of_a_log_line_is_in_the_operators_table_and_no_other_is() {
    let (found, documented) = (server_fields(), documented());
    assert!(found.len() > 30, "only {} were found", found.len());
    let mut wrong: Vec<_> = found
        .iter()
        .filter(|(name, _)| !documented.contains(*name))
        .map(|(name, places)| format!("{name} is not in the table: {places:?}"))
        .collect();
    let gone = documented.iter().filter(|name| !found.contains_key(*name));
    wrong.extend(gone.map(|name| format!("{name} is in the table and in no line")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_error_is_written_with_its_causes() {
    let errors = server_fields().remove("error").unwrap();
    assert!(errors.len() > 30, "only {} were found", errors.len());
    let bare: Vec<_> = errors
        .iter()
        // An option of a text that was made with its causes before, or an error that writes them itself.
        .filter(|(_, value)| !value.contains("chain(") && value != "error" && value != "format!(\"{error:#}\")")
        .collect();
    assert!(bare.is_empty(), "write `error = chain(&error)`: {bare:#?}");
}

#[test]
fn the_search_for_fields_sees_what_it_is_meant_to_see() {
    let text = r#"
        tracing::warn!(
            app.id = &*event.app_id, // for (whom
            %peer,
            seconds = f(1, "a, (b"),
            "It failed: {x}, {y}",
            x = 1
        );
        tracing::info!(target: "plugin", { plugin.name = plugin, event.r#type = kind }, "{message}")
    "#;
    let names: BTreeSet<_> = fields(text).into_iter().map(|(name, _)| name).collect();
    let wanted = ["app.id", "event.type", "peer", "plugin.name", "seconds"];
    assert_eq!(names, wanted.map(str::to_owned).into());
    assert_eq!(fields("tracing::warn!(%error, \"x\")")[0].1, "%error");
}
