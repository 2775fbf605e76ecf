//! Versions of plugins that have served: the last of them with bytes and settings, so that each can serve again.

mod retained;

use std::{collections::BTreeSet, fmt};

use crate::{
    backend::on_backend,
    error::StoreError,
    rows::{
        numbers::{millis, signed},
        plugin_versions::{LiveCalls, PluginVersionKept, PluginVersionRow, version},
        text::storable,
    },
    store::Store,
    writer::queue::in_transaction,
};

pub use retained::VERSIONS_KEPT;

/// Bytes of a component in one row and one commit, so that acknowledgements wait for no more than this.
const PART_BYTES: usize = 128 << 10;

/// A version that serves.
#[derive(Clone)]
pub struct ServedPlugin {
    /// The plugin.
    pub plugin: String,
    /// SHA-256 of the component, 64 hex digits.
    pub hash: String,
    /// SHA-256 of the settings, or empty without any.
    pub settings_hash: String,
    /// The operator's side, as text.
    pub settings: Option<String>,
    /// The author's version.
    pub version: String,
    /// Where it came from.
    pub source: String,
    /// Its description, as JSON.
    pub description: String,
    /// Who vouches for the bytes.
    pub signature: Option<Vec<u8>>,
    /// Size of the component.
    pub wasm_bytes: u64,
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
}

/// The settings may hold what is secret.
impl fmt::Debug for ServedPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedPlugin")
            .field("plugin", &self.plugin)
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

/// Columns of a row, in this order.
macro_rules! rows {
    ($rest:literal) => {
        concat!(
            "select plugin, number, hash, settings_hash, version, source, description, wasm_bytes, is_kept,
                    first_served_ms, last_served_ms, succeeded, trapped, timed_out, over_limit, failed, is_trusted,
                    settings, signature
             from plugin_history ",
            $rest
        )
    };
}

/// Version that is kept, by what identifies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPlugin {
    /// Name of the plugin.
    pub plugin: String,
    /// Number.
    pub number: u64,
    /// SHA-256 of the component, 64 hex digits.
    pub hash: String,
    /// SHA-256 of the settings, or empty without any.
    pub settings_hash: String,
    /// Whether nothing is known against it: it has not failed more often than it succeeded.
    pub has_done_well: bool,
}

impl Store {
    /// Records that a version serves, and tells its number and whether its bytes are still to be kept with
    /// [`Store::keep_plugin`].
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn plugin_serves(&self, served: ServedPlugin) -> Result<(u64, bool), StoreError> {
        in_transaction!(self, connection => {
            let known: Option<(i64, i64)> = sqlx::query_as(
                "update plugin_history set
                     last_served_ms = case when last_served_ms < $4 then $4 else last_served_ms end,
                     settings = $5, source = $6, signature = coalesce($7, signature),
                     is_kept = case when is_kept = 1 then 1 else 2 end
                 where plugin = $1 and hash = $2 and settings_hash = $3 returning number, is_kept",
            )
            .bind(&served.plugin)
            .bind(&served.hash)
            .bind(&served.settings_hash)
            .bind(signed(served.now_ms))
            .bind(&served.settings)
            .bind(&*storable(&served.source))
            .bind(&served.signature)
            .fetch_optional(&mut *connection)
            .await?;
            if let Some((number, is_kept)) = known {
                return Ok((millis(number), is_kept != 1));
            }
            let (number,): (i64,) = sqlx::query_as(
                "insert into plugin_history (plugin, number, hash, settings_hash, settings, version, source,
                     description, signature, wasm_bytes, is_kept, first_served_ms, last_served_ms)
                 select $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6, $7,
                     coalesce($8, (select s.signature from plugin_history s
                                   where s.plugin = $1 and s.hash = $2 and s.signature is not null
                                   order by s.number desc limit 1)),
                     $9, 2, $10, $10
                 from plugin_history where plugin = $1 returning number",
            )
            .bind(&served.plugin)
            .bind(&served.hash)
            .bind(&served.settings_hash)
            .bind(&served.settings)
            .bind(&*storable(&served.version))
            .bind(&*storable(&served.source))
            .bind(&*storable(&served.description))
            .bind(&served.signature)
            .bind(signed(served.wasm_bytes))
            .bind(signed(served.now_ms))
            .fetch_one(connection)
            .await?;
            Ok((millis(number), true))
        })
        .await
    }

    /// Keeps the bytes of a version, a part with each commit, and forgets what is more than is kept; never the component that
    /// serves `beside` it.
    ///
    /// # Errors
    /// When it was not committed; the version is not kept then.
    pub async fn keep_plugin(
        &self,
        plugin: &str,
        (number, hash): (u64, &str),
        wasm: &[u8],
        beside: Option<&str>,
    ) -> Result<(), StoreError> {
        let there: BTreeSet<i64> = self.parts_of(hash).await?;
        for (part, bytes) in (0_i64..).zip(wasm.chunks(PART_BYTES)) {
            if there.contains(&part) {
                continue;
            }
            let (hash, bytes) = (hash.to_owned(), bytes.to_vec());
            in_transaction!(self, connection => {
                sqlx::query("insert into plugin_parts (hash, part, bytes) values ($1, $2, $3) on conflict do nothing")
                    .bind(hash)
                    .bind(part)
                    .bind(bytes)
                    .execute(connection)
                    .await
                    .map(|_| ())
            })
            .await?;
        }
        let (name, number) = (plugin.to_owned(), signed(number));
        in_transaction!(self, connection => {
            sqlx::query("update plugin_history set is_kept = 1 where plugin = $1 and number = $2")
                .bind(name)
                .bind(number)
                .execute(connection)
                .await
                .map(|_| ())
        })
        .await?;
        self.retain_plugin(plugin, beside).await
    }

    async fn parts_of(&self, hash: &str) -> Result<BTreeSet<i64>, StoreError> {
        let parts: Vec<(i64,)> = self
            .read("reading which parts of a plugin are kept", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_as("select part from plugin_parts where hash = $1")
                        .bind(hash)
                        .fetch_all(readers)
                        .await
                })
            })
            .await?;
        Ok(parts.into_iter().map(|(part,)| part).collect())
    }

    /// Adds calls of a version and tells their sum, over all servers, with these settings; nothing when the version is not known
    /// any more.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn count_plugin_calls(
        &self,
        plugin: &str,
        number: u64,
        more: LiveCalls,
        now_ms: u64,
    ) -> Result<Option<LiveCalls>, StoreError> {
        let plugin = plugin.to_owned();
        let sums: Option<(i64, i64, i64, i64, i64)> = in_transaction!(self, connection => {
            sqlx::query_as(
                "update plugin_history set
                     succeeded = succeeded + $3, trapped = trapped + $4, timed_out = timed_out + $5,
                     over_limit = over_limit + $6, failed = failed + $7,
                     last_served_ms = case when last_served_ms < $8 then $8 else last_served_ms end
                 where plugin = $1 and number = $2
                 returning succeeded, trapped, timed_out, over_limit, failed",
            )
            .bind(plugin)
            .bind(signed(number))
            .bind(signed(more.succeeded))
            .bind(signed(more.trapped))
            .bind(signed(more.timed_out))
            .bind(signed(more.over_limit))
            .bind(signed(more.failed))
            .bind(signed(now_ms))
            .fetch_optional(connection)
            .await
        })
        .await?;
        Ok(
            sums.map(|(succeeded, trapped, timed_out, over_limit, failed)| LiveCalls {
                succeeded: millis(succeeded),
                trapped: millis(trapped),
                timed_out: millis(timed_out),
                over_limit: millis(over_limit),
                failed: millis(failed),
            }),
        )
    }

    /// Ends the probation of a version.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn trust_plugin(&self, plugin: &str, number: u64) -> Result<(), StoreError> {
        let plugin = plugin.to_owned();
        in_transaction!(self, connection => {
            sqlx::query("update plugin_history set is_trusted = 1 where plugin = $1 and number = $2")
                .bind(plugin)
                .bind(signed(number))
                .execute(connection)
                .await
                .map(|_| ())
        })
        .await
    }

    /// Whether the probation of a version has ended, on whichever server.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn is_plugin_trusted(&self, plugin: &str, number: u64) -> Result<bool, StoreError> {
        let trusted: Option<(i64,)> = self
            .read("reading whether a version of a plugin is trusted", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_as("select is_trusted from plugin_history where plugin = $1 and number = $2")
                        .bind(plugin)
                        .bind(signed(number))
                        .fetch_optional(readers)
                        .await
                })
            })
            .await?;
        Ok(trusted.is_some_and(|(is_trusted,)| is_trusted != 0))
    }

    /// The versions of a plugin that have served, the one that served last first.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn plugin_history(&self, plugin: &str) -> Result<Vec<PluginVersionRow>, StoreError> {
        self.read("reading the versions of a plugin", async {
            on_backend!(&*self.readers, readers => {
                sqlx::query(rows!("where plugin = $1 order by last_served_ms desc, number desc"))
                    .bind(plugin)
                    .fetch_all(readers)
                    .await?
                    .iter()
                    .map(|row| Ok(version(row)?.row))
                    .collect()
            })
        })
        .await
    }

    /// The plugins of which versions have served.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn plugins_that_served(&self) -> Result<Vec<String>, StoreError> {
        let names: Vec<(String,)> = self
            .read("reading which plugins have served", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_as("select distinct plugin from plugin_history order by plugin")
                        .fetch_all(readers)
                        .await
                })
            })
            .await?;
        Ok(names.into_iter().map(|(name,)| name).collect())
    }

    /// The kept versions of all plugins, by name, the one that served last first.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn kept_plugins(&self) -> Result<Vec<KeptPlugin>, StoreError> {
        let rows: Vec<(String, i64, String, String, i64)> = self
            .read("reading which versions of plugins are kept", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_as(
                        "select plugin, number, hash, settings_hash,
                             succeeded - trapped - timed_out - over_limit - failed
                         from plugin_history where is_kept = 1 order by plugin, last_served_ms desc, number desc",
                    )
                    .fetch_all(readers)
                    .await
                })
            })
            .await?;
        let kept = |(plugin, number, hash, settings_hash, more_succeeded)| KeptPlugin {
            plugin,
            number: millis(number),
            hash,
            settings_hash,
            has_done_well: more_succeeded >= 0,
        };
        Ok(rows.into_iter().map(kept).collect())
    }

    /// The settings of the kept versions of a plugin, as they are stored, by their numbers.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn kept_settings(&self, plugin: &str) -> Result<Vec<(u64, Option<String>)>, StoreError> {
        let rows: Vec<(i64, Option<String>)> = self
            .read("reading the settings of kept versions of a plugin", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_as("select number, settings from plugin_history where plugin = $1 and is_kept = 1")
                        .bind(plugin)
                        .fetch_all(readers)
                        .await
                })
            })
            .await?;
        Ok(rows
            .into_iter()
            .map(|(number, settings)| (millis(number), settings))
            .collect())
    }

    /// A version with its bytes and settings; nothing when it is not kept.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn kept_plugin(&self, plugin: &str, number: u64) -> Result<Option<PluginVersionKept>, StoreError> {
        self.read("reading a kept version of a plugin", async {
            on_backend!(&*self.readers, readers => {
                let row = sqlx::query(rows!("where plugin = $1 and number = $2 and is_kept = 1"))
                    .bind(plugin)
                    .bind(signed(number))
                    .fetch_optional(readers)
                    .await?;
                let Some(row) = row else { return Ok(None) };
                let mut kept = version(&row)?;
                let parts: Vec<(Vec<u8>,)> =
                    sqlx::query_as("select bytes from plugin_parts where hash = $1 order by part")
                        .bind(&kept.row.hash)
                        .fetch_all(readers)
                        .await?;
                kept.wasm = parts.into_iter().flat_map(|(bytes,)| bytes).collect();
                Ok(Some(kept))
            })
        })
        .await
    }
}
