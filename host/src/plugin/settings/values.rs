//! Values of the section `[config]`, with places for the secrets that stand elsewhere.

use serde_json::Value as Json;
use toml::Value;

use super::{
    SettingsError, ValueKind,
    secret::{SecretSource, Secrets},
    wrong,
};

/// A value, as JSON in which every secret from elsewhere is null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Config {
    value: Json,
    /// Handed over as it is, and not as JSON.
    is_text: bool,
    secrets: Vec<SecretField>,
}

/// Field of a value into which a secret from elsewhere belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SecretField {
    /// As in the `.toml`, without the section.
    pub(super) key: String,
    /// JSON pointer.
    pointer: String,
    pub(super) source: SecretSource,
}

impl Config {
    pub(super) fn of(key: &str, value: Value) -> Result<Self, SettingsError> {
        let mut secrets = Vec::new();
        let is_string = value.is_str();
        let value = json(value, key, String::new(), &mut secrets)?;
        Ok(Self {
            is_text: is_string || secrets.iter().any(|place| place.pointer.is_empty()),
            value,
            secrets,
        })
    }

    pub(super) fn kind(&self) -> ValueKind {
        ValueKind::of(&self.value)
    }

    /// Whether nothing of it stands elsewhere.
    pub(super) fn is_here(&self) -> bool {
        self.secrets.is_empty()
    }

    pub(super) fn places(&self) -> impl Iterator<Item = &SecretField> {
        self.secrets.iter()
    }

    /// A text as it is, everything else as JSON.
    pub(super) fn text(self) -> String {
        match self.value {
            Json::String(text) if self.is_text => text,
            other => other.to_string(),
        }
    }

    /// The same with the secrets in their places.
    pub(super) fn filled(&self, secrets: &Secrets) -> String {
        let mut filled = self.clone();
        for place in &self.secrets {
            if let (Some(value), Ok(secret)) = (filled.value.pointer_mut(&place.pointer), secrets.get(&place.source)) {
                *value = secret.into();
            }
        }
        filled.text()
    }
}

fn json(value: Value, key: &str, pointer: String, secrets: &mut Vec<SecretField>) -> Result<Json, SettingsError> {
    let source = SecretSource::of(&value).map_err(|wanted| wrong(&format!("config.{key}"), wanted))?;
    if let Some(source) = source {
        let key = key.to_owned();
        secrets.push(SecretField { key, pointer, source });
        return Ok(Json::Null);
    }
    Ok(match value {
        Value::Array(values) => {
            let values = values.into_iter().enumerate();
            let values =
                values.map(|(at, value)| json(value, &format!("{key}[{at}]"), format!("{pointer}/{at}"), secrets));
            Json::Array(values.collect::<Result<_, _>>()?)
        }
        Value::Table(table) => {
            let member = |(name, value): (String, Value)| {
                let escaped = name.replace('~', "~0").replace('/', "~1");
                let value = json(value, &format!("{key}.{name}"), format!("{pointer}/{escaped}"), secrets)?;
                Ok((name, value))
            };
            Json::Object(table.into_iter().map(member).collect::<Result<_, _>>()?)
        }
        other => plain(other),
    })
}

/// A value as JSON, in which nothing stands elsewhere.
pub(super) fn plain(value: Value) -> Json {
    match value {
        Value::String(text) => text.into(),
        Value::Integer(number) => number.into(),
        Value::Float(number) => number.into(),
        Value::Boolean(boolean) => boolean.into(),
        Value::Datetime(time) => time.to_string().into(),
        Value::Array(values) => values.into_iter().map(plain).collect(),
        Value::Table(table) => Json::Object(table.into_iter().map(|(name, value)| (name, plain(value))).collect()),
    }
}
