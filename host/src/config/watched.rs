//! Settings that a running server can reload, and those that need a restart.

use crate::codes::{Text, told};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher as _, RandomState},
    path::{Path, PathBuf},
};

use super::{
    AllShown, Config, ConfigError, Flags, Loaded, Shown, names,
    setting::Taken,
    settings,
    source::{Origin, Value, Values},
    text::read_text,
};
use crate::openapi::Distribution;

/// Fingerprint of the settings as last read, for detecting changes. It contains no secrets.
#[derive(Debug, Clone)]
pub struct Seen {
    random: RandomState,
    hashes: BTreeMap<String, u64>,
    /// Files that a setting stands in.
    files: BTreeSet<PathBuf>,
    /// `CALLBACK_SERVER_HOST` of the running server; an application without an Encrypt Key depends on it.
    host: String,
    /// Whether the running server can seal what it stores; a store application depends on it.
    seals: bool,
}

/// Settings read again, with the differences.
#[derive(Debug)]
pub struct Changed {
    /// All settings, validated.
    pub config: Box<Config>,
    /// Names of changed settings that a running server applies.
    pub taken: Vec<String>,
    /// Names of changed settings that need a restart.
    pub waiting: Vec<String>,
    /// All settings as they were read, for those who look at them.
    pub shown: Vec<Shown>,
    /// Whether any of the changes in effect concerns an application.
    pub are_apps_changed: bool,
    /// Fingerprint for the next comparison, once this change is applied.
    pub seen: Seen,
}

/// Reads all sources and fingerprints them.
///
/// # Errors
/// With every problem that was found.
pub fn load_watched(flags: &Flags) -> Result<(Loaded, Seen), ConfigError> {
    let values = super::values(flags);
    let random = RandomState::new();
    // Before the secrets are read for the server: one that is replaced in between is then seen as changed, not as known.
    let hashes = hashes(&random, &values);
    let loaded = Config::from_values(&values)?;
    let (host, seals) = match &loaded {
        Loaded::Enabled(config) => (config.host.clone(), config.vault.is_some()),
        Loaded::Disabled { .. } => (String::new(), false),
    };
    let seen = Seen {
        hashes,
        files: files(&values),
        random,
        host,
        seals,
    };
    Ok((loaded, seen))
}

impl Seen {
    /// Reads all sources again. The environment and the command line of a process do not change; the files do.
    ///
    /// # Errors
    /// With every problem that was found, or when the settings say that the server is not to run.
    pub fn again(&self, flags: &Flags) -> Result<Changed, ConfigError> {
        let values = super::values(flags);
        self.check_files(&values)?;
        // All of them must be right, also those that wait for a restart.
        Config::from_values(&values)?;
        let seen = Self {
            hashes: hashes(&self.random, &values),
            files: files(&values),
            ..self.clone()
        };
        let shown = AllShown::from_values(&values).settings;
        let config = self.of_running(values)?;
        let mut names: Vec<_> = self.hashes.keys().chain(seen.hashes.keys()).collect();
        names.sort();
        names.dedup();
        let changed = names
            .into_iter()
            .filter(|name| self.hashes.get(*name) != seen.hashes.get(*name));
        let (taken, waiting): (Vec<_>, Vec<_>) = changed.cloned().partition(|name| is_taken(name));
        Ok(Changed {
            config,
            shown,
            are_apps_changed: taken.iter().any(|name| is_of_app(name)),
            taken,
            waiting,
            seen,
        })
    }

    /// A file that is gone or empty is probably being written: its applications must not go with it.
    fn check_files(&self, values: &Values) -> Result<(), ConfigError> {
        let now = files(values);
        let gone = self.files.difference(&now).map(|file| {
            told!(
                "no setting stands in {} any more; put it back, or restart the server if that is meant",
                "{} 中不再有任何设置；请恢复，如果是有意的，请重启服务",
                file.display()
            )
        });
        let problems: Vec<_> = gone.collect();
        // A file that cannot be read is told as such.
        if problems.is_empty() || !values.problems.is_empty() {
            return Ok(());
        }
        Err(ConfigError {
            problems,
            notices: Vec::new(),
        })
    }

    /// The settings as the running server can take them: beside the host that it listens on, and the key that it has.
    fn of_running(&self, mut values: Values) -> Result<Box<Config>, ConfigError> {
        let wrong = |problem: Text| ConfigError {
            problems: vec![problem],
            notices: Vec::new(),
        };
        let host = Value {
            text: self.host.clone(),
            origin: Origin::Flag,
        };
        values
            .by_name
            .insert(settings::CALLBACK_SERVER_HOST.name.to_owned(), host);
        let Loaded::Enabled(config) = Config::from_values(&values)? else {
            return Err(wrong(told!(
                "CALLBACK_SERVER_ENABLED is no longer true; to switch the server off, stop it",
                "CALLBACK_SERVER_ENABLED 不再是 true；要关闭服务，请停止它"
            )));
        };
        if !self.seals && config.apps.iter().any(|app| app.distribution == Distribution::Store) {
            return Err(wrong(told!(
                "a store application needs LARK_CONFIG_ENCRYPTION_KEY, which the running server does not have; restart it",
                "商店应用需要 LARK_CONFIG_ENCRYPTION_KEY，而运行中的服务没有它；请重启"
            )));
        }
        Ok(config)
    }

    /// Fingerprint without the changes that were not applied, so that they are reported again next time.
    #[must_use]
    pub fn but_for(mut self, waiting: &[String], before: &Self) -> Self {
        for name in waiting {
            match before.hashes.get(name) {
                Some(hash) => self.hashes.insert(name.clone(), *hash),
                None => self.hashes.remove(name),
            };
        }
        self
    }
}

fn files(values: &Values) -> BTreeSet<PathBuf> {
    let of_apps = values.apps.values().flat_map(BTreeMap::values);
    let all = values.by_name.values().chain(of_apps);
    let files = all.filter_map(|value| match &value.origin {
        Origin::File(file) | Origin::DotEnv(file, _) => Some(file.clone()),
        Origin::Environment | Origin::Flag | Origin::Dev => None,
    });
    files.collect()
}

fn is_of_app(name: &str) -> bool {
    name.starts_with("apps.") || settings::all().any(|setting| setting.name == name && setting.app_key().is_some())
}

fn is_taken(name: &str) -> bool {
    let own_key = name
        .strip_prefix("apps.")
        .and_then(|rest| rest.split_once('.'))
        .map(|(_, key)| key);
    let setting = settings::all().find(|setting| match own_key {
        Some(key) => setting.app_key() == Some(key),
        None => setting.name == name,
    });
    setting.is_some_and(|setting| setting.taken == Taken::Running)
}

/// Secrets are compared by content, so moving one from a variable to a file is no change.
fn hashes(random: &RandomState, values: &Values) -> BTreeMap<String, u64> {
    let mut hashes = BTreeMap::new();
    let mut add = |name: String, text: &str| match name.strip_suffix("_FILE").or_else(|| name.strip_suffix("_file")) {
        Some(secret) if secret.starts_with("apps.") || names::is_secret(secret) => {
            let content = read_text(Path::new(text)).unwrap_or_default();
            let content = content.strip_suffix('\n').unwrap_or(&content);
            hashes.insert(secret.to_owned(), random.hash_one(content.as_bytes()));
        }
        _ => {
            hashes.insert(name, random.hash_one(text.as_bytes()));
        }
    };
    for (name, value) in &values.by_name {
        add(name.clone(), &value.text);
    }
    for (app, keys) in &values.apps {
        for (key, value) in keys {
            add(format!("apps.{app}.{key}"), &value.text);
        }
    }
    hashes
}
