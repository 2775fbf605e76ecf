//! More rules of the house that a machine can see: names of files, texts of errors, settings that are written down.

use std::{collections::BTreeSet, fs};

use lark_callback::{codes::Language, config::settings, plugin::limits_page};

use crate::support::{root, sources};

const ALL: [&str; 5] = ["host", "plugin-sdk", "plugins", "tests", "tests/guests"];

/// Names for files that collect what has no place.
const HOMELESS: [&str; 8] = ["mod", "util", "utils", "common", "helper", "helpers", "manager", "misc"];

#[test]
fn no_file_is_named_for_what_has_no_place() {
    for folder in ALL {
        for (file, _) in sources(folder) {
            let parts = file.with_extension("");
            let homeless = parts
                .iter()
                .find(|part| HOMELESS.iter().any(|name| part.eq_ignore_ascii_case(name)));
            assert_eq!(homeless, None, "{folder}/{}", file.display());
        }
    }
}

#[test]
fn nothing_is_left_for_later() {
    // In two parts, so that this file does not find itself.
    let left = [
        ("TO", "DO"),
        ("FIX", "ME"),
        ("#[ig", "nore"),
        ("should_", "panic"),
        ("unimple", "mented!"),
    ];
    for folder in ALL {
        for (file, text) in sources(folder) {
            for (first, second) in left {
                assert!(
                    !text.contains(&format!("{first}{second}")),
                    "{folder}/{}: {first}{second}",
                    file.display()
                );
            }
        }
    }
}

/// The texts of `#[error("…")]`, wherever the line is broken.
fn error_texts(source: &str) -> Vec<String> {
    let attributes = source.split("#[error(").skip(1);
    let texts = attributes.filter_map(|rest| {
        let (before, text) = rest.split_once('"')?;
        // `transparent` has no text of its own.
        before
            .chars()
            .all(|symbol| symbol.is_whitespace() || matches!(symbol, 'r' | '#'))
            .then(|| {
                let end = text
                    .find("\")\n")
                    .or_else(|| text.find("\"#"))
                    .or_else(|| text.find("\","))
                    .or_else(|| text.find('"'));
                text[..end.unwrap_or(text.len())].to_owned()
            })
    });
    texts.collect()
}

#[test]
fn the_text_of_an_error_goes_on_after_a_colon() {
    let mut seen = 0;
    for (file, text) in [sources("host/src"), sources("host/lark/src"), sources("host/store/src")].concat() {
        for error in error_texts(&text) {
            seen += 1;
            let word: String = error
                .chars()
                .take_while(|symbol| symbol.is_alphabetic() || *symbol == '_')
                .collect();
            let is_setting = word.len() > 1 && word.chars().all(|symbol| symbol.is_uppercase() || symbol == '_');
            let begins_well = is_setting || word == "Lark" || !word.starts_with(char::is_uppercase);
            assert!(begins_well && !error.ends_with('.'), "{}: {error}", file.display());
        }
    }
    assert!(seen > 30, "only {seen} were seen");
}

#[test]
fn the_page_of_the_settings_is_what_is_declared() {
    let page = fs::read_to_string(root().join("host/docs/settings.md")).unwrap();
    assert!(
        page == settings::page(),
        "write it anew: cargo run -- settings --markdown > host/docs/settings.md"
    );
    for setting in settings::all() {
        assert!(
            settings::help().contains(&format!("  {} [", setting.name)),
            "{}",
            setting.name
        );
    }
}

#[test]
fn the_pages_of_the_limits_are_what_is_declared() {
    for (file, language, arguments) in [
        ("host/docs/limits.md", Language::En, ""),
        ("host/docs/zh/limits.md", Language::Zh, " --lang zh"),
    ] {
        let page = fs::read_to_string(root().join(file)).unwrap_or_default();
        assert!(
            page == limits_page(language),
            "write it anew: cargo run -- plugin limits --markdown{arguments} > {file}"
        );
    }
}

#[test]
fn every_setting_that_is_declared_is_read() {
    let sources: String = sources("host/src/config")
        .into_iter()
        .filter(|(file, _)| !file.starts_with("tests") && !file.starts_with("settings.rs"))
        .map(|(_, text)| text)
        .collect();
    for setting in settings::all() {
        let is_read = sources.contains(&format!("settings::{}", setting.name))
            || setting
                .app_key()
                .is_some_and(|key| sources.contains(&format!("\"{key}\"")))
            || setting.name == "LARK_CONFIG_ENCRYPTION_KEY" && sources.contains("\"config_encryption_key\"");
        let is_previous = setting.name.ends_with("_PREVIOUS") && sources.contains("_previous");
        assert!(is_read || is_previous, "nobody reads {}", setting.name);
    }
}

/// Settings of the server before this one, which the page about moving here names.
const OF_THE_OLD_GUIDE: [&str; 1] = ["LARK_CONFIG_DB_PATH"];

/// Variables that the builders and the tests of authors read, and no server.
const OF_AUTHORS: [&str; 2] = ["LARK_PLUGIN_BUILD_SECONDS_MAX", "LARK_PLUGIN_BUSY_SECONDS_MAX"];

#[test]
fn the_pages_name_no_setting_that_there_is_not() {
    let mut pages = vec![root().join("README.md")];
    for folder in ["host/docs", "host/docs/zh"] {
        let folder = fs::read_dir(root().join(folder)).unwrap();
        pages.extend(folder.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()));
    }
    let known: BTreeSet<_> = settings::all().map(|setting| setting.name).collect();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let words = text.split(|symbol: char| !symbol.is_ascii_uppercase() && symbol != '_');
        let ours = words.filter(|word| ["LARK_", "CALLBACK_", "LOG_"].iter().any(|ours| word.starts_with(ours)));
        for word in ours {
            let name = word
                .strip_suffix("_FILE")
                .filter(|_| word != "LOG_FILE")
                .unwrap_or(word);
            // `POSTGRES_…` and the like stand for a family.
            assert!(
                known.contains(name)
                    || name.ends_with('_')
                    || OF_THE_OLD_GUIDE.contains(&name)
                    || OF_AUTHORS.contains(&name),
                "{word} in {}",
                page.display()
            );
        }
    }
}

#[test]
fn every_test_plugin_is_used_by_a_test_or_a_benchmark() {
    let users = [sources("tests/it"), sources("host/src"), sources("host/benches")].concat();
    for (guest, _) in sources("tests/guests/examples") {
        let name = format!("\"{}\"", guest.file_stem().unwrap().to_string_lossy());
        let is_used = users.iter().any(|(_, text)| text.contains(&name));
        assert!(is_used, "nobody uses {}", guest.display());
    }
}

/// Words with which a clause begins, or a description of a deed.
const NO_NOUNS: [&str; 12] = [
    "What",
    "Whatever",
    "Where",
    "When",
    "Why",
    "Who",
    "Which",
    "How",
    "Whether",
    "Everything",
    "Is",
    "Does",
];

/// The first lines of the docs of types, each with the line that declares the type.
fn docs_of_types(source: &str) -> Vec<(&str, &str)> {
    let mut docs = Vec::new();
    let mut first = None;
    for line in source.lines().map(str::trim_start) {
        if let Some(doc) = line.strip_prefix("/// ") {
            first = first.or(Some(doc));
        } else if !line.starts_with("#[") && !line.starts_with("///") {
            let declared = line.trim_start_matches("pub").trim_start();
            let declared = match declared.strip_prefix('(') {
                Some(rest) => rest.split_once(") ").map_or(declared, |(_, declared)| declared),
                None => declared,
            };
            let is_type = ["struct ", "enum ", "trait ", "type "]
                .iter()
                .any(|word| declared.starts_with(word));
            docs.extend(first.take().filter(|_| is_type).map(|doc| (doc, line)));
        }
    }
    docs
}

#[test]
fn the_docs_of_a_type_begin_with_a_noun() {
    let mut seen = 0;
    for folder in ALL {
        for (file, text) in sources(folder) {
            for (doc, declared) in docs_of_types(&text) {
                seen += 1;
                let word = doc.split(|symbol: char| !symbol.is_alphabetic()).next().unwrap();
                assert!(
                    !NO_NOUNS.contains(&word),
                    "{folder}/{}: {declared} is documented as: {doc}",
                    file.display()
                );
            }
        }
    }
    assert!(seen > 500, "only {seen} were seen");
}
