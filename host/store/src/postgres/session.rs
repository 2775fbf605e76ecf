//! A connection that writes, and what it remembers of its transaction.

use sqlx::{Connection as _, PgConnection};

use super::hints::{Hint, tell};
use crate::rows::node::Node;

/// A connection that writes.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) connection: PgConnection,
    pub(super) state: State,
}

/// State that statements need beside their rows.
#[derive(Debug)]
pub(super) struct State {
    /// This server, as it stands in leases.
    pub(super) node: Node,
    /// Whether a session of the server is kept from one transaction to the next.
    keeps_session: bool,
    /// Whether the transaction made something ready that another server might do.
    pub(super) made_ready: bool,
}

impl Session {
    pub(super) fn new(connection: PgConnection, node: Node, keeps_session: bool) -> Self {
        Self {
            connection,
            state: State {
                node,
                keeps_session,
                made_ready: false,
            },
        }
    }

    /// Begins a transaction. Where a pooler mixes sessions, what a session is told is told to each transaction.
    pub(crate) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        self.state.made_ready = false;
        let connection = &mut self.connection;
        if self.state.keeps_session {
            return sqlx::query("begin").execute(connection).await.map(|_| ());
        }
        sqlx::raw_sql(
            "begin; set local statement_timeout = '5s'; set local idle_in_transaction_session_timeout = '10s'",
        )
        .execute(connection)
        .await
        .map(|_| ())
    }

    /// Commits; whoever listens hears of it if something became ready.
    pub(crate) async fn commit(&mut self) -> Result<(), sqlx::Error> {
        if self.state.made_ready {
            tell(&mut self.connection, Hint::Ready, &self.state.node.name).await?;
        }
        let committed = sqlx::query("commit").execute(&mut self.connection);
        committed.await.map(|_| ())
    }

    pub(crate) async fn roll_back(&mut self) -> Result<(), sqlx::Error> {
        let rolled_back = sqlx::query("rollback").execute(&mut self.connection);
        rolled_back.await.map(|_| ())
    }

    pub(crate) async fn close(self) -> Result<(), sqlx::Error> {
        self.connection.close().await
    }
}
