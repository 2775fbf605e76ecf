//! Checkpoints: moving what was committed from the write-ahead log into the database file, beside the writer.
//!
//! SQLite would do it inside whichever commit fills the log, and whoever waits for that commit would wait for two more
//! writes to the disk.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use sqlx::SqliteConnection;
use tokio::{sync::Notify, task::JoinHandle, time::timeout};

/// So many pages are moved at a time: 16 MiB, four times SQLite's own default. A page that was written several times
/// meanwhile is moved once, and reading a log of this size after a crash takes a tenth of a second.
const MOVE_PAGES: i64 = 4_096;

/// From this size on the writer itself waits for a move, 64 MiB. Under a load without a pause the log never ends where the
/// move beside the writer ends, and would only grow.
const WAIT_PAGES: i64 = 16_384;

/// After this time less is moved too. Where commits are small, enough comes seldom, and would then keep the disk from commits
/// for a tenth of a second.
const MOVE_AFTER: Duration = Duration::from_millis(250);

/// SQLite writes the file to the disk only when it has moved all of the log. Under a load more is committed during a move, so
/// what is left is moved again, up to so many times; else the writer would wait for all of it at once.
const MOVES_MAX: usize = 4;

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
    /// Rung when there is something to move, and when there is enough.
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
        if commits == 1 || commits == self.shared.enough.load(Ordering::Relaxed) {
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
        // Less than enough is moved as well.
        let _ = timeout(MOVE_AFTER, shared.wanted.notified()).await;
        let commits = shared.commits.load(Ordering::Relaxed);
        let mut pages = 0;
        for _ in 0..MOVES_MAX {
            let log = checkpoint(&mut connection, "pragma wal_checkpoint(passive)").await;
            pages = log.pages;
            if log.moved == log.pages {
                break;
            }
        }
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

/// The log after a move.
struct Log {
    pages: i64,
    moved: i64,
}

async fn checkpoint(connection: &mut SqliteConnection, pragma: &'static str) -> Log {
    let log: Result<(i64, i64, i64), _> = sqlx::query_as(pragma).fetch_one(connection).await;
    match log {
        Ok((_is_busy, pages, moved)) => Log {
            pages: pages.max(0),
            moved: moved.max(0),
        },
        Err(error) => {
            tracing::warn!(%error, "The write-ahead log could not be moved into the database; it grows until it can");
            Log { pages: 0, moved: 0 }
        }
    }
}
