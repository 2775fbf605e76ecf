//! Checkpoints: moving what was committed from the write-ahead log into the database file, beside the writer.
//!
//! SQLite would do it inside whichever commit fills the log, and whoever waits for that commit would wait for two more
//! writes to the disk.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use sqlx::SqliteConnection;
use tokio::{sync::Notify, task::JoinHandle};

/// Commits between two looks at the size of the log.
const COMMITS: u32 = 32;

/// From this size on the log is moved. Four times SQLite's own default: a page that was written several times meanwhile is
/// moved once, and reading a log of this size after a crash takes a tenth of a second.
const MOVE_BYTES: u64 = 16 << 20;

/// From this size on the writer itself waits for it. Under a load without a pause the log never ends where the move beside
/// the writer ends, and would only grow.
const WAIT_BYTES: u64 = 64 << 20;

/// Watches the log of one file.
#[derive(Debug)]
pub(super) struct Checkpoints {
    log: PathBuf,
    commits: AtomicU32,
    wanted: Arc<Notify>,
    mover: JoinHandle<()>,
}

impl Checkpoints {
    /// `connection` is for moving alone.
    pub(super) fn of(database: &Path, connection: SqliteConnection) -> Self {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        let wanted = Arc::new(Notify::new());
        Self {
            log: log.into(),
            commits: AtomicU32::new(0),
            mover: tokio::spawn(mover(connection, Arc::clone(&wanted))),
            wanted,
        }
    }

    /// To be called after each commit.
    pub(super) async fn after_commit(&self, writer: &mut SqliteConnection) {
        if !self.commits.fetch_add(1, Ordering::Relaxed).is_multiple_of(COMMITS) {
            return;
        }
        // Without a size there is nothing to move; the next look tells.
        let bytes = std::fs::metadata(&self.log).map_or(0, |log| log.len());
        if bytes >= WAIT_BYTES {
            checkpoint(writer, "pragma wal_checkpoint(truncate)").await;
        } else if bytes >= MOVE_BYTES {
            self.wanted.notify_one();
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.mover.abort();
    }
}

async fn mover(mut connection: SqliteConnection, wanted: Arc<Notify>) {
    loop {
        wanted.notified().await;
        checkpoint(&mut connection, "pragma wal_checkpoint(passive)").await;
    }
}

async fn checkpoint(connection: &mut SqliteConnection, pragma: &'static str) {
    if let Err(error) = sqlx::query(pragma).execute(connection).await {
        tracing::warn!(%error, "The write-ahead log could not be moved into the database; it grows until it can");
    }
}
