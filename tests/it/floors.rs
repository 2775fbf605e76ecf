//! The floors of the store: each file names only what lies below it, and no two name each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::sources;

const SOURCE: &str = "host/store/src";

/// From the ground up; a floor has one folder or file, or several that may name each other's neighbours.
const FLOORS: [(&str, &[&str]); 6] = [
    ("rows and errors", &["error", "migrate", "rows"]),
    ("statements of each database", &["sqlite", "postgres"]),
    ("one of two databases", &["backend"]),
    ("the writer", &["writer"]),
    ("the handle", &["store"]),
    ("verbs", &["verbs"]),
];

/// A module: `verbs::kv::list` is `verbs/kv/list.rs`.
type Module = String;

/// The modules of the store with those that each names.
fn imports() -> BTreeMap<Module, BTreeSet<Module>> {
    let mut texts = BTreeMap::new();
    for (file, text) in sources(SOURCE) {
        let module = file.with_extension("").to_string_lossy().replace('/', "::");
        if module == "lib" || module.split("::").any(|part| part == "tests") {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        // An example in a comment names nobody.
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        texts.insert(module, lines.collect::<Vec<_>>().join("\n"));
    }
    let modules: BTreeSet<_> = texts.keys().cloned().collect();
    let named = |module: &Module, text: &String| {
        let paths = paths(module, text).into_iter();
        let named = paths.filter_map(|path| owner(&modules, &path));
        named.filter(|other| other != module).collect()
    };
    texts
        .iter()
        .map(|(module, text)| (module.clone(), named(module, text)))
        .collect()
}

/// All paths in a text that begin with `crate`, `super` or `self`, from the root of the crate on.
fn paths(module: &str, text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (start, base) in [
        ("crate::", String::new()),
        ("super::", parent(module)),
        ("self::", module.to_owned()),
    ] {
        for (at, _) in text.match_indices(start) {
            if text[..at].ends_with(|before: char| before.is_alphanumeric() || matches!(before, '_' | ':')) {
                continue;
            }
            paths.extend(
                ends(&text[at + start.len()..])
                    .into_iter()
                    .map(|end| joined(&base, &end)),
            );
        }
    }
    // What a module has declared it may name without a prefix: `use batch::Batch;`.
    for line in text.lines().filter_map(|line| line.trim().strip_prefix("use ")) {
        paths.extend(ends(line).into_iter().map(|end| joined(module, &end)));
    }
    paths
}

fn parent(module: &str) -> String {
    module.rsplit_once("::").map_or("", |(parent, _)| parent).to_owned()
}

fn joined(base: &str, end: &str) -> String {
    if base.is_empty() {
        end.to_owned()
    } else {
        format!("{base}::{end}")
    }
}

/// The paths that a tree like `a::{b, c::{self, D}}` stands for.
fn ends(tree: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        let symbols = text.chars();
        symbols
            .take_while(|symbol| symbol.is_alphanumeric() || matches!(symbol, '_' | ':'))
            .collect()
    };
    let head = word(tree);
    let Some(group) = tree[head.len()..]
        .strip_prefix('{')
        .filter(|_| head.is_empty() || head.ends_with("::"))
    else {
        return vec![head];
    };
    let base = head.trim_end_matches("::");
    let (mut depth, mut at_start, mut found) = (0, true, Vec::new());
    for (index, symbol) in group.char_indices() {
        match symbol {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            symbol if at_start && !symbol.is_whitespace() => {
                found.extend(ends(&group[index..]).iter().map(|end| joined(base, end)));
                at_start = false;
            }
            _ => {}
        }
    }
    found
}

/// The module in which a path ends.
fn owner(modules: &BTreeSet<Module>, path: &str) -> Option<Module> {
    let mut path = path.trim_end_matches("::self");
    loop {
        if modules.contains(path) {
            return Some(path.to_owned());
        }
        path = path.rsplit_once("::")?.0;
    }
}

fn floor(module: &str) -> usize {
    let room = module.split("::").next().unwrap();
    FLOORS
        .iter()
        .position(|(_, rooms)| rooms.contains(&room))
        .unwrap_or_else(|| panic!("{room} is on no floor"))
}

#[test]
fn no_file_of_the_store_names_one_on_a_floor_above_it() {
    let imports = imports();
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

#[test]
fn no_two_files_of_the_store_name_each_other_by_whatever_way() {
    let mut imports = imports();
    // Whoever names nobody that is left, or is named by nobody, is in no circle.
    loop {
        let named: BTreeSet<_> = imports.values().flatten().cloned().collect();
        let before = imports.len();
        imports.retain(|module, others| !others.is_empty() && named.contains(module));
        let left: BTreeSet<_> = imports.keys().cloned().collect();
        imports
            .values_mut()
            .for_each(|others| others.retain(|other| left.contains(other)));
        if imports.len() == before {
            break;
        }
    }
    assert!(imports.is_empty(), "these name each other: {imports:#?}");
}

#[test]
fn the_check_sees_each_form_of_an_import() {
    let text = "use crate::{error::StoreError, rows::{decode, events::{NewEvent, Received}}};
        use super::session::Session;
        use batch::{self, Batch};
        let x = crate::store::settings::Database::Sqlite;";
    let expected = [
        "error::StoreError",
        "rows::decode",
        "rows::events::NewEvent",
        "rows::events::Received",
        "store::settings::Database::Sqlite",
        "sqlite::session::Session",
        "sqlite::open::batch::self",
        "sqlite::open::batch::Batch",
    ];
    let found = paths("sqlite::open", text);
    for path in expected {
        assert!(found.iter().any(|found| found == path), "{path} is not in {found:#?}");
    }
}
