//! Keys and values of plugins: durable, with expiry, compare-and-set and a quota.

use sqlx::{Row, SqliteConnection};

use super::{
    Store, StoreError,
    writer::{Job, Write},
};

/// Whose keys, and by what time and limit.
#[derive(Debug, Clone, Copy)]
pub struct KvScope<'a> {
    /// The plugin; it sees no other's keys.
    pub plugin: &'a str,
    /// Milliseconds since 1970; what expires before is not seen.
    pub now_ms: u64,
    /// The sum of all keys and values of this plugin, in bytes.
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

/// Why a value could not be kept or read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KvError {
    /// The plugin's total would be over its quota.
    #[error("the plugin's keys and values would be over {bytes_max} bytes")]
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
        let row = sqlx::query(
            "select value, version from kv
             where plugin = ?1 and key = ?2 and (expires_at_ms is null or expires_at_ms > ?3)",
        )
        .bind(scope.plugin)
        .bind(key)
        .bind(signed(scope.now_ms))
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::database("read of a key"))?;
        row.map(|row| {
            Ok(KvEntry {
                value: row.try_get("value")?,
                version: row.try_get("version")?,
            })
        })
        .transpose()
        .map_err(|error| StoreError::database("read of a key")(error).into())
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
            key: key.to_owned(),
            now_ms: scope.now_ms,
        };
        Ok(self.write(|answer| Write::Delete(Job::new(delete, answer))).await?)
    }

    /// The keys with a prefix, in byte order, after `after`.
    ///
    /// # Errors
    /// [`KvError::Store`] when the database did not answer.
    pub async fn kv_list(
        &self,
        scope: &KvScope<'_>,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<String>, KvError> {
        sqlx::query_scalar(
            "select key from kv
             where plugin = ?1 and key >= ?2 and substr(key, 1, length(?2)) = ?2 and key > ?3
               and (expires_at_ms is null or expires_at_ms > ?4)
             order by key limit ?5",
        )
        .bind(scope.plugin)
        .bind(prefix)
        .bind(after.unwrap_or_default())
        .bind(signed(scope.now_ms))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(|error| StoreError::database("list of keys")(error).into())
    }

    /// Deletes up to 500 expired keys and tells how many there were.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn sweep_kv(&self, now_ms: u64) -> Result<u64, StoreError> {
        self.write(|answer| Write::SweepKv(Job::new(now_ms, answer))).await
    }

    async fn put(
        &self,
        scope: &KvScope<'_>,
        key: &str,
        value: Vec<u8>,
        expires_at_ms: Option<u64>,
        expect: Expect,
    ) -> Result<Option<u64>, KvError> {
        let (plugin, key) = (scope.plugin.to_owned(), key.to_owned());
        let put = Put {
            plugin,
            key,
            value,
            expires_at_ms,
            expect,
            now_ms: scope.now_ms,
            bytes_max: scope.bytes_max,
        };
        match self.write(|answer| Write::Put(Job::new(put, answer))).await? {
            PutOutcome::Written(version) => Ok(Some(version)),
            PutOutcome::Conflict => Ok(None),
            PutOutcome::OverQuota => Err(KvError::OverQuota {
                bytes_max: scope.bytes_max,
            }),
        }
    }
}

/// A key to be deleted.
#[derive(Debug)]
pub(super) struct Delete {
    plugin: String,
    key: String,
    now_ms: u64,
}

/// A value to be written.
#[derive(Debug)]
pub(super) struct Put {
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
pub(super) enum PutOutcome {
    Written(u64),
    Conflict,
    OverQuota,
}

/// Puts one value. The writer is alone, so what is read here is still true when it is written.
pub(super) async fn put(connection: &mut SqliteConnection, put: &Put) -> Result<PutOutcome, sqlx::Error> {
    let found =
        sqlx::query("select version, length(value) as size, expires_at_ms from kv where plugin = ?1 and key = ?2")
            .bind(&put.plugin)
            .bind(&put.key)
            .fetch_optional(&mut *connection)
            .await?;
    let mut version = None;
    let mut freed = 0;
    if let Some(row) = &found {
        let expires_at_ms: Option<i64> = row.try_get("expires_at_ms")?;
        freed = row.try_get::<i64, _>("size")? + signed(put.key.len() as u64);
        if expires_at_ms.is_none_or(|at| at > signed(put.now_ms)) {
            version = Some(row.try_get::<u64, _>("version")?);
        }
    }
    let expected = match put.expect {
        Expect::Anything => true,
        Expect::Absent => version.is_none(),
        Expect::Version(wanted) => version == Some(wanted),
    };
    if !expected {
        return Ok(PutOutcome::Conflict);
    }

    let used: Option<i64> = sqlx::query_scalar("select bytes from kv_usage where plugin = ?1")
        .bind(&put.plugin)
        .fetch_optional(&mut *connection)
        .await?;
    let after = used.unwrap_or(0) - freed + signed((put.key.len() + put.value.len()) as u64);
    if after > signed(put.bytes_max) {
        return Ok(PutOutcome::OverQuota);
    }

    let version: u64 = sqlx::query_scalar("update kv_version set last = last + 1 returning last")
        .fetch_one(&mut *connection)
        .await?;
    sqlx::query(
        "insert into kv (plugin, key, value, version, expires_at_ms) values (?1, ?2, ?3, ?4, ?5)
         on conflict (plugin, key) do update
         set value = excluded.value, version = excluded.version, expires_at_ms = excluded.expires_at_ms",
    )
    .bind(&put.plugin)
    .bind(&put.key)
    .bind(&put.value)
    .bind(signed(version))
    .bind(put.expires_at_ms.map(signed))
    .execute(connection)
    .await?;
    Ok(PutOutcome::Written(version))
}

/// Deletes one key; an expired one counts as absent.
pub(super) async fn delete(connection: &mut SqliteConnection, delete: &Delete) -> Result<bool, sqlx::Error> {
    let expired: Option<bool> = sqlx::query_scalar(
        "delete from kv where plugin = ?1 and key = ?2 returning coalesce(expires_at_ms <= ?3, false)",
    )
    .bind(&delete.plugin)
    .bind(&delete.key)
    .bind(signed(delete.now_ms))
    .fetch_optional(connection)
    .await?;
    Ok(expired == Some(false))
}

/// Deletes keys that have expired.
pub(super) async fn sweep(connection: &mut SqliteConnection, now_ms: u64) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query(
        "delete from kv where id in (select id from kv where expires_at_ms <= ?1 order by expires_at_ms limit 500)",
    )
    .bind(signed(now_ms))
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// SQLite's integers are signed; no time or size of ours reaches the other half.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
