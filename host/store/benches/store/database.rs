//! The two databases: a file on the disk of the build, and a PostgreSQL of the benchmark's own.

use lark_callback_store::{Database, PostgresSettings, Store, StoreSettings};
use tempfile::TempDir;
use test_guests::postgres::Cluster;

/// A new and empty database.
pub(crate) enum TestDatabase {
    File(TempDir),
    Server(String),
}

impl TestDatabase {
    pub(crate) fn file() -> Self {
        Self::File(TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("the target folder can be written"))
    }

    /// None when there is no PostgreSQL on this machine.
    pub(crate) fn server() -> Option<Self> {
        Some(Self::Server(Cluster::shared()?.database()))
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::File(_) => "SQLite",
            Self::Server(_) => "PostgreSQL",
        }
    }

    /// The store as the server opens it, with a queue that takes every sender.
    pub(crate) async fn open(&self) -> Store {
        let settings = StoreSettings::of(match self {
            Self::File(folder) => Database::Sqlite(folder.path().join("config.db")),
            Self::Server(url) => Database::Postgres(PostgresSettings::from_url(url).expect("a URL")),
        });
        let settings = StoreSettings {
            // A disk that others use, too, must not end the measurement.
            commit_ms_max: 60_000,
            ..settings
        };
        Store::open(&settings).await.expect("the database can be opened")
    }
}
