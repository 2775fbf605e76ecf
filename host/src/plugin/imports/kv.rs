//! `kv`: durable keys and values of this plugin alone.

use std::sync::Arc;

use lark_callback_store::{KvError, KvScope};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};

use super::{CallState, Reach, Scope};
use crate::{
    plugin::{
        bindings::lark_callback::plugin::kv::{Entry, Error, Host},
        limits::KV_KEY_BYTES_MAX,
        witness::HostCall,
    },
    telemetry::{amount, chain, shortened},
    trace::{self, Span, SpanKind},
};

/// Part of a value that a witness sees.
const SHOWN_BYTES_MAX: usize = 200;

/// A page of keys; `after` continues.
const KEYS_MAX: u32 = 1000;

/// Questions that the calls of one plugin put to the database at once. Others wait for one, and not for a hundred.
const READS_MAX: usize = 2;

/// Writes of one plugin's calls that wait for the database at once. They come into one transaction with the clicks of
/// everybody, and make it half a millisecond longer.
const WRITES_MAX: usize = 8;

/// Where calls of one plugin wait for each other's writes, the database has a rest from them of so many times what a write
/// took: a commit of theirs is then in the way of every fourth click at most, and not of each.
const WRITE_RESTS: u32 = 3;

/// Whose turn it is among the calls of one plugin.
#[derive(Debug)]
pub(in crate::plugin) struct KvTurns {
    reads: Semaphore,
    writes: Arc<Semaphore>,
}

/// The turn of one write.
struct WriteTurn {
    permit: Option<OwnedSemaphorePermit>,
    writes: Arc<Semaphore>,
    begun: Instant,
}

impl KvTurns {
    async fn write(&self) -> WriteTurn {
        // Never closed.
        let permit = Arc::clone(&self.writes).acquire_owned().await.ok();
        WriteTurn {
            permit,
            writes: Arc::clone(&self.writes),
            begun: Instant::now(),
        }
    }
}

impl Drop for WriteTurn {
    fn drop(&mut self) {
        if self.writes.available_permits() > 0 {
            return;
        }
        let (permit, rest) = (self.permit.take(), self.begun.elapsed() * WRITE_RESTS);
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                sleep(rest).await;
                drop(permit);
            });
        }
    }
}

impl Default for KvTurns {
    fn default() -> Self {
        Self {
            reads: Semaphore::new(READS_MAX),
            writes: Arc::new(Semaphore::new(WRITES_MAX)),
        }
    }
}

impl Host for CallState {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Entry>, Error>> {
        let found = match self.keys() {
            Ok(keys) => trace::traced(span("kv get"), keys.get(&key)).await,
            Err(error) => Err(error),
        };
        self.shows(|| {
            HostCall::new(format!("kv get {key}"), None, &found, |entry| match entry {
                Some(entry) => value(&entry.value),
                None => "nothing".to_owned(),
            })
        });
        if let Ok(Some(entry)) = &found {
            self.memory.host_keeps(entry.value.len())?;
        }
        Ok(found)
    }

    async fn set(&mut self, key: String, value: Vec<u8>, ttl_ms: Option<u64>) -> wasmtime::Result<Result<u64, Error>> {
        self.memory.host_keeps(value.len())?;
        let sent = self.witness().map(|_| self::value(&value));
        let set = match self.keys() {
            Ok(keys) => trace::traced(span("kv set"), keys.set(&key, value, ttl_ms)).await,
            Err(error) => Err(error),
        };
        self.shows(|| {
            HostCall::new(format!("kv set {key}"), sent, &set, |version| {
                format!("version {version}")
            })
        });
        Ok(set)
    }

    async fn compare_and_set(
        &mut self,
        key: String,
        expected: Option<u64>,
        value: Vec<u8>,
        ttl_ms: Option<u64>,
    ) -> wasmtime::Result<Result<Option<u64>, Error>> {
        self.memory.host_keeps(value.len())?;
        let sent = self.witness().map(|_| self::value(&value));
        let set = match self.keys() {
            Ok(keys) => {
                trace::traced(
                    span("kv compare_and_set"),
                    keys.compare_and_set(&key, expected, value, ttl_ms),
                )
                .await
            }
            Err(error) => Err(error),
        };
        self.shows(|| {
            HostCall::new(
                format!("kv compare_and_set {key}"),
                sent,
                &set,
                |version| match version {
                    Some(version) => format!("version {version}"),
                    None => "another version was there".to_owned(),
                },
            )
        });
        Ok(set)
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<bool, Error>> {
        let deleted = match self.keys() {
            Ok(keys) => trace::traced(span("kv delete"), keys.delete(&key)).await,
            Err(error) => Err(error),
        };
        self.shows(|| {
            HostCall::new(format!("kv delete {key}"), None, &deleted, |was_there| {
                if *was_there { "deleted" } else { "it was not there" }.to_owned()
            })
        });
        Ok(deleted)
    }

    async fn list_keys(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<String>, Error>> {
        let listed = match self.keys() {
            Ok(keys) => trace::traced(span("kv list_keys"), keys.list(&prefix, after.as_deref(), limit)).await,
            Err(error) => Err(error),
        };
        self.shows(|| {
            HostCall::new(format!("kv list_keys {prefix}"), None, &listed, |keys| {
                amount(keys.len(), "key")
            })
        });
        if let Ok(keys) = &listed {
            let bytes = |key: &String| size_of::<String>() + key.len();
            self.memory.host_keeps(keys.iter().map(bytes).sum())?;
        }
        Ok(listed)
    }
}

impl CallState {
    fn keys(&self) -> Result<Keys<'_>, Error> {
        match self.reach {
            Reach::Granted => Ok(Keys {
                owner: &self.scope,
                now_ms: self.clock.now_ms(),
            }),
            Reach::Nothing => Err(Error::Unavailable(
                "there are no keys and values while the plugin describes itself".to_owned(),
            )),
        }
    }
}

/// A value as a witness sees it.
fn value(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => shortened(text.to_owned(), SHOWN_BYTES_MAX),
        Err(_) => format!("{} bytes", bytes.len()),
    }
}

/// The span of one host call. A key may be about a person, so it is not in it.
fn span(name: &'static str) -> Option<Span> {
    trace::child(SpanKind::Internal, name)
}

/// The keys of one plugin, at one time.
#[derive(Clone, Copy)]
struct Keys<'a> {
    owner: &'a Scope,
    now_ms: u64,
}

impl Keys<'_> {
    async fn get(self, key: &str) -> Result<Option<Entry>, Error> {
        check_key(key)?;
        let _turn = self.owner.kv_turns.reads.acquire().await;
        let entry = self
            .owner
            .reachable
            .store
            .kv_get(&self.scope(), key)
            .await
            .map_err(|error| self.refused(error))?;
        Ok(entry.map(|entry| Entry {
            value: entry.value,
            version: entry.version,
        }))
    }

    async fn set(self, key: &str, value: Vec<u8>, ttl_ms: Option<u64>) -> Result<u64, Error> {
        self.check_sizes(key, &value)?;
        let _turn = self.owner.kv_turns.write().await;
        let set = self
            .owner
            .reachable
            .store
            .kv_set(&self.scope(), key, value, self.expiry(ttl_ms))
            .await;
        set.map_err(|error| self.refused(error))
    }

    async fn compare_and_set(
        self,
        key: &str,
        expected: Option<u64>,
        value: Vec<u8>,
        ttl_ms: Option<u64>,
    ) -> Result<Option<u64>, Error> {
        self.check_sizes(key, &value)?;
        let _turn = self.owner.kv_turns.write().await;
        let store = &self.owner.reachable.store;
        let set = store
            .kv_compare_and_set(&self.scope(), key, expected, value, self.expiry(ttl_ms))
            .await;
        set.map_err(|error| self.refused(error))
    }

    async fn delete(self, key: &str) -> Result<bool, Error> {
        check_key(key)?;
        let _turn = self.owner.kv_turns.write().await;
        self.owner
            .reachable
            .store
            .kv_delete(&self.scope(), key)
            .await
            .map_err(|error| self.refused(error))
    }

    async fn list(self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<String>, Error> {
        // The beginning of no key.
        for text in [Some(prefix), after].into_iter().flatten() {
            if text.len() > KV_KEY_BYTES_MAX {
                return Err(key_of_bytes(text.len()));
            }
        }
        let _turn = self.owner.kv_turns.reads.acquire().await;
        let list = self
            .owner
            .reachable
            .store
            .kv_list(&self.scope(), prefix, after, limit.min(KEYS_MAX))
            .await;
        list.map_err(|error| self.refused(error))
    }

    fn scope(&self) -> KvScope<'_> {
        KvScope {
            plugin: &self.owner.plugin,
            now_ms: self.now_ms,
            bytes_max: self.owner.limits().kv_bytes_max,
        }
    }

    fn expiry(&self, ttl_ms: Option<u64>) -> Option<u64> {
        ttl_ms.map(|ttl_ms| self.now_ms.saturating_add(ttl_ms))
    }

    fn check_sizes(&self, key: &str, value: &[u8]) -> Result<(), Error> {
        check_key(key)?;
        let (bytes, max) = (value.len(), self.owner.limits().kv_value_bytes_max);
        if bytes as u64 > max {
            return Err(Error::OverLimit(format!(
                "a value of {bytes} bytes is over the limit; the setting is `kv_value_bytes_max = {max}` under [limits] in \
                 {}.toml",
                self.owner.plugin
            )));
        }
        Ok(())
    }

    /// The plugin learns which limit it hit, and of the database only that it failed: the log has the reason.
    fn refused(&self, error: KvError) -> Error {
        match error {
            KvError::OverQuota { bytes_max } => Error::OverLimit(format!(
                "all keys and values together are over the limit; the setting is `kv_bytes_max = {bytes_max}` under [limits] \
                 in {}.toml",
                self.owner.plugin
            )),
            KvError::Store(error) => {
                tracing::error!(
                    plugin.name = &*self.owner.plugin,
                    error = chain(&error),
                    "Could not read or write a plugin's key-value data"
                );
                Error::Unavailable("the database did not answer".to_owned())
            }
        }
    }
}

fn check_key(key: &str) -> Result<(), Error> {
    match key.len() {
        1..=KV_KEY_BYTES_MAX => Ok(()),
        bytes => Err(key_of_bytes(bytes)),
    }
}

fn key_of_bytes(bytes: usize) -> Error {
    Error::OverLimit(format!("a key has 1 to {KV_KEY_BYTES_MAX} bytes, this one has {bytes}"))
}
