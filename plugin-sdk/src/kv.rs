//! A durable key-value store private to this plugin.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Advice;
use crate::{Host, json_text};

/// Conflicts after which [`Kv::update_json`] gives up. Generous, because every conflict means that another writer succeeded,
/// one of several writers may lose many times in a row, and the call's time budget usually ends first.
const UPDATE_TRIES_MAX: u32 = 1000;

/// Keys per page; also the host's own limit.
const LIST_PAGE_KEYS: u32 = 1000;

/// A value and its version.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # use lark_plugin_sdk::Entry;
/// host.kv().set_json("count", &3, None)?;
/// if let Some(Entry { value, version }) = host.kv().get_json::<u32>("count")? {
///     assert_eq!(value, 3);
///     // The next write is refused when somebody else has written meanwhile.
///     host.kv().compare_and_set("count", Some(version), b"4", None)?;
/// }
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T = Vec<u8>> {
    /// The value.
    pub value: T,
    /// Changes with every write of the key; never 0.
    pub version: u64,
}

/// An error of the key-value store.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// use lark_plugin_sdk::KvError;
///
/// host.kv().set("draft", b"no JSON", None)?;
/// match host.kv().get_json::<u32>("draft") {
///     Err(KvError::NotJson { key, .. }) => drop(host.kv().delete(&key)?), // of an older version of this plugin
///     read => drop(read?),
/// }
/// assert!(host.kv().get("draft")?.is_none());
/// # Ok::<(), Failure>(())
/// ```
#[derive(thiserror::Error)]
pub enum KvError {
    /// The key, the value or the plugin's total size exceeds a limit; the text names the limit.
    #[error("over a limit of the key-value store: {0}")]
    OverLimit(String),
    /// The database did not answer; a later retry may succeed.
    #[error("the key-value store is unavailable: {0}")]
    Unavailable(String),
    /// The value is not JSON of the expected shape, or cannot be serialized as JSON.
    #[error("the value under {key:?} is not JSON of this shape")]
    NotJson {
        /// The key.
        key: String,
        /// The error of `serde_json`.
        source: serde_json::Error,
    },
    /// Other writers changed the key before every attempt.
    #[error("the value under {key:?} changed {UPDATE_TRIES_MAX} times while it was being updated")]
    Contended {
        /// The key.
        key: String,
    },
}

debug_as_display!(KvError);

impl KvError {
    pub(crate) fn advice(&self) -> Advice {
        match self {
            Self::OverLimit(_) | Self::NotJson { .. } => Advice::GiveUp,
            Self::Unavailable(_) | Self::Contended { .. } => Advice::Retry(None),
        }
    }
}

/// A durable key-value store private to this plugin; a write is on disk when the call returns.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # use serde_json::json;
/// # use std::time::Duration;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// let week = Duration::from_secs(7 * 86_400);
/// host.kv().set_json("draft/ou_anna", &json!({"days": 3}), Some(week))?;
/// let draft = host.kv().get_json::<serde_json::Value>("draft/ou_anna")?.unwrap();
/// assert_eq!(draft.value["days"], 3);
///
/// // Only if nobody has written it meanwhile.
/// let written = host.kv().compare_and_set("draft/ou_anna", Some(draft.version), b"{}", None)?;
/// assert!(written.is_some());
/// let written = host.kv().compare_and_set("draft/ou_anna", Some(draft.version), b"[]", None)?;
/// assert!(written.is_none());
///
/// assert_eq!(host.kv().list("draft/")?, ["draft/ou_anna"]);
/// host.kv().set("draft/ou_anna", b"any bytes", None)?;
/// assert!(host.kv().delete("draft/ou_anna")?);
/// assert!(host.kv().get("draft/ou_anna")?.is_none());
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Kv<'a> {
    host: &'a dyn Host,
}

impl<'a> Kv<'a> {
    /// Opens the store; the same as `host.kv()`.
    pub fn new(host: &'a dyn Host) -> Self {
        Self { host }
    }

    /// Returns the value of a key, unless it has expired.
    ///
    /// # Errors
    ///
    /// [`KvError::Unavailable`]
    pub fn get(&self, key: &str) -> Result<Option<Entry>, KvError> {
        self.host.kv_get(key)
    }

    /// Writes unconditionally and returns the new version.
    ///
    /// # Errors
    ///
    /// [`KvError::OverLimit`], [`KvError::Unavailable`]
    pub fn set(&self, key: &str, value: &[u8], ttl: Option<Duration>) -> Result<u64, KvError> {
        self.host.kv_set(key, value, ttl.map(millis))
    }

    /// Writes only if the key still has this version (absent: only if the key does not exist). Returns the new version, or
    /// nothing when another write came first.
    ///
    /// # Errors
    ///
    /// [`KvError::OverLimit`], [`KvError::Unavailable`]
    pub fn compare_and_set(
        &self,
        key: &str,
        expected: Option<u64>,
        value: &[u8],
        ttl: Option<Duration>,
    ) -> Result<Option<u64>, KvError> {
        self.host.kv_compare_and_set(key, expected, value, ttl.map(millis))
    }

    /// Marks a key and returns whether this was the first time, until the mark expires: for what must happen only once, with
    /// an id as the key.
    ///
    /// ```
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use std::time::Duration;
    /// # let host = FakeHost::new();
    /// let day = Duration::from_secs(86_400);
    /// assert!(host.kv().is_first("welcomed/ou_anna", Some(day))?);
    /// assert!(!host.kv().is_first("welcomed/ou_anna", Some(day))?);
    /// # Ok::<(), lark_plugin_sdk::KvError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KvError::OverLimit`], [`KvError::Unavailable`]
    pub fn is_first(&self, key: &str, ttl: Option<Duration>) -> Result<bool, KvError> {
        Ok(self.compare_and_set(key, None, b"", ttl)?.is_some())
    }

    /// Deletes a key and returns whether it existed.
    ///
    /// # Errors
    ///
    /// [`KvError::Unavailable`]
    pub fn delete(&self, key: &str) -> Result<bool, KvError> {
        self.host.kv_delete(key)
    }

    /// Lists all keys that start with `prefix`, in byte order.
    ///
    /// # Errors
    ///
    /// [`KvError::Unavailable`]
    pub fn list(&self, prefix: &str) -> Result<Vec<String>, KvError> {
        let mut keys: Vec<String> = Vec::new();
        loop {
            let page = self
                .host
                .kv_list_keys(prefix, keys.last().map(String::as_str), LIST_PAGE_KEYS)?;
            let is_last = page.len() < LIST_PAGE_KEYS as usize;
            keys.extend(page);
            if is_last {
                return Ok(keys);
            }
        }
    }

    /// Returns the value of a key, read as JSON.
    ///
    /// # Errors
    ///
    /// [`KvError::NotJson`], [`KvError::Unavailable`]
    pub fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<Entry<T>>, KvError> {
        let Some(entry) = self.get(key)? else {
            return Ok(None);
        };
        let value = json_text::read(&entry.value).map_err(|source| not_json(key, source))?;
        Ok(Some(Entry {
            value,
            version: entry.version,
        }))
    }

    /// Writes a value as JSON unconditionally and returns the new version.
    ///
    /// # Errors
    ///
    /// [`KvError`]
    pub fn set_json<T: Serialize + ?Sized>(&self, key: &str, value: &T, ttl: Option<Duration>) -> Result<u64, KvError> {
        let bytes = serde_json::to_vec(value).map_err(|source| not_json(key, source))?;
        self.set(key, &bytes, ttl)
    }

    /// Updates a value atomically: `change` gets the current value and returns the new one, and is called again when another
    /// write came first. When it returns `None`, nothing is written and the result is `None`; otherwise the result is the
    /// value that was written.
    ///
    /// ```
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let host = FakeHost::new();
    /// let count = host.kv().update_json("clicks", None, |count: Option<u64>| Some(count.unwrap_or(0) + 1))?;
    /// assert_eq!(count, Some(1));
    /// # Ok::<(), lark_plugin_sdk::KvError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KvError`]
    pub fn update_json<T: Serialize + DeserializeOwned>(
        &self,
        key: &str,
        ttl: Option<Duration>,
        mut change: impl FnMut(Option<T>) -> Option<T>,
    ) -> Result<Option<T>, KvError> {
        for _ in 0..UPDATE_TRIES_MAX {
            let (value, version) = match self.get_json(key)? {
                Some(Entry { value, version }) => (Some(value), Some(version)),
                None => (None, None),
            };
            let Some(value) = change(value) else {
                return Ok(None);
            };
            let bytes = serde_json::to_vec(&value).map_err(|source| not_json(key, source))?;
            if self.compare_and_set(key, version, &bytes, ttl)?.is_some() {
                return Ok(Some(value));
            }
        }
        Err(KvError::Contended { key: key.to_owned() })
    }
}

fn not_json(key: &str, source: serde_json::Error) -> KvError {
    KvError::NotJson {
        key: key.to_owned(),
        source,
    }
}

/// Rounds a non-zero duration up to at least 1 ms, so that a short TTL never becomes zero; saturates at `u64::MAX`.
pub(crate) fn millis(duration: Duration) -> u64 {
    // Without `as_nanos`, which divides numbers of 128 bits in code of its own.
    let of_second = duration.subsec_nanos().div_ceil(1_000_000);
    duration
        .as_secs()
        .saturating_mul(1_000)
        .saturating_add(of_second.into())
}
