//! Plugins for all servers that share a PostgreSQL: their bytes, which of them is to serve, and how each server gets on.

use std::fmt;

use sqlx::{PgPool, Row};

use crate::{
    backend::{Backend, Session},
    error::StoreError,
    postgres::hints::{Hint, tell},
    rows::{
        numbers::{millis, signed},
        text::storable,
    },
    store::Store,
};

/// A plugin for all servers.
#[derive(Clone)]
pub struct NewPlugin {
    /// As a file's name without its ending.
    pub plugin: String,
    /// SHA-256 of the component, 64 hex digits.
    pub hash: String,
    /// The component.
    pub wasm: Vec<u8>,
    /// The operator's side, for servers that have no file of their own for it.
    pub settings: Option<String>,
    /// Where the settings come from: a file, and on which machine.
    pub settings_origin: Option<String>,
    /// Signature of the component.
    pub signature: Option<Vec<u8>>,
    /// The person or program that publishes it.
    pub by: String,
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
}

/// The settings may hold what is secret.
impl fmt::Debug for NewPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPlugin")
            .field("plugin", &self.plugin)
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

/// Published version of a plugin.
#[derive(Clone, PartialEq, Eq)]
pub struct PluginVersion {
    /// The plugin.
    pub plugin: String,
    /// SHA-256 of the component, 64 hex digits.
    pub hash: String,
    /// The operator's side.
    pub settings: Option<String>,
    /// Where the settings come from.
    pub settings_origin: Option<String>,
    /// Signature of the component.
    pub signature: Option<Vec<u8>>,
    /// The person or program that published it.
    pub changed_by: String,
    /// When, in milliseconds since 1970.
    pub changed_at_ms: u64,
}

/// The settings may hold what is secret.
impl fmt::Debug for PluginVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginVersion")
            .field("plugin", &self.plugin)
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

/// Report of a server about a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginReport {
    /// The server.
    pub node: String,
    /// The plugin.
    pub plugin: String,
    /// The hash of the component that serves there; none when nothing does.
    pub hash: Option<String>,
    /// Why something else is not used.
    pub reason: Option<String>,
}

/// A server that has said nothing for so long is gone, and what it said goes with it.
const REPORT_KEPT_MS: u64 = 120_000;

impl Store {
    /// Makes a component the one that serves under its name, on all servers.
    ///
    /// # Errors
    /// [`StoreError::NotShared`], or when it could not be committed.
    pub async fn publish_plugin(&self, new: NewPlugin) -> Result<(), StoreError> {
        self.shared_readers()?;
        let node = self.node().to_owned();
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    let Backend::Postgres(session) = session else {
                        return Ok(());
                    };
                    let connection = &mut session.connection;
                    // What is there may be damaged, and be published again for that.
                    sqlx::query(
                        "insert into plugin_blobs (hash, bytes) values ($1, $2)
                         on conflict (hash) do update set bytes = excluded.bytes",
                    )
                        .bind(&new.hash)
                        .bind(&new.wasm)
                        .execute(&mut *connection)
                        .await?;
                    sqlx::query(
                        "insert into plugin_versions (plugin, hash, settings, changed_by, changed_at_ms, settings_origin,
                                                  signature)
                     values ($1, $2, $3, $4, $5, $6, $7)
                     on conflict (plugin) do update
                     set hash = excluded.hash, settings = excluded.settings, changed_by = excluded.changed_by,
                         changed_at_ms = excluded.changed_at_ms, settings_origin = excluded.settings_origin,
                         signature = excluded.signature",
                    )
                    .bind(&new.plugin)
                    .bind(&new.hash)
                    .bind(&new.settings)
                    .bind(&new.by)
                    .bind(signed(new.now_ms))
                    .bind(&new.settings_origin)
                    .bind(&new.signature)
                    .execute(&mut *connection)
                    .await?;
                    sweep_blobs(connection).await?;
                    tell(connection, Hint::Plugins, &node).await
                })
            })
            .await
    }

    /// Takes a plugin back from all servers and tells whether it was published.
    ///
    /// # Errors
    /// [`StoreError::NotShared`], or when it could not be committed.
    pub async fn unpublish_plugin(&self, plugin: &str) -> Result<bool, StoreError> {
        self.shared_readers()?;
        let (plugin, node) = (plugin.to_owned(), self.node().to_owned());
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    let Backend::Postgres(session) = session else {
                        return Ok(false);
                    };
                    let connection = &mut session.connection;
                    let done = sqlx::query("delete from plugin_versions where plugin = $1")
                        .bind(&plugin)
                        .execute(&mut *connection)
                        .await?;
                    sweep_blobs(connection).await?;
                    tell(connection, Hint::Plugins, &node).await?;
                    Ok(done.rows_affected() > 0)
                })
            })
            .await
    }

    /// The published plugins, in name order; none when the database is a file.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn published_plugins(&self) -> Result<Vec<PluginVersion>, StoreError> {
        let Ok(readers) = self.shared_readers() else {
            return Ok(Vec::new());
        };
        self.read("reading published plugins", async {
            sqlx::query(
                "select plugin, hash, settings, changed_by, changed_at_ms, settings_origin, signature
                 from plugin_versions order by plugin",
            )
            .fetch_all(readers)
            .await?
            .iter()
            .map(|row| {
                Ok(PluginVersion {
                    plugin: row.try_get(0)?,
                    hash: row.try_get(1)?,
                    settings: row.try_get(2)?,
                    changed_by: row.try_get(3)?,
                    changed_at_ms: millis(row.try_get(4)?),
                    settings_origin: row.try_get(5)?,
                    signature: row.try_get(6)?,
                })
            })
            .collect()
        })
        .await
    }

    /// A published component; nothing when it was replaced meanwhile.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn plugin_wasm(&self, hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let readers = self.shared_readers()?;
        self.read("reading a plugin", async {
            sqlx::query_scalar("select bytes from plugin_blobs where hash = $1")
                .bind(hash)
                .fetch_optional(readers)
                .await
        })
        .await
    }

    /// Says how this server gets on with all plugins; what it said before is forgotten.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn report_plugins(&self, reports: Vec<PluginReport>, now_ms: u64) -> Result<(), StoreError> {
        let node = self.node().to_owned();
        self.queues
            .step(move |session| Box::pin(report(session, node, reports, now_ms)))
            .await
    }

    /// The reports of all servers that live, by plugin and server.
    ///
    /// # Errors
    /// [`StoreError::NotShared`], or when the database did not answer.
    pub async fn plugin_reports(&self, now_ms: u64) -> Result<Vec<PluginReport>, StoreError> {
        let readers = self.shared_readers()?;
        self.read("reading reports of plugins", async {
            // One that was stopped or killed says nothing any more.
            sqlx::query(
                "select r.node, r.plugin, r.hash, r.reason from plugin_reports r
                 where exists (select 1 from leases l where l.name = 'node/' || r.node and l.until_ms > $1)
                 order by r.plugin, r.node",
            )
            .bind(signed(now_ms))
            .fetch_all(readers)
            .await?
            .iter()
            .map(|row| {
                Ok(PluginReport {
                    node: row.try_get(0)?,
                    plugin: row.try_get(1)?,
                    hash: row.try_get(2)?,
                    reason: row.try_get(3)?,
                })
            })
            .collect()
        })
        .await
    }

    fn shared_readers(&self) -> Result<&PgPool, StoreError> {
        match &*self.readers {
            Backend::Sqlite(_) => Err(StoreError::NotShared),
            Backend::Postgres(readers) => Ok(readers),
        }
    }
}

/// Nobody serves from these bytes: each server keeps what it has loaded in memory.
async fn sweep_blobs(connection: &mut sqlx::PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("delete from plugin_blobs b where not exists (select 1 from plugin_versions v where v.hash = b.hash)")
        .execute(connection)
        .await
        .map(|_| ())
}

async fn report(
    session: &mut Session,
    node: String,
    reports: Vec<PluginReport>,
    now_ms: u64,
) -> Result<(), sqlx::Error> {
    let Backend::Postgres(session) = session else {
        return Ok(());
    };
    let connection = &mut session.connection;
    sqlx::query("delete from plugin_reports where node = $1 or reported_at_ms < $2")
        .bind(&node)
        .bind(signed(now_ms.saturating_sub(REPORT_KEPT_MS)))
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "insert into plugin_reports (node, plugin, hash, reason, reported_at_ms)
         select $1, plugin, hash, reason, $2
         from unnest($3::text[], $4::text[], $5::text[]) as new (plugin, hash, reason)",
    )
    .bind(&node)
    .bind(signed(now_ms))
    .bind(
        reports
            .iter()
            .map(|report| storable(&report.plugin))
            .collect::<Vec<_>>(),
    )
    .bind(reports.iter().map(|report| report.hash.as_deref()).collect::<Vec<_>>())
    .bind(
        reports
            .iter()
            .map(|report| report.reason.as_deref().map(storable))
            .collect::<Vec<_>>(),
    )
    .execute(connection)
    .await
    .map(|_| ())
}
