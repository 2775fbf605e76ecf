//! Who names whom: the modules of a crate, read from their text, and the circles among them.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::sources;

/// A module: `verbs::kv::list` is `verbs/kv/list.rs`.
pub(super) type Module = String;

/// The modules of a crate with those that each names.
pub(super) fn imports(source: &str) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut texts = BTreeMap::new();
    for (file, text) in sources(source) {
        let module = file.with_extension("").to_string_lossy().replace('/', "::");
        if matches!(&*module, "lib" | "main") || module.split("::").any(|part| part == "tests") {
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

/// The circles: what remains when modules that name no remaining one, or are named by none, are removed until nothing changes.
fn circles(mut imports: BTreeMap<Module, BTreeSet<Module>>) -> BTreeMap<Module, BTreeSet<Module>> {
    loop {
        let named: BTreeSet<_> = imports.values().flatten().cloned().collect();
        let before = imports.len();
        imports.retain(|module, others| !others.is_empty() && named.contains(module));
        let left: BTreeSet<_> = imports.keys().cloned().collect();
        imports
            .values_mut()
            .for_each(|others| others.retain(|other| left.contains(other)));
        if imports.len() == before {
            return imports;
        }
    }
}

#[test]
fn no_two_files_of_the_store_name_each_other_by_whatever_way() {
    let circles = circles(imports("host/store/src"));
    assert!(circles.is_empty(), "these name each other: {circles:#?}");
}

/// A file and the files in its folder are one thing: it says what they share, and puts them together.
#[test]
fn no_two_files_name_each_other_except_those_of_a_folder_and_its_file() {
    for source in ["host/src", "host/lark/src", "plugin-sdk/src", "plugins/card-auth/src"] {
        let mut imports = imports(source);
        assert!(
            imports.len() > 5,
            "only {} modules of {source} were seen",
            imports.len()
        );
        for (module, others) in &mut imports {
            let is_above =
                |above: &str, below: &str| below.strip_prefix(above).is_some_and(|rest| rest.starts_with("::"));
            others.retain(|other| !is_above(other, module) && !is_above(module, other));
        }
        let circles = circles(imports);
        assert!(circles.is_empty(), "in {source} these name each other: {circles:#?}");
    }
}

#[test]
fn a_circle_is_seen_and_what_leads_to_it_is_not() {
    let modules = [("a", vec!["b"]), ("b", vec!["c"]), ("c", vec!["b", "d"]), ("d", vec![])];
    let imports = modules.map(|(module, others)| (module.to_owned(), others.into_iter().map(str::to_owned).collect()));
    let circles: Vec<_> = circles(imports.into()).into_keys().collect();
    assert_eq!(circles, ["b", "c"]);
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
