//! Settings: read once, checked whole, handed out as plain data.
//!
//! Only this layer reads the environment. Every problem is reported, not only the first, and none shows a value.

mod addresses;
mod admin;
mod apps;
mod authorize;
mod compile;
mod database;
mod dot_env;
mod folder;
mod kinds;
mod memory;
mod names;
mod paths;
mod read;
mod secret;
mod sender;
mod service_links;
mod setting;
pub mod settings;
mod source;
mod text;
mod trial;
mod watched;

use std::{fmt, path::PathBuf};

use lark_callback_store::{Retention, StoreSettings};
use secrecy::SecretString;

use crate::{
    admin::AdminSettings,
    deliver::DeliverSettings,
    dispatch::DispatchSettings,
    http::RequestLimits,
    listen::ServerSettings,
    openapi::{AuthorizeSettings, Distribution, OpenapiSettings},
    plugin::CompileSettings,
    replicas::ReplicaSettings,
    sweep::SweepSettings,
    telemetry::LogSettings,
    vault::Vault,
};

pub use admin::load_operator;
pub use sender::{Sender, load_sender};
pub use setting::Setting;
pub use source::{Origin, Value, Values};
pub use text::{ReadTextError, TEXT_BYTES_MAX, TextError, read_text, text_of};
pub use trial::{Trial, TrialConfig};
pub use watched::{Changed, Seen, load_watched};

/// Everything the server is told.
#[derive(Debug)]
pub struct Config {
    /// `CALLBACK_SERVER_HOST`.
    pub host: String,
    /// `CALLBACK_SERVER_PORT`.
    pub port: u16,
    /// `CALLBACK_PATH`: where the application of the environment is served, and above those of `[apps.NAME]`.
    pub path: String,
    /// The application of the environment first, then those of `[apps.NAME]`.
    pub apps: Vec<AppConfig>,
    /// `DATABASE_URL`, `POSTGRES_HOST` or `TOKEN_DB_PATH`.
    pub store: StoreSettings,
    /// The operator's listener.
    pub admin: AdminSettings,
    /// `CALLBACK_PLUGINS_DIR`.
    pub plugins_dir: PathBuf,
    /// `CALLBACK_INSTANCES_MAX`.
    pub instances_max: u32,
    /// `CALLBACK_PLUGIN_MEMORY_BYTES_MAX`.
    pub plugin_memory_bytes_max: u64,
    /// How plugins are compiled, and where the result is kept.
    pub compile: CompileSettings,
    /// Both addresses of Lark, and what else calls need.
    pub openapi: OpenapiSettings,
    /// Connections.
    pub server: ServerSettings,
    /// One request.
    pub request: RequestLimits,
    /// One call.
    pub dispatch: DispatchSettings,
    /// Deliveries.
    pub deliver: DeliverSettings,
    /// Plugins of other servers.
    pub replica: ReplicaSettings,
    /// Retention.
    pub sweep: SweepSettings,
    /// Logs.
    pub log: LogSettings,
    /// `LARK_CONFIG_ENCRYPTION_KEY`: without it nothing can be kept that must be sealed.
    pub vault: Option<Vault>,
    /// What is worth a warning at start.
    pub notices: Vec<String>,
}

/// What the operator's commands are told.
#[derive(Debug)]
pub struct OperatorConfig {
    /// The database.
    pub store: StoreSettings,
    /// What is deleted when.
    pub retention: Retention,
    /// Where a server that runs can be asked.
    pub admin: AdminSettings,
    /// `CALLBACK_PLUGINS_DIR`.
    pub plugins_dir: PathBuf,
}

/// One application of the Feishu/Lark console.
#[derive(Debug)]
pub struct AppConfig {
    /// The name in the settings; empty for the application of the environment.
    pub name: String,
    /// Where it is served.
    pub path: String,
    /// `cli_…`.
    pub app_id: String,
    /// For calls to Lark.
    pub app_secret: SecretString,
    /// `LARK_APP_NAME`: what people know it by.
    pub display_name: Option<String>,
    /// `LARK_APP_DISTRIBUTION`: which way it gets its tokens.
    pub distribution: Distribution,
    /// `OAUTH_REDIRECT_URI` and `OAUTH_OFFLINE_ACCESS`: how users authorize it.
    pub authorize: AuthorizeSettings,
    /// For callbacks from Lark.
    pub keys: lark_protocol::Keys,
}

/// What the settings say.
#[derive(Debug)]
pub enum Loaded {
    /// `CALLBACK_SERVER_ENABLED` is not true.
    Disabled {
        /// What could not be read; it may be the reason.
        problems: Vec<String>,
    },
    /// Ready to serve.
    Enabled(Box<Config>),
}

/// All problems at once.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError {
    /// One sentence each, naming the setting, where it was set and what is wanted; never a value.
    pub problems: Vec<String>,
    /// What was set and does not count; it may be the reason.
    pub notices: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        write!(
            f,
            "the settings have {count} problem{}:",
            if count == 1 { "" } else { "s" }
        )?;
        self.problems
            .iter()
            .try_for_each(|problem| write!(f, "\n  - {problem}"))?;
        self.notices
            .iter()
            .try_for_each(|notice| write!(f, "\n  (note: {notice})"))
    }
}

/// Values of the command line, which win over all others.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`: the settings file; `lark-callback.toml` of the working folder when absent, if there is one.
    pub config: Option<PathBuf>,
    /// `--env-file`: in place of `.env`.
    pub env_file: Option<PathBuf>,
    /// Names of the environment with their values.
    pub values: Vec<(String, String)>,
}

/// Only the database, for commands that work on it beside a server.
///
/// # Errors
/// With every problem that was found.
pub fn load_database(flags: &Flags) -> Result<StoreSettings, ConfigError> {
    let values = values(flags);
    let mut read = read::Reader::new(&values);
    let store = read.store();
    read.finish()?;
    Ok(store)
}

/// Only the folder of the plugins.
///
/// # Errors
/// With every problem that was found.
pub fn load_plugins_dir(flags: &Flags) -> Result<PathBuf, ConfigError> {
    let values = values(flags);
    let mut read = read::Reader::new(&values);
    let folder = read.plugins_dir();
    read.finish()?;
    Ok(folder)
}

fn values(flags: &Flags) -> Values {
    let mut values = Values::default();
    let default = PathBuf::from("lark-callback.toml");
    let path = flags.config.as_ref().unwrap_or(&default);
    match read_text(path) {
        Ok(text) => values.add_file(path, &text),
        Err(ReadTextError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound && flags.config.is_none() => {}
        Err(error) => values
            .problems
            .push(format!("the settings file {} cannot be read: {error}", path.display())),
    }
    match &flags.env_file {
        None => values.add_dot_env(&PathBuf::from(".env")),
        Some(path) if path.is_file() => values.add_dot_env(path),
        Some(path) => values
            .problems
            .push(format!("--env-file {} is not a file", path.display())),
    }
    values.add_environment(std::env::vars_os());
    values.add_variables(flags.values.iter().cloned(), &Origin::Flag);
    values
}

#[cfg(test)]
mod tests;
