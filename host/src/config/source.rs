//! Where settings come from: defaults < file < `.env` < environment < flags, each value with its origin.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use super::{
    dot_env::{self, Line},
    names,
    service_links::{self, is_service_link},
    text::text_of,
};

/// Who set a value; named in every complaint about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The settings file.
    File(PathBuf),
    /// The `.env` file of the working folder.
    DotEnv(PathBuf),
    /// The environment of the process.
    Environment,
    /// The command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) | Self::DotEnv(path) => write!(f, "in {}", path.display()),
            Self::Environment => f.write_str("in the environment"),
            Self::Flag => f.write_str("on the command line"),
        }
    }
}

/// One value as it was written. Never printed: any of them may be a secret.
#[derive(Clone)]
pub struct Value {
    /// The text.
    pub text: String,
    /// Who set it.
    pub origin: Origin,
}

/// All values that were set, by name; what is more specific has replaced what is less.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// Names in upper case, as in the environment.
    pub by_name: BTreeMap<String, Value>,
    /// `[apps.NAME]` of the file: the same names without `LARK_`.
    pub apps: BTreeMap<String, BTreeMap<String, Value>>,
    /// What could not be read or is not known.
    pub problems: Vec<String>,
    /// What was set and is not used.
    pub notices: Vec<String>,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(set {})", self.origin)
    }
}

impl Values {
    /// Adds variables. An empty one counts as not set, unless it is a secret: that is what Compose makes of a variable that
    /// is missing, and a server without its `LARK_ENCRYPT_KEY` would not check signatures.
    pub fn add_variables(&mut self, variables: impl IntoIterator<Item = (String, String)>, origin: &Origin) {
        for (name, text) in variables {
            let known = names::is_variable(&name);
            let counts = !text.is_empty() || names::is_secret(&name) || names::is_secret_file(&name);
            if known && counts {
                self.by_name.insert(
                    name,
                    Value {
                        text,
                        origin: origin.clone(),
                    },
                );
            } else if !known && names::looks_like_ours(&name) {
                self.unknown_variable(&name, origin);
            }
        }
    }

    /// Adds the variables of the environment. One of ours that is not text is an error: without its `LARK_ENCRYPT_KEY` the
    /// server would not check signatures.
    pub fn add_environment(&mut self, variables: impl IntoIterator<Item = (OsString, OsString)>) {
        let (mut texts, mut links) = (Vec::new(), Vec::new());
        for (name, text) in variables {
            let Ok(name) = name.into_string() else { continue };
            if !names::is_ours(&name) {
                continue;
            }
            match text.into_string() {
                Ok(text) if is_service_link(&name, &text) => links.push(name),
                Ok(text) => {
                    if is_quoted(&text) && names::is_variable(&name) {
                        self.notices.push(format!(
                            "{name} ({}) is in quotes, and they are taken as part of the value; `docker run --env-file` \
                             does not remove them",
                            Origin::Environment
                        ));
                    }
                    texts.push((name, text));
                }
                Err(_) if names::is_variable(&name) => self
                    .problems
                    .push(format!("{name} ({}) is not UTF-8", Origin::Environment)),
                Err(_) => {}
            }
        }
        links.sort();
        self.notices.extend(service_links::notice(&links));
        self.add_variables(texts, &Origin::Environment);
    }

    /// A variable that is one slip away from a known one is an error: a misspelt `LARK_ENCRYPT_KEY` would silently
    /// switch off the check of signatures. Any other may belong to a neighbour.
    fn unknown_variable(&mut self, name: &str, origin: &Origin) {
        match names::nearest(name) {
            Some((nearest, 1..=2)) => self
                .problems
                .push(format!("{name} ({origin}) is not known; did you mean {nearest}?")),
            _ => self
                .notices
                .push(format!("{name} ({origin}) is not used by this version")),
        }
    }

    /// Adds a `.env` file when there is one.
    pub fn add_dot_env(&mut self, path: &Path) {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => {
                self.problems
                    .push(format!("{} cannot be read: {error}", path.display()));
                return;
            }
        };
        let text = match text_of(bytes) {
            Ok(text) => text,
            Err(error) => {
                self.problems
                    .push(format!("{} cannot be read: {error}", path.display()));
                return;
            }
        };
        let mut variables = Vec::new();
        for line in dot_env::parse(&text) {
            match line {
                Line::Variable(name, value) => variables.push((name, value)),
                Line::Problem(problem) => self.problems.push(format!("{}, {problem}", path.display())),
            }
        }
        self.add_variables(variables, &Origin::DotEnv(path.to_owned()));
    }

    /// Adds a settings file. Its keys are the names of the environment in lower case.
    pub fn add_file(&mut self, path: &Path, text: &str) {
        let table: toml::Table = match toml::from_str(text) {
            Ok(table) => table,
            Err(error) => {
                let line = error
                    .span()
                    .map_or(1, |span| text.get(..span.start).unwrap_or("").lines().count().max(1));
                self.problems
                    .push(format!("{}, line {line}: {}", path.display(), error.message()));
                return;
            }
        };
        let origin = Origin::File(path.to_owned());
        for (key, value) in table {
            if key == "apps" {
                self.add_apps(value, &origin);
                continue;
            }
            let name = key.to_ascii_uppercase();
            if !names::is_variable(&name) {
                let hint = names::nearest(&name).map(|(nearest, _)| nearest.to_ascii_lowercase());
                self.problems.push(unknown_key(&key, &origin, hint));
                continue;
            }
            match scalar(value) {
                Some(text) => drop(self.by_name.insert(
                    name,
                    Value {
                        text,
                        origin: origin.clone(),
                    },
                )),
                None => self
                    .problems
                    .push(format!("{key} ({origin}) must be a text, a number or true/false")),
            }
        }
    }

    fn add_apps(&mut self, value: toml::Value, origin: &Origin) {
        let toml::Value::Table(apps) = value else {
            self.problems
                .push(format!("apps ({origin}) must be written as sections: [apps.NAME]"));
            return;
        };
        for (app, value) in apps {
            let toml::Value::Table(keys) = value else {
                self.problems
                    .push(format!("apps.{app} ({origin}) must be a section: [apps.{app}]"));
                continue;
            };
            let mut values = BTreeMap::new();
            for (key, value) in keys {
                let known = names::APP.contains(&key.strip_suffix("_file").unwrap_or(&key));
                match scalar(value).filter(|_| known) {
                    Some(text) => drop(values.insert(
                        key,
                        Value {
                            text,
                            origin: origin.clone(),
                        },
                    )),
                    None if known => self
                        .problems
                        .push(format!("apps.{app}.{key} ({origin}) must be a text")),
                    None => {
                        let hint = names::nearest_of(&key, &names::APP).map(|(nearest, _)| nearest.to_owned());
                        self.problems
                            .push(unknown_key(&format!("apps.{app}.{key}"), origin, hint));
                    }
                }
            }
            self.apps.insert(app, values);
        }
    }
}

/// Whether the whole value stands in quotes, as a shell or a `.env` file would have it.
fn is_quoted(text: &str) -> bool {
    let text = text.trim();
    text.len() >= 2
        && ['\'', '"']
            .iter()
            .any(|quote| text.starts_with(*quote) && text.ends_with(*quote))
}

fn unknown_key(key: &str, origin: &Origin, nearest: Option<String>) -> String {
    let hint = nearest
        .map(|nearest| format!("; did you mean {nearest}?"))
        .unwrap_or_default();
    format!("{key} ({origin}) is not known{hint}")
}

fn scalar(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}
