//! What a plugin has written: its keys and values, and its last log lines; read only.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use lark_callback_store::KvScope;
use serde_json::{Value, json};

use super::{
    AdminState, Refusal,
    api::{Who, query},
    json as answer,
};
use crate::{
    operate::{self, Actor, OperateError},
    telemetry::{cut, escaped},
};

/// Keys on a page; each costs a statement for its value.
pub(crate) const KEYS_MAX: u32 = 50;

/// Bytes of a value that are shown.
const VALUE_BYTES_MAX: usize = 2_048;

/// Beginning of what is stored encrypted.
const ENCRYPTED: &str = "encrypted:";

/// Keys that are asked for.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeysAsked {
    /// The plugin.
    pub(crate) plugin: String,
    /// Only keys that begin like this.
    #[serde(default)]
    pub(crate) prefix: String,
    /// The last key of the page before.
    pub(crate) after: Option<String>,
}

/// Log lines that are asked for.
#[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinesAsked {
    /// The plugin.
    pub(crate) plugin: String,
    /// The first number that is of interest.
    #[serde(default)]
    pub(crate) from: u64,
}

/// `GET /api/v1/plugin-keys`.
pub(super) async fn keys(
    State(state): State<Arc<AdminState>>,
    Extension(who): Who,
    asked: Result<Query<KeysAsked>, QueryRejection>,
) -> Result<Response, Refusal> {
    let found = state.plugin_keys(&who, &query(asked)?).await?;
    Ok(answer(StatusCode::OK, &found))
}

/// `GET /api/v1/plugin-log`.
pub(super) async fn lines(
    State(state): State<Arc<AdminState>>,
    Extension(who): Who,
    asked: Result<Query<LinesAsked>, QueryRejection>,
) -> Result<Response, Refusal> {
    let found = state.plugin_lines(&who, &query(asked)?)?;
    Ok(answer(StatusCode::OK, &found))
}

/// Whoever may not see payloads may not see what plugins keep or log of them.
fn check_sees(actor: &Actor) -> Result<(), OperateError> {
    if actor.sees_payloads {
        return Ok(());
    }
    Err(OperateError::DataWithheld)
}

impl AdminState {
    /// A page of a plugin's keys with the beginnings of their values, without the secrets of its settings.
    pub(crate) async fn plugin_keys(&self, actor: &Actor, asked: &KeysAsked) -> Result<Value, OperateError> {
        check_sees(actor)?;
        let scope = KvScope {
            plugin: &asked.plugin,
            now_ms: (self.now_ms)(),
            bytes_max: 0,
        };
        let after = asked.after.as_deref();
        let names = self.store.kv_list(&scope, &asked.prefix, after, KEYS_MAX + 1).await?;
        if names.is_empty() && asked.prefix.is_empty() && after.is_none() {
            self.check_known(&asked.plugin)?;
        }
        let (page, is_more) = match names.split_at_checked(KEYS_MAX as usize) {
            Some((page, rest)) => (page, !rest.is_empty()),
            None => (names.as_slice(), false),
        };
        let mut keys = Vec::with_capacity(page.len());
        for key in page {
            // It may have been deleted meanwhile.
            if let Some(entry) = self.store.kv_get(&scope, key).await? {
                keys.push(self.shown(&asked.plugin, key, &entry.value));
            }
        }
        let next = page.last().filter(|_| is_more);
        Ok(json!({"plugin": asked.plugin, "keys": keys, "next_after": next}))
    }

    fn shown(&self, plugin: &str, key: &str, value: &[u8]) -> Value {
        let begin = value.get(..VALUE_BYTES_MAX).unwrap_or(value);
        // The end may stand within a character.
        let text = match str::from_utf8(begin) {
            Ok(text) => Some(text),
            Err(error) if error.error_len().is_none() && begin.len() < value.len() => begin
                .get(..error.valid_up_to())
                .and_then(|whole| str::from_utf8(whole).ok()),
            Err(_) => None,
        };
        let is_sealed = text.is_some_and(|text| text.starts_with(ENCRYPTED));
        let shown = match text {
            _ if is_sealed => None,
            // A secret may go beyond the cut, so the whole is masked first.
            Some(_) => {
                let whole = String::from_utf8_lossy(value);
                let table = self.dispatcher.table();
                let masked = table
                    .plugin(plugin)
                    .map(|plugin| plugin.settings().masked(&whole).into_owned());
                let masked = masked.as_deref().unwrap_or(&whole);
                Some(escaped(cut(masked, VALUE_BYTES_MAX)).into_owned())
            }
            None => Some(hex::encode(begin.get(..256).unwrap_or(begin))),
        };
        json!({
            "key": key,
            "bytes": value.len(),
            "form": if is_sealed { "sealed" } else if text.is_some() { "text" } else { "hex" },
            "value": shown,
            "is_cut": value.len() > begin.len() || (text.is_none() && value.len() > 256),
        })
    }

    /// The last log lines of a plugin, and the number that comes next.
    pub(crate) fn plugin_lines(&self, actor: &Actor, asked: &LinesAsked) -> Result<Value, OperateError> {
        check_sees(actor)?;
        let Some(log) = self.plugin_logs.known(&asked.plugin) else {
            self.check_known(&asked.plugin)?;
            return Ok(json!({"plugin": asked.plugin, "lines": [], "next": 0}));
        };
        let lines = log.since(asked.from);
        let next = lines.last().map_or(asked.from, |line| line.number + 1);
        let lines: Vec<_> = lines
            .into_iter()
            .map(|line| {
                json!({
                    "number": line.number,
                    "at_ms": line.at_ms,
                    "level": line.level,
                    "event_id": &*line.event_id,
                    "text": line.text,
                })
            })
            .collect();
        Ok(json!({"plugin": asked.plugin, "lines": lines, "next": next}))
    }

    /// Whether a plugin of this name is there, be it one that is not used.
    fn check_known(&self, name: &str) -> Result<(), OperateError> {
        let known: Vec<String> = self.plugins.borrow().iter().map(|status| status.name.clone()).collect();
        if known.iter().any(|known| known == name) {
            return Ok(());
        }
        operate::check_loaded(&known, name)
    }
}
