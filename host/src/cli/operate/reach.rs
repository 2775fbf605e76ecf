//! How the database is reached: through the server that has it, or directly when none has.

use std::path::Path;

use serde_json::Value;

use super::remote::Remote;
use crate::{
    app::now_ms,
    cli::{Exit, Stopped},
    config::OperatorConfig,
    operate::Command,
    store::{Database, Retention, Store, StoreError, announced},
};

/// Where commands are carried out.
#[derive(Debug)]
pub(super) enum Reach {
    /// Here.
    Open { store: Store, retention: Retention },
    /// By the server that has the database.
    Server(Remote),
}

impl Reach {
    /// A SQLite file belongs to the server that runs, so that one is asked; without one the file is opened. A PostgreSQL is
    /// shared anyway.
    pub(super) async fn find(config: &OperatorConfig) -> Result<Self, Stopped> {
        if let Database::Sqlite(path) = &config.store.database
            && announced(path).is_none()
            && !path.is_file()
        {
            return Err(missing(path));
        }
        Self::find_or_make(config).await
    }

    /// The same; a database that is missing is made.
    pub(super) async fn find_or_make(config: &OperatorConfig) -> Result<Self, Stopped> {
        if let Database::Sqlite(path) = &config.store.database
            && let Some(address) = announced(path)
        {
            return Ok(Self::Server(Remote::at(&address, config)?));
        }
        match Store::open(&config.store).await {
            Ok(store) => Ok(Self::Open {
                store,
                retention: config.retention.clone(),
            }),
            Err(StoreError::Locked { path }) => Err(Stopped {
                exit: Exit::Database,
                text: format!(
                    "a server has the database {} and does not answer the operator; start it without CALLBACK_ADMIN=off \
                     and with a free CALLBACK_ADMIN_PORT, or stop it",
                    path.display()
                ),
            }),
            Err(error) => Err(Stopped::new(Exit::Database, &error)),
        }
    }

    pub(super) async fn execute(&self, command: &Command) -> Result<Value, Stopped> {
        match self {
            Self::Open { store, retention } => Ok(command.execute(store, retention, now_ms()).await?),
            Self::Server(remote) => remote.execute(command).await,
        }
    }
}

fn missing(path: &Path) -> Stopped {
    Stopped {
        exit: Exit::Database,
        text: format!(
            "there is no database {}; check TOKEN_DB_PATH and the working folder, or make one with `lark-callback db migrate`",
            path.display()
        ),
    }
}
