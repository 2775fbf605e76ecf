//! Status of the database: its size, its rows, its backlog, its servers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    backend::on_backend,
    error::StoreError,
    rows::numbers::{millis, signed},
    store::Store,
};

/// Status of the database.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StoreStatus {
    /// The file or the server.
    pub database: String,
    /// The last migration.
    pub migration: i64,
    /// Bytes in use.
    pub bytes: u64,
    /// Rows of each table. Payloads are not counted, because that would read them all; there are no more than events.
    pub rows: BTreeMap<&'static str, u64>,
    /// Deliveries in each state.
    pub deliveries: BTreeMap<String, u64>,
    /// When the delivery that has waited longest for its turn was due, in milliseconds since 1970.
    pub oldest_due_ms: Option<u64>,
    /// Since when payloads are there, in milliseconds since 1970.
    pub oldest_payload_ms: Option<u64>,
    /// Servers that have shown within the life of a lease that they live.
    pub nodes: Vec<String>,
}

/// Backlog, read from the indexes of open and of dead deliveries alone.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Backlog {
    /// Open deliveries in each state, and dead letters.
    pub deliveries: BTreeMap<String, u64>,
    /// When the delivery that has waited longest for its turn was due, in milliseconds since 1970.
    pub oldest_due_ms: Option<u64>,
}

/// Counted one by one; each walks through one index or one small table.
const TABLES: [(&str, &str); 6] = [
    ("attempts", "select count(*) from attempts"),
    ("deliveries", "select count(*) from deliveries"),
    ("events", "select count(*) from events"),
    ("kv", "select count(*) from kv"),
    ("receipts", "select count(*) from receipts"),
    ("user_tokens", "select count(*) from user_tokens"),
];

const STATES: &str = "select state, count(*) from deliveries group by state";
const OPEN: &str = "select state, count(*) from deliveries where state in ('ready', 'retry_wait') group by state
     union all select state, count(*) from deliveries where state = 'running' group by state";
const DEAD: &str = "select count(*) from deliveries where state = 'dead'";
const OLDEST_DUE: &str = "select min(next_at_ms) from deliveries
    where state in ('ready', 'retry_wait') and next_at_ms <= $1";
const OLDEST_PAYLOAD: &str = "select received_at_ms from events where id = (select min(event) from payloads)";
const NODES: &str = "select name from leases where name like 'node/%' and until_ms > $1 order by name";

impl Store {
    /// How the database is. Counts rows, so it is for a person who asks and not for a monitor that asks all the time.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn status(&self, now_ms: u64) -> Result<StoreStatus, StoreError> {
        let mut rows = BTreeMap::new();
        for (table, statement) in TABLES {
            rows.insert(table, self.count(statement).await?);
        }
        let failed = || StoreError::database("reading its status");
        let migration: Option<i64> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(readers).await
                })
            })
            .await
            .map_err(failed())?;
        let oldest_payload: Option<i64> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_scalar(OLDEST_PAYLOAD).fetch_optional(readers).await
                })
            })
            .await
            .map_err(failed())?;
        let nodes: Vec<String> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_scalar(NODES).bind(signed(now_ms)).fetch_all(readers).await
                })
            })
            .await
            .map_err(failed())?;
        Ok(StoreStatus {
            database: self.database_name(),
            migration: migration.unwrap_or_default(),
            bytes: self.bytes().await?,
            rows,
            deliveries: self.states(STATES).await?,
            oldest_due_ms: self.oldest_due(now_ms).await?,
            oldest_payload_ms: oldest_payload.map(millis),
            nodes: nodes
                .iter()
                .map(|name| name.trim_start_matches("node/").to_owned())
                .collect(),
        })
    }

    /// The backlog; cheap enough for a monitor.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn backlog(&self, now_ms: u64) -> Result<Backlog, StoreError> {
        let mut deliveries = self.states(OPEN).await?;
        deliveries.insert("dead".to_owned(), self.count(DEAD).await?);
        Ok(Backlog {
            deliveries,
            oldest_due_ms: self.oldest_due(now_ms).await?,
        })
    }

    async fn count(&self, statement: &'static str) -> Result<u64, StoreError> {
        self.ask(async {
            on_backend!(&*self.questions, readers => sqlx::query_scalar(statement).fetch_one(readers).await)
        })
        .await
        .map(millis)
        .map_err(StoreError::database("counting rows"))
    }

    async fn states(&self, statement: &'static str) -> Result<BTreeMap<String, u64>, StoreError> {
        let rows: Vec<(String, i64)> = self
            .ask(async { on_backend!(&*self.questions, readers => sqlx::query_as(statement).fetch_all(readers).await) })
            .await
            .map_err(StoreError::database("counting deliveries"))?;
        Ok(rows.into_iter().map(|(state, count)| (state, millis(count))).collect())
    }

    async fn oldest_due(&self, now_ms: u64) -> Result<Option<u64>, StoreError> {
        let oldest: Option<i64> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_scalar(OLDEST_DUE).bind(signed(now_ms)).fetch_one(readers).await
                })
            })
            .await
            .map_err(StoreError::database("looking for due deliveries"))?;
        Ok(oldest.map(millis))
    }
}
