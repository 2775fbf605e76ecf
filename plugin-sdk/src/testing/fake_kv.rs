//! The key-value store of a fake host, with versions and times of expiry as the real one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::FakeHost;
use crate::{Entry, KvError};

/// The simulated store.
#[derive(Debug, Default)]
pub(super) struct FakeKv {
    values: RefCell<BTreeMap<String, Stored>>,
    last_version: Cell<u64>,
    intruder: RefCell<Option<(String, Vec<u8>)>>,
    is_down: Cell<bool>,
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

    pub(super) fn get(&self, key: &str, now_ms: u64) -> Result<Option<Entry>, KvError> {
        self.check()?;
        let values = self.values.borrow();
        let stored = values.get(key).filter(|stored| stored.is_alive(now_ms));
        Ok(stored.map(|stored| stored.entry.clone()))
    }

    pub(super) fn set(&self, key: &str, value: &[u8], expires_at_ms: Option<u64>) -> Result<u64, KvError> {
        self.check()?;
        Ok(self.store(key, value, expires_at_ms))
    }

    pub(super) fn compare_and_set(
        &self,
        key: &str,
        expected: Option<u64>,
        value: &[u8],
        expires_at_ms: Option<u64>,
        now_ms: u64,
    ) -> Result<Option<u64>, KvError> {
        if let Some((key, value)) = self.intruder.borrow_mut().take_if(|(intruded, _)| intruded == key) {
            self.store(&key, &value, None);
        }
        let current = self.get(key, now_ms)?.map(|entry| entry.version);
        Ok((current == expected).then(|| self.store(key, value, expires_at_ms)))
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
        self.check()?;
        let values = self.values.borrow();
        let alive = values
            .iter()
            .filter(|(_, stored)| stored.is_alive(now_ms))
            .map(|(key, _)| key);
        let wanted = alive.filter(|key| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after));
        Ok(wanted.take(limit as usize).cloned().collect())
    }
}

impl Stored {
    fn is_alive(&self, now_ms: u64) -> bool {
        self.expires_at_ms.is_none_or(|expires_at_ms| now_ms < expires_at_ms)
    }
}
