//! The key-value store of a fake host, with versions and times of expiry as the real one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::FakeHost;
use super::limits::{Limits, check_key, check_prefix};
use crate::{Entry, KvError};

/// A page of keys; the server's own limit.
const KEYS_MAX: u32 = 1000;

/// The simulated store.
#[derive(Debug, Default)]
pub(super) struct FakeKv {
    values: RefCell<BTreeMap<String, Stored>>,
    last_version: Cell<u64>,
    intruder: RefCell<Option<(String, Vec<u8>)>>,
    is_down: Cell<bool>,
}

/// A value to be written, and the limits that it has to keep.
#[derive(Debug)]
pub(super) struct Write<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a [u8],
    pub(super) expires_at_ms: Option<u64>,
    pub(super) now_ms: u64,
    pub(super) limits: &'a Limits,
}

#[derive(Debug)]
struct Stored {
    entry: Entry,
    expires_at_ms: Option<u64>,
}

/// The simulated store's part of the fake host.
impl FakeHost {
    /// Simulates a concurrent write: changes this key just before the next conditional write to it.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// let host = FakeHost::new();
    /// host.kv().set_json("clicks", &1, None)?;
    /// host.write_in_between("clicks", "7");
    /// let next = |count: Option<u64>| Some(count.unwrap_or(0) + 1);
    /// assert_eq!(host.kv().update_json("clicks", None, next)?, Some(8)); // not 2: no click is lost
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn write_in_between(&self, key: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.kv.intruder.replace(Some((key.into(), value.into())));
    }

    /// Makes the key-value store unavailable while true.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// let host = FakeHost::new();
    /// host.set_kv_down(true);
    /// assert!(host.kv().get("clicks").is_err());
    /// host.set_kv_down(false);
    /// assert!(host.kv().get("clicks").is_ok());
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn set_kv_down(&self, is_down: bool) {
        self.kv.is_down.set(is_down);
    }
}

impl FakeKv {
    fn check(&self) -> Result<(), KvError> {
        if self.is_down.get() {
            Err(KvError::Unavailable("the test took it away".to_owned()))
        } else {
            Ok(())
        }
    }

    fn store(&self, key: &str, value: &[u8], expires_at_ms: Option<u64>) -> u64 {
        let version = self.last_version.get() + 1;
        self.last_version.set(version);
        let entry = Entry {
            value: value.to_vec(),
            version,
        };
        let stored = Stored { entry, expires_at_ms };
        self.values.borrow_mut().insert(key.to_owned(), stored);
        version
    }

    /// Writes whatever a test wants to be there.
    pub(super) fn put(&self, key: &str, value: &[u8]) {
        self.store(key, value, None);
    }

    pub(super) fn get(&self, key: &str, now_ms: u64) -> Result<Option<Entry>, KvError> {
        check_key(key)?;
        self.check()?;
        Ok(self.alive(key, now_ms))
    }

    fn alive(&self, key: &str, now_ms: u64) -> Option<Entry> {
        let values = self.values.borrow();
        let stored = values.get(key).filter(|stored| stored.is_alive(now_ms));
        stored.map(|stored| stored.entry.clone())
    }

    pub(super) fn set(&self, write: &Write<'_>) -> Result<u64, KvError> {
        self.check_write(write)?;
        Ok(self.store(write.key, write.value, write.expires_at_ms))
    }

    pub(super) fn compare_and_set(&self, expected: Option<u64>, write: &Write<'_>) -> Result<Option<u64>, KvError> {
        self.check_write(write)?;
        let intruder = self.intruder.borrow_mut().take_if(|(key, _)| key == write.key);
        if let Some((key, value)) = intruder {
            self.store(&key, &value, None);
        }
        let current = self.alive(write.key, write.now_ms).map(|entry| entry.version);
        Ok((current == expected).then(|| self.store(write.key, write.value, write.expires_at_ms)))
    }

    /// Refuses what the server refuses: what is too large by itself, or together with what is there.
    fn check_write(&self, write: &Write<'_>) -> Result<(), KvError> {
        write.limits.check_value(write.key, write.value.len())?;
        self.check()?;
        let values = self.values.borrow();
        let others = values
            .iter()
            .filter(|(key, stored)| *key != write.key && stored.is_alive(write.now_ms))
            .map(|(key, stored)| (key.len(), stored.entry.value.len()));
        write
            .limits
            .check_all(others.chain([(write.key.len(), write.value.len())]))
    }

    pub(super) fn delete(&self, key: &str, now_ms: u64) -> Result<bool, KvError> {
        let was_there = self.get(key, now_ms)?.is_some();
        self.values.borrow_mut().remove(key);
        Ok(was_there)
    }

    pub(super) fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
        now_ms: u64,
    ) -> Result<Vec<String>, KvError> {
        check_prefix(prefix)?;
        after.map_or(Ok(()), check_prefix)?;
        self.check()?;
        let values = self.values.borrow();
        let alive = values
            .iter()
            .filter(|(_, stored)| stored.is_alive(now_ms))
            .map(|(key, _)| key);
        let wanted = alive.filter(|key| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after));
        Ok(wanted.take(limit.min(KEYS_MAX) as usize).cloned().collect())
    }
}

impl Stored {
    fn is_alive(&self, now_ms: u64) -> bool {
        self.expires_at_ms.is_none_or(|expires_at_ms| now_ms < expires_at_ms)
    }
}
