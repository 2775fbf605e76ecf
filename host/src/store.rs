//! The database: receipts of what was seen, and the keys and values of plugins.
//!
//! Every write goes through one writer that commits whatever waits in one transaction; when a call returns, its row is on
//! disk. Reads have connections of their own.

mod kv;
mod migrate;
mod receipts;
mod writer;

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    ConnectOptions, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

pub use kv::{KvEntry, KvError, KvScope};
pub use receipts::{NewReceipt, Received};
use writer::Write;

/// What the store is told.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// The database file; its folder is made when it is missing.
    pub path: PathBuf,
    /// How many writes may wait. Each holds at most one event's reply, so a full queue is a few MiB; at 10 ms a commit
    /// and 256 rows in one, a thousand rows wait less than 50 ms.
    pub queue_rows_max: usize,
    /// How long a caller waits for its commit. Lark waits 3 s in all, and a later answer helps nobody.
    pub commit_ms_max: u64,
}

impl StoreSettings {
    /// The defaults for a database file.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            queue_rows_max: 1024,
            commit_ms_max: 1_500,
        }
    }
}

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
    #[error("the database {path} could not be migrated; a newer version of the server may have written it")]
    Migrate {
        /// The database file.
        path: PathBuf,
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
    /// The store was closed.
    #[error("the database is closed")]
    Closed,
}

impl StoreError {
    fn database(what: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database {
            what,
            source: Arc::new(source),
        }
    }
}

/// A handle to the database; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    writes: mpsc::Sender<Write>,
    readers: SqlitePool,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    rows_max: usize,
    commit_ms_max: u64,
    writer: std::sync::Mutex<Option<JoinHandle<()>>>,
    /// Held as long as the store lives: two servers on one SQLite file would each believe that it is alone.
    _lock: File,
}

impl Store {
    /// Opens the database, brings its schema up to date and starts the writer.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Locked`], [`StoreError::Migrate`] or [`StoreError::Database`]; each names the
    /// file.
    pub async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let path = &settings.path;
        let lock = lock(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An answered event exists nowhere else, so each commit reaches the disk before the answer.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .disable_statement_logging();

        let mut connection = options.connect().await.map_err(StoreError::database("connection"))?;
        migrate::run(&mut connection)
            .await
            .map_err(|source| StoreError::Migrate {
                path: path.clone(),
                source: Arc::new(source),
            })?;
        // Plugins read a key or two in a call; more readers than cores only wait for each other.
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await
            .map_err(StoreError::database("connection for reading"))?;

        let (writes, queue) = mpsc::channel(settings.queue_rows_max.max(1));
        let writer = tokio::spawn(writer::run(connection, queue));
        Ok(Self {
            writes,
            readers,
            shared: Arc::new(Shared {
                rows_max: settings.queue_rows_max,
                commit_ms_max: settings.commit_ms_max,
                writer: std::sync::Mutex::new(Some(writer)),
                _lock: lock,
            }),
        })
    }

    /// Commits what waits, closes the file and ends the writer. Later calls answer [`StoreError::Closed`].
    pub async fn close(&self) {
        let (done, wait) = oneshot::channel();
        if self.writes.send(Write::Close(done)).await.is_ok() {
            // The writer answers when the file is closed; an error means that it had ended already.
            let _ = wait.await;
        }
        let writer = self.shared.writer.lock().ok().and_then(|mut writer| writer.take());
        if let Some(writer) = writer {
            let _ = writer.await;
        }
        self.readers.close().await;
    }

    /// Hands a write to the writer and waits for its commit.
    async fn write<T>(
        &self,
        make: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Write,
    ) -> Result<T, StoreError> {
        let (answer, wait) = oneshot::channel();
        self.writes.try_send(make(answer)).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::QueueFull {
                rows_max: self.shared.rows_max,
            },
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        let ms_max = self.shared.commit_ms_max;
        match tokio::time::timeout(Duration::from_millis(ms_max), wait).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(StoreError::Closed),
            Err(_) => Err(StoreError::TooSlow { ms_max }),
        }
    }
}

/// Takes the lock file beside the database; the system gives it back when the process ends, however it ends.
fn lock(path: &Path) -> Result<File, StoreError> {
    let failed = |source| StoreError::Open {
        path: path.to_owned(),
        source: Arc::new(source),
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(name)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

#[cfg(test)]
mod tests;
