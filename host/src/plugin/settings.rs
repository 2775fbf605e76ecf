//! The operator's settings of a plugin: the `.toml` beside it, validated key by key.

use std::{collections::BTreeMap, fmt};

use toml::{Table, Value};

use super::{
    grant::{self, Grants},
    limits::{Limits, MEMORY_BYTES_CEILING},
};

/// The operator's settings of one plugin.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// False takes the plugin out of service.
    pub enabled: bool,
    /// Its grants, by kind.
    pub grant: Grants,
    /// Values for the plugin; may hold secrets.
    pub config: BTreeMap<String, String>,
    /// The limits of its calls.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            grant: Grants::new(),
            config: BTreeMap::new(),
            limits: Limits::default(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("enabled", &self.enabled)
            .field("grant", &self.grant)
            .field("config", &self.config.keys().collect::<Vec<_>>())
            .field("limits", &self.limits)
            .finish()
    }
}

/// An invalid `.toml` of a plugin. The text never holds a value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Not TOML.
    #[error("line {line} is not TOML: {message}")]
    Toml {
        /// Counted from 1.
        line: usize,
        /// The parser's message.
        message: String,
    },
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
}

const TOP: [&str; 4] = ["enabled", "grant", "config", "limits"];

impl Settings {
    /// Reads the text of a plugin's `.toml`. Absent keys keep their defaults.
    ///
    /// # Errors
    /// [`SettingsError`]; each names the key or the line.
    pub fn parse(toml: &str) -> Result<Self, SettingsError> {
        let table: Table = toml.parse().map_err(|error| not_toml(toml, &error))?;
        let mut settings = Self::default();
        for (key, value) in table {
            match (key.as_str(), value) {
                ("enabled", Value::Boolean(enabled)) => settings.enabled = enabled,
                ("enabled", _) => return Err(wrong("enabled", "true or false")),
                ("grant", Value::Table(section)) => settings.grant = grants(section)?,
                ("config", Value::Table(section)) => {
                    settings.config = section.into_iter().map(|(key, value)| (key, text(value))).collect();
                }
                ("limits", Value::Table(section)) => settings.limits = limits(section)?,
                ("grant" | "config" | "limits", _) => return Err(wrong(&key, &format!("a section: [{key}]"))),
                _ => return Err(unknown("", &key, &TOP)),
            }
        }
        Ok(settings)
    }
}

fn not_toml(toml: &str, error: &toml::de::Error) -> SettingsError {
    let before = error.span().and_then(|span| toml.get(..span.start)).unwrap_or_default();
    SettingsError::Toml {
        line: before.matches('\n').count() + 1,
        message: error.message().replace('\n', " "),
    }
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
                entry,
                reason,
            }),
        },
        _ => Err(wrong(&key, "a list of texts")),
    };
    values.into_iter().map(entry).collect()
}

/// A text as it is, everything else as JSON.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => json(other).to_string(),
    }
}

fn json(value: Value) -> serde_json::Value {
    match value {
        Value::String(text) => text.into(),
        Value::Integer(number) => number.into(),
        Value::Float(number) => number.into(),
        Value::Boolean(boolean) => boolean.into(),
        Value::Datetime(time) => time.to_string().into(),
        Value::Array(values) => values.into_iter().map(json).collect(),
        Value::Table(table) => serde_json::Value::Object(table.into_iter().map(|(k, v)| (k, json(v))).collect()),
    }
}

fn limits(section: Table) -> Result<Limits, SettingsError> {
    let mut limits = Limits::default();
    let mut calls_max = 0;
    let mut delivery_age_ms_max = 0;
    for (key, value) in section {
        let (limit, most) = match key.as_str() {
            // A minute: by then Lark has long given up, and an event has its own time limit.
            "cpu_ms_max" => (&mut limits.cpu_ms_max, 60_000),
            "memory_bytes_max" => (&mut limits.memory_bytes_max, MEMORY_BYTES_CEILING as u64),
            "table_elements_max" => (&mut limits.table_elements_max, 1 << 20),
            "host_call_bytes_max" => (&mut limits.host_call_bytes_max, 256 << 20),
            "handles_max" => (&mut limits.handles_max, 1 << 20),
            "log_bytes_max" => (&mut limits.log_bytes_max, 64 << 20),
            "kv_value_bytes_max" => (&mut limits.kv_value_bytes_max, 64 << 20),
            "kv_bytes_max" => (&mut limits.kv_bytes_max, 1 << 40),
            "calls_max" => (&mut calls_max, 1 << 20),
            // As long as metadata is kept.
            "delivery_age_ms_max" => (&mut delivery_age_ms_max, 30 * 24 * 3_600_000),
            // Rows of one commit.
            "tasks_max" => (&mut limits.tasks_max, 256),
            "task_bytes_max" => (&mut limits.task_bytes_max, 64 << 20),
            "task_delay_ms_max" => (&mut limits.task_delay_ms_max, 366 * 24 * 3_600_000),
            "task_generations_max" => (&mut limits.task_generations_max, 1_000_000),
            "chain_tasks_max" => (&mut limits.chain_tasks_max, 1_000_000),
            "waiting_tasks_max" => (&mut limits.waiting_tasks_max, 10_000_000),
            "waiting_bytes_max" => (&mut limits.waiting_bytes_max, 1 << 40),
            _ => return Err(unknown("limits.", &key, &LIMITS)),
        };
        *limit = value
            .as_integer()
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| (1..=most).contains(number))
            .ok_or_else(|| wrong(&format!("limits.{key}"), &format!("a number from 1 to {most}")))?;
    }
    limits.calls_max = (calls_max > 0).then_some(calls_max);
    limits.delivery_age_ms_max = (delivery_age_ms_max > 0).then_some(delivery_age_ms_max);
    Ok(limits)
}

const LIMITS: [&str; 17] = [
    "cpu_ms_max",
    "memory_bytes_max",
    "table_elements_max",
    "host_call_bytes_max",
    "handles_max",
    "log_bytes_max",
    "kv_value_bytes_max",
    "kv_bytes_max",
    "calls_max",
    "delivery_age_ms_max",
    "tasks_max",
    "task_bytes_max",
    "task_delay_ms_max",
    "task_generations_max",
    "chain_tasks_max",
    "waiting_tasks_max",
    "waiting_bytes_max",
];

#[cfg(test)]
mod tests;
