//! A plugin's description, against the operator's settings: whatever is missing can be added as it is told.
//!
//! The first line of the input is the description as JSON, the rest is the `.toml`.

#![no_main]

use lark_callback::plugin::{Description, Settings};
use libfuzzer_sys::fuzz_target;

/// The line to add, out of `` `line` under [section] (reason)``.
fn to_add(missing: &str) -> (&str, &str) {
    let (line, rest) = missing[1..].split_once("` under [").expect("what to add, and where");
    (line, rest.split_once(']').expect("a section").0)
}

fuzz_target!(|input: &str| {
    let (note, toml) = input.split_once('\n').unwrap_or((input, ""));
    let Some(description) = Description::from_note(note.as_bytes()) else { return };
    let Ok(settings) = Settings::parse(toml) else { return };
    for (name, nearest) in description.unknown_event_types() {
        assert_ne!(name, nearest);
    }
    for missing in description.missing(&settings) {
        let (line, section) = to_add(&missing);
        let added = Settings::parse(&format!("[{section}]\n{line}\n")).unwrap_or_else(|error| panic!("{missing}: {error}"));
        assert!(
            description.missing(&added).len() < description.missing(&Settings::default()).len(),
            "{missing} does not help"
        );
    }
});
