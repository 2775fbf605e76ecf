//! Keys and values of plugins: durable, with expiry, compare-and-set and a quota.

mod list;

use crate::{
    backend::{Session, on_backend, on_session},
    error::StoreError,
    rows::{
        numbers::{millis, signed},
        text::storable,
    },
    store::Store,
    writer::queue::in_transaction,
};

/// Overhead of a row beside its key and its value, as the quota counts it; the triggers of the tables count the same.
///
/// An empty value under an empty key is a row in the table and one in each index all the same.
pub const ROW_BYTES: u64 = 64;

/// Plugin whose keys are meant, with the time and the limit.
#[derive(Debug, Clone, Copy)]
pub struct KvScope<'a> {
    /// The plugin; it sees no other's keys.
    pub plugin: &'a str,
    /// Milliseconds since 1970; what expires before is not seen.
    pub now_ms: u64,
    /// The sum of all keys and values of this plugin in bytes, and of [`ROW_BYTES`] for each.
    pub bytes_max: u64,
}

/// A value and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvEntry {
    /// The bytes.
    pub value: Vec<u8>,
    /// Changes with every write; a version is never used twice.
    pub version: u64,
}

/// Error of a plugin's key-value store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KvError {
    /// The plugin's total would be over its quota.
    #[error("the plugin's keys and values together would exceed {bytes_max} bytes")]
    OverQuota {
        /// The limit.
        bytes_max: u64,
    },
    /// The database could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// The value of a key, when there is one that has not expired.
    ///
    /// # Errors
    /// [`KvError::Store`] when the database did not answer.
    pub async fn kv_get(&self, scope: &KvScope<'_>, key: &str) -> Result<Option<KvEntry>, KvError> {
        let key = storable(key);
        let found = self
            .read("reading a key", async {
                let _turn = self.plugin_turn().await;
                self.bounded(async {
                    on_backend!(&*self.readers, readers => {
                        sqlx::query_as::<_, (Vec<u8>, i64)>(
                            "select value, version from kv
                             where plugin = $1 and key = $2 and (expires_at_ms is null or expires_at_ms > $3)",
                        )
                        .bind(scope.plugin)
                        .bind(&*key)
                        .bind(signed(scope.now_ms))
                        .fetch_optional(readers)
                        .await
                    })
                })
                .await
            })
            .await?;
        Ok(found.map(|(value, version)| KvEntry {
            value,
            version: millis(version),
        }))
    }

    /// Writes a value, whatever was there, and tells its version.
    ///
    /// # Errors
    /// [`KvError::OverQuota`], or [`KvError::Store`] when it was not committed.
    pub async fn kv_set(
        &self,
        scope: &KvScope<'_>,
        key: &str,
        value: Vec<u8>,
        expires_at_ms: Option<u64>,
    ) -> Result<u64, KvError> {
        // Nothing is expected, so nobody can be first.
        Ok(self
            .put(scope, key, value, expires_at_ms, Expect::Anything)
            .await?
            .unwrap_or_default())
    }

    /// Writes a value if the key has this version (`None`: if there is no such key), and tells the new version, or
    /// `None` when another writer was first.
    ///
    /// # Errors
    /// [`KvError::OverQuota`], or [`KvError::Store`] when it was not committed.
    pub async fn kv_compare_and_set(
        &self,
        scope: &KvScope<'_>,
        key: &str,
        expected: Option<u64>,
        value: Vec<u8>,
        expires_at_ms: Option<u64>,
    ) -> Result<Option<u64>, KvError> {
        let expect = expected.map_or(Expect::Absent, Expect::Version);
        self.put(scope, key, value, expires_at_ms, expect).await
    }

    /// Deletes a key and tells whether there was one.
    ///
    /// # Errors
    /// [`KvError::Store`] when it was not committed.
    pub async fn kv_delete(&self, scope: &KvScope<'_>, key: &str) -> Result<bool, KvError> {
        let delete = Delete {
            plugin: scope.plugin.to_owned(),
            key: storable(key).into_owned(),
            now_ms: scope.now_ms,
        };
        Ok(self
            .queues
            .step(move |session| Box::pin(async move { delete.run(session).await }))
            .await?)
    }

    /// Deletes up to 500 expired keys and tells how many there were.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn sweep_kv(&self, now_ms: u64) -> Result<u64, StoreError> {
        in_transaction!(self, connection => {
            sqlx::query(
                "delete from kv where id in
                 (select id from kv where expires_at_ms <= $1 order by expires_at_ms limit 500)",
            )
            .bind(signed(now_ms))
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
        })
        .await
    }

    async fn put(
        &self,
        scope: &KvScope<'_>,
        key: &str,
        value: Vec<u8>,
        expires_at_ms: Option<u64>,
        expect: Expect,
    ) -> Result<Option<u64>, KvError> {
        let (plugin, key) = (scope.plugin.to_owned(), storable(key).into_owned());
        let put = Put {
            plugin,
            key,
            value,
            expires_at_ms,
            expect,
            now_ms: scope.now_ms,
            bytes_max: scope.bytes_max,
        };
        let outcome = self
            .queues
            .step(move |session| Box::pin(async move { put.run(session).await }))
            .await?;
        match outcome {
            PutOutcome::Written(version) => Ok(Some(version)),
            PutOutcome::Conflict => Ok(None),
            PutOutcome::OverQuota => Err(KvError::OverQuota {
                bytes_max: scope.bytes_max,
            }),
        }
    }
}

/// A key to be deleted.
#[derive(Debug, Clone)]
struct Delete {
    plugin: String,
    key: String,
    now_ms: u64,
}

/// A value to be written.
#[derive(Debug, Clone)]
struct Put {
    plugin: String,
    key: String,
    value: Vec<u8>,
    expires_at_ms: Option<u64>,
    expect: Expect,
    now_ms: u64,
    bytes_max: u64,
}

#[derive(Debug, Clone, Copy)]
enum Expect {
    Anything,
    Absent,
    Version(u64),
}

#[derive(Debug)]
enum PutOutcome {
    Written(u64),
    Conflict,
    OverQuota,
}

/// Entry under a key: its version, the bytes of its value, when it expires.
type Found = Option<(i64, i64, Option<i64>)>;

impl Put {
    /// The counter of versions comes first: whoever has moved it is the only one who writes until the end of the
    /// transaction, so what is read after it is still true when it is written. That it moves in vain does no harm.
    async fn run(self, session: &mut Session) -> Result<PutOutcome, sqlx::Error> {
        let version: i64 = on_session!(&mut *session, connection => {
            sqlx::query_scalar("update kv_version set last = last + 1 returning last")
                .fetch_one(connection)
                .await
        })?;
        let found: Found = on_session!(&mut *session, connection => {
            sqlx::query_as(
                "select version, cast(length(value) as bigint), expires_at_ms from kv where plugin = $1 and key = $2",
            )
            .bind(&self.plugin)
            .bind(&self.key)
            .fetch_optional(connection)
            .await
        })?;
        let used: Option<i64> = on_session!(&mut *session, connection => {
            sqlx::query_scalar("select bytes from kv_usage where plugin = $1")
                .bind(&self.plugin)
                .fetch_optional(connection)
                .await
        })?;
        if let Some(refused) = self.refused(found, used.unwrap_or(0)) {
            return Ok(refused);
        }
        on_session!(session, connection => {
            sqlx::query(
                "insert into kv (plugin, key, value, version, expires_at_ms) values ($1, $2, $3, $4, $5)
                 on conflict (plugin, key) do update
                 set value = excluded.value, version = excluded.version, expires_at_ms = excluded.expires_at_ms",
            )
            .bind(&self.plugin)
            .bind(&self.key)
            .bind(&self.value)
            .bind(version)
            .bind(self.expires_at_ms.map(signed))
            .execute(connection)
            .await
            .map(|_| ())
        })?;
        Ok(PutOutcome::Written(millis(version)))
    }

    /// Why it is not written, if it is not.
    fn refused(&self, found: Found, used: i64) -> Option<PutOutcome> {
        let row = |value_bytes: i64| value_bytes + signed(self.key.len() as u64 + ROW_BYTES);
        let freed = found.map_or(0, |(_, size, _)| row(size));
        // An expired key counts as absent.
        let version = found
            .filter(|(.., expires_at_ms)| expires_at_ms.is_none_or(|at_ms| at_ms > signed(self.now_ms)))
            .map(|(version, ..)| millis(version));
        let is_expected = match self.expect {
            Expect::Anything => true,
            Expect::Absent => version.is_none(),
            Expect::Version(wanted) => version == Some(wanted),
        };
        if !is_expected {
            return Some(PutOutcome::Conflict);
        }
        let taken = row(signed(self.value.len() as u64));
        let after = used - freed + taken;
        // A plugin that is over a quota that was lowered may still write what takes no more than before.
        (after > signed(self.bytes_max) && taken > freed).then_some(PutOutcome::OverQuota)
    }
}

impl Delete {
    /// An expired key counts as absent.
    async fn run(self, session: &mut Session) -> Result<bool, sqlx::Error> {
        let expired: Option<bool> = on_session!(session, connection => {
            sqlx::query_scalar(
                "delete from kv where plugin = $1 and key = $2 returning coalesce(expires_at_ms <= $3, false)",
            )
            .bind(&self.plugin)
            .bind(&self.key)
            .bind(signed(self.now_ms))
            .fetch_optional(connection)
            .await
        })?;
        Ok(expired == Some(false))
    }
}
