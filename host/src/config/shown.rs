//! Settings as `config show` lists them: each with its value and where that comes from, secrets masked.

use crate::codes::Text;
use std::{collections::BTreeMap, path::Path};

use serde::Serialize;

use super::{Flags, Origin, Setting, Value, Values, settings, text::read_text};

/// Text in place of a secret.
const MASK: &str = "********";

/// Setting with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Name in the environment, or `apps.NAME.key`.
    pub name: String,
    /// Value as it was written, or the default; a mask for a secret, and absent for a default that is no value.
    pub value: Option<String>,
    /// Where the value comes from: `default`, `file`, `env_file`, `environment`, `flag` or `dev`.
    pub origin: &'static str,
    /// The file that the value stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in that file, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The file that holds the secret, named by `NAME_FILE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<String>,
    /// Whether the value is masked.
    pub is_secret: bool,
    /// Default in words.
    pub default: String,
    /// How it was read again, when that takes effect only after a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_restart: Option<Box<Shown>>,
}

/// All settings, and what is wrong with their sources.
#[derive(Debug, Clone)]
pub struct AllShown {
    /// Settings in the order of the manual, then those of `[apps.NAME]` that are set.
    pub settings: Vec<Shown>,
    /// Sources that cannot be read, and names that are not known.
    pub problems: Vec<Text>,
    /// Names that are set and not used.
    pub notices: Vec<Text>,
}

/// Reads all sources, without validating the values.
pub fn load_shown(flags: &Flags) -> AllShown {
    AllShown::from_values(&super::values(flags))
}

impl AllShown {
    /// Lists all settings with these values.
    pub fn from_values(values: &Values) -> Self {
        let mut lines = Lines::default();
        let of_server = settings::all().map(|setting| {
            let value = values.by_name.get(setting.name);
            let file = values.by_name.get(&format!("{}_FILE", setting.name));
            shown(setting, setting.name.to_owned(), value, file, &mut lines)
        });
        let mut settings: Vec<_> = of_server.collect();
        for (app, keys) in &values.apps {
            for setting in settings::all() {
                let Some(key) = setting.app_key() else { continue };
                let (value, file) = (keys.get(key), keys.get(&format!("{key}_file")));
                if value.or(file).is_some() {
                    settings.push(shown(setting, format!("apps.{app}.{key}"), value, file, &mut lines));
                }
            }
        }
        Self {
            settings,
            problems: values.problems.clone(),
            notices: values.notices.clone(),
        }
    }
}

fn shown(
    setting: &Setting,
    name: String,
    value: Option<&Value>,
    secret_file: Option<&Value>,
    lines: &mut Lines,
) -> Shown {
    let is_secret = setting.is_secret();
    let Some(found) = value.or(secret_file) else {
        return Shown {
            name,
            value: setting.literal_default(),
            origin: "default",
            file: None,
            line: None,
            secret_file: None,
            is_secret,
            default: setting.default_text(),
            after_restart: None,
        };
    };
    let (origin, file, line) = match &found.origin {
        Origin::File(path) => ("file", Some(path), lines.of_key(path, &name, value.is_none())),
        Origin::DotEnv(path, line) => ("env_file", Some(path), Some(*line)),
        Origin::Environment => ("environment", None, None),
        Origin::Flag => ("flag", None, None),
        Origin::Dev => ("dev", None, None),
    };
    Shown {
        value: Some(if is_secret {
            MASK.to_owned()
        } else {
            without_secrets(&found.text)
        }),
        origin,
        file: file.map(|path| path.display().to_string()),
        line,
        secret_file: secret_file.filter(|_| value.is_none()).map(|file| file.text.clone()),
        is_secret,
        default: setting.default_text(),
        after_restart: None,
        name,
    }
}

/// A URL may have a user and a password in it although it must not, and a collector's may have a key in its query.
fn without_secrets(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let (rest, query) = match rest.find(['?', '#']) {
        Some(at) => (
            rest.get(..at).unwrap_or_default(),
            rest.get(at..=at).unwrap_or_default(),
        ),
        None => (rest, ""),
    };
    // A password may have a slash in it that should have been escaped.
    let rest = match rest.rfind('@') {
        Some(at) => format!("{MASK}{}", rest.get(at..).unwrap_or_default()),
        None => rest.to_owned(),
    };
    let masked = if query.is_empty() { "" } else { MASK };
    format!("{scheme}://{rest}{query}{masked}")
}

/// Lines of the keys in settings files, each of which is read once.
#[derive(Debug, Default)]
struct Lines(BTreeMap<String, String>);

impl Lines {
    fn of_key(&mut self, path: &Path, name: &str, is_file: bool) -> Option<usize> {
        let text = self
            .0
            .entry(path.display().to_string())
            .or_insert_with(|| read_text(path).unwrap_or_default());
        let (section, key) = match name.strip_prefix("apps.").and_then(|rest| rest.split_once('.')) {
            Some((app, key)) => (format!("apps.{app}"), key.to_owned()),
            None => (String::new(), name.to_ascii_lowercase()),
        };
        line_of(text, &section, &if is_file { format!("{key}_file") } else { key })
    }
}

/// The line of a plainly written key; none for one that is quoted or written in another way.
fn line_of(text: &str, section: &str, key: &str) -> Option<usize> {
    let mut current = String::new();
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        if let Some(head) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            current = head.split('.').map(str::trim).collect::<Vec<_>>().join(".");
        } else if current == section
            && line
                .split('=')
                .next()
                .is_some_and(|name| name.trim().eq_ignore_ascii_case(key))
        {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn an_address_is_shown_without_what_may_be_a_secret() {
        for (text, shown) in [
            ("https://bot.example.com/callback", "https://bot.example.com/callback"),
            ("http://user:planted@proxy:3128", "http://********@proxy:3128"),
            ("http://user:plan/ted@proxy:3128/x", "http://********@proxy:3128/x"),
            ("https://otlp/v1?key=planted", "https://otlp/v1?********"),
            ("https://otlp/v1#planted", "https://otlp/v1#********"),
            ("a@b?c", "a@b?c"),
        ] {
            assert_eq!(without_secrets(text), shown);
        }
    }
}
