//! Durable keys and values of this plugin alone.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Host;

/// How often [`Kv::update_json`] starts again before it gives up. Each time somebody else has got on, and each try waits for
/// the disk, so that the time of the call is usually over before: of a few that write the same key at once, one may be the
/// slowest many times.
const UPDATE_TRIES_MAX: u32 = 1000;

/// Keys in one answer of the host; also the host's own limit.
const LIST_PAGE_KEYS: u32 = 1000;

/// A value and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T = Vec<u8>> {
    /// What was written.
    pub value: T,
    /// Changes with every write of this key; never 0.
    pub version: u64,
}

/// Why a key could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KvError {
    /// The key, the value or the plugin's total is over its limit; the text names the limit.
    #[error("over a limit of the key-value store: {0}")]
    OverLimit(String),
    /// The database did not answer; trying again later may help.
    #[error("the key-value store is unavailable: {0}")]
    Unavailable(String),
    /// The value under the key is not JSON of the wanted shape, or cannot be written as JSON.
    #[error("the value under {key:?} is not JSON of this shape")]
    NotJson {
        /// Which key.
        key: String,
        /// What `serde_json` says.
        source: serde_json::Error,
    },
    /// Others wrote the same key again and again in between.
    #[error("the value under {key:?} changed {UPDATE_TRIES_MAX} times while it was being updated")]
    Contended {
        /// Which key.
        key: String,
    },
}

/// Durable keys and values of this plugin alone; a write is on disk when the call returns.
#[derive(Debug, Clone, Copy)]
pub struct Kv<'a> {
    host: &'a dyn Host,
}

impl<'a> Kv<'a> {
    /// The same as `host.kv()`.
    pub fn new(host: &'a dyn Host) -> Self {
        Self { host }
    }

    /// The value of a key, unless it has expired.
    ///
    /// # Errors
    ///
    /// [`KvError::Unavailable`]
    pub fn get(&self, key: &str) -> Result<Option<Entry>, KvError> {
        self.host.kv_get(key)
    }

    /// Writes whatever was there before and tells the new version.
    ///
    /// # Errors
    ///
    /// [`KvError::OverLimit`], [`KvError::Unavailable`]
    pub fn set(&self, key: &str, value: &[u8], ttl: Option<Duration>) -> Result<u64, KvError> {
        self.host.kv_set(key, value, ttl.map(millis))
    }

    /// Writes only when the key has this version (absent: only when there is no such key). Tells the new version, or
    /// nothing when somebody else was first.
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

    /// Tells whether there was something to delete.
    ///
    /// # Errors
    ///
    /// [`KvError::Unavailable`]
    pub fn delete(&self, key: &str) -> Result<bool, KvError> {
        self.host.kv_delete(key)
    }

    /// All keys that start with `prefix`, in byte order.
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

    /// The value of a key, read as JSON.
    ///
    /// # Errors
    ///
    /// [`KvError::NotJson`], [`KvError::Unavailable`]
    pub fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<Entry<T>>, KvError> {
        let Some(entry) = self.get(key)? else {
            return Ok(None);
        };
        let value = serde_json::from_slice(&entry.value).map_err(|source| not_json(key, source))?;
        Ok(Some(Entry {
            value,
            version: entry.version,
        }))
    }

    /// Writes a value as JSON, whatever was there before, and tells the new version.
    ///
    /// # Errors
    ///
    /// [`KvError`]
    pub fn set_json<T: Serialize + ?Sized>(&self, key: &str, value: &T, ttl: Option<Duration>) -> Result<u64, KvError> {
        let bytes = serde_json::to_vec(value).map_err(|source| not_json(key, source))?;
        self.set(key, &bytes, ttl)
    }

    /// Changes a value as if nobody else wrote: `change` gets what is there and gives what shall be there, and is
    /// asked again when somebody was faster. When it gives `None`, nothing is written and `None` is the answer;
    /// otherwise the answer is what was written.
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

/// At least 1 ms for what is not zero, so that a short life never becomes none; 585 million years at most.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
