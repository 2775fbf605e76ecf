//! Tests of settings as an operator writes them.

mod addresses;
mod alerts;
mod apps;
mod authorize;
mod database;
mod folder;
mod log;
mod names;
mod secrets;
mod settings;
mod traces;
mod unread;

use std::path::Path;

use super::*;
use crate::openapi::Distribution;

fn values(variables: &[(&str, &str)]) -> Values {
    let mut values = Values::default();
    values.add_variables(
        variables
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
        &Origin::Environment,
    );
    values
}

const WHOLE: [(&str, &str); 5] = [
    ("CALLBACK_SERVER_ENABLED", "true"),
    ("LARK_APP_ID", "cli_a"),
    ("LARK_APP_SECRET", "planted-secret"),
    ("LARK_VERIFICATION_TOKEN", "planted-token"),
    ("LARK_ENCRYPT_KEY", "planted-key"),
];

fn whole_and(more: &[(&str, &str)]) -> Values {
    values(&[&WHOLE, more].concat())
}

fn config(values: &Values) -> Config {
    match Config::from_values(values).unwrap() {
        Loaded::Enabled(config) => *config,
        Loaded::Disabled { .. } => panic!("disabled"),
    }
}

fn problems(values: &Values) -> Vec<Text> {
    Config::from_values(values).map(|_| ()).unwrap_err().problems
}

#[test]
fn the_server_is_enabled_by_four_words_in_any_case() {
    for word in ["true", "1", "YES", "On"] {
        config(&whole_and(&[("CALLBACK_SERVER_ENABLED", word)]));
    }
    for word in ["false", "0", "", "No", "off"] {
        let loaded = Config::from_values(&values(&[("CALLBACK_SERVER_ENABLED", word)])).unwrap();
        assert!(matches!(loaded, Loaded::Disabled { .. }), "{word}");
    }
}

#[test]
fn a_switch_that_nobody_understands_is_a_problem() {
    for word in ["enabled", "treu", "2"] {
        let problems = problems(&whole_and(&[("CALLBACK_SERVER_ENABLED", word)])).concat();
        assert!(
            problems.contains("CALLBACK_SERVER_ENABLED (in the environment) must be one of: on, off, true, false,"),
            "{problems}"
        );
    }
}

#[test]
fn a_switch_that_may_stand_where_nothing_can_be_read_is_a_problem() {
    let mut misspelt = values(&[("CALLBACK_SERVER_ENABLE", "true")]);
    let told = problems(&misspelt).concat();
    assert!(told.contains("did you mean CALLBACK_SERVER_ENABLED?"), "{told}");
    // The switch counts, but the problems are reported all the same.
    misspelt.add_variables([("CALLBACK_SERVER_ENABLED".into(), "off".into())], &Origin::Environment);
    let Ok(Loaded::Disabled { problems }) = Config::from_values(&misspelt) else {
        panic!("not disabled");
    };
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn whatever_is_on_or_off_takes_the_same_words() {
    for (word, is_on) in [
        ("on", true),
        ("TRUE", true),
        ("yes", true),
        ("1", true),
        ("off", false),
        ("0", false),
    ] {
        let config = config(&whole_and(&[
            ("CALLBACK_RECEIPTS", word),
            ("CALLBACK_ADMIN", word),
            ("CALLBACK_PLUGINS_SHARED", word),
            ("LARK_ENCRYPT_KEY_REQUIRED", word),
            ("OAUTH_OFFLINE_ACCESS", word),
        ]));
        let read = (
            config.dispatch.has_receipts,
            config.admin.is_on,
            config.replica.shares_folder,
        );
        assert_eq!(read, (is_on, is_on, is_on), "{word}");
        assert_eq!(config.dispatch.receipt_ttl.as_secs(), 86_400);
    }
}

#[test]
fn defaults_are_those_of_the_documents() {
    let config = config(&whole_and(&[]));
    assert_eq!((config.host.as_str(), config.port), ("0.0.0.0", 8080));
    assert_eq!(config.store.database.to_string(), "data/config.db");
    assert_eq!(config.plugins_dir, PathBuf::from("plugins"));
    assert_eq!(config.dispatch.budget.as_millis(), 2_400);
    assert!(config.notices.is_empty(), "{:?}", config.notices);
}

#[test]
fn everything_that_is_missing_is_said_at_once() {
    let problems = problems(&values(&[
        ("CALLBACK_SERVER_ENABLED", "true"),
        ("CALLBACK_SERVER_PORT", "eighty"),
    ]));
    for name in [
        "LARK_APP_ID",
        "LARK_APP_SECRET",
        "LARK_VERIFICATION_TOKEN",
        "CALLBACK_SERVER_PORT",
    ] {
        assert!(
            problems.iter().any(|problem| problem.starts_with(name)),
            "{name} in {problems:?}"
        );
    }
}

#[test]
fn the_environment_wins_over_dot_env_and_that_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join(".env"),
        "CALLBACK_SERVER_PORT=2\nTOKEN_DB_PATH=from-dot-env\n",
    )
    .unwrap();
    let mut values = Values::default();
    let file = "callback_server_port = 1\ntoken_db_path = \"from-file\"\ncallback_plugins_dir = \"from-file\"\n";
    values.add_file(Path::new("lark-callback.toml"), file);
    values.add_dot_env(&folder.path().join(".env"));
    values.add_variables(
        WHOLE.map(|(name, text)| (name.into(), text.into())),
        &Origin::Environment,
    );
    values.add_variables([("CALLBACK_SERVER_PORT".into(), "3".into())], &Origin::Flag);
    let config = config(&values);
    assert_eq!(config.port, 3);
    assert_eq!(config.store.database.to_string(), "from-dot-env");
    assert_eq!(config.plugins_dir, PathBuf::from("from-file"));
}

#[test]
fn a_broken_file_is_told_by_line_and_not_by_content() {
    let mut values = whole_and(&[]);
    values.add_file(
        Path::new("lark-callback.toml"),
        "callback_server_port = 1\nlark_app_secret = \"planted-broken\n",
    );
    let problems = problems(&values).join("\n");
    assert!(problems.contains("lark-callback.toml, line 2"), "{problems}");
    assert!(!problems.contains("planted"), "{problems}");
}

#[test]
fn a_secret_may_be_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "planted-in-file\n").unwrap();
    let with_file = |path: &str| {
        let mut values = whole_and(&[("LARK_VERIFICATION_TOKEN_FILE", path)]);
        values.by_name.remove("LARK_VERIFICATION_TOKEN");
        values
    };
    config(&with_file(path.to_str().unwrap()));
    let missing = problems(&with_file("nowhere/token"));
    assert!(
        missing.len() == 1
            && missing
                .iter()
                .any(|problem| problem.contains("LARK_VERIFICATION_TOKEN") && problem.contains("cannot be read")),
        "{missing:?}"
    );
    let both = problems(&whole_and(&[("LARK_VERIFICATION_TOKEN_FILE", path.to_str().unwrap())]));
    assert!(
        both.len() == 1 && both.iter().any(|problem| problem.contains("keep one")),
        "{both:?}"
    );
}

#[test]
fn receipts_must_outlive_both_time_windows_together() {
    let told = |hours: &str, past: &str, future: &str| {
        let settings = [
            ("CALLBACK_RECEIPT_HOURS", hours),
            ("CALLBACK_WINDOW_PAST_SECONDS", past),
            ("CALLBACK_WINDOW_FUTURE_SECONDS", future),
        ];
        Config::from_values(&whole_and(&settings)).map(|_| ()).is_err()
    };
    assert!(told("7", "28800", "300"));
    assert!(told("8", "28800", "1"), "a request that is dated ahead lives longer");
    assert!(!told("8", "28000", "800"));
    assert!(told("24", "86400", "86400"));
}

#[test]
fn without_receipts_a_callback_is_accepted_for_minutes_and_that_is_said() {
    let window = |settings: &[(&str, &str)]| {
        let config = config(&whole_and(settings));
        let window = config.apps.first().unwrap().keys.window;
        (
            (window.callback_past_seconds, window.past_seconds),
            config.notices.join("\n"),
        )
    };
    let (past, notices) = window(&[("CALLBACK_RECEIPTS", "off")]);
    assert_eq!(past, (600, 28_800), "Lark sends events again for hours");
    assert!(
        notices.contains("can have it handled again") && notices.contains("600 s"),
        "{notices}"
    );
    let (past, notices) = window(&[("CALLBACK_RECEIPTS", "off"), ("CALLBACK_WINDOW_PAST_SECONDS", "28800")]);
    assert_eq!(past, (28_800, 28_800));
    assert!(notices.contains("28800 s"), "{notices}");
    assert_eq!(window(&[]), ((28_800, 28_800), String::new()));
}

#[test]
fn a_wrong_encryption_key_is_found_at_start() {
    for key in [
        "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=",
        "-_zvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM",
    ] {
        config(&whole_and(&[("LARK_CONFIG_ENCRYPTION_KEY", key)]));
    }
    for key in [
        "short",
        "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=,",
        "!rzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=",
    ] {
        assert_eq!(
            problems(&whole_and(&[("LARK_CONFIG_ENCRYPTION_KEY", key)])).len(),
            1,
            "{key}"
        );
    }
}

const KEY: (&str, &str) = (
    "LARK_CONFIG_ENCRYPTION_KEY",
    "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=",
);

#[test]
fn the_database_is_told_by_a_url_or_by_its_parts() {
    let database = |settings: &[(&str, &str)]| config(&whole_and(settings)).store.database.to_string();
    assert_eq!(database(&[]), "data/config.db");
    assert_eq!(
        database(&[("DATABASE_URL", "sqlite:x.db"), ("POSTGRES_HOST", "db")]),
        "x.db"
    );
    assert_eq!(
        database(&[(
            "DATABASE_URL",
            "postgres://me:planted@db.example:6543/lark?sslmode=require"
        )]),
        "db.example:6543/lark"
    );
    assert_eq!(
        database(&[
            ("POSTGRES_HOST", "db"),
            ("POSTGRES_DB", "lark"),
            ("POSTGRES_PASSWORD", "planted")
        ]),
        "db:5432/lark"
    );
    for part in ["POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"] {
        let told = problems(&whole_and(&[(part, "planted")]));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains(part) && told[0].contains("POSTGRES_HOST is not"),
            "{told:?}"
        );
        assert!(!told[0].contains("planted"), "{told:?}");
        assert_eq!(database(&[(part, "planted"), ("TOKEN_DB_PATH", "x.db")]), "x.db");
    }
    for bad in ["mysql://db/x", "postgres://db:planted/x"] {
        let problems = problems(&whole_and(&[("DATABASE_URL", bad)]));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(!problems.concat().contains("planted"), "{problems:?}");
    }
}

#[test]
fn a_secret_that_is_not_text_is_not_taken_for_one_that_is_not_set() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};

    let mut values = whole_and(&[]);
    values.by_name.remove("LARK_ENCRYPT_KEY");
    let odd = || OsString::from_vec(vec![0xff, 0xfe]);
    values.add_environment([
        ("LARK_ENCRYPT_KEY".into(), odd()),
        ("HOME".into(), odd()),
        (odd(), odd()),
    ]);
    assert_eq!(
        problems(&values),
        ["LARK_ENCRYPT_KEY (in the environment) is not UTF-8"]
    );
}

#[test]
fn a_dollar_that_would_change_a_secret_is_pointed_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    let told = |line: &str| {
        std::fs::write(&path, format!("# costs 5 $\n{}\n", line.replace("A=", "LARK_APP_ID="))).unwrap();
        let mut values = whole_and(&[]);
        values.add_dot_env(&path);
        values.problems.concat()
    };
    for line in [
        "A=pa$word",
        "A=\"pa$word\"",
        "A=\"it's $5\"",
        "A='x' # it's\nLARK_APP_ID=${A}",
    ] {
        let told = told(line);
        assert!(
            told.contains("a $ outside of single quotes") && !told.contains("word"),
            "{line}: {told}"
        );
    }
    for line in ["A='pa$word'", "B=pa$word", "A=x # 5 $", "A='say \"$\"'"] {
        assert_eq!(told(line), "", "{line}");
    }
}

#[test]
fn a_dot_env_that_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut values = whole_and(&[]);
    values.add_dot_env(&folder.path().join("missing"));
    assert!(values.problems.is_empty());
    values.add_dot_env(folder.path());
    assert!(values.problems.concat().contains("cannot be read"), "{values:?}");
}

#[test]
fn no_value_is_ever_printed() {
    let bad = whole_and(&[
        ("CALLBACK_SERVER_PORT", "planted-port"),
        ("OAUTH_REDIRECT_URI", "planted-uri"),
        ("LARK_CONFIG_ENCRYPTION_KEY", "planted-encryption-key"),
        ("CALLBACK_RECEIPTS", "planted-choice"),
    ]);
    let problems = problems(&bad);
    assert_eq!(problems.len(), 4, "{problems:?}");
    let printed = format!("{problems:?}{:?}", config(&whole_and(&[])));
    assert!(!printed.contains("planted"), "{printed}");
}
