//! Checkpoints: moving what was committed from the write-ahead log into the database file, beside the writer.
//!
//! SQLite would do it inside whichever commit fills the log, and whoever waits for that commit would wait for two more
//! writes to the disk.
//!
//! Nothing here waits for a reader. As long as a reader holds an old snapshot, the log cannot begin anew and grows; that is
//! told to the operator (see `log_watch`), and no commit is held up by it.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sqlx::SqliteConnection;
use tokio::{sync::Notify, task::JoinHandle, time::timeout};

use super::{direct::Connection, log_watch::LogWatch};

/// So many pages are moved at a time: 16 MiB, four times SQLite's own default. A page that was written several times
/// meanwhile is moved once, and reading a log of this size after a crash takes a tenth of a second.
const MOVE_PAGES: i64 = 4_096;

/// From this size on, 64 MiB, the log is to begin anew. Under a load without a pause it never ends where the move beside the
/// writer ends, so the writer itself moves the last few pages, between two commits.
const LONG_PAGES: i64 = 16_384;

/// The writer moves no more pages than this, 2 MiB: a few milliseconds. What the mover has left beyond that is held back by
/// a reader's snapshot, or was written too fast, and is the mover's to try again.
const WRITER_PAGES_MAX: i64 = 512;

/// The log begins anew with the commit after a complete move, unless somebody is just reading from it. So many commits in a
/// row try it before the mover looks again.
const TRIES: u32 = 4;

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
    /// How often the writer may still try to have a long log begin anew.
    tries: AtomicU32,
}

impl Checkpoints {
    /// `connection` is for moving alone; `path` is the database file.
    pub(super) fn of(connection: SqliteConnection, path: PathBuf) -> Self {
        let shared = Arc::new(Shared {
            commits: AtomicU32::new(0),
            enough: AtomicU32::new(FIRST_LOOK),
            wanted: Notify::new(),
            tries: AtomicU32::new(0),
        });
        Self {
            mover: tokio::spawn(mover(connection, path, Arc::clone(&shared))),
            shared,
        }
    }

    /// To be called after each commit.
    pub(super) async fn after_commit(&self, writer: &mut Connection) {
        let tries = self.shared.tries.load(Ordering::Relaxed);
        if tries > 0 {
            // Passive: it never waits for a reader, as SQLite's other kinds of checkpoint do. The log is not cut off: writing
            // where a file has room already costs less than making room.
            let log = checkpoint(writer.sqlx()).await;
            let is_done = log.pages < LONG_PAGES || log.left() > WRITER_PAGES_MAX;
            let tries = if is_done { 0 } else { tries - 1 };
            self.shared.tries.store(tries, Ordering::Relaxed);
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

async fn mover(mut connection: SqliteConnection, path: PathBuf, shared: Arc<Shared>) {
    let mut ended_at = 0;
    let mut watch = LogWatch::of(path);
    loop {
        shared.wanted.notified().await;
        // Less than enough is moved as well.
        let _ = timeout(MOVE_AFTER, shared.wanted.notified()).await;
        let commits = shared.commits.load(Ordering::Relaxed);
        let mut log = Log::default();
        for _ in 0..MOVES_MAX {
            log = checkpoint(&mut connection).await;
            if log.left() == 0 {
                break;
            }
        }
        // It began anew meanwhile, when it is shorter than it was.
        let written = if log.pages < ended_at {
            log.pages
        } else {
            log.pages - ended_at
        };
        ended_at = log.pages;
        let may_begin_anew = log.pages >= LONG_PAGES && log.left() <= WRITER_PAGES_MAX;
        shared
            .tries
            .store(if may_begin_anew { TRIES } else { 0 }, Ordering::Relaxed);
        watch.look(log.pages).await;
        let enough = i64::from(commits).saturating_mul(MOVE_PAGES) / written.max(1);
        let enough = u32::try_from(enough.clamp(1, MOVE_PAGES)).unwrap_or(FIRST_LOOK);
        shared.enough.store(enough, Ordering::Relaxed);
        shared.commits.store(0, Ordering::Relaxed);
    }
}

/// The log after a move.
#[derive(Debug, Clone, Copy, Default)]
struct Log {
    pages: i64,
    moved: i64,
}

impl Log {
    fn left(self) -> i64 {
        self.pages - self.moved
    }
}

async fn checkpoint(connection: &mut SqliteConnection) -> Log {
    let log: Result<(i64, i64, i64), _> = sqlx::query_as("pragma wal_checkpoint(passive)")
        .fetch_one(connection)
        .await;
    match log {
        Ok((_is_busy, pages, moved)) => Log {
            pages: pages.max(0),
            moved: moved.max(0),
        },
        Err(error) => {
            tracing::warn!(
                error = crate::error::chain(&error),
                "Could not checkpoint the write-ahead log; it grows until a checkpoint succeeds"
            );
            Log::default()
        }
    }
}
