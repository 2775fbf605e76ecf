//! The host's services as a plugin uses them: each has a type of its own, and log and configuration are here.

use std::fmt;

use crate::{Failure, Host, Http, Kv, Media, Metrics, Oauth, Openapi};

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

    /// Images and files of messages.
    pub fn media(&self) -> Media<'_> {
        Media::new(self)
    }

    /// Requests to services other than Lark.
    pub fn http(&self) -> Http<'_> {
        Http::new(self)
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
