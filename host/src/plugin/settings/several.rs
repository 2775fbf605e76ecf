//! All mistakes of one file, where reading it ends at the first.

use toml::{Table, Value};

use super::{Settings, SettingsError};

/// Mistakes that are told of one file: who makes more begins anew.
const TOLD_MAX: usize = 20;

/// The mistakes of a table that has at least the first one.
pub(super) fn all(first: SettingsError, table: Table) -> SettingsError {
    let mut mistakes: Vec<SettingsError> = Vec::new();
    for mistake in pieces(table).filter_map(|piece| Settings::of(piece).err()) {
        if mistakes.len() < TOLD_MAX && !mistakes.contains(&mistake) {
            mistakes.push(mistake);
        }
    }
    // Some are seen only where values stand side by side.
    of(mistakes).unwrap_or(first)
}

/// One error for all of these; none if there are none.
pub(super) fn of(mut mistakes: Vec<SettingsError>) -> Option<SettingsError> {
    if mistakes.len() > 1 {
        return Some(SettingsError::Several(mistakes));
    }
    mistakes.pop()
}

/// The mistakes as one text.
pub(super) fn in_english(mistakes: &[SettingsError]) -> String {
    let texts: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    format!("{} mistakes: {}", mistakes.len(), texts.join("; "))
}

/// The table in parts that can be read each on its own: values, entries of sections, and entries of lists of grants. A canary is
/// one part, because its keys belong together.
fn pieces(table: Table) -> impl Iterator<Item = Table> {
    table.into_iter().flat_map(|(section, value)| match value {
        Value::Table(entries) if section != "canary" && !entries.is_empty() => {
            let entries = entries
                .into_iter()
                .flat_map(|(key, value)| entries_of(&section, &key, value));
            entries.map(|entry| one(&section, Value::Table(entry))).collect()
        }
        value => vec![one(&section, value)],
    })
}

fn entries_of(section: &str, key: &str, value: Value) -> Vec<Table> {
    match value {
        Value::Array(values) if section == "grant" && !values.is_empty() => {
            let lists = values.into_iter().map(|value| Value::Array(vec![value]));
            lists.map(|list| one(key, list)).collect()
        }
        value => vec![one(key, value)],
    }
}

fn one(key: &str, value: Value) -> Table {
    Table::from_iter([(key.to_owned(), value)])
}
