//! Opening a SQLite file: alone, with a write-ahead log, every commit on the disk.

use std::{
    fs::{self, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    ConnectOptions, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{checkpoint::Checkpoints, log_watch::beside, private};
use crate::{StoreError, error::remedy, migrate};

/// A database file that this server has to itself.
#[derive(Debug)]
pub(crate) struct File {
    options: SqliteConnectOptions,
    checkpoints: Checkpoints,
    /// Held as long as the store lives: two servers on one file would each believe that they are alone.
    lock: fs::File,
}

/// A write-ahead log that has grown beyond its usual size because of a reader is cut to this when it begins anew, 96 MiB. Up to
/// there it keeps its room: writing where a file has room already costs less than making room.
const LOG_BYTES_KEPT: &str = "100663296";

/// Opens a file, makes it when it is missing, and brings its schema up to date.
pub(crate) async fn open(path: &Path) -> Result<(File, SqliteConnection, SqlitePool), StoreError> {
    let lock = lock(path)?;
    private::make(path).map_err(unusable(path))?;
    let options = options(path);
    let mut connection = options.connect().await.map_err(|source| not_opened(path, source))?;
    migrate::sqlite(&mut connection)
        .await
        .map_err(|source| StoreError::Migrate {
            database: path.display().to_string(),
            remedy: remedy::of_sqlite(&source),
            source: Arc::new(source),
        })?;
    // Plugins read a key or two in a call; more readers than cores only wait for each other.
    let readers = SqlitePoolOptions::new()
        .max_connections(4)
        .connect_with(options.clone().read_only(true).create_if_missing(false))
        .await
        .map_err(StoreError::database("connection for reading"))?;
    let mover = options.connect().await.map_err(StoreError::database("connection"))?;
    let file = File {
        checkpoints: Checkpoints::of(mover, path.to_owned()),
        options,
        lock,
    };
    Ok((file, connection, readers))
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // An answered event exists nowhere else, so each commit reaches the disk before the answer.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .pragma("wal_autocheckpoint", "0")
        .pragma("journal_size_limit", LOG_BYTES_KEPT)
        // Ten texts for each statement over many rows.
        .statement_cache_capacity(256)
        // 16 MiB, when they are needed: receipts come in the order of their ids, which is none, and the pages of their index
        // would be read again and again.
        .pragma("cache_size", "-16384")
        .disable_statement_logging()
}

/// SQLite says only "disk I/O error" where the disk is full, so the disk is asked itself.
fn not_opened(path: &Path, source: sqlx::Error) -> StoreError {
    if remedy::is_no_database(&source) {
        return StoreError::NotADatabase {
            path: path.to_owned(),
            source: Arc::new(source),
        };
    }
    match private::try_to_write(path) {
        Err(error) => unusable(path)(error),
        Ok(()) => StoreError::NotOpened {
            path: path.to_owned(),
            source: Arc::new(source),
        },
    }
}

fn unusable(path: &Path) -> impl Fn(io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::Open {
        path: path.clone(),
        source: Arc::new(source),
    }
}

impl File {
    /// A connection that writes.
    pub(crate) async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        self.options.connect().await.map_err(StoreError::database("connection"))
    }

    /// To be called after each commit.
    pub(crate) async fn after_commit(&self, writer: &mut SqliteConnection) {
        self.checkpoints.after_commit(writer).await;
    }

    /// Writes into the lock file where its server can be asked.
    pub(crate) fn announce(&self, address: &str) -> io::Result<()> {
        (&self.lock).write_all(address.as_bytes())
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        self.options.get_filename()
    }
}

/// Takes the lock file beside the database; the system gives it back when the process ends, however it ends.
pub(super) fn lock(path: &Path) -> Result<fs::File, StoreError> {
    let failed = unusable(path);
    private::make_folder(path).map_err(&failed)?;
    let file = private::options().open(lock_file(path)).map_err(&failed)?;
    match file.try_lock() {
        // What the server before wrote into it is not true any more.
        Ok(()) => file.set_len(0).map(|()| file).map_err(&failed),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn lock_file(path: &Path) -> PathBuf {
    beside(path, ".lock")
}

/// Where the server that has this database can be asked; nothing when no server has it, or it cannot be asked.
pub fn announced(path: &Path) -> Option<String> {
    let lock = OpenOptions::new().read(true).open(lock_file(path)).ok()?;
    match lock.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {}
        Ok(()) | Err(TryLockError::Error(_)) => return None,
    }
    let address = fs::read_to_string(lock_file(path)).ok()?;
    Some(address).filter(|address| !address.is_empty())
}
