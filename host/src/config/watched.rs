//! Settings that a running server can reload, and those that need a restart.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, RandomState},
    path::Path,
};

use super::{Config, ConfigError, Flags, Loaded, names, setting::Taken, settings, source::Values, text::read_text};

/// Fingerprint of the settings as last read, for detecting changes. It contains no values.
#[derive(Debug, Clone)]
pub struct Seen {
    random: RandomState,
    hashes: BTreeMap<String, u64>,
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
    /// Whether keys would move to an application other than the one that uses them now.
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
    let seen = Seen {
        hashes: hashes(&random, &values),
        random,
    };
    Ok((Config::from_values(&values)?, seen))
}

impl Seen {
    /// Reads all sources again. The environment and the command line of a process do not change; the files do.
    ///
    /// # Errors
    /// With every problem that was found, or when the settings say that the server is not to run.
    pub fn again(&self, flags: &Flags) -> Result<Changed, ConfigError> {
        let values = super::values(flags);
        let Loaded::Enabled(config) = Config::from_values(&values)? else {
            return Err(ConfigError {
                problems: vec!["CALLBACK_SERVER_ENABLED is no longer true; to switch the server off, stop it".into()],
                notices: Vec::new(),
            });
        };
        let seen = Self {
            hashes: hashes(&self.random, &values),
            random: self.random.clone(),
        };
        let mut names: Vec<_> = self.hashes.keys().chain(seen.hashes.keys()).collect();
        names.sort();
        names.dedup();
        let changed = names
            .into_iter()
            .filter(|name| self.hashes.get(*name) != seen.hashes.get(*name));
        let (taken, waiting): (Vec<_>, Vec<_>) = changed.cloned().partition(|name| is_taken(name));
        Ok(Changed {
            config,
            are_apps_changed: waiting
                .iter()
                .any(|name| name == "LARK_APP_ID" || name.ends_with(".app_id")),
            taken,
            waiting,
            seen,
        })
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
