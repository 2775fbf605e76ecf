//! The house rules that a machine can see: who may name whom, which crates live where, and how large a file may be.

mod rules;

use std::{collections::BTreeSet, fs, path::Path};

use crate::support::{root, sources};
use rules::{MAY_NAME, ONLY_IN};

const LINES_MAX: usize = 400;

/// The first part of the path: `store/kv.rs` and `store.rs` are the layer `store`.
fn layer(file: &Path) -> String {
    let first = file
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The layers that a text names: in `crate::x` and in `use crate::{x, y::z};`.
fn named_layers(text: &str) -> Vec<String> {
    let mut named = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            named.push(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut at_start = true;
        for (index, symbol) in group.char_indices() {
            match symbol {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => at_start = true,
                symbol if at_start && depth == 0 && !symbol.is_whitespace() => {
                    named.push(word(&group[index..]));
                    at_start = false;
                }
                _ => {}
            }
        }
    }
    named
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|symbol| symbol.is_alphanumeric() || *symbol == '_')
        .collect()
}

/// Test modules stand outside the layers: they may use what is above to set a scene.
fn is_test(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem == "tests") || file.components().any(|part| part.as_os_str() == "tests")
}

/// Permissions of which nobody makes use: they would let somebody in later whom nobody thought of.
fn unused(table: &[(&str, &[&str])], used: &BTreeSet<(String, String)>, verb: &str) -> Vec<String> {
    let permissions = table.iter().flat_map(|(first, others)| {
        others
            .iter()
            .map(move |other| ((*first).to_owned(), (*other).to_owned()))
    });
    permissions
        .filter(|permission| !used.contains(permission))
        .map(|(first, other)| format!("{first} {verb} {other} in the table, and in no file"))
        .collect()
}

#[test]
fn each_layer_names_those_below_it_that_the_table_says_and_no_other() {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for (file, text) in sources("host/src") {
        let layer = layer(&file);
        if matches!(layer.as_str(), "lib" | "main") || is_test(&file) {
            continue;
        }
        let (_, allowed) = MAY_NAME
            .iter()
            .find(|(name, _)| *name == layer)
            .unwrap_or_else(|| panic!("unknown layer {layer}"));
        for named in named_layers(&text) {
            let is_layer = MAY_NAME.iter().any(|(name, _)| *name == named);
            if is_layer && named != layer && !allowed.contains(&named.as_str()) {
                wrong.push(format!("{} names {named}", file.display()));
            }
            used.insert((layer.clone(), named));
        }
    }
    wrong.extend(unused(&MAY_NAME, &used, "names"));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_crate_is_used_where_it_belongs_and_nowhere_else() {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for (file, text) in sources("host/src") {
        let layer = layer(&file);
        if is_test(&file) {
            continue;
        }
        for (name, layers) in ONLY_IN {
            let path = format!("{name}::");
            let uses = text.match_indices(&path).any(|(at, _)| {
                !text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':')
            });
            if uses && !layers.contains(&layer.as_str()) {
                wrong.push(format!("{} uses {name}", file.display()));
            }
            if uses {
                used.insert((name.to_owned(), layer.clone()));
            }
        }
    }
    wrong.extend(unused(&ONLY_IN, &used, "is used by"));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The crates that the protocol may use: nothing here reads or writes anything, and nothing here knows the time.
const PROTOCOL_IS_MADE_OF: [&str; 14] = [
    "aes",
    "base64",
    "cbc",
    "hex",
    "hmac",
    "lark-card",
    "percent-encoding",
    "serde",
    "serde_json",
    "sha1",
    "sha2",
    "strsim",
    "subtle",
    "thiserror",
];

/// The names in one table of a manifest.
fn names_in(manifest: &str, table: &str) -> Vec<String> {
    let table = format!("[{table}]");
    let lines = manifest.lines().skip_while(|line| *line != table).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .map(word_with_dashes)
        .filter(|name| !name.is_empty())
        .collect()
}

fn word_with_dashes(line: &str) -> String {
    line.chars()
        .take_while(|symbol| symbol.is_alphanumeric() || matches!(symbol, '_' | '-'))
        .collect()
}

#[test]
fn the_protocol_does_no_io_and_reads_no_clock() {
    let manifest = fs::read_to_string(root().join("host/lark/Cargo.toml")).unwrap();
    assert_eq!(names_in(&manifest, "dependencies"), PROTOCOL_IS_MADE_OF);
    let card = fs::read_to_string(root().join("plugin-sdk/card/Cargo.toml")).unwrap();
    assert_eq!(
        names_in(&card, "dependencies"),
        ["serde", "serde_json", "strsim", "thiserror"]
    );
    for other in ["build-dependencies", "features", "target"] {
        assert!(!manifest.contains(&format!("[{other}")), "[{other}]");
    }
    let mut wrong = Vec::new();
    for (file, text) in sources("host/lark/src") {
        for part in ["env", "fs", "io", "net", "os", "process", "thread", "time"] {
            if text.contains(&format!("std::{part}")) {
                wrong.push(format!("{} uses std::{part}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_is_longer_than_it_may_be_and_each_says_what_lives_there() {
    let mut wrong = Vec::new();
    for folder in [
        "host/src",
        "host/lark",
        "host/store",
        "host/build",
        "plugin-sdk/card",
        "plugin-sdk/fixture",
        "plugin-sdk/src",
        "plugins",
        "tests",
    ] {
        for (file, text) in sources(folder) {
            let lines = text.lines().count();
            if lines > LINES_MAX {
                wrong.push(format!("{folder}/{} has {lines} lines", file.display()));
            }
            if !text.starts_with("//!") {
                wrong.push(format!("{folder}/{} does not begin with `//!`", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn plugins_name_nothing_of_the_host() {
    for (file, text) in sources("plugins") {
        assert!(!text.contains("lark_callback"), "{} names the host", file.display());
    }
}

#[test]
fn the_check_sees_what_it_is_meant_to_see() {
    assert_eq!(
        named_layers("use crate::{vault::{self, Vault}, store::Store};"),
        ["vault", "store"]
    );
    assert_eq!(named_layers("let x = crate::http::router();"), ["http"]);
    let used = [("http".to_owned(), "dispatch".to_owned())].into();
    assert_eq!(
        unused(&[("http", &["dispatch", "store"])], &used, "names"),
        ["http names store in the table, and in no file"]
    );
}
