//! Why the store could not do it.

use std::{path::PathBuf, sync::Arc};

/// Why the store could not do it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The file or its folder cannot be used.
    #[error("the database {path} cannot be opened; check that the folder exists and may be written")]
    Open {
        /// The database file.
        path: PathBuf,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// Another server has it.
    #[error(
        "the database {path} is in use by another server; stop that one, or set TOKEN_DB_PATH to another file for this one"
    )]
    Locked {
        /// The database file.
        path: PathBuf,
    },
    /// The schema could not be brought up to date.
    #[error("the database {database} could not be migrated; a newer version of the server may have written it")]
    Migrate {
        /// The file or the server.
        database: String,
        /// What the database said.
        source: Arc<sqlx::migrate::MigrateError>,
    },
    /// A statement or a commit failed; nothing of it was stored.
    #[error("the database did not accept a {what}")]
    Database {
        /// The failed step.
        what: &'static str,
        /// What the database said.
        source: Arc<sqlx::Error>,
    },
    /// Too many writes wait already.
    #[error("{rows_max} writes wait for the database already")]
    QueueFull {
        /// The limit.
        rows_max: usize,
    },
    /// The commit did not come in time; it may still happen.
    #[error("the database did not commit within {ms_max} ms")]
    TooSlow {
        /// The limit.
        ms_max: u64,
    },
    /// A PostgreSQL server was not reached, or did not let us in.
    #[error(
        "the PostgreSQL server {server} cannot be used; check DATABASE_URL or the POSTGRES_ settings, and that it runs"
    )]
    Unreachable {
        /// Host, port and name of the database.
        server: String,
        /// What the driver said.
        source: Arc<sqlx::Error>,
    },
    /// A PostgreSQL server that may forget what it has committed.
    #[error("the PostgreSQL server {server} has {setting}; an answered event could be lost, so set it back: {remedy}")]
    Unsafe {
        /// Host, port and name of the database.
        server: String,
        /// The setting and its value.
        setting: String,
        /// The statement that sets it right.
        remedy: String,
    },
    /// The database has reached the size it may have.
    #[error(
        "the database is full: it has reached CALLBACK_DATABASE_BYTES_MAX; raise it, or keep data for a shorter time"
    )]
    Full,
    /// The store was closed.
    #[error("the database is closed")]
    Closed,
}

impl StoreError {
    pub(super) fn database(what: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database {
            what,
            source: Arc::new(source),
        }
    }
}
