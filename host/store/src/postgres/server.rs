//! A PostgreSQL that was opened: new sessions come from here.

use sqlx::PgConnection;

use super::{connect::connect, session::Session, settings::PostgresSettings};
use crate::{error::StoreError, rows::node::Node};

/// A PostgreSQL that can be used.
#[derive(Debug)]
pub(crate) struct Server {
    /// With what was found out about the way to it.
    pub(crate) settings: PostgresSettings,
    pub(super) node: Node,
}

impl Server {
    /// A connection that writes.
    pub(crate) async fn connect(&self) -> Result<Session, StoreError> {
        Ok(self.session(connect(&self.settings).await?))
    }

    pub(super) fn session(&self, connection: PgConnection) -> Session {
        Session::new(connection, self.node.clone(), self.settings.is_listening)
    }
}
