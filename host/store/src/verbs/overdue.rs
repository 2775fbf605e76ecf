//! Deliveries that have waited too long: those that expire, and those that no plugin takes.

use std::collections::BTreeMap;

use crate::{
    backend::{Backend, Session, on_backend},
    error::StoreError,
    rows::numbers::{millis, signed},
    store::Store,
};

/// Rows that one transaction ends; a longer one would hold up the acknowledgements behind it.
const ROWS_MAX: i64 = 500;

/// For the operator, who looks at the attempts of a delivery.
const WHY: &str = "its time was over before it could be attempted";

/// Waiting and too old: `$1` is now, `$2` the number of rows.
macro_rules! too_old {
    () => {
        "select id from deliveries
         where state in ('ready', 'retry_wait') and expires_at_ms <= $1 order by expires_at_ms, id limit $2"
    };
}

const IS_ANY: &str = "select count(*) from (
    select 1 from deliveries where state in ('ready', 'retry_wait') and expires_at_ms <= $1 limit 1) found";

/// In SQLite nobody else writes meanwhile, so both statements find the same rows.
const SQLITE_TRIED: &str = concat!(
    "insert or ignore into attempts (delivery, number, node, started_at_ms, duration_us, outcome, error, plugin_hash, log)
     select id, attempt, $3, $1, 0, 'expired', $4, '', '' from deliveries where id in (",
    too_old!(),
    ")"
);
const SQLITE_EXPIRED: &str = concat!(
    "update deliveries set state = 'expired', finished_at_ms = $1 where id in (",
    too_old!(),
    ") returning plugin"
);

#[cfg(test)]
pub(crate) const SQLITE: [&str; 3] = [IS_ANY, SQLITE_TRIED, SQLITE_EXPIRED];

/// Past what another server claims or expires at this moment.
const POSTGRES: &str = concat!(
    "with old as materialized (",
    too_old!(),
    " for update skip locked),
     ended as (
         update deliveries d set state = 'expired', finished_at_ms = $1 from old where d.id = old.id
         returning d.id, d.attempt, d.plugin),
     tried as (
         insert into attempts (delivery, number, node, started_at_ms, duration_us, outcome, error, plugin_hash, log)
         select id, attempt, $3, $1, 0, 'expired', $4, '', '' from ended on conflict do nothing)
     select plugin from ended"
);

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
        let node = self.node().to_owned();
        let plugins = self
            .queues
            .step(move |session| Box::pin(expire(session, now_ms, node)))
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

async fn expire(session: &mut Session, now_ms: u64, node: String) -> Result<Vec<String>, sqlx::Error> {
    let now_ms = signed(now_ms);
    match session {
        Backend::Sqlite(session) => {
            let connection = &mut session.connection;
            sqlx::query(SQLITE_TRIED)
                .bind(now_ms)
                .bind(ROWS_MAX)
                .bind(node)
                .bind(WHY)
                .execute(&mut *connection)
                .await?;
            sqlx::query_scalar(SQLITE_EXPIRED)
                .bind(now_ms)
                .bind(ROWS_MAX)
                .fetch_all(connection)
                .await
        }
        Backend::Postgres(session) => {
            sqlx::query_scalar(POSTGRES)
                .bind(now_ms)
                .bind(ROWS_MAX)
                .bind(node)
                .bind(WHY)
                .fetch_all(&mut session.connection)
                .await
        }
    }
}
