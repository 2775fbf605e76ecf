//! Watching a write-ahead log that grows because somebody else reads from it: how large it is, since when, and who that is.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{task::spawn_blocking, time::Instant};

/// Twice the size at which the log is to begin anew, 128 MiB: our own load stays below it.
const WARN_PAGES: i64 = 32_768;

/// SQLite's pages with their headers in the log, in bytes.
const FRAME_BYTES: i64 = 4_096 + 24;

/// Between two warnings.
const WARN_EVERY: Duration = Duration::from_mins(1);

/// Processes that are named at most.
const HOLDERS_MAX: usize = 8;

/// The bytes of the `-shm` file whose locks say that a snapshot is being read (`WAL_READ_LOCK` in SQLite's `wal.c`).
const READ_LOCKS: std::ops::RangeInclusive<u64> = 123..=127;

/// Watch over the size of the log.
#[derive(Debug)]
pub(super) struct LogWatch {
    database: PathBuf,
    long_since: Option<Instant>,
    warned_at: Option<Instant>,
}

impl LogWatch {
    pub(super) fn of(database: PathBuf) -> Self {
        Self {
            database,
            long_since: None,
            warned_at: None,
        }
    }

    /// To be called after each move of pages, with the length of the log.
    pub(super) async fn look(&mut self, pages: i64) {
        let bytes = pages.saturating_mul(FRAME_BYTES);
        if pages < WARN_PAGES {
            self.long_since = None;
            if self.warned_at.take().is_some() {
                tracing::info!(bytes, "The write-ahead log is short again");
            }
            return;
        }
        let now = Instant::now();
        let since = *self.long_since.get_or_insert(now);
        if self.warned_at.is_some_and(|at| now - at < WARN_EVERY) {
            return;
        }
        self.warned_at = Some(now);
        let database = self.database.clone();
        let holders = spawn_blocking(move || holders(&database)).await.unwrap_or_default();
        tracing::warn!(
            bytes,
            seconds = (now - since).as_secs(),
            holders = holders.join(", "),
            "The write-ahead log of the database keeps growing, because a reader holds an old snapshot of it. Clicks and \
             events are not delayed, but the disk fills up. End the program that reads the file (holders), and use \
             `lark-callback db backup FILE` for copies"
        );
    }
}

/// The size of the log on the disk; 0 when there is none.
pub(crate) fn log_bytes(database: &Path) -> u64 {
    fs::metadata(beside(database, "-wal")).map_or(0, |log| log.len())
}

/// A file that SQLite keeps beside the database.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The processes that read a snapshot, by name and number; where the system does not tell its locks, those that have the
/// file open. This server reads all the time, so it is named only when nobody else does.
fn holders(database: &Path) -> Vec<String> {
    let shm = beside(database, "-shm");
    let mut pids = match (fs::metadata(&shm), fs::read_to_string("/proc/locks")) {
        (Ok(shm), Ok(locks)) => readers_in(&locks, shm.ino()),
        _ => Vec::new(),
    };
    if pids.iter().any(|&pid| pid != std::process::id()) {
        pids.retain(|&pid| pid != std::process::id());
    }
    if pids.is_empty() {
        pids = openers(&shm);
    }
    if pids.is_empty() {
        return vec![
            "nobody who can be seen from here; it may be a program in another container, or a slow disk".to_owned(),
        ];
    }
    pids.truncate(HOLDERS_MAX);
    pids.iter().map(|&pid| named(pid)).collect()
}

/// Processes with a read lock of a snapshot on the file with this inode, by the lines of `/proc/locks`:
/// `1: POSIX  ADVISORY  READ 4711 fe:01:131077 123 123`. Who waits for a lock has `->` in front, and is left out.
fn readers_in(locks: &str, inode: u64) -> Vec<u32> {
    let reader = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [_, "POSIX" | "OFDLCK", _, _, pid, place, first, last] = fields.as_slice() else {
            return None;
        };
        let of: u64 = place.rsplit(':').next()?.parse().ok()?;
        let first: u64 = first.parse().ok()?;
        let last = last.parse().unwrap_or(u64::MAX);
        let reads = first <= *READ_LOCKS.end() && last >= *READ_LOCKS.start();
        if of == inode && reads { pid.parse().ok() } else { None }
    };
    let mut pids: Vec<u32> = locks.lines().filter_map(reader).collect();
    pids.sort_unstable();
    pids.dedup();
    pids
}

/// Other processes that have a file open, as far as this user may see.
fn openers(file: &Path) -> Vec<u32> {
    let Ok(file) = file.canonicalize() else {
        return Vec::new();
    };
    let has_it_open = |pid: u32| {
        let open = fs::read_dir(format!("/proc/{pid}/fd"));
        open.is_ok_and(|open| {
            open.filter_map(Result::ok)
                .any(|entry| fs::read_link(entry.path()).is_ok_and(|target| target == file))
        })
    };
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .filter_map(|process| process.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&pid| pid != std::process::id() && has_it_open(pid))
        .collect()
}

fn named(pid: u32) -> String {
    if pid == std::process::id() {
        return format!("this server itself (pid {pid}), for a long query of the operator");
    }
    if pid == 0 {
        return "a program outside this container".to_owned();
    }
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    match name.trim() {
        "" => format!("pid {pid}"),
        name => format!("{name} (pid {pid})"),
    }
}

#[cfg(test)]
mod tests {
    use super::readers_in;

    #[test]
    fn those_who_read_a_snapshot_are_found_among_the_locks_of_the_machine() {
        let locks = "1: POSIX  ADVISORY  READ  4711 fe:01:77 124 124
                     2: POSIX  ADVISORY  READ  4712 fe:01:77 128 128
                     3: POSIX  ADVISORY  WRITE 4713 fe:01:78 124 124
                     3: -> POSIX  ADVISORY  READ 4714 fe:01:77 126 126
                     4: FLOCK  ADVISORY  WRITE 4715 fe:01:77 0 EOF
                     5: OFDLCK ADVISORY  READ  4716 fe:01:77 120 127
                     6: POSIX  ADVISORY  READ  4711 fe:01:77 127 127";
        assert_eq!(readers_in(locks, 77), [4711, 4716]);
    }
}
