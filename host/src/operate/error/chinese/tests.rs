//! Each reason is told in Chinese, with the names and numbers that it has in English.

use std::{collections::BTreeSet, io, path::PathBuf, sync::Arc};

use super::*;

const STATES: &[&str] = &["ready", "dead"];

/// One of each, with names that no sentence has by itself.
fn each() -> Vec<OperateError> {
    let mut all = of_commands();
    all.extend(of_versions());
    all.extend(of_the_database());
    all
}

fn of_commands() -> Vec<OperateError> {
    let plugin = "planted-plugin".to_owned();
    vec![
        OperateError::Role { needs: Role::Operator },
        OperateError::SearchWithheld,
        OperateError::DataWithheld,
        OperateError::NothingSelected,
        OperateError::StateOfDead,
        OperateError::State {
            state: "done".to_owned(),
            allowed: STATES,
        },
        OperateError::SearchElsewhere,
        OperateError::ErrorElsewhere,
        OperateError::EmptyName {
            what: NameKind::Application,
        },
        OperateError::Search(both("4711 is wrong", "4711 有误")),
        OperateError::Unknown {
            what: NameKind::Plugin,
            name: "plonted-plugin".to_owned(),
            nearest: Nearest::One(plugin.clone()),
        },
        OperateError::Unknown {
            what: NameKind::State,
            name: "planted-state".to_owned(),
            nearest: Nearest::Known(vec!["planted-1".to_owned(), "planted-2".to_owned()]),
        },
        OperateError::NotLoaded { plugin: plugin.clone() },
        OperateError::NoDelivery {
            ids: "4711, 4712".to_owned(),
        },
        OperateError::NotNow {
            which: vec![(4711, "done".to_owned()), (4712, "running".to_owned())],
            allowed: STATES,
        },
        OperateError::NoAuthorization {
            app: "cli_planted".to_owned(),
            user: "ou_planted".to_owned(),
        },
        OperateError::NoEvent { key: "4711".to_owned() },
        OperateError::NotDead { ids: "4711".to_owned() },
        OperateError::Persons { ids_max: 32 },
        OperateError::Person {
            id: "planted-4711".to_owned(),
        },
        OperateError::NoJob,
        OperateError::JobCounts,
        OperateError::TooManyJobs { jobs_max: 16 },
        OperateError::TooManyNumbers { numbers_max: 10_000 },
        ReplayRefusal::NoEvent { event: 4711 }.into(),
        ReplayRefusal::PayloadDeleted { event: 4711 }.into(),
        ReplayRefusal::NotLoaded { event: 4711, plugin }.into(),
        ReplayRefusal::NoPlugin { event: 4711 }.into(),
        KvError::OverQuota { bytes_max: 4711 }.into(),
        KvError::Store(StoreError::Full).into(),
    ]
}

fn of_versions() -> Vec<OperateError> {
    let (plugin, version) = ("planted-plugin".to_owned(), "planted-1.2.3".to_owned());
    vec![
        OperateError::NoVersion {
            plugin: plugin.clone(),
            version,
        },
        OperateError::SeveralVersions {
            plugin: plugin.clone(),
            version: "4711".to_owned(),
            named: "#4711 (planted, 0a1b2c)".to_owned(),
        },
        OperateError::NothingServes { plugin: plugin.clone() },
        OperateError::NotKept {
            plugin: plugin.clone(),
            number: 4711,
        },
        OperateError::NothingBefore { plugin: plugin.clone() },
        OperateError::ServesAlready { plugin, number: 4711 },
    ]
}

fn of_the_database() -> Vec<OperateError> {
    let file = PathBuf::from("/planted/file-4711.db");
    let of_system = || Arc::new(io::Error::other("planted-error-4712"));
    vec![
        BackupError::Postgres.into(),
        BackupError::Exists { file: file.clone() }.into(),
        BackupError::NotAbsolute.into(),
        BackupError::NotWritable {
            file: file.clone(),
            folder: PathBuf::from("/planted/folder-4711"),
            source: of_system(),
        }
        .into(),
        BackupError::File {
            file: file.clone(),
            source: of_system(),
        }
        .into(),
        BackupError::NoRoom {
            file: file.clone(),
            needed: 4711 << 20,
            free: 12 << 20,
        }
        .into(),
        BackupError::Unfit {
            file: file.clone(),
            reason: "planted-4713".to_owned(),
        }
        .into(),
        BackupError::Store(StoreError::Closed).into(),
        StoreError::QueueFull { rows_max: 4711 }.into(),
        StoreError::TooSlow { ms_max: 4711 }.into(),
        StoreError::NotShared.into(),
        StoreError::Full.into(),
        StoreError::Closed.into(),
        StoreError::Locked { path: file.clone() }.into(),
        StoreError::Open {
            path: file,
            source: of_system(),
        }
        .into(),
    ]
}

/// Names, numbers, settings and options in a sentence.
fn names(sentence: &str) -> BTreeSet<&str> {
    let is_part = |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, '_' | '-' | '/' | '.');
    let words = sentence.split(|symbol| !is_part(symbol));
    let words = words.map(|word| word.trim_end_matches('.'));
    words
        .filter(|word| word.contains(|symbol: char| symbol.is_ascii_digit() || matches!(symbol, '_' | '/')))
        .chain(sentence.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn every_reason_is_told_in_chinese_with_the_names_that_it_has_in_english() {
    for reason in each() {
        let text = reason.text();
        assert_eq!(text.en(), chain(&reason));
        let is_chinese = |symbol: char| matches!(symbol, '\u{4e00}'..='\u{9fff}');
        assert!(text.zh().contains(is_chinese), "{text:#}");
        for name in names(text.en()) {
            assert!(text.zh().contains(name), "{name} is missing: {text:#}");
        }
    }
}

#[test]
fn no_reason_is_left_out() {
    let source = include_str!("../../error.rs");
    let (_, declared) = source.split_once("pub enum OperateError {\n").unwrap();
    let (declared, _) = declared.split_once("\n}\n").unwrap();
    let declared = declared.lines().filter_map(|line| {
        let name: &str = line
            .strip_prefix("    ")?
            .split(|symbol: char| !symbol.is_ascii_alphanumeric())
            .next()?;
        (!name.is_empty()).then_some(name)
    });
    let seen: Vec<_> = each().iter().map(|reason| format!("{reason:?}")).collect();
    let mut count = 0;
    for name in declared {
        count += 1;
        assert!(seen.iter().any(|seen| seen.starts_with(name)), "{name}");
    }
    assert!(count > 25, "{count}");
}
