//! Files that are written under another name and then given their own: each writer has a name to itself, and what a killed one
//! left behind is deleted.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::process::{Pid, test_kill_process};

/// Suffix of a file that is not complete.
const PARTIAL: &str = ".partial";

/// Time after which a file whose writer does not run is left over. The writer may run in another container, and what it writes
/// has a new time.
const QUIET_MIN: Duration = Duration::from_mins(1);

/// Time after which a file is left over whoever has the writer's number today.
const QUIET_MAX: Duration = Duration::from_hours(24);

/// Files that this process has written.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// Name to write `target` under, which nobody else uses: `target.PID-NUMBER.partial`. Deletes what killed writers of the same
/// target left.
pub fn partial(target: &Path) -> PathBuf {
    delete_left_over(target);
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    with_suffix(target, &format!(".{}-{number}{PARTIAL}", process::id()))
}

/// Gives a complete file its own name, and never that of a file that has come meanwhile.
///
/// # Errors
/// `AlreadyExists` when there is one, and then the partial file is still there; otherwise what the system says.
pub fn place_new(partial: &Path, target: &Path) -> io::Result<()> {
    match renameat_with(CWD, partial, CWD, target, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        Err(error) if ErrorKind::AlreadyExists == io::Error::from(error).kind() => Err(error.into()),
        // Some file systems cannot refuse. There the moment between these two steps stays open.
        Err(_cannot_refuse) if fs::symlink_metadata(target).is_ok() => Err(ErrorKind::AlreadyExists.into()),
        Err(_cannot_refuse) => fs::rename(partial, target),
    }
}

fn with_suffix(target: &Path, suffix: &str) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn delete_left_over(target: &Path) {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Some(name) = target.file_name().and_then(|name| name.to_str()) else {
        return;
    };
    let files = fs::read_dir(folder.unwrap_or(Path::new("."))).into_iter().flatten();
    for file in files.flatten() {
        let of_ours = file.file_name();
        let middle = of_ours
            .to_str()
            .and_then(|file| file.strip_prefix(name)?.strip_suffix(PARTIAL));
        if let Some(middle) = middle
            && is_left_over(middle, &file.path())
        {
            // One that stays is only in the way.
            let _ = fs::remove_file(file.path());
        }
    }
}

/// Whether nobody writes a file any more; `middle` is `.PID-NUMBER`, or empty for the name of earlier versions.
fn is_left_over(middle: &str, file: &Path) -> bool {
    let writer = match middle.strip_prefix('.').and_then(|rest| rest.split_once('-')) {
        Some((writer, number)) if number.parse::<u64>().is_ok() => writer.parse::<i32>().ok(),
        _ if middle.is_empty() => None,
        _ => return false,
    };
    let Some(quiet) = fs::symlink_metadata(file)
        .and_then(|data| data.modified())
        .ok()
        .and_then(|written| now().duration_since(written).ok())
    else {
        return false;
    };
    let runs = writer.and_then(Pid::from_raw).is_some_and(is_running);
    quiet >= QUIET_MAX || (quiet >= QUIET_MIN && !runs)
}

/// What the times of files are compared with: the system gives them, whatever a test plays.
#[expect(clippy::disallowed_methods, reason = "a file's time is the system's")]
fn now() -> SystemTime {
    SystemTime::now()
}

fn is_running(writer: Pid) -> bool {
    // One that belongs to somebody else runs too.
    !matches!(test_kill_process(writer), Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number that no process has.
    const NOBODY: u32 = 4_194_400;

    fn written(folder: &Path, name: &str, ago: Duration) -> PathBuf {
        let path = folder.join(name);
        let file = fs::File::create(&path).unwrap();
        file.set_modified(now() - ago).unwrap();
        path
    }

    #[test]
    fn two_writers_have_a_name_each() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("copy.db");
        assert_ne!(partial(&target), partial(&target));
    }

    #[test]
    fn what_killed_writers_left_is_deleted_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, ago| written(folder.path(), name, ago);
        let (minutes, now) = (Duration::from_mins(5), Duration::ZERO);
        let (own, nobody) = (process::id(), NOBODY);
        let gone = [
            at(&format!("copy.db.{nobody}-0.partial"), minutes),
            at(&format!("copy.db.{own}-7.partial"), QUIET_MAX),
            at("copy.db.partial", minutes),
        ];
        let kept = [
            at(&format!("copy.db.{own}-0.partial"), minutes),
            at(&format!("copy.db.{nobody}-1.partial"), now),
            at(&format!("other.db.{nobody}-0.partial"), minutes),
            at("copy.db.mine.partial", QUIET_MAX),
            at("copy.db", QUIET_MAX),
        ];
        partial(&folder.path().join("copy.db"));
        assert!(gone.iter().all(|file| !file.exists()), "{gone:?}");
        assert!(kept.iter().all(|file| file.exists()), "{kept:?}");
    }

    #[test]
    fn a_file_that_has_come_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (mine, target) = (folder.path().join("mine"), folder.path().join("target"));
        fs::write(&mine, "mine").unwrap();
        fs::write(&target, "theirs").unwrap();
        assert_eq!(place_new(&mine, &target).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&target).unwrap(), "theirs");
        fs::remove_file(&target).unwrap();
        place_new(&mine, &target).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
    }
}
