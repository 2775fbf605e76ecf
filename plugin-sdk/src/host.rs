//! The host's services as a plugin uses them: each has a type of its own, and log and configuration are here.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::{Failure, Host, Http, Kv, Media, Metrics, Oauth, Openapi};

/// The level of a log line.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// use lark_plugin_sdk::Level;
///
/// // In a test: whether anything went wrong.
/// host.log().info("started");
/// assert!(fake.logged().iter().all(|line| line.level < Level::Warn));
/// ```
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
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// let [die] = host.random::<1>()?.map(|byte| byte % 6 + 1);
    /// assert!((1..=6).contains(&die));
    /// # Ok::<(), Failure>(())
    /// ```
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
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// host.log().info("report sent");
/// host.log().warn(&format!("skipped {} rows", 3));
/// # assert_eq!(fake.logged().len(), 2);
/// # Ok::<(), Failure>(())
/// ```
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// host.log().debug("asked for 3 rows");
/// host.log().error("the report could not be sent");
/// # assert_eq!(fake.logged().len(), 2);
/// ```
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
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// fn address(host: &dyn Host) -> Result<String, Failure> {
///     let team = host.config().require("team")?; // list it in `WANTS`: then the plugin is not loaded without it
///     let domain = host.config().get("domain").unwrap_or_else(|| "example.com".to_owned());
///     Ok(format!("{team}@{domain}"))
/// }
///
/// let host = FakeHost::new().with_config("team", "support");
/// assert_eq!(address(&host)?, "support@example.com");
/// assert!(address(&FakeHost::new()).is_err());
/// # Ok::<(), Failure>(())
/// ```
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

    /// Reads a value as a number, a list or a type of your own; absent when the key is not set. Name the type in
    /// [`Plugin::WANTS`](crate::Plugin::WANTS) ([`Want::of`](crate::Want::of)), so that a value of another one is found when the
    /// plugin is loaded.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// // days = 7
    /// // chats = ["oc_team", "oc_ops"]
    /// let host = FakeHost::new().with_config("days", "7").with_config("chats", r#"["oc_team", "oc_ops"]"#);
    /// assert_eq!(host.config().read::<u32>("days")?, Some(7));
    /// assert_eq!(host.config().read::<Vec<String>>("chats")?.unwrap().len(), 2);
    /// let error = host.config().read::<u32>("chats").unwrap_err();
    /// assert_eq!(error.message(), "chats under [config] has a value of another type: expected u32");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when it has another type; the value is not shown, because it may be a secret.
    pub fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Failure> {
        let Some(text) = self.get(key) else {
            return Ok(None);
        };
        let read = serde_json::from_str(&text).or_else(|error| {
            // A text is not written as JSON.
            T::deserialize(serde_json::Value::from(text.as_str())).map_err(|_same: serde_json::Error| error)
        });
        read.map(Some).map_err(|error| {
            let said = error.to_string();
            let wanted = said.split_once("expected ").map_or("a value", |(_, wanted)| wanted);
            let wanted = wanted.split(" at line ").next().unwrap_or(wanted);
            Failure::permanent(format_args!(
                "{key} under [config] has a value of another type: expected {wanted}"
            ))
        })
    }
}
