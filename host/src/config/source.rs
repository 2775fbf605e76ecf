//! Sources of settings: defaults < file < `.env` < environment < flags, each value with its origin.

use crate::codes::{Text, same, told};
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fmt, io,
    path::{Path, PathBuf},
};

use super::{
    dot_env::{self, Line},
    names,
    service_links::{self, is_service_link},
    text::{ReadTextError, read_text},
};
use crate::toml_text::{self, NotToml};

/// Source of a value, named in every problem with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The settings file.
    File(PathBuf),
    /// The `.env` file in the working directory, with the line, counted from 1.
    DotEnv(PathBuf, usize),
    /// The environment of the process.
    Environment,
    /// The command line.
    Flag,
    /// A trial, which replaces what would reach real systems.
    Dev,
}

/// In English, and in Chinese with `{:#}`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) | Self::DotEnv(path, _) if f.alternate() => write!(f, "{}", path.display()),
            Self::File(path) | Self::DotEnv(path, _) => write!(f, "in {}", path.display()),
            Self::Environment => f.write_str(if f.alternate() {
                "环境变量"
            } else {
                "in the environment"
            }),
            Self::Flag => f.write_str(if f.alternate() {
                "命令行"
            } else {
                "on the command line"
            }),
            Self::Dev => f.write_str(if f.alternate() {
                "由 `lark-callback dev` 设定"
            } else {
                "set by `lark-callback dev`"
            }),
        }
    }
}

/// Value as it was written. Never printed, because it may be a secret.
#[derive(Clone)]
pub struct Value {
    /// Text of the value.
    pub text: String,
    /// Source of the value.
    pub origin: Origin,
}

/// All values by name; more specific sources override less specific ones.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// Names in upper case, as in the environment.
    pub by_name: BTreeMap<String, Value>,
    /// `[apps.NAME]` of the file: the same names without `LARK_`.
    pub apps: BTreeMap<String, BTreeMap<String, Value>>,
    /// Variables that are no settings, for secrets in plugins' settings.
    pub others: OtherVariables,
    /// Unreadable sources and unknown names.
    pub problems: Vec<Text>,
    /// Whether a whole source could not be read: what is missing may stand in it.
    pub lacks_source: bool,
    /// Names that are given with a value that could not be read.
    pub unread: BTreeSet<String>,
    /// Settings that are set but not used.
    pub notices: Vec<Text>,
}

/// Variables of the environment and the `.env` file that are no settings. Never printed, because they may be secrets.
#[derive(Clone, Default)]
pub struct OtherVariables(pub BTreeMap<String, String>);

impl fmt::Debug for OtherVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} variables)", self.0.len())
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(set {})", self.origin)
    }
}

impl Values {
    /// Adds variables. An empty one counts as not set, unless it is a secret: Compose turns a missing variable into an
    /// empty one, and a server without its `LARK_ENCRYPT_KEY` would not check signatures.
    pub fn add_variables(&mut self, variables: impl IntoIterator<Item = (String, String)>, origin: &Origin) {
        for (name, text) in variables {
            let known = names::is_variable(&name);
            if known && is_quoted(&text, origin) && self.refuse_for_quotes(&name, origin) {
                continue;
            }
            let counts = !text.is_empty() || names::protects(&name);
            if known && counts {
                self.by_name.insert(
                    name,
                    Value {
                        text,
                        origin: origin.clone(),
                    },
                );
            } else if !known {
                if names::may_be_meant(&name) {
                    self.unknown_variable(&name, origin);
                }
                if *origin != Origin::Flag {
                    self.others.0.insert(name, text);
                }
            }
        }
    }

    /// Reports quotes that no program has removed and that would be part of the value. A secret may contain quotes, so
    /// it only gets a notice.
    fn refuse_for_quotes(&mut self, name: &str, origin: &Origin) -> bool {
        let told = told!(
            "{name} ({origin}) is in quotes, which become part of the value; `docker run --env-file` and some other \
             programs do not remove them",
            "{name}（{origin:#}）带有引号，引号会成为值的一部分；`docker run --env-file` 等程序不会去掉引号"
        );
        let is_open = !names::is_secret(name);
        if is_open {
            self.problems
                .push(told!("{told}: remove the quotes", "{told:#}：请去掉引号"));
            self.unread.insert(name.to_owned());
        } else {
            self.notices.push(told);
        }
        is_open
    }

    /// Adds the environment's variables. A setting that is not UTF-8 is an error: without its `LARK_ENCRYPT_KEY` the
    /// server would not check signatures.
    pub fn add_environment(&mut self, variables: impl IntoIterator<Item = (OsString, OsString)>) {
        let (mut texts, mut links) = (Vec::new(), Vec::new());
        for (name, text) in variables {
            let Ok(name) = name.into_string() else { continue };
            if !names::is_variable(&name) && !names::may_be_meant(&name) {
                if let Ok(text) = text.into_string() {
                    self.others.0.insert(name, text);
                }
                continue;
            }
            match text.into_string() {
                Ok(text) if is_service_link(&name, &text) => links.push(name),
                Ok(text) => texts.push((name, text)),
                Err(_) if names::is_variable(&name) => {
                    self.problems.push(told!(
                        "{name} ({}) is not UTF-8",
                        "{name}（{:#}）不是 UTF-8",
                        Origin::Environment
                    ));
                    self.unread.insert(name);
                }
                Err(_) => {}
            }
        }
        links.sort();
        self.notices.extend(service_links::notice(&links));
        self.add_variables(texts, &Origin::Environment);
    }

    /// Handles an unknown variable. A name close to a known one is an error, because a misspelt `LARK_ENCRYPT_KEY`
    /// would silently disable the signature check. Any other may belong to another program.
    fn unknown_variable(&mut self, name: &str, origin: &Origin) {
        match names::other_word(name).or_else(|| names::nearest(&name.to_ascii_uppercase())) {
            Some((nearest, 1..=2)) if names::looks_like_ours(name) => self.problems.push(told!(
                "{name} ({origin}) is not known; did you mean {nearest}?",
                "没有 {name} 这个设置（{origin:#}）；是否指 {nearest}？"
            )),
            Some((nearest, 0..=3)) => self.notices.push(told!(
                "{name} ({origin}) is not used by this version; did you mean {nearest}?",
                "本版本不使用 {name}（{origin:#}）；是否指 {nearest}？"
            )),
            _ => self.notices.push(told!(
                "{name} ({origin}) is not used by this version",
                "本版本不使用 {name}（{origin:#}）"
            )),
        }
    }

    /// Adds a `.env` file, if it exists.
    pub fn add_dot_env(&mut self, path: &Path) {
        let text = match read_text(path) {
            Ok(text) => text,
            Err(ReadTextError::Io(error)) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => {
                self.lack_source(told!(
                    "{} cannot be read: {error}",
                    "无法读取 {}：{error}",
                    path.display()
                ));
                return;
            }
        };
        let mut variables = Vec::new();
        for line in dot_env::parse(&text) {
            match line {
                Line::Variable { name, value, number } => {
                    self.refuse_two_values(&variables, &name, &value, path);
                    variables.push((name, value, number));
                }
                Line::Problem { problem, name } => {
                    self.problems
                        .push(told!("{}, {problem}", "{}，{problem:#}", path.display()));
                    self.lacks_source |= name.is_none();
                    self.unread.extend(name);
                }
            }
        }
        for (name, value, number) in variables {
            self.add_variables([(name, value)], &Origin::DotEnv(path.to_owned(), number));
        }
    }

    /// Refuses a duplicate name with two values, because programs disagree about which one counts.
    fn refuse_two_values(&mut self, before: &[(String, String, usize)], name: &str, value: &str, path: &Path) {
        let is_other = |(other, text, _): &(String, String, usize)| other == name && text != value;
        if names::is_variable(name) && before.iter().any(is_other) {
            self.problems.push(told!(
                "{name} stands twice in {}, with different values; remove one of the lines",
                "{name} 在 {} 中出现两次且值不同；请删除其中一行",
                path.display()
            ));
        }
    }

    /// Reports a source that cannot be read.
    pub(super) fn lack_source(&mut self, problem: Text) {
        self.lacks_source = true;
        self.problems.push(problem);
    }

    /// Adds a settings file. Its keys are the environment's names in lower case.
    pub fn add_file(&mut self, path: &Path, text: &str) {
        let table = match toml_text::parse(text) {
            Ok(table) => table,
            Err(NotToml { line, reason }) => {
                self.lack_source(told!(
                    "{}, line {line}: {reason}",
                    "{} 第 {line} 行：{reason}",
                    path.display()
                ));
                return;
            }
        };
        let origin = Origin::File(path.to_owned());
        let mut seen = BTreeSet::new();
        for (key, value) in table {
            if key == "apps" {
                self.add_apps(value, &origin);
                continue;
            }
            let name = key.to_ascii_uppercase();
            if !seen.insert(name.clone()) {
                self.problems.push(told!(
                    "{} stands twice in {}, in capital and in small letters; remove one of the lines",
                    "{} 在 {} 中出现两次（大小写不同）；请删除其中一行",
                    name.to_ascii_lowercase(),
                    path.display()
                ));
                continue;
            }
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
                None => {
                    self.problems.push(told!(
                        "{key} ({origin}) must be a text, a number or true/false",
                        "{key}（{origin:#}）必须是文本、数字或 true/false"
                    ));
                    self.unread.insert(name);
                }
            }
        }
    }

    fn add_apps(&mut self, value: toml::Value, origin: &Origin) {
        let toml::Value::Table(apps) = value else {
            self.problems.push(told!(
                "apps ({origin}) must be written as sections: [apps.NAME]",
                "apps（{origin:#}）必须写成小节：[apps.NAME]"
            ));
            return;
        };
        for (app, value) in apps {
            let toml::Value::Table(keys) = value else {
                self.problems.push(told!(
                    "apps.{app} ({origin}) must be a section: [apps.{app}]",
                    "apps.{app}（{origin:#}）必须是小节：[apps.{app}]"
                ));
                continue;
            };
            let mut values = BTreeMap::new();
            for (key, value) in keys {
                let known = names::app_keys().any(|known| known == key.strip_suffix("_file").unwrap_or(&key));
                match scalar(value).filter(|_| known) {
                    Some(text) => drop(values.insert(
                        key,
                        Value {
                            text,
                            origin: origin.clone(),
                        },
                    )),
                    None if known => {
                        self.problems.push(told!(
                            "apps.{app}.{key} ({origin}) must be a text",
                            "apps.{app}.{key}（{origin:#}）必须是文本"
                        ));
                        self.unread.insert(format!("apps.{app}.{key}"));
                    }
                    None => {
                        let hint = names::nearest_of(&key, names::app_keys()).map(|(nearest, _)| nearest.to_owned());
                        self.problems
                            .push(unknown_key(&format!("apps.{app}.{key}"), origin, hint));
                    }
                }
            }
            self.apps.insert(app, values);
        }
    }
}

/// Whether the whole value is in quotes, either those of a shell or a `.env` file or typographic ones. A `.env` file's
/// own quotes are removed before, and those of a command line by the shell.
fn is_quoted(text: &str, origin: &Origin) -> bool {
    let text = text.trim();
    let is_within = |open: char, close: char| text.strip_prefix(open).is_some_and(|rest| rest.ends_with(close));
    let is_plain = is_within('\'', '\'') || is_within('"', '"');
    (*origin == Origin::Environment && is_plain)
        || is_within('\u{201c}', '\u{201d}')
        || is_within('\u{2018}', '\u{2019}')
}

fn unknown_key(key: &str, origin: &Origin, nearest: Option<String>) -> Text {
    let hint = nearest.map_or_else(
        || same(""),
        |nearest| told!("; did you mean {nearest}?", "；是否指 {nearest}？"),
    );
    told!(
        "{key} ({origin}) is not known{hint}",
        "没有 {key} 这个设置（{origin:#}）{hint:#}"
    )
}

fn scalar(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}
