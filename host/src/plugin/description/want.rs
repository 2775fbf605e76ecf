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

    /// Whether the settings meet it.
    fn is_met(&self, settings: &Settings) -> bool {
        let Self { kind, value, .. } = self;
        if kind == CONFIG {
            settings.has_config(value)
        } else {
            grant::is_granted(&settings.grant, kind, value)
        }
    }
}

/// The lines to add for the wants that the settings do not meet: one for each key, and one for each list of grants with all that
/// it lacks. `example` tells a value for a key.
pub(super) fn missing<'e>(wants: &[Want], settings: &Settings, example: impl Fn(&str) -> &'e str) -> Vec<Text> {
    let unmet: Vec<&Want> = wants.iter().filter(|want| !want.is_met(settings)).collect();
    let mut lines = Vec::new();
    let mut listed = Vec::new();
    for want in &unmet {
        let Want { kind, value, reason } = want;
        if kind == CONFIG {
            let line = format!("`{} = {}`", key(value), example(value));
            lines.push(under(&line, CONFIG, &[reason]));
        } else if !listed.contains(&kind) {
            let of_kind = || unmet.iter().filter(|other| other.kind == *kind);
            let mut values: Vec<&str> = Vec::new();
            for other in of_kind() {
                if !values.contains(&other.value.as_str()) {
                    values.push(&other.value);
                }
            }
            let reasons: Vec<&String> = of_kind().map(|other| &other.reason).collect();
            lines.push(under(&grant::list(&settings.grant, kind, &values), "grant", &reasons));
            listed.push(kind);
        }
    }
    lines
}

/// A line with its section, and why it is wanted.
fn under(line: &str, section: &str, reasons: &[&String]) -> Text {
    let mut told: Vec<_> = reasons
        .iter()
        .map(|reason| escaped(reason))
        .filter(|it| !it.is_empty())
        .collect();
    told.dedup();
    match told.join("; ").as_str() {
        "" => told!("{line} under [{section}]", "[{section}] 下的 {line}"),
        why => told!("{line} under [{section}] ({why})", "[{section}] 下的 {line}（{why}）"),
    }
}

/// A TOML key, quoted when it must be.
pub(super) fn key(key: &str) -> String {
    let bare = key
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if bare { key.to_owned() } else { quoted(key) }
}
