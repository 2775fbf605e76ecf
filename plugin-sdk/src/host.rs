//! What the host does for a plugin: log, configuration, keys and values, time and random bytes.

use std::fmt;

#[cfg(not(target_family = "wasm"))]
use crate::{Authorization, AuthorizedUser, Link, OauthError, OpenapiError, OpenapiRequest, OpenapiResponse};
use crate::{Entry, Failure, Kv, KvError, Metrics, Oauth, Openapi};

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For whoever debugs the plugin.
    Debug,
    /// Something happened as it should.
    Info,
    /// Something is odd, and nobody was hurt.
    Warn,
    /// Somebody must look.
    Error,
}

/// The host as a plugin sees it.
///
/// A handler gets it as an argument, never from a global, so the same handler runs in the sandbox and under
/// `cargo test` with a [`FakeHost`](crate::testing::FakeHost). The methods of the trait are the plain functions of the
/// border; `host.log()`, `host.config()`, `host.kv()`, `host.openapi()`, `host.oauth()` and `host.metrics()` are the comfortable way to them.
pub trait Host {
    /// Writes one line into the operator's log; the host adds plugin, event id and event type.
    fn write_log(&self, level: Level, message: &str);

    /// The value of a key under `[config]`: text as it is, other values as JSON.
    fn config_value(&self, key: &str) -> Option<String>;

    /// The value of a key, unless it has expired.
    ///
    /// # Errors
    ///
    /// [`KvError`], as in all `kv_…` methods.
    fn kv_get(&self, key: &str) -> Result<Option<Entry>, KvError>;

    /// Writes whatever was there before and tells the new version.
    ///
    /// # Errors
    ///
    /// [`KvError`]
    fn kv_set(&self, key: &str, value: &[u8], ttl_ms: Option<u64>) -> Result<u64, KvError>;

    /// Writes only when the key has this version (absent: only when there is no such key). Tells the new version, or
    /// nothing when somebody else was first.
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

    /// Tells whether there was something to delete.
    ///
    /// # Errors
    ///
    /// [`KvError`]
    fn kv_delete(&self, key: &str) -> Result<bool, KvError>;

    /// Keys that start with `prefix`, in byte order, after `after`, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`KvError`]
    fn kv_list_keys(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, KvError>;

    /// Milliseconds since 1970.
    fn now_ms(&self) -> u64;

    /// Fills `bytes` from a generator that is good enough for secrets.
    ///
    /// # Errors
    ///
    /// [`Failure::Retry`] when the host has none to give.
    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), Failure>;

    /// Makes a call of the OpenAPI; an answer whose `code` is not 0 is an answer.
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    #[cfg(not(target_family = "wasm"))]
    fn openapi_call(&self, request: &OpenapiRequest) -> Result<OpenapiResponse, OpenapiError>;

    /// Makes a link to the authorize page.
    ///
    /// # Errors
    ///
    /// [`OauthError`], as in all `oauth_…` methods.
    #[cfg(not(target_family = "wasm"))]
    fn oauth_begin(&self, scopes: &[String]) -> Result<Link, OauthError>;

    /// Exchanges a code.
    ///
    /// # Errors
    ///
    /// [`OauthError`]
    #[cfg(not(target_family = "wasm"))]
    fn oauth_exchange(&self, code: &str, ticket: &str, open_id: &str) -> Result<AuthorizedUser, OauthError>;

    /// What a user has allowed.
    ///
    /// # Errors
    ///
    /// [`OauthError`]
    #[cfg(not(target_family = "wasm"))]
    fn oauth_status(&self, open_id: &str) -> Result<Option<Authorization>, OauthError>;

    /// Forgets a user's tokens.
    ///
    /// # Errors
    ///
    /// [`OauthError`]
    #[cfg(not(target_family = "wasm"))]
    fn oauth_forget(&self, open_id: &str) -> Result<bool, OauthError>;

    /// Adds to a counter.
    #[cfg(not(target_family = "wasm"))]
    fn metrics_add(&self, name: &str, labels: &[(String, String)], amount: u64);

    /// Puts a duration into a histogram.
    #[cfg(not(target_family = "wasm"))]
    fn metrics_time(&self, name: &str, labels: &[(String, String)], ms: u64);
}

/// A host has nothing to show; this lets what holds one derive `Debug`.
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

    /// The operator's values for this plugin.
    pub fn config(&self) -> Config<'_> {
        Config { host: self }
    }

    /// Durable keys and values of this plugin alone.
    pub fn kv(&self) -> Kv<'_> {
        Kv::new(self)
    }

    /// Calls of Lark's OpenAPI.
    pub fn openapi(&self) -> Openapi<'_> {
        Openapi::new(self)
    }

    /// Authorization by users.
    pub fn oauth(&self) -> Oauth<'_> {
        Oauth::new(self)
    }

    /// Numbers for the operator's monitoring.
    pub fn metrics(&self) -> Metrics<'_> {
        Metrics::new(self)
    }

    /// Random bytes that are good enough for secrets.
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
    /// For whoever debugs the plugin.
    pub fn debug(&self, message: &str) {
        self.host.write_log(Level::Debug, message);
    }

    /// Something happened as it should.
    pub fn info(&self, message: &str) {
        self.host.write_log(Level::Info, message);
    }

    /// Something is odd, and nobody was hurt.
    pub fn warn(&self, message: &str) {
        self.host.write_log(Level::Warn, message);
    }

    /// Somebody must look.
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
    /// Text as it is, other values as JSON; absent when the key is not set.
    pub fn get(&self, key: &str) -> Option<String> {
        self.host.config_value(key)
    }

    /// A value without which the call makes no sense. List the key in [`Plugin::WANTS`](crate::Plugin::WANTS), and the
    /// plugin does not even start without it.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when the key is not set.
    pub fn require(&self, key: &str) -> Result<String, Failure> {
        self.get(key)
            .ok_or_else(|| Failure::permanent(format_args!("{key} is not set under [config]")))
    }
}
