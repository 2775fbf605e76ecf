//! Secrets in a plugin's settings: a value that stands in a file or in a variable instead of in the `.toml`.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
    fs::{self, File},
    io::{ErrorKind, Read as _},
    path::{Path, PathBuf},
};

use toml::Value;

/// Size limit of a secret: a private key has 4 KiB, a certificate chain 16.
pub(super) const SECRET_BYTES_MAX: u64 = 64 << 10;

/// Shorter secrets are not masked, because they occur in texts by chance.
const MASKED_BYTES_MIN: usize = 6;

/// The same for one line of a secret of several lines; a key's last line is short, and others say `-----BEGIN`.
const MASKED_LINE_BYTES_MIN: usize = 24;

/// Replacement of a secret in a text.
const MASK: &str = "(secret)";

/// In the place of a secret that is not there, where nothing is sent.
const STAND_IN: &str = "in-place-of-the-secret";

/// Place of a secret outside of the `.toml`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretSource {
    /// `{ file = "…" }`; a relative path begins in the plugins folder.
    File(PathBuf),
    /// `{ env = "…" }`.
    Env(String),
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Env(name) => write!(f, "the environment variable {name}"),
        }
    }
}

impl SecretSource {
    /// The source that a value names: a table with `file` or `env` and nothing else. None for any other value.
    ///
    /// # Errors
    /// Form that it must have, in words, for a table that can only be meant as a source.
    pub fn of(value: &Value) -> Result<Option<Self>, &'static str> {
        let Some(table) = value.as_table() else { return Ok(None) };
        let names = |key: &str| table.keys().any(|name| name.eq_ignore_ascii_case(key));
        let is_source = |key: &String| {
            ["file", "env", "prefix"]
                .iter()
                .any(|name| key.eq_ignore_ascii_case(name))
        };
        let is_meant = (names("file") || names("env")) && table.keys().all(is_source);
        let is_one = table.len() == 1 && (table.contains_key("file") || table.contains_key("env"));
        if !is_meant {
            return Ok(None);
        }
        if !is_one {
            return Err("{ file = \"…\" } or { env = \"…\" }, in small letters and with nothing beside it");
        }
        let text = |value: &Value| value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
        if let Some(path) = table.get("file") {
            let path = text(path).ok_or("{ file = \"…\" } with the path of a file")?;
            return Ok(Some(Self::File(path.into())));
        }
        if let Some(name) = table.get("env") {
            let name = text(name).ok_or("{ env = \"…\" } with the name of an environment variable")?;
            return Ok(Some(Self::Env(name)));
        }
        Ok(None)
    }
}

/// Variables of the server's environment and its `.env` file that plugins may be given, without the server's own settings.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables {
    /// Values by name.
    pub values: BTreeMap<String, String>,
    /// Names of the server's own settings, which no plugin gets.
    pub own: BTreeSet<String>,
}

/// Prints no value, which may be secret.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variables")
            .field("values", &self.values.len())
            .finish_non_exhaustive()
    }
}

/// Reason why a secret cannot be used; says what to do, and never holds the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretProblem {
    /// No file.
    #[error("{} does not exist; create it with the secret as its content, or correct the path", .0.display())]
    NoFile(PathBuf),
    /// A file that cannot be read.
    #[error("{} cannot be read ({kind}); make it readable for the user the server runs as", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Error from the operating system.
        kind: ErrorKind,
    },
    /// A folder, a pipe, a device.
    #[error("{} is not a regular file; name the file that holds the secret", .0.display())]
    NotAFile(PathBuf),
    /// Larger than any secret.
    #[error("{} is larger than {SECRET_BYTES_MAX} bytes; name a file that holds only the secret", .0.display())]
    TooLarge(PathBuf),
    /// Its file system does not answer.
    #[error("{} does not answer; is a network mount gone?", .0.display())]
    Silent(PathBuf),
    /// No such variable.
    #[error("the environment variable {0} is not set; set it for the server and restart it, or correct the name")]
    NoVariable(String),
    /// A variable of the server itself.
    #[error("the environment variable {0} is a setting of the server, which no plugin gets; use another variable")]
    Own(String),
    /// Nothing in it.
    #[error("{0} is empty; put the secret there")]
    Empty(String),
    /// Not a text.
    #[error("{0} is not UTF-8 text; a secret is a text")]
    NotText(String),
    /// Invisible characters.
    #[error(
        "{0} begins or ends with white space or an invisible character, which would be part of the secret; remove that"
    )]
    Edges(String),
}

/// Secrets as they were read at one time.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(BTreeMap<SecretSource, Result<String, SecretProblem>>);

/// Prints only the sources.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secrets {
    /// Reads every source. Blocks, possibly for long on a network mount.
    pub fn read(sources: &BTreeSet<SecretSource>, folder: &Path, variables: &Variables) -> Self {
        let read = |source: &SecretSource| {
            let text = match source {
                SecretSource::File(path) => file(&folder.join(path)),
                SecretSource::Env(name) => variable(name, variables),
            };
            text.and_then(|text| checked(source, &text))
        };
        Self(sources.iter().map(|source| (source.clone(), read(source))).collect())
    }

    /// Sources whose file system did not answer.
    pub fn silent(sources: &BTreeSet<SecretSource>) -> Self {
        let silent = |source: &SecretSource| match source {
            SecretSource::File(path) => Err(SecretProblem::Silent(path.clone())),
            SecretSource::Env(name) => Err(SecretProblem::NoVariable(name.clone())),
        };
        Self(sources.iter().map(|source| (source.clone(), silent(source))).collect())
    }

    /// Puts something else in the place of those that are not there; returns their sources.
    pub fn stand_in(&mut self, sources: &BTreeSet<SecretSource>) -> Vec<SecretSource> {
        let mut absent = Vec::new();
        for (source, secret) in &mut self.0 {
            let is_absent = matches!(secret, Err(SecretProblem::NoVariable(_) | SecretProblem::NoFile(_)));
            if is_absent && sources.contains(source) {
                *secret = Ok(STAND_IN.to_owned());
                absent.push(source.clone());
            }
        }
        absent
    }

    /// The text of a source.
    pub(super) fn get(&self, source: &SecretSource) -> Result<&str, SecretProblem> {
        match self.0.get(source) {
            Some(Ok(text)) => Ok(text),
            Some(Err(problem)) => Err(problem.clone()),
            // Settings that changed since the secrets were read; they are read again at once.
            None => Err(match source {
                SecretSource::File(path) => SecretProblem::Silent(path.clone()),
                SecretSource::Env(name) => SecretProblem::NoVariable(name.clone()),
            }),
        }
    }
}

fn file(path: &Path) -> Result<String, SecretProblem> {
    let problem = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => SecretProblem::NoFile(path.to_owned()),
        kind => SecretProblem::Unreadable {
            path: path.to_owned(),
            kind,
        },
    };
    if !fs::metadata(path).map_err(problem)?.is_file() {
        return Err(SecretProblem::NotAFile(path.to_owned()));
    }
    let mut bytes = Vec::new();
    let content = File::open(path).map_err(problem)?;
    content
        .take(SECRET_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(problem)?;
    if bytes.len() as u64 > SECRET_BYTES_MAX {
        return Err(SecretProblem::TooLarge(path.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_binary| SecretProblem::NotText(path.display().to_string()))
}

fn variable(name: &str, variables: &Variables) -> Result<String, SecretProblem> {
    if variables.own.contains(name) || name.starts_with("LARK_") || name.starts_with("CALLBACK_") {
        return Err(SecretProblem::Own(name.to_owned()));
    }
    let value = variables.values.get(name);
    value.cloned().ok_or_else(|| SecretProblem::NoVariable(name.to_owned()))
}

/// The secret without the line breaks that editors add at the end.
fn checked(source: &SecretSource, text: &str) -> Result<String, SecretProblem> {
    let secret = text.trim_end_matches(['\r', '\n']);
    let is_unseen = |symbol: char| {
        symbol.is_whitespace()
            || symbol.is_control()
            || matches!(symbol, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    if secret.chars().all(is_unseen) {
        return Err(SecretProblem::Empty(source.to_string()));
    }
    if secret.starts_with(is_unseen) || secret.ends_with(is_unseen) {
        return Err(SecretProblem::Edges(source.to_string()));
    }
    Ok(secret.to_owned())
}

/// Secrets of a plugin, to be left out of texts.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Masks(Vec<String>);

impl Masks {
    pub(super) fn add(&mut self, secret: &str) {
        let is_one_line = !secret.contains('\n');
        let long_enough = if is_one_line {
            MASKED_BYTES_MIN
        } else {
            MASKED_LINE_BYTES_MIN
        };
        let parts = secret.lines().map(str::trim);
        let parts = parts.filter(|part| part.len() >= long_enough && (is_one_line || !part.starts_with("-----")));
        for part in parts {
            // A plugin is given a table as JSON, and may log it.
            let in_json = serde_json::Value::from(part).to_string();
            let in_json = in_json.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            self.0.extend(in_json.filter(|text| *text != part).map(str::to_owned));
            self.0.push(part.to_owned());
        }
        // A secret may contain another one.
        self.0.sort_by_key(|part| std::cmp::Reverse(part.len()));
        self.0.dedup();
    }

    /// The text without the secrets.
    pub(super) fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = Cow::Borrowed(text);
        for secret in &self.0 {
            if masked.contains(secret.as_str()) {
                masked = Cow::Owned(masked.replace(secret.as_str(), MASK));
            }
        }
        masked
    }
}
