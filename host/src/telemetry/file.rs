//! The log file: appended to, and put aside when it is large or old.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use super::{LogError, chain, clock};

/// Pause after a rotation that failed, and between two notices that the file cannot be written.
const RETRY_MS: u64 = 60_000;

/// Rules by which the log file is put aside, and the number of old ones kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rotation {
    /// `LOG_FILE_BYTES_MAX`; 0: any size.
    pub bytes_max: u64,
    /// `LOG_FILE_HOURS_MAX`; 0: any age.
    pub hours_max: u64,
    /// `LOG_FILES_MAX`: old files beside the one that is written.
    pub files_max: usize,
}

impl Rotation {
    fn is_on(self) -> bool {
        self.bytes_max > 0 || self.hours_max > 0
    }

    /// Bytes that the log file and the renamed ones may take together; none without a limit. One more is there for a
    /// moment, between the rotation and the deletion.
    pub fn largest(self) -> Option<u64> {
        let files = u64::try_from(self.files_max).unwrap_or(u64::MAX).saturating_add(2);
        (self.bytes_max > 0).then(|| self.bytes_max.saturating_mul(files))
    }

    /// Number of the period that a time belongs to. Periods are counted by the wall clock, so that 24 hours end at
    /// midnight.
    fn period(self, ms: u64) -> i64 {
        let hours = i64::try_from(self.hours_max).unwrap_or(i64::MAX);
        let wall_seconds = clock::wall_seconds(i64::try_from(ms / 1_000).unwrap_or(i64::MAX));
        wall_seconds.checked_div(hours.saturating_mul(3_600)).unwrap_or(0)
    }
}

/// Open log file.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    /// Absent when nothing is to be put aside, or when this is no regular file.
    rotating: Option<Rotating>,
    /// A line is never divided between two files.
    is_at_line_start: bool,
    /// Earliest time of the next notice that the file cannot be written.
    complain_at_ms: u64,
}

#[derive(Debug)]
struct Rotating {
    rotation: Rotation,
    /// Without symbolic links: the file is renamed, not a link to it.
    path: PathBuf,
    /// Period of the newest line in the file.
    period: i64,
    /// Earliest time of the next attempt, after one that failed.
    retry_at_ms: u64,
}

impl LogFile {
    /// Opens the file for appending.
    pub(super) fn open(path: &Path, rotation: Rotation) -> Result<Self, LogError> {
        let opened = append(path).and_then(|file| Ok((Rotating::of(path, &file, rotation)?, file)));
        let (rotating, file) = opened.map_err(|source| LogError::File {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            rotating,
            is_at_line_start: true,
            complain_at_ms: 0,
        })
    }

    /// Writes lines, or as many as the file has room for.
    fn write_at(&mut self, now_ms: u64, lines: &[u8]) -> io::Result<usize> {
        let part = match &mut self.rotating {
            Some(rotating) if self.is_at_line_start => rotating.part(&mut self.file, lines, now_ms),
            _ => lines,
        };
        let written = self.file.write(part);
        match &written {
            Ok(bytes) => {
                let last = part.get(..*bytes).and_then(<[u8]>::last);
                self.is_at_line_start = last.map_or(self.is_at_line_start, |last| *last == b'\n');
            }
            Err(error) => self.complain(error, now_ms),
        }
        written
    }

    /// Tells on standard error that the file cannot be written, because the log cannot.
    fn complain(&mut self, error: &io::Error, now_ms: u64) {
        if error.kind() != io::ErrorKind::Interrupted && now_ms >= self.complain_at_ms {
            self.complain_at_ms = now_ms.saturating_add(RETRY_MS);
            let _ = writeln!(
                io::stderr(),
                "lark-callback: LOG_FILE {} cannot be written ({error}); log lines are lost until it can, requests are not",
                self.path.display()
            );
        }
    }
}

impl Write for LogFile {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.write_at(clock::now_ms(), lines)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Rotating {
    fn of(path: &Path, file: &File, rotation: Rotation) -> io::Result<Option<Self>> {
        let metadata = file.metadata()?;
        if !rotation.is_on() || !metadata.is_file() {
            return Ok(None);
        }
        let written_at = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let written_at_ms = u64::try_from(written_at.as_millis()).unwrap_or(u64::MAX);
        Ok(Some(Self {
            rotation,
            path: fs::canonicalize(path)?,
            period: rotation.period(written_at_ms),
            retry_at_ms: 0,
        }))
    }

    /// As many of the lines as belong into the file, which is put aside first if it is full or old.
    fn part<'a>(&mut self, file: &mut File, lines: &'a [u8], now_ms: u64) -> &'a [u8] {
        let period = self.rotation.period(now_ms);
        // Asked each time: the file may be written by others, too, or emptied.
        let mut size = file.metadata().map_or(0, |metadata| metadata.len());
        let is_due = size > 0 && (self.is_full(size, lines) || period > self.period);
        if is_due && now_ms >= self.retry_at_ms {
            match self.rotate(file, now_ms) {
                Ok(()) => {
                    size = 0;
                    self.retry_at_ms = 0;
                }
                Err(error) => self.put_off(&error, now_ms),
            }
        }
        self.period = self.period.max(period);
        let room = match self.rotation.bytes_max {
            0 => u64::MAX,
            _ if self.retry_at_ms > now_ms => u64::MAX,
            max => max.saturating_sub(size),
        };
        fitting(lines, usize::try_from(room).unwrap_or(usize::MAX))
    }

    fn is_full(&self, size: u64, lines: &[u8]) -> bool {
        let next = lines.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        self.rotation.bytes_max > 0 && size.saturating_add(next.len() as u64) > self.rotation.bytes_max
    }

    fn put_off(&mut self, error: &io::Error, now_ms: u64) {
        // Once, until it succeeds.
        if self.retry_at_ms == 0 {
            tracing::warn!(
                file = %self.path.display(),
                error = chain(error),
                "Could not rotate the log file; it grows on, and rotation is retried each minute. Check the permissions of \
                 its folder and the disk"
            );
        }
        self.retry_at_ms = now_ms.saturating_add(RETRY_MS);
    }

    /// Renames the file and begins a new one; whatever fails, lines can still be written to the old one.
    fn rotate(&self, file: &mut File, now_ms: u64) -> io::Result<()> {
        let metadata = file.metadata()?;
        let is_ours = |other: fs::Metadata| (other.dev(), other.ino()) == (metadata.dev(), metadata.ino());
        if !fs::metadata(&self.path).is_ok_and(is_ours) {
            // Another program has renamed or removed it.
            *file = append(&self.path)?;
            return Ok(());
        }
        let aside = free_name(&self.path, now_ms);
        fs::rename(&self.path, &aside)?;
        match append(&self.path) {
            Ok(new) => *file = new,
            Err(error) => {
                fs::rename(&aside, &self.path)?;
                return Err(error);
            }
        }
        // Whoever was let in by the operator stays so.
        let mode = metadata.permissions().mode() & 0o777;
        if mode != 0o600 {
            file.set_permissions(fs::Permissions::from_mode(mode))?;
        }
        remove_oldest(&self.path, self.rotation.files_max)
    }
}

/// Opens for appending. A new file is readable by its owner only, because lines say who clicked what.
fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// The lines that fit into so many bytes; one at least.
fn fitting(lines: &[u8], room: usize) -> &[u8] {
    let Some(beginning) = lines.get(..room).filter(|beginning| beginning.len() < lines.len()) else {
        return lines;
    };
    let end = match beginning.iter().rposition(|byte| *byte == b'\n') {
        Some(end) => end + 1,
        None => lines
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(lines.len(), |end| end + 1),
    };
    lines.get(..end).unwrap_or(lines)
}

/// Name for a file that is put aside: that of the log and the time, in UTC so that the names are in order.
fn free_name(path: &Path, now_ms: u64) -> PathBuf {
    let mut at_ms = now_ms;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(clock::stamp(at_ms));
        let name = PathBuf::from(name);
        if fs::symlink_metadata(&name).is_err() {
            return name;
        }
        at_ms = at_ms.saturating_add(1);
    }
}

/// Removes the oldest files that were put aside, until so many are left.
fn remove_oldest(path: &Path, files_max: usize) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    let mut old = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name();
        let stamp = file.as_encoded_bytes().strip_prefix(name.as_encoded_bytes());
        if stamp
            .and_then(|stamp| stamp.strip_prefix(b"."))
            .is_some_and(clock::is_stamp)
        {
            old.push(entry.path());
        }
    }
    old.sort_unstable();
    let too_many = old.len().saturating_sub(files_max);
    old.iter().take(too_many).try_for_each(fs::remove_file)
}

#[cfg(test)]
mod tests;
