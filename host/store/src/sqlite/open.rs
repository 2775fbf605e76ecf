//! Opening a SQLite file: alone, with a write-ahead log, every commit on the disk.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    backup,
    checkpoint::Checkpoints,
    lock::{lock, unusable},
    log_watch::log_bytes,
    place::Place,
    private,
    session::Session,
};
use crate::{
    error::{StoreError, remedy},
    migrate,
    rows::{
        node::Node,
        question::{QUESTION_MAX, QUESTIONS_MAX},
    },
};

/// A database file that this server has to itself.
#[derive(Debug)]
pub(crate) struct File {
    options: SqliteConnectOptions,
    checkpoints: Checkpoints,
    place: Option<Place>,
    node: Node,
    /// Receipts that expired by then are deleted, all of them; in milliseconds since 1970.
    receipts_gone_ms: Arc<AtomicU64>,
    /// Held as long as the store lives: two servers on one file would each believe that they are alone.
    lock: fs::File,
}

/// A write-ahead log that has grown beyond its usual size because of a reader is cut to this when it begins anew, 96 MiB. Up to
/// there it keeps its room: writing where a file has room already costs less than making room.
const LOG_BYTES_KEPT: &str = "100663296";

/// Way in which a file is used.
pub(crate) struct Opened {
    pub(crate) file: File,
    pub(crate) writer: Session,
    /// For short reads.
    pub(crate) readers: SqlitePool,
    /// For the operator's, which may be long.
    pub(crate) questions: SqlitePool,
}

/// SQLite asks whether to go on after so many steps of its machine: each millisecond or so.
const STEPS_BETWEEN_LOOKS: i32 = 50_000;

/// Opens a file, makes it when it is missing, and brings its schema up to date; with `copies`, an older one is copied first.
pub(crate) async fn open(path: &Path, node: Node, copies: bool) -> Result<Opened, StoreError> {
    let lock = lock(path)?;
    private::make(path).map_err(unusable(path))?;
    let options = options(path);
    let mut connection = options.connect().await.map_err(|source| not_opened(path, source))?;
    migrate(path, &mut connection, copies).await?;
    // Plugins read a key or two in a call; more readers than cores only wait for each other.
    let readers = SqlitePoolOptions::new()
        .max_connections(4)
        .connect_with(options.clone().read_only(true).create_if_missing(false))
        .await
        .map_err(StoreError::database("opening a connection for reads"))?;
    let mover = options
        .connect()
        .await
        .map_err(StoreError::database("opening a connection"))?;
    let questions = questions(options.clone());
    let mut file = File {
        place: None,
        checkpoints: Checkpoints::of(mover, path.to_owned()),
        options,
        node,
        receipts_gone_ms: Arc::default(),
        lock,
    };
    let mut writer = file.session(connection);
    writer
        .start()
        .await
        .map_err(StoreError::database("preparing the file at start"))?;
    // Now the log is there, too.
    file.place = Some(Place::watch(path.to_owned()).await);
    Ok(Opened {
        file,
        writer,
        readers,
        questions,
    })
}

/// Brings the schema up to date. Steps cannot be taken back, so the way back is a copy.
async fn migrate(path: &Path, connection: &mut SqliteConnection, copies: bool) -> Result<(), StoreError> {
    if copies && let Some(last) = migrate::pending_sqlite(connection).await {
        let copy = backup::copy_before_migration(path, last)
            .await
            .map_err(|source| StoreError::NotCopied {
                path: path.to_owned(),
                source: Arc::new(source),
            })?;
        tracing::info!(
            database = %path.display(),
            file = %copy.display(),
            "The database was copied before its schema is migrated; delete the copy when you no longer want to go back to \
             the previous version"
        );
    }
    migrate::sqlite(connection).await.map_err(|source| {
        let known = migrate::newest_sqlite();
        let copies = backup::copies_before_migration(path).into_iter();
        let copy = copies.filter(|(last, _)| *last <= known).max().map(|(_, copy)| copy);
        StoreError::Migrate {
            database: path.display().to_string(),
            remedy: remedy::of_sqlite(&source, known, copy.as_deref()),
            source: Arc::new(source),
        }
    })
}

/// Connections for questions that are broken off when they take too long, also when nobody waits for the answer any more: a
/// snapshot that is held keeps the write-ahead log from being cut short.
fn questions(options: SqliteConnectOptions) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(QUESTIONS_MAX)
        .idle_timeout(Duration::from_mins(1))
        .after_connect(|connection, _| Box::pin(break_off_after(connection, QUESTION_MAX)))
        .before_acquire(|connection, _| {
            Box::pin(async move { break_off_after(connection, QUESTION_MAX).await.map(|()| true) })
        })
        .connect_lazy_with(options.read_only(true).create_if_missing(false))
}

async fn break_off_after(connection: &mut SqliteConnection, longest: Duration) -> Result<(), sqlx::Error> {
    break_off_at(connection, Instant::now() + longest).await
}

/// Ends what the connection does at this time, until another time is set.
pub(crate) async fn break_off_at(connection: &mut SqliteConnection, until: Instant) -> Result<(), sqlx::Error> {
    connection
        .lock_handle()
        .await?
        .set_progress_handler(STEPS_BETWEEN_LOOKS, move || Instant::now() < until);
    Ok(())
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
        // There are two hundred texts, and some of them are made.
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

impl File {
    /// A connection that writes.
    pub(crate) async fn connect(&self) -> Result<Session, StoreError> {
        let connection = self.options.connect().await;
        Ok(self.session(connection.map_err(StoreError::database("opening a connection"))?))
    }

    fn session(&self, connection: SqliteConnection) -> Session {
        Session::new(connection, self.node.clone(), Arc::clone(&self.receipts_gone_ms))
    }

    /// To be called when all receipts that expired by then are deleted.
    pub(crate) fn set_receipts_gone(&self, gone_ms: u64) {
        self.receipts_gone_ms.store(gone_ms, Ordering::Relaxed);
    }

    /// The size of the write-ahead log beside it.
    pub(crate) fn log_bytes(&self) -> u64 {
        log_bytes(self.path())
    }

    /// To be called after each commit.
    pub(crate) async fn after_commit(&self, writer: &mut Session) {
        self.checkpoints.after_commit(&mut writer.connection).await;
    }

    /// Writes into the lock file where its server can be asked.
    pub(crate) fn announce(&self, address: &str) -> io::Result<()> {
        (&self.lock).write_all(address.as_bytes())
    }

    /// Whether somebody took the file away, so that what is stored now would be lost.
    pub(crate) fn is_lost(&self) -> bool {
        self.place.as_ref().is_some_and(Place::is_lost)
    }

    /// To be called before the connections are closed.
    pub(crate) fn leave(&self) {
        if let Some(place) = &self.place {
            place.leave();
        }
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        self.options.get_filename()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_question_that_takes_too_long_is_broken_off_and_the_next_one_is_answered() {
        let mut connection = SqliteConnectOptions::new().connect().await.unwrap();
        break_off_after(&mut connection, Duration::from_millis(20))
            .await
            .unwrap();
        let endless = "with recursive n (n) as (select 1 union all select n + 1 from n) select count(*) from n";
        let broken_off = sqlx::query(endless).execute(&mut connection).await.unwrap_err();
        let code = broken_off.as_database_error().and_then(|said| said.code());
        assert_eq!(code.as_deref(), Some("9"), "{broken_off:?}");
        break_off_after(&mut connection, QUESTION_MAX).await.unwrap();
        let one: i64 = sqlx::query_scalar("select 1").fetch_one(&mut connection).await.unwrap();
        assert_eq!(one, 1);
    }
}
