//! Checkpoints: moving what was committed from the write-ahead log into the database file, beside the writer.
//!
//! SQLite would do it inside whichever commit fills the log, and whoever waits for that commit would wait for two more
//! writes to the disk.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use sqlx::SqliteConnection;
use tokio::{sync::Notify, task::JoinHandle};

/// So many pages are moved at a time: 16 MiB, four times SQLite's own default. A page that was written several times
/// meanwhile is moved once, and reading a log of this size after a crash takes a tenth of a second.
const MOVE_PAGES: i64 = 4_096;

/// From this size on the writer itself waits for a move, 64 MiB. Under a load without a pause the log never ends where the
/// move beside the writer ends, and would only grow.
const WAIT_PAGES: i64 = 16_384;

/// Commits before the first look, which tells how many pages a commit has.
const FIRST_LOOK: u32 = 32;

/// Watches the log of one file.
#[derive(Debug)]
pub(super) struct Checkpoints {
    shared: Arc<Shared>,
    mover: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    /// Since the last move.
    commits: AtomicU32,
    /// After so many commits there is about enough to move.
    enough: AtomicU32,
    wanted: Notify,
    /// The log is so long that the writer has to wait for its end.
    is_long: AtomicBool,
}

impl Checkpoints {
    /// `connection` is for moving alone.
    pub(super) fn of(connection: SqliteConnection) -> Self {
        let shared = Arc::new(Shared {
            commits: AtomicU32::new(0),
            enough: AtomicU32::new(FIRST_LOOK),
            wanted: Notify::new(),
            is_long: AtomicBool::new(false),
        });
        Self {
            mover: tokio::spawn(mover(connection, Arc::clone(&shared))),
            shared,
        }
    }

    /// To be called after each commit.
    pub(super) async fn after_commit(&self, writer: &mut SqliteConnection) {
        if self.shared.is_long.swap(false, Ordering::Relaxed) {
            // The next commit begins at the start of the log again. It is not cut off: writing where a file has room already
            // costs less than making room.
            checkpoint(writer, "pragma wal_checkpoint(restart)").await;
        }
        let commits = self.shared.commits.fetch_add(1, Ordering::Relaxed) + 1;
        if commits == self.shared.enough.load(Ordering::Relaxed) {
            self.shared.wanted.notify_one();
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.mover.abort();
    }
}

async fn mover(mut connection: SqliteConnection, shared: Arc<Shared>) {
    let mut ended_at = 0;
    loop {
        shared.wanted.notified().await;
        let commits = shared.commits.load(Ordering::Relaxed);
        let pages = checkpoint(&mut connection, "pragma wal_checkpoint(passive)").await;
        // It began anew meanwhile, when it is shorter than it was.
        let written = if pages < ended_at { pages } else { pages - ended_at };
        ended_at = pages;
        shared.is_long.store(pages >= WAIT_PAGES, Ordering::Relaxed);
        let enough = i64::from(commits).saturating_mul(MOVE_PAGES) / written.max(1);
        let enough = u32::try_from(enough.clamp(1, MOVE_PAGES)).unwrap_or(FIRST_LOOK);
        shared.enough.store(enough, Ordering::Relaxed);
        shared.commits.store(0, Ordering::Relaxed);
    }
}

/// Tells how many pages the log has.
async fn checkpoint(connection: &mut SqliteConnection, pragma: &'static str) -> i64 {
    let moved: Result<(i64, i64, i64), _> = sqlx::query_as(pragma).fetch_one(connection).await;
    match moved {
        Ok((_is_busy, pages, _moved)) => pages.max(0),
        Err(error) => {
            tracing::warn!(%error, "The write-ahead log could not be moved into the database; it grows until it can");
            0
        }
    }
}
