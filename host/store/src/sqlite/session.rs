//! The one connection that writes a file, and what it remembers from one transaction to the next.

use std::sync::{Arc, atomic::AtomicU64};

use sqlx::SqliteConnection;

use super::{direct::Connection, names::Names};
use crate::rows::node::Node;

/// A connection that writes.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) connection: Connection,
    pub(super) state: State,
}

/// State that statements need beside their rows.
#[derive(Debug)]
pub(super) struct State {
    /// This server, as it stands in leases.
    pub(super) node: Node,
    /// Receipts that expired by then are deleted, all of them; in milliseconds since 1970.
    pub(super) receipts_gone_ms: Arc<AtomicU64>,
    /// None on a new connection and after a transaction that failed.
    pub(super) memory: Option<Memory>,
}

/// State that the writer keeps in memory, because nobody else writes to the file.
#[derive(Debug)]
pub(super) struct Memory {
    /// The number of the next event.
    pub(super) next_event: i64,
    /// The names that are not in the index yet.
    pub(super) names: Names,
}

impl Memory {
    pub(super) async fn load(connection: &mut Connection) -> Result<Self, sqlx::Error> {
        let next_event = sqlx::query_scalar("select coalesce(max(id), 0) + 1 from events")
            .fetch_one(connection.sqlx())
            .await?;
        Ok(Self {
            next_event,
            names: Names::load(connection).await?,
        })
    }
}

impl Session {
    pub(super) fn new(connection: SqliteConnection, node: Node, receipts_gone_ms: Arc<AtomicU64>) -> Self {
        Self {
            connection: Connection::new(connection),
            state: State {
                node,
                receipts_gone_ms,
                memory: None,
            },
        }
    }

    /// To be called once, at the start: takes the leases off the deliveries that ran when the last server of this file ended,
    /// so that the first heartbeat reclaims them.
    pub(super) async fn start(&mut self) -> Result<(), sqlx::Error> {
        self.begin().await?;
        sqlx::query("update deliveries set lease_until_ms = null where state = 'running'")
            .execute(self.connection.sqlx())
            .await?;
        let memory = Memory::load(&mut self.connection).await?;
        self.commit().await?;
        self.state.memory = Some(memory);
        Ok(())
    }

    pub(crate) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        self.run("begin immediate").await
    }

    pub(crate) async fn commit(&mut self) -> Result<(), sqlx::Error> {
        self.run("commit").await
    }

    pub(crate) async fn roll_back(&mut self) -> Result<(), sqlx::Error> {
        self.run("rollback").await
    }

    async fn run(&mut self, text: &'static str) -> Result<(), sqlx::Error> {
        self.connection.direct().await?.statement(text)?.execute().map(|_| ())
    }

    pub(crate) fn forget(&mut self) {
        self.state.memory = None;
    }

    pub(crate) async fn close(self) -> Result<(), sqlx::Error> {
        self.connection.close().await
    }
}
