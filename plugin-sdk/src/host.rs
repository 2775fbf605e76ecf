//! The host's services for a plugin: log, configuration, key-value store, time and random bytes.

use std::fmt;

#[cfg(not(target_family = "wasm"))]
use crate::{Authorization, AuthorizedUser, Link, OauthError, OpenapiError, OpenapiRequest, OpenapiResponse};
use crate::{Entry, Failure, Kv, KvError, Metrics, Oauth, Openapi};

/// The level of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Details for debugging the plugin.
    Debug,
    /// Normal operation.
    Info,
    /// Something unexpected, without consequences for users.
    Warn,
    /// A fault that needs attention.
    Error,
}

/// The host as a plugin sees it.
///
/// A handler gets it as an argument, never from a global, so the same handler runs in the sandbox and under `cargo test`
/// with a [`FakeHost`](crate::testing::FakeHost). The trait's methods are the raw functions of the border; use
/// `host.log()`, `host.config()`, `host.kv()`, `host.openapi()`, `host.oauth()` and `host.metrics()` instead.
pub trait Host {
    /// Writes one line into the operator's log; the host adds plugin, event id and event type.
    fn write_log(&self, level: Level, message: &str);

    /// Returns the value of a key under `[config]`: text as it is, other values as JSON.
    fn config_value(&self, key: &str) -> Option<String>;

    /// Returns the value of a key, unless it has expired.
    ///
    /// # Errors
    ///
    /// [`KvError`], as in all `kv_…` methods.
    fn kv_get(&self, key: &str) -> Result<Option<Entry>, KvError>;

    /// Writes unconditionally and returns the new version.
    ///
    /// # Errors
    ///
    /// [`KvError`]
    fn kv_set(&self, key: &str, value: &[u8], ttl_ms: Option<u64>) -> Result<u64, KvError>;

    /// Writes only if the key still has this version (absent: only if the key does not exist). Returns the new version, or
    /// nothing when another write came first.
    ///
    /// # Errors
    ///
    /// [`KvError`]
    fn kv_compare_and_set(
        &self,
        key: &str,
        expected: Option<u64>,
        value: &[u8],
        ttl_ms: Option<u64>,
    ) -> Result<Option<u64>, KvError>;

    /// Deletes a key and returns whether it existed.
    ///
    /// # Errors
    ///
    /// [`KvError`]
    fn kv_delete(&self, key: &str) -> Result<bool, KvError>;

    /// Lists keys that start with `prefix`, in byte order, starting after `after`, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`KvError`]
    fn kv_list_keys(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, KvError>;

    /// Milliseconds since 1970 (Unix time).
    fn now_ms(&self) -> u64;

    /// Fills `bytes` from a cryptographically secure generator.
    ///
    /// # Errors
    ///
    /// [`Failure::Retry`] when the host has no randomness to give.
    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), Failure>;

    /// Makes an OpenAPI call. An answer whose `code` is not 0 is `Ok`, too.
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    #[cfg(not(target_family = "wasm"))]
    fn openapi_call(&self, request: &OpenapiRequest) -> Result<OpenapiResponse, OpenapiError>;

    /// Makes an authorization link.
    ///
    /// # Errors
    ///
    /// [`OauthError`], as in all `oauth_…` methods.
    #[cfg(not(target_family = "wasm"))]
    fn oauth_begin(&self, scopes: &[String]) -> Result<Link, OauthError>;

    /// Exchanges an authorization code for tokens, which the host stores.
    ///
    /// # Errors
    ///
    /// [`OauthError`]
    #[cfg(not(target_family = "wasm"))]
    fn oauth_exchange(&self, code: &str, ticket: &str, open_id: &str) -> Result<AuthorizedUser, OauthError>;

    /// Returns a user's authorization.
    ///
    /// # Errors
    ///
    /// [`OauthError`]
    #[cfg(not(target_family = "wasm"))]
    fn oauth_status(&self, open_id: &str) -> Result<Option<Authorization>, OauthError>;

    /// Deletes a user's tokens.
    ///
    /// # Errors
    ///
    /// [`OauthError`]
    #[cfg(not(target_family = "wasm"))]
    fn oauth_forget(&self, open_id: &str) -> Result<bool, OauthError>;

    /// Adds to a counter.
    #[cfg(not(target_family = "wasm"))]
    fn metrics_add(&self, name: &str, labels: &[(String, String)], amount: u64);

    /// Records a duration in a histogram.
    #[cfg(not(target_family = "wasm"))]
    fn metrics_time(&self, name: &str, labels: &[(String, String)], ms: u64);
}

/// Prints no state; it lets types that hold a host derive `Debug`.
impl fmt::Debug for dyn Host + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host")
    }
}

impl dyn Host + '_ {
    /// The operator's log.
    pub fn log(&self) -> Log<'_> {
        Log { host: self }
    }

    /// The operator's configuration of this plugin.
    pub fn config(&self) -> Config<'_> {
        Config { host: self }
    }

    /// A durable key-value store private to this plugin.
    pub fn kv(&self) -> Kv<'_> {
        Kv::new(self)
    }

    /// Calls to Lark's OpenAPI.
    pub fn openapi(&self) -> Openapi<'_> {
        Openapi::new(self)
    }

    /// User authorization.
    pub fn oauth(&self) -> Oauth<'_> {
        Oauth::new(self)
    }

    /// Metrics for the operator's monitoring.
    pub fn metrics(&self) -> Metrics<'_> {
        Metrics::new(self)
    }

    /// Returns cryptographically secure random bytes.
    ///
    /// # Errors
    ///
    /// As [`Host::fill_random`].
    pub fn random<const N: usize>(&self) -> Result<[u8; N], Failure> {
        let mut bytes = [0; N];
        self.fill_random(&mut bytes)?;
        Ok(bytes)
    }
}

/// The operator's log. Never write tokens, message texts or names into it.
#[derive(Debug, Clone, Copy)]
pub struct Log<'a> {
    host: &'a dyn Host,
}

impl Log<'_> {
    /// Details for debugging the plugin.
    pub fn debug(&self, message: &str) {
        self.host.write_log(Level::Debug, message);
    }

    /// Normal operation.
    pub fn info(&self, message: &str) {
        self.host.write_log(Level::Info, message);
    }

    /// Something unexpected, without consequences for users.
    pub fn warn(&self, message: &str) {
        self.host.write_log(Level::Warn, message);
    }

    /// A fault that needs attention.
    pub fn error(&self, message: &str) {
        self.host.write_log(Level::Error, message);
    }
}

/// The values under `[config]` in the operator's file beside the plugin.
#[derive(Debug, Clone, Copy)]
pub struct Config<'a> {
    host: &'a dyn Host,
}

impl Config<'_> {
    /// Returns text as it is and other values as JSON; absent when the key is not set.
    pub fn get(&self, key: &str) -> Option<String> {
        self.host.config_value(key)
    }

    /// Returns a required value. List the key in [`Plugin::WANTS`](crate::Plugin::WANTS) so that the plugin is not loaded
    /// without it.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when the key is not set.
    pub fn require(&self, key: &str) -> Result<String, Failure> {
        self.get(key)
            .ok_or_else(|| Failure::permanent(format_args!("{key} is not set under [config]")))
    }
}
