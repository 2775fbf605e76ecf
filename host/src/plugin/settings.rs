//! The operator's settings of a plugin: the `.toml` beside it, validated key by key.

mod canary;
mod chinese;
mod http;
mod limits;
mod schedule;
mod secret;
mod several;
mod value_kind;
mod values;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use toml::{Table, Value};

use self::{secret::Masks, values::Config};
use super::{
    canary::Canary,
    grant::{self, Grants},
    limits::{Limits, keys as limit_keys},
    schedule::OperatorSchedule,
};
use crate::{
    outward::without_user,
    toml_text::{self, NotToml},
};

pub(super) use self::http::{Origin, Origins};
pub use self::secret::{SecretProblem, SecretSource, Secrets, Variables};
pub use self::value_kind::ValueKind;

/// The operator's settings of one plugin.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// False takes the plugin out of service; what arrives meanwhile is not stored for it.
    pub enabled: bool,
    /// True when the file says `enabled = true`, which a built-in plugin that is off by itself waits for.
    pub is_switched_on: bool,
    /// True has events and tasks wait for the plugin, which is not called until it is false again.
    pub paused: bool,
    /// The applications that the plugin serves, by name or id; absent: all.
    pub apps: Option<BTreeSet<String>>,
    /// Events that go to a new version first; absent: all of them.
    pub canary: Option<Canary>,
    /// Its grants, by kind.
    pub grant: Grants,
    /// Values for the plugin; may hold secrets. Those that stand elsewhere are absent until [`Settings::with_secrets`].
    pub config: BTreeMap<String, String>,
    /// The kinds of all values of `config`.
    config_kinds: BTreeMap<String, ValueKind>,
    /// Values of `config` that stand elsewhere, in whole or in part.
    elsewhere: BTreeMap<String, Config>,
    /// Secrets that were read, to be left out of texts.
    masks: Masks,
    /// The operator's part in its schedules, by task.
    pub schedules: BTreeMap<String, OperatorSchedule>,
    /// The limits of its calls.
    pub limits: Limits,
    /// The operator's side of its HTTP requests, by origin.
    pub http: Origins,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            is_switched_on: false,
            paused: false,
            apps: None,
            canary: None,
            grant: Grants::new(),
            config: BTreeMap::new(),
            config_kinds: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            masks: Masks::default(),
            schedules: BTreeMap::new(),
            limits: Limits::default(),
            http: Origins::new(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("enabled", &self.enabled)
            .field("paused", &self.paused)
            .field("apps", &self.apps)
            .field("canary", &self.canary)
            .field("grant", &self.grant)
            .field("config", &self.shown_config())
            .field("schedules", &self.schedules.keys())
            .field("limits", &self.limits)
            .field("http", &self.http)
            .finish()
    }
}

/// An invalid `.toml` of a plugin. The text never holds a value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Not TOML.
    #[error(transparent)]
    Toml(NotToml),
    /// An unknown key.
    #[error("`{key}` is not a setting; the nearest one is `{nearest}`")]
    UnknownKey {
        /// As written, with its section.
        key: String,
        /// The nearest known key.
        nearest: String,
    },
    /// An entry of `[grant]` that can never grant anything.
    #[error("`{entry}` in `{key}` can never allow anything: {reason}")]
    WrongGrant {
        /// The list, with its section.
        key: String,
        /// As written; what may be done is no secret.
        entry: String,
        /// The problem, and the nearest valid entry.
        reason: String,
    },
    /// A key with a value of another kind or size than it must have.
    #[error("`{key}` must be {wanted}")]
    WrongValue {
        /// As written, with its section.
        key: String,
        /// The expected value, in words.
        wanted: String,
    },
    /// A secret that cannot be read.
    #[error("`{key}`: {problem}")]
    Secret {
        /// As written, with its section.
        key: String,
        /// The reason, and what to do.
        problem: SecretProblem,
    },
    /// Two mistakes and more, so that whoever mends them need not try again for each.
    #[error("{}", several::in_english(_0))]
    Several(Vec<SettingsError>),
}

const TOP: [&str; 9] = [
    "enabled", "paused", "apps", "canary", "grant", "config", "schedule", "limits", "http",
];

impl Settings {
    /// Reads the text of a plugin's `.toml`. Absent keys keep their defaults.
    ///
    /// # Errors
    /// [`SettingsError`], with every mistake of a text that is TOML; each names the key or the line.
    pub fn parse(toml: &str) -> Result<Self, SettingsError> {
        let table = toml_text::parse(toml).map_err(SettingsError::Toml)?;
        Self::of(table.clone()).map_err(|first| several::all(first, table))
    }

    /// Takes the values of a table, up to the first mistake.
    fn of(table: Table) -> Result<Self, SettingsError> {
        let mut settings = Self::default();
        for (key, value) in table {
            match (key.as_str(), value) {
                ("enabled", Value::Boolean(enabled)) => {
                    (settings.enabled, settings.is_switched_on) = (enabled, enabled);
                }
                ("paused", Value::Boolean(paused)) => settings.paused = paused,
                ("enabled" | "paused", _) => return Err(wrong(&key, "true or false")),
                ("apps", value) => settings.apps = Some(apps(value)?),
                ("canary", Value::Table(section)) => settings.canary = Some(canary::read(section)?),
                ("grant", Value::Table(section)) => settings.grant = grants(section)?,
                ("config", Value::Table(section)) => settings.add_config(section)?,
                ("schedule", Value::Table(section)) => settings.schedules = schedule::read(section)?,
                ("limits", Value::Table(section)) => settings.limits = limits::read(section)?,
                ("http", Value::Table(section)) => settings.http = http::origins(section)?,
                ("canary" | "grant" | "config" | "schedule" | "limits" | "http", _) => {
                    return Err(wrong(&key, &format!("a section: [{key}]")));
                }
                _ if limit_keys().contains(&key.as_str()) => {
                    return Err(SettingsError::UnknownKey {
                        nearest: format!("limits.{key}"),
                        key,
                    });
                }
                _ => return Err(unknown("", &key, &TOP)),
            }
        }
        Ok(settings)
    }

    fn add_config(&mut self, section: Table) -> Result<(), SettingsError> {
        for (key, value) in section {
            let value = Config::of(&key, value)?;
            self.config_kinds.insert(key.clone(), value.kind());
            match value {
                value if value.is_here() => drop(self.config.insert(key, value.text())),
                value => drop(self.elsewhere.insert(key, value)),
            }
        }
        Ok(())
    }

    /// The places of secrets outside of the `.toml`.
    pub fn secret_sources(&self) -> BTreeSet<SecretSource> {
        let places = self.elsewhere.values().flat_map(Config::places);
        let of_http = self.http.values().flat_map(Origin::sources);
        places.map(|place| &place.source).chain(of_http).cloned().collect()
    }

    /// Places of the secrets that the host adds to requests, and that the plugin itself never sees.
    pub fn http_secret_sources(&self) -> BTreeSet<SecretSource> {
        self.http.values().flat_map(Origin::sources).cloned().collect()
    }

    /// The settings with the secrets in their places.
    ///
    /// # Errors
    /// The secrets that could not be read, each with its key.
    pub fn with_secrets(mut self, secrets: &Secrets) -> Result<Self, SettingsError> {
        let mut mistakes = Vec::new();
        for (key, value) in &self.elsewhere {
            for place in value.places() {
                match secrets.get(&place.source) {
                    Ok(secret) => self.masks.add(secret),
                    Err(problem) => mistakes.push(SettingsError::Secret {
                        key: format!("config.{}", place.key),
                        problem,
                    }),
                }
            }
            self.config.insert(key.clone(), value.filled(secrets));
        }
        for (name, origin) in &mut self.http {
            match origin.fill(name, secrets) {
                Ok(filled) => filled.iter().for_each(|secret| self.masks.add(secret)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        several::of(mistakes).map_or(Ok(self), Err)
    }

    /// Whether there is a value of this key, here or elsewhere.
    pub fn has_config(&self, key: &str) -> bool {
        self.config.contains_key(key) || self.elsewhere.contains_key(key)
    }

    /// The kind of the value of this key, if there is one.
    pub fn config_kind(&self, key: &str) -> Option<ValueKind> {
        self.config_kinds.get(key).copied()
    }

    /// The keys of `[config]`, each with where its value stands, which is never shown.
    pub fn shown_config(&self) -> BTreeMap<String, String> {
        let here = self.config.keys().map(|key| (key.clone(), "set".to_owned()));
        let elsewhere = self.elsewhere.iter().map(|(key, value)| {
            let places: Vec<_> = value
                .places()
                .map(|place| format!("secret from {}", place.source))
                .collect();
            (key.clone(), places.join(", "))
        });
        here.chain(elsewhere).collect()
    }

    /// A text of the plugin's without the secrets that it was given.
    pub fn masked<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.masks.mask(text)
    }
}

fn apps(value: Value) -> Result<BTreeSet<String>, SettingsError> {
    let wanted = || {
        wrong(
            "apps",
            "a list of at least one application, by its name or its id: [\"hr\"]",
        )
    };
    let Value::Array(values) = value else {
        return Err(wanted());
    };
    let name = |value| match value {
        Value::String(name) if !name.trim().is_empty() => Ok(name),
        _ => Err(wanted()),
    };
    let names: BTreeSet<_> = values.into_iter().map(name).collect::<Result<_, _>>()?;
    if names.is_empty() {
        return Err(wanted());
    }
    Ok(names)
}

fn wrong(key: &str, wanted: &str) -> SettingsError {
    SettingsError::WrongValue {
        key: key.to_owned(),
        wanted: wanted.to_owned(),
    }
}

fn unknown(section: &str, key: &str, known: &[&str]) -> SettingsError {
    SettingsError::UnknownKey {
        key: format!("{section}{key}"),
        nearest: format!("{section}{}", grant::nearest(key, known)),
    }
}

fn grants(section: Table) -> Result<Grants, SettingsError> {
    section
        .into_iter()
        .map(|(kind, value)| {
            if !grant::KINDS.contains(&kind.as_str()) {
                return Err(unknown("grant.", &kind, &grant::KINDS));
            }
            let entries = entries(&kind, value)?;
            Ok((kind, entries))
        })
        .collect()
}

/// The entries of one list; one that can never allow anything is a mistake.
fn entries(kind: &str, value: Value) -> Result<Vec<String>, SettingsError> {
    let key = format!("grant.{kind}");
    let Value::Array(values) = value else {
        return Err(wrong(&key, "a list of texts"));
    };
    let entry = |value| match value {
        Value::String(entry) => match grant::check(kind, &entry) {
            Ok(()) => Ok(entry),
            Err(reason) => Err(SettingsError::WrongGrant {
                key: key.clone(),
                entry: without_user(&entry).into_owned(),
                reason,
            }),
        },
        _ => Err(wrong(&key, "a list of texts")),
    };
    values.into_iter().map(entry).collect()
}

#[cfg(test)]
mod tests;
