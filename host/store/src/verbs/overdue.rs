//! Deliveries that have waited too long: those that expire, and those that no plugin takes.

use std::collections::BTreeMap;

use crate::{
    backend::{Backend, on_backend},
    error::StoreError,
    postgres,
    rows::numbers::{millis, signed},
    sqlite,
    store::Store,
};

pub(crate) const IS_ANY: &str = "select count(*) from (
    select 1 from deliveries where state in ('ready', 'retry_wait') and expires_at_ms <= $1 limit 1) found";

const WAITING: &str = "select plugin, count(*), min(next_at_ms) from deliveries
    where state in ('ready', 'retry_wait') and next_at_ms <= $1 group by plugin order by plugin";

/// Backlog of one plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingFor {
    /// The plugin.
    pub plugin: String,
    /// How many deliveries are due.
    pub deliveries: u64,
    /// When the one that has waited longest was due, in milliseconds since 1970.
    pub oldest_due_ms: u64,
}

impl Store {
    /// Ends some of what waits and is too old to be of use, whether its plugin is loaded or not. Tells how many deliveries of
    /// which plugins those were; none when nothing is left.
    ///
    /// # Errors
    /// When it could not be read or committed.
    pub async fn expire(&self, now_ms: u64) -> Result<BTreeMap<String, u64>, StoreError> {
        let found: i64 = self
            .read("looking for expired rows", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_scalar(IS_ANY).bind(signed(now_ms)).fetch_one(readers).await
                })
            })
            .await?;
        if found == 0 {
            return Ok(BTreeMap::new());
        }
        let plugins = self
            .queues
            .step(move |session| {
                Box::pin(async move {
                    match session {
                        Backend::Sqlite(session) => sqlite::expire(session, now_ms).await,
                        Backend::Postgres(session) => postgres::expire(session, now_ms).await,
                    }
                })
            })
            .await?;
        let mut expired = BTreeMap::new();
        for plugin in plugins {
            *expired.entry(plugin).or_default() += 1;
        }
        Ok(expired)
    }

    /// Deliveries that were due at a time and still wait, by plugin. Walks through the index of all that wait.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn waiting(&self, due_by_ms: u64) -> Result<Vec<WaitingFor>, StoreError> {
        let rows: Vec<(String, i64, i64)> = self
            .read("counting waiting deliveries", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_as(WAITING).bind(signed(due_by_ms)).fetch_all(readers).await
                })
            })
            .await?;
        let waiting = rows.into_iter().map(|(plugin, deliveries, oldest)| WaitingFor {
            plugin,
            deliveries: millis(deliveries),
            oldest_due_ms: millis(oldest),
        });
        Ok(waiting.collect())
    }
}
