//! Settings: read once, validated as a whole, handed out as plain data.
//!
//! Only this layer reads the environment. All problems are reported at once, and none reveals a value.

mod addresses;
mod admin;
mod alerts;
mod apps;
mod authorize;
mod ca;
mod checked;
mod compile;
mod database;
mod dot_env;
mod examined;
mod folder;
mod in_force;
mod kinds;
mod log;
mod memory;
mod names;
mod paths;
mod proxies;
mod read;
mod secret;
mod sender;
mod service_links;
mod service_manager;
mod setting;
pub mod settings;
mod shown;
mod source;
mod text;
mod traces;
mod trial;
mod watched;

use crate::codes::{Text, told};
use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use lark_callback_store::{Retention, StoreSettings};
use secrecy::SecretString;

use crate::{
    admin::AdminSettings,
    alerts::AlertSettings,
    deliver::DeliverSettings,
    dispatch::DispatchSettings,
    http::RequestLimits,
    listen::{Inherited, ServerSettings, TrustedProxies},
    openapi::{AuthorizeSettings, Distribution, OpenapiSettings},
    outward::Roots,
    plugin::{CompileSettings, TrustedKeys, Variables},
    replicas::ReplicaSettings,
    sweep::SweepSettings,
    telemetry::{Levels, LogSettings, amount},
    trace::TraceSettings,
    vault::Vault,
};

/// Path that no application can have, and what a running server says there.
pub use crate::{
    apps::Transport,
    http::{HEALTH_PATH, HEALTHY, is_page},
};
pub use addresses::has_host;
pub use admin::load_operator;
pub use checked::{Checked, load_checked};
pub use compile::author_cache_dir;
pub use dot_env::{Entry as EnvEntry, entries as env_entries, written as env_written};
pub use examined::{Examined, load_examined};
pub use in_force::in_force;
pub use secret::secret_fault;
pub use sender::{Sender, load_sender};
pub use service_manager::{ServiceManager, listen_names};
pub use setting::Setting;
pub use shown::{AllShown, Shown, load_shown};
pub use source::{Origin, Value, Values};
pub use text::{ReadTextError, TEXT_BYTES_MAX, TextError, read_text, text_of};
pub use trial::{Trial, TrialConfig};
pub use watched::{Changed, Seen, load_watched};

/// Settings of the server.
#[derive(Debug)]
pub struct Config {
    /// `CALLBACK_SERVER_HOST`.
    pub host: String,
    /// `CALLBACK_SERVER_PORT`.
    pub port: u16,
    /// `CALLBACK_SERVER_SOCKET_MODE`: permissions of the file of a Unix socket.
    pub socket_mode: u32,
    /// Sockets handed over by systemd, which are used instead of the addresses. Not a setting: whoever starts the server
    /// puts them here.
    pub inherited: Inherited,
    /// An application has no Encrypt Key, which only a listener on loopback may have without being asked for.
    pub is_unsigned_for_loopback: bool,
    /// `CALLBACK_STOP_DELAY_MS`: time between no longer being ready and accepting no more connections.
    pub stop_delay: Duration,
    /// `LARK_LONG_CONNECTIONS`: connections of each application.
    pub long_connections: u32,
    /// `CALLBACK_PATH`: path of the application from the environment, and the parent of those of `[apps.NAME]`.
    pub path: String,
    /// `CALLBACK_PUBLIC_URL`, without a slash at its end: the callback address of an application is this and its path.
    pub public_url: Option<String>,
    /// The application from the environment first, then those of `[apps.NAME]`.
    pub apps: Vec<AppConfig>,
    /// `DATABASE_URL`, `POSTGRES_HOST` or `TOKEN_DB_PATH`.
    pub store: StoreSettings,
    /// The operator's listener.
    pub admin: AdminSettings,
    /// `CALLBACK_PLUGINS_DIR`.
    pub plugins_dir: PathBuf,
    /// Variables for secrets in plugins' settings.
    pub variables: Arc<Variables>,
    /// `CALLBACK_SETTLE_MS`.
    pub settle_ms: u64,
    /// `CALLBACK_PLUGIN_KEYS`.
    pub plugin_keys: TrustedKeys,
    /// `CALLBACK_INSTANCES_MAX`.
    pub instances_max: u32,
    /// `CALLBACK_PLUGIN_MEMORY_BYTES_MAX`.
    pub plugin_memory_bytes_max: u64,
    /// Compilation of plugins, and the cache for its results.
    pub compile: CompileSettings,
    /// `CALLBACK_ROOT_CERTIFICATES`.
    pub own_roots: Roots,
    /// Both addresses of Lark, and other settings for calls to it.
    pub openapi: OpenapiSettings,
    /// Connections of the public listener.
    pub server: ServerSettings,
    /// Limits of one request.
    pub request: RequestLimits,
    /// `CALLBACK_TRUSTED_PROXIES`.
    pub proxies: TrustedProxies,
    /// Limits of one call.
    pub dispatch: DispatchSettings,
    /// Delivery loop.
    pub deliver: DeliverSettings,
    /// Plugins shared with other servers.
    pub replica: ReplicaSettings,
    /// Retention and size of the database.
    pub sweep: SweepSettings,
    /// Traces; none without a collector.
    pub traces: Option<TraceSettings>,
    /// Alerts into a chat; none without `CALLBACK_ALERT_CHAT`.
    pub alerts: Option<AlertSettings>,
    /// Logs.
    pub log: LogSettings,
    /// The levels of the running log, for the operator to change. Not a setting: whoever starts the log puts them here.
    pub levels: Option<Levels>,
    /// `LARK_CONFIG_ENCRYPTION_KEY`: without it, nothing that must be sealed can be stored.
    pub vault: Option<Vault>,
    /// Warnings to log at startup.
    pub notices: Vec<Text>,
    /// All settings as they were at the start, with their origins and without secrets.
    pub shown: Arc<[Shown]>,
}

/// Settings of the operator's commands.
#[derive(Debug)]
pub struct OperatorConfig {
    /// The database.
    pub store: StoreSettings,
    /// Retention periods.
    pub retention: Retention,
    /// Address of a running server's operator listener.
    pub admin: AdminSettings,
    /// `CALLBACK_PLUGINS_DIR`.
    pub plugins_dir: PathBuf,
    /// `CALLBACK_PLUGIN_KEYS`.
    pub plugin_keys: TrustedKeys,
    /// `CALLBACK_OPERATOR`: name under which commands are recorded.
    pub operator: Option<String>,
}

/// Application in the Feishu/Lark developer console.
#[derive(Debug)]
pub struct AppConfig {
    /// Name in the settings; empty for the application from the environment.
    pub name: String,
    /// Path of its callbacks.
    pub path: String,
    /// `cli_…`.
    pub app_id: String,
    /// App Secret, for calls to Lark.
    pub app_secret: SecretString,
    /// `LARK_APP_NAME`: name shown to people.
    pub display_name: Option<String>,
    /// `LARK_APP_DISTRIBUTION`: determines how it obtains its tokens.
    pub distribution: Distribution,
    /// `LARK_TRANSPORT`: how Lark pushes to it.
    pub transport: Transport,
    /// `OAUTH_REDIRECT_URI` and `OAUTH_OFFLINE_ACCESS`: how users authorize it.
    pub authorize: AuthorizeSettings,
    /// Keys for callbacks from Lark.
    pub keys: lark_protocol::Keys,
}

/// Result of loading the settings.
#[derive(Debug)]
pub enum Loaded {
    /// `CALLBACK_SERVER_ENABLED` is not true.
    Disabled {
        /// Unreadable sources, one of which may be the reason.
        problems: Vec<Text>,
    },
    /// Ready to serve.
    Enabled(Box<Config>),
}

/// All problems in the settings.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError {
    /// One sentence per problem: the setting, where it was set, and what is expected; never a value.
    pub problems: Vec<Text>,
    /// Settings that are set but ignored; one may be the cause.
    pub notices: Vec<Text>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the settings have {}:", amount(self.problems.len(), "problem"))?;
        self.problems
            .iter()
            .try_for_each(|problem| write!(f, "\n  - {problem}"))?;
        self.notices
            .iter()
            .try_for_each(|notice| write!(f, "\n  (note: {notice})"))
    }
}

/// Values from the command line, which take precedence over all others.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`: the settings file; when absent, `lark-callback.toml` in the working directory, if it exists.
    pub config: Option<PathBuf>,
    /// `--env-file`: replaces `.env`.
    pub env_file: Option<PathBuf>,
    /// Values by environment variable name.
    pub values: Vec<(String, String)>,
}

/// Loads only the database settings, for commands that run beside a server.
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

/// Loads only the plugins folder.
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

/// Loads only the variables for secrets in plugins' settings.
pub fn load_variables(flags: &Flags) -> Arc<Variables> {
    read::Reader::new(&values(flags)).variables()
}

/// Locale of the terminal: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set, as for every program.
#[expect(clippy::disallowed_methods, reason = "this is `config`")]
pub fn terminal_locale() -> Option<String> {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().map(std::env::var);
    set.filter_map(Result::ok).find(|value| !value.is_empty())
}

/// Variable with the seconds that a build of a plugin in TypeScript or Python may take.
pub const BUILD_SECONDS_MAX: &str = "LARK_PLUGIN_BUILD_SECONDS_MAX";

/// Seconds that a build of a plugin in TypeScript or Python may take, if the environment sets them.
///
/// # Errors
/// With what it must be.
#[expect(clippy::disallowed_methods, reason = "this is `config`")]
pub fn build_seconds_max() -> Result<Option<u32>, String> {
    let Some(set) = std::env::var(BUILD_SECONDS_MAX).ok().filter(|set| !set.is_empty()) else {
        return Ok(None);
    };
    let seconds = set.parse().ok().filter(|seconds| (1..=99_999).contains(seconds));
    let refused = || format!("{BUILD_SECONDS_MAX} is {set}, and must be a number of seconds from 1 to 99999");
    seconds.ok_or_else(refused).map(Some)
}

/// Whether Cargo compiles all projects into one folder.
#[expect(clippy::disallowed_methods, reason = "this is `config`")]
pub fn shares_cargo_targets() -> bool {
    std::env::var_os("CARGO_TARGET_DIR").is_some_and(|folder| !folder.is_empty())
}

/// Time zone that the environment asks for, as for every program; whether it is known is not said.
#[expect(clippy::disallowed_methods, reason = "this is `config`")]
pub fn time_zone() -> Option<String> {
    std::env::var("TZ").ok().filter(|zone| !zone.is_empty())
}

fn values(flags: &Flags) -> Values {
    let mut values = Values::default();
    let default = PathBuf::from("lark-callback.toml");
    let path = flags.config.as_ref().unwrap_or(&default);
    match read_text(path) {
        Ok(text) => values.add_file(path, &text),
        Err(ReadTextError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound && flags.config.is_none() => {}
        Err(error) => values.lack_source(told!(
            "the settings file {} cannot be read: {error}",
            "无法读取配置文件 {}：{error}",
            path.display()
        )),
    }
    match &flags.env_file {
        None => values.add_dot_env(&PathBuf::from(".env")),
        Some(path) if path.is_file() => values.add_dot_env(path),
        Some(path) if path.exists() => values.lack_source(told!(
            "--env-file {} is not a file",
            "--env-file {} 不是文件",
            path.display()
        )),
        Some(path) => values.lack_source(told!(
            "--env-file {} does not exist",
            "--env-file {} 不存在",
            path.display()
        )),
    }
    values.add_environment(std::env::vars_os());
    values.add_variables(flags.values.iter().cloned(), &Origin::Flag);
    values
}

#[cfg(test)]
mod tests;
