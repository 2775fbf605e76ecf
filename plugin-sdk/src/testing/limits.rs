//! What the server refuses of a plugin: values that are too large, outcomes with tasks that it does not take, and replies
//! that Lark would not show.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json_text::without_lone_surrogates;
use crate::kv::millis;
use crate::{Event, Kind, KvError, NewTask, Outcome, Reply};

/// Bytes of a key.
const KV_KEY_BYTES_MAX: usize = 512;

/// Bytes that a key counts in addition to its own and those of its value.
const KV_ENTRY_BYTES: u64 = 64;

/// Bytes of the name of a task.
const TASK_NAME_BYTES_MAX: usize = 128;

/// Letters of a refused name that are shown.
const SHOWN_BYTES_MAX: usize = 64;

/// Limits under `[limits]` that are kept here, with the server's defaults.
#[derive(Debug, Clone)]
pub(super) struct Limits([(&'static str, u64); 5]);

impl Default for Limits {
    fn default() -> Self {
        Self([
            ("kv_value_bytes_max", 256 << 10),
            ("kv_bytes_max", 16 << 20),
            ("tasks_max", 16),
            ("task_bytes_max", 256 << 10),
            ("task_delay_ms_max", 30 * 24 * 3_600_000),
        ])
    }
}

/// A refusal of an outcome: the code by which the server knows it, and its words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Limits {
    /// Sets one of them, or returns the names that there are.
    pub(super) fn set(&mut self, name: &str, value: u64) -> Result<(), String> {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, limit)) => {
                *limit = value;
                Ok(())
            }
            None => Err(self.0.map(|(known, _)| known).join(", ")),
        }
    }

    fn of(&self, name: &str) -> u64 {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map_or(u64::MAX, |(_, value)| *value)
    }

    pub(super) fn check_value(&self, key: &str, bytes: usize) -> Result<(), KvError> {
        check_key(key)?;
        let max = self.of("kv_value_bytes_max");
        if bytes as u64 > max {
            return Err(KvError::OverLimit(format!(
                "a value of {bytes} bytes is over the limit; the setting is `kv_value_bytes_max = {max}` under [limits] in \
                 {}.toml",
                plugin()
            )));
        }
        Ok(())
    }

    /// Checks the sizes of all entries together, of which each is that of a key and its value.
    pub(super) fn check_all(&self, entries: impl Iterator<Item = (usize, usize)>) -> Result<(), KvError> {
        let max = self.of("kv_bytes_max");
        let bytes: u64 = entries
            .map(|(key, value)| key as u64 + value as u64 + KV_ENTRY_BYTES)
            .sum();
        if bytes > max {
            return Err(KvError::OverLimit(format!(
                "all keys and values together are over the limit; the setting is `kv_bytes_max = {max}` under [limits] in \
                 {}.toml",
                plugin()
            )));
        }
        Ok(())
    }

    /// Checks the tasks of an outcome as the server does.
    pub(super) fn check_tasks(&self, tasks: &[NewTask]) -> Result<(), Refused> {
        let at_most = |what: &str, setting: &str, number: u64| {
            let value = self.of(setting);
            if number <= value {
                return Ok(());
            }
            Err(Refused {
                code: "over_limit",
                message: format!(
                    "{what} is over the limit of {value}; the setting is `{setting} = {value}` under [limits] in the plugin's \
                     .toml"
                ),
            })
        };
        let bad = |message| Refused {
            code: "bad_task",
            message,
        };
        at_most("the number of tasks in one outcome", "tasks_max", tasks.len() as u64)?;
        for task in tasks {
            let name = &task.name;
            if name.is_empty() || name.len() > TASK_NAME_BYTES_MAX || name.contains(is_unfit) {
                return Err(bad(format!(
                    "it asks for the task `{}`, which is not a valid name: one line of 1 to {TASK_NAME_BYTES_MAX} bytes",
                    shown(name)
                )));
            }
            let bytes = task.payload.len() as u64;
            at_most("the payload of a task in bytes", "task_bytes_max", bytes)?;
            let delay_ms = millis(task.delay);
            at_most("the delay of a task in milliseconds", "task_delay_ms_max", delay_ms)?;
            serde_json::from_str::<&RawValue>(&task.payload).map_err(|error| {
                let (line, column) = (error.line(), error.column());
                let name = shown(name);
                bad(format!(
                    "the payload of its task `{name}` is not JSON (line {line}, column {column})"
                ))
            })?;
            if let Some(plugin) = task.plugin.as_deref().filter(|plugin| !is_plugin_name(plugin)) {
                return Err(bad(format!(
                    "it asks for a task of the plugin `{}`, which is not a valid name: 1 to 64 of a-z, 0-9, - and _",
                    shown(plugin)
                )));
            }
        }
        Ok(())
    }
}

/// Checks the key of an entry.
pub(super) fn check_key(key: &str) -> Result<(), KvError> {
    match key.len() {
        1..=KV_KEY_BYTES_MAX => Ok(()),
        bytes => Err(key_of(bytes)),
    }
}

/// Checks the beginning of keys, which may be empty.
pub(super) fn check_prefix(prefix: &str) -> Result<(), KvError> {
    match prefix.len() {
        0..=KV_KEY_BYTES_MAX => Ok(()),
        bytes => Err(key_of(bytes)),
    }
}

fn key_of(bytes: usize) -> KvError {
    KvError::OverLimit(format!("a key has 1 to {KV_KEY_BYTES_MAX} bytes, this one has {bytes}"))
}

/// Why Lark would not take the reply to this event, if it would not.
pub(super) fn refused_reply(event: &Event, outcome: &Outcome) -> Option<String> {
    let (Kind::Callback, Reply::Json(reply)) = (event.kind, &outcome.reply) else {
        return None;
    };
    let reply = without_lone_surrogates(Cow::Borrowed(reply));
    let refused = lark_card::reply::checked(&event.event_type, &reply).err()?;
    Some(format!("Lark would not take this reply: {refused}"))
}

/// The name that the server gives to the plugin under test: that of its package.
#[allow(clippy::disallowed_methods, reason = "cargo tells it to tests by the environment")]
pub(super) fn plugin() -> String {
    std::env::var("CARGO_PKG_NAME").unwrap_or_else(|_none| "NAME".to_owned())
}

fn is_plugin_name(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    (1..=64).contains(&name.len())
        && name.starts_with(is_plain)
        && name.chars().all(|letter| is_plain(letter) || "-_".contains(letter))
}

/// The beginning of a name, whose letters can all be seen.
fn shown(name: &str) -> String {
    let mut end = name.len().min(SHOWN_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let start = name.get(..end).unwrap_or_default();
    let more = match name.len() - end {
        0 => String::new(),
        bytes => format!("… ({bytes} bytes more)"),
    };
    format!("{}{more}", start.escape_debug())
}

/// Whether a log line or a terminal obeys this character instead of showing it.
fn is_unfit(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
