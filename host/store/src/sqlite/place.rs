//! Watching that the files of an open database stay where they are. Who removes, renames or replaces them under a server that
//! runs takes away what it acknowledges from then on: SQLite goes on with files that nobody finds again.

use std::{
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    fs,
    task::JoinHandle,
    time::{MissedTickBehavior, interval, timeout},
};

use super::log_watch::beside;

/// Between two looks: as long as a server answers for what it would lose.
const EVERY: Duration = Duration::from_secs(1);

/// A file system that does not answer for so long is no reason; commits wait for it themselves.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// The watch over the files of one database; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    is_lost: Arc<AtomicBool>,
    watch: JoinHandle<()>,
}

/// A file by device and inode.
type Identity = (u64, u64);

impl Place {
    /// Begins to watch a database that is open, with its write-ahead log.
    pub(super) async fn watch(database: PathBuf) -> Self {
        // Where the database is a link, its log lies beside what that leads to.
        let file = fs::canonicalize(&database).await.unwrap_or_else(|_| database.clone());
        let mut watched = Vec::new();
        for file in [database, beside(&file, "-wal")] {
            // What cannot be asked for cannot be watched.
            if let Ok(identity) = identity(&file).await {
                watched.push((file, identity));
            }
        }
        let is_lost = Arc::<AtomicBool>::default();
        let watch = tokio::spawn(watch(watched, Arc::clone(&is_lost)));
        Self { is_lost, watch }
    }

    /// Whether what is acknowledged now would be lost.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// Ends the watch: the last connection that is closed removes the log.
    pub(super) fn leave(&self) {
        self.watch.abort();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

async fn identity(file: &Path) -> io::Result<Identity> {
    fs::metadata(file).await.map(|found| (found.dev(), found.ino()))
}

async fn watch(files: Vec<(PathBuf, Identity)>, is_lost: Arc<AtomicBool>) {
    let mut looks = interval(EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let Ok(gone) = timeout(ANSWER_MAX, gone(&files)).await else {
            continue;
        };
        match (gone, is_lost.load(Ordering::Relaxed)) {
            (Some(file), false) => {
                is_lost.store(true, Ordering::Relaxed);
                tracing::error!(
                    file = %file.display(),
                    "The database file {} was removed, renamed or replaced while the server uses it. What would be stored now \
                     could not be found after a restart, so new events and callbacks are refused (503). Put the file back \
                     where it was, or restart the server to use the one that is there",
                    file.display()
                );
            }
            (None, true) => {
                is_lost.store(false, Ordering::Relaxed);
                tracing::info!("The files of the database are where they were again; new events are taken");
            }
            _ => {}
        }
    }
}

/// The first of the files that is not where it was. One that cannot be asked for is no such file.
async fn gone(files: &[(PathBuf, Identity)]) -> Option<&Path> {
    for (file, opened) in files {
        let is_gone = match identity(file).await {
            Ok(found) => found != *opened,
            Err(error) => matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
        };
        if is_gone {
            return Some(file);
        }
    }
    None
}
