//! Random keys, and the file in which `send` and the operator's commands find them.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{self, Path},
};

use lark_callback_store::Database;
use secrecy::ExposeSecret as _;

use crate::{
    cli::{Exit, Stopped, client::event_id},
    config::{Config, Values},
    vault::Vault,
};

/// Keys kept as long as the folder `data`, so that requests sent before a restart can be sent again after it.
pub(super) struct Keys {
    encrypt_key: String,
    token: String,
    config_key: String,
}

impl Keys {
    /// Of the form that the official SDKs insist on, so that their clients can be tried against the simulated Lark.
    pub(super) const APP_ID: &'static str = "cli_de00000000000000";

    pub(super) fn of_this_folder(file: &Path) -> Result<Self, Stopped> {
        let mut values = Values::default();
        values.add_dot_env(file);
        let mut kept = |name: &str| {
            let kept = values.by_name.remove(name).map(|value| value.text);
            kept.filter(|text| !text.is_empty())
        };
        let key_or = |kept: Option<String>| kept.map_or_else(event_id, Ok);
        let new_key = || Vault::new_key().map_err(|error| Stopped::new(Exit::Failed, &error));
        Ok(Self {
            encrypt_key: key_or(kept("LARK_ENCRYPT_KEY"))?,
            token: key_or(kept("LARK_VERIFICATION_TOKEN"))?,
            config_key: kept("LARK_CONFIG_ENCRYPTION_KEY").map_or_else(new_key, Ok)?,
        })
    }

    pub(super) fn variables(&self) -> [(&'static str, &str); 5] {
        [
            ("LARK_APP_ID", Self::APP_ID),
            ("LARK_APP_SECRET", "throw-away"),
            ("LARK_VERIFICATION_TOKEN", &self.token),
            ("LARK_ENCRYPT_KEY", &self.encrypt_key),
            ("LARK_CONFIG_ENCRYPTION_KEY", &self.config_key),
        ]
    }
}

/// Settings that point to this server: its keys, its database, its address, and the simulated Lark for `doctor`.
pub(super) fn variables(values: &Values, config: &Config) -> Vec<(String, String)> {
    let is_wanted = |name: &str| {
        name.starts_with("LARK_")
            || ["DATABASE_URL", "OAUTH_REDIRECT_URI"].contains(&name)
            || name.starts_with("CALLBACK_SERVER_") && name != "CALLBACK_SERVER_ENABLED"
            || (name.starts_with("CALLBACK_ADMIN") && !name.starts_with("CALLBACK_ADMIN_TOKEN"))
            || name == "CALLBACK_PATH"
    };
    let mut variables: Vec<_> = values
        .by_name
        .iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, value)| (name.clone(), value.text.trim().to_owned()))
        .collect();
    // Commands may run in another folder.
    if let Database::Sqlite(file) = &config.store.database
        && let Ok(file) = path::absolute(file)
        && let Some((_, url)) = variables.iter_mut().find(|(name, _)| name == "DATABASE_URL")
    {
        *url = format!("sqlite:{}", url_path(&file.to_string_lossy()));
    }
    if let Ok(plugins) = path::absolute(&config.plugins_dir) {
        variables.push((
            "CALLBACK_PLUGINS_DIR".to_owned(),
            plugins.to_string_lossy().into_owned(),
        ));
    }
    if let Some(token) = &config.admin.token {
        variables.push(("CALLBACK_ADMIN_TOKEN".to_owned(), token.expose_secret().to_owned()));
    }
    variables
}

/// A path as a part of a URL of a database.
fn url_path(path: &str) -> String {
    let signs = [("%", "%25"), ("?", "%3F"), ("#", "%23")];
    signs
        .into_iter()
        .fold(path.to_owned(), |path, (sign, written)| path.replace(sign, written))
}

/// Writes the file for `--env-file`, readable by its owner only.
pub(super) fn write(path: &Path, variables: &[(String, String)]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    variables
        .iter()
        .try_for_each(|(name, value)| writeln!(file, "{name}={}", quoted(value)))
}

/// Quotes a value for a `.env` file, where single quotes keep everything as it is.
fn quoted(value: &str) -> String {
    let is_plain = |symbol: char| symbol.is_ascii_alphanumeric() || "._-:/+=,@[]".contains(symbol);
    if value.chars().all(is_plain) {
        value.to_owned()
    } else if value.contains('\'') {
        format!("\"{value}\"")
    } else {
        format!("'{value}'")
    }
}
