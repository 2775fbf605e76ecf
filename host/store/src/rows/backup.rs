//! A copy of a SQLite database, and why there is none.

use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc};

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::StoreError;

/// A copy that is whole and on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Backup {
    /// The file.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its last migration.
    pub migration: i64,
}

/// Content of a copy, as far as it was looked at without changing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupContent {
    /// The file.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its last migration.
    pub migration: i64,
    /// Migrations that a start would apply after it is restored.
    pub pending_migrations: usize,
    /// Rows of each table.
    pub rows: BTreeMap<&'static str, u64>,
    /// When its newest event was received, in milliseconds since 1970.
    pub newest_event_at_ms: Option<u64>,
}

/// Error of a backup or a restore.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// PostgreSQL has tools of its own.
    #[error(
        "the database is a PostgreSQL, which has tools of its own: back it up with `pg_dump --format=custom --file=FILE URL`, and \
         restore with `pg_restore --dbname=URL FILE` into an empty database while no server runs"
    )]
    Postgres,
    /// Nothing is overwritten.
    #[error("{file} exists already; name another file")]
    Exists {
        /// The file that was to be made.
        file: PathBuf,
    },
    /// The server may work in another folder.
    #[error("the file must be given as an absolute path")]
    NotAbsolute,
    /// The folder belongs to others. A service of systemd may write to few folders, and not to the one of the operator's shell.
    #[error(
        "{file} cannot be written: the copy is made by the user that runs the server, or by you while none runs; name a file in a \
         folder that this user may write to, for instance in {}", folder.display()
    )]
    NotWritable {
        /// The file that was to be made.
        file: PathBuf,
        /// The folder of the database, which the server can write to.
        folder: PathBuf,
        /// The error of the system.
        #[source]
        source: Arc<io::Error>,
    },
    /// The disk, or the folder.
    #[error("{file} cannot be written or read")]
    File {
        /// The file.
        file: PathBuf,
        /// The error of the system.
        #[source]
        source: Arc<io::Error>,
    },
    /// SQLite could not copy it.
    #[error("{file} could not be copied")]
    Copy {
        /// The file that was read.
        file: PathBuf,
        /// The error of the database.
        #[source]
        source: Arc<sqlx::Error>,
    },
    /// The disk has no room for a copy.
    #[error(
        "there is no room for a copy of the database at {file}: it takes {} MiB, and {} MiB are free", needed >> 20, free >> 20
    )]
    NoRoom {
        /// The copy.
        file: PathBuf,
        /// Bytes that it would take.
        needed: u64,
        /// Bytes that are free there.
        free: u64,
    },
    /// No backup of ours.
    #[error("{file} cannot be restored: {reason}")]
    Unfit {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The database itself.
    #[error(transparent)]
    Store(#[from] StoreError),
}
