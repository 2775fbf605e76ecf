//! The floors of the store: each file names only what lies below it.

use std::collections::BTreeSet;

use super::circles::imports;

const SOURCE: &str = "host/store/src";

/// From the ground up; a floor has one folder or file, or several that may name each other's neighbours.
const FLOORS: [(&str, &[&str]); 6] = [
    (
        "files, rows and errors",
        &["aside", "error", "migrate", "percent", "rows"],
    ),
    ("statements of each database", &["sqlite", "postgres"]),
    ("one of two databases", &["backend"]),
    ("the writer", &["writer"]),
    ("the handle", &["store"]),
    ("verbs", &["verbs"]),
];

fn floor(module: &str) -> usize {
    let room = module.split("::").next().unwrap();
    FLOORS
        .iter()
        .position(|(_, rooms)| rooms.contains(&room))
        .unwrap_or_else(|| panic!("{room} is on no floor"))
}

#[test]
fn no_file_of_the_store_names_one_on_a_floor_above_it() {
    let imports = imports(SOURCE);
    let mut above = Vec::new();
    for (module, named) in &imports {
        for other in named.iter().filter(|other| floor(other) > floor(module)) {
            above.push(format!("{module} names {other}"));
        }
    }
    assert!(above.is_empty(), "{above:#?}");
    let arrows: usize = imports.values().map(BTreeSet::len).sum();
    assert!(arrows > 150, "only {arrows} imports were seen");
}
