//! What a plugin requires of its operator, and the line to add where it is missing.

use serde::{Deserialize, Serialize};

use super::DescriptionError;
use crate::{
    codes::{Text, told},
    plugin::{
        grant::{self, quoted},
        settings::Settings,
    },
    telemetry::escaped,
};

/// The kind of want that names a key under `[config]`.
const CONFIG: &str = "config";

/// A requirement that the operator must meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Want {
    /// `config`: a key under `[config]`; any other names a list under `[grant]`.
    pub kind: String,
    /// The key, or the value in the list.
    pub value: String,
    /// The reason, shown to the operator.
    pub reason: String,
}

impl Want {
    /// A want that no operator could meet is a mistake of the author's.
    pub(super) fn check(&self) -> Result<(), DescriptionError> {
        let Self { kind, value, .. } = self;
        if kind == CONFIG {
            return Ok(());
        }
        if !grant::KINDS.contains(&kind.as_str()) {
            let mut known = vec![CONFIG];
            known.extend(grant::KINDS);
            return Err(DescriptionError {
                field: format!("the kind of the want `{kind}` `{value}`"),
                wanted: format!(
                    "one of {}; the nearest one is `{}`",
                    known.join(", "),
                    grant::nearest(kind, &known)
                ),
            });
        }
        grant::check(kind, value).map_err(|reason| DescriptionError {
            field: format!("the want `{kind}` `{value}`"),
            wanted: format!("something that can be granted ({reason})"),
        })
    }

    /// Returns the line to add if the settings do not meet it.
    pub(super) fn missing(&self, settings: &Settings, example: &str) -> Option<Text> {
        let Self { kind, value, reason } = self;
        let (line, section) = if kind == CONFIG {
            if settings.has_config(value) {
                return None;
            }
            (format!("`{} = {example}`", key(value)), CONFIG)
        } else {
            if grant::is_granted(&settings.grant, kind, value) {
                return None;
            }
            (grant::list(&settings.grant, kind, value), "grant")
        };
        Some(match &*escaped(reason) {
            "" => told!("{line} under [{section}]", "[{section}] 下的 {line}"),
            why => told!("{line} under [{section}] ({why})", "[{section}] 下的 {line}（{why}）"),
        })
    }
}

/// A TOML key, quoted when it must be.
pub(super) fn key(key: &str) -> String {
    let bare = key
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if bare { key.to_owned() } else { quoted(key) }
}
