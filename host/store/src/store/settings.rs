//! Which database, and how it is used.

use std::{fmt, path::PathBuf};

use crate::postgres::settings::PostgresSettings;

/// Settings of the store.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// The database of a store.
    pub database: Database,
    /// How many writes may wait. Twice as many as there are connections by default: when all of them send at once, and the
    /// ends of deliveries come in between, what waits is told by its time ([`commit_ms_max`](Self::commit_ms_max)) and not
    /// refused by its number. Each holds at most one event of a few KiB, so a full queue is some tens of MiB.
    pub queue_rows_max: usize,
    /// How long a caller waits for its commit. Lark waits 3 s in all, and a later answer helps nobody.
    pub commit_ms_max: u64,
    /// How long a server keeps a delivery without a heartbeat.
    pub lease_ms: u64,
    /// Whether a SQLite file is copied before its schema is changed.
    pub copies_before_migration: bool,
}

/// The database of a store.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file of this server alone; its folder is made when it is missing.
    Sqlite(PathBuf),
    /// A server that several of ours may share.
    Postgres(PostgresSettings),
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(settings) => write!(f, "{settings}"),
        }
    }
}

impl StoreSettings {
    /// The defaults for a SQLite file.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self::of(Database::Sqlite(path.into()))
    }

    /// The defaults for a database.
    pub fn of(database: Database) -> Self {
        Self {
            database,
            queue_rows_max: 8_192,
            commit_ms_max: 1_500,
            // Three times the interval in which leases are extended: one that is late once loses nothing. And what is over
            // is found in such an interval, so that what a server had begun that is gone is made again within 30 s.
            lease_ms: 20_000,
            copies_before_migration: true,
        }
    }
}
