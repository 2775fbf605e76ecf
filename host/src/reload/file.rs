//! One file of the folder: a look at it, and its reading.
//!
//! Everything here blocks, on a network mount for long, and is called off the async threads.

use std::{
    fs::{self, Metadata, OpenOptions},
    io::{self, ErrorKind, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use bytes::Bytes;
use rustix::fs::OFlags;

use super::{
    digest::Digest,
    name::{Part, PluginFile},
};
use crate::plugin::WASM_BYTES_MAX;

/// A settings file has a screenful; 256 KiB leaves room for a certificate or two.
const TOML_BYTES_MAX: u64 = 256 << 10;

/// What a file was at one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// No such name.
    Absent,
    /// A regular file that may be read.
    File(Stamp),
    /// Something is there that cannot be used.
    Unusable(Obstacle),
}

/// Changes whenever the file does, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stamp {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) bytes: u64,
    /// Modification time, in seconds and nanoseconds.
    pub(super) modified: (i64, i64),
    /// Status change time: unlike the modification time, no tool can set it back.
    pub(super) changed: (i64, i64),
}

/// Why a file cannot be used, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Obstacle {
    #[error("it is not a regular file; put the file itself or a link to it there")]
    NotAFile,
    #[error("it is a broken link; restore its target or remove the link")]
    LeadsNowhere,
    #[error("it has more than {bytes_max} bytes; is it the right file, and was it built for release and stripped?")]
    TooLarge { bytes_max: u64 },
    #[error("it is not an ordinary file, reading it blocks; put a copy there instead")]
    Waits,
    #[error("its file system does not respond; is a network mount gone? Retrying")]
    Silent,
    #[error("it cannot be read ({0}); make it readable for the user the server runs as")]
    Unreadable(ErrorKind),
}

/// Looks at a file, following a link.
pub(super) fn look(path: &Path, part: Part) -> Sight {
    match fs::metadata(path) {
        Ok(metadata) => judge(&metadata, part),
        // Removed since it was listed, or a link whose target is not there.
        Err(error) if error.kind() == ErrorKind::NotFound => match fs::symlink_metadata(path) {
            Ok(_) => Sight::Unusable(Obstacle::LeadsNowhere),
            Err(_) => Sight::Absent,
        },
        Err(error) => Sight::Unusable(Obstacle::Unreadable(error.kind())),
    }
}

fn judge(metadata: &Metadata, part: Part) -> Sight {
    if !metadata.is_file() {
        Sight::Unusable(Obstacle::NotAFile)
    } else if metadata.len() > bytes_max(part) {
        Sight::Unusable(Obstacle::TooLarge {
            bytes_max: bytes_max(part),
        })
    } else {
        Sight::File(Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

fn bytes_max(part: Part) -> u64 {
    match part {
        Part::Wasm => WASM_BYTES_MAX as u64,
        Part::Toml => TOML_BYTES_MAX,
    }
}

/// One file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Absent,
    Bytes { bytes: Bytes, digest: Digest },
    Unusable(Obstacle),
}

/// Reads a file once, if it still is what was seen; nothing if it changed before or while it was read.
///
/// From here on only these bytes count, so what is checked is what runs.
pub(super) fn read(folder: &Path, file: &PluginFile, seen: Sight) -> Option<Content> {
    match seen {
        Sight::Absent => Some(Content::Absent),
        Sight::Unusable(obstacle) => Some(Content::Unusable(obstacle)),
        Sight::File(_) => {
            let path = folder.join(file.to_string());
            let content = match read_bytes(&path, file.part) {
                Ok(bytes) => Content::Bytes {
                    digest: Digest::of(&bytes),
                    bytes,
                },
                Err(error) if error.kind() == ErrorKind::NotFound => return None,
                Err(error) if error.kind() == ErrorKind::WouldBlock => Content::Unusable(Obstacle::Waits),
                Err(error) => Content::Unusable(Obstacle::Unreadable(error.kind())),
            };
            (look(&path, file.part) == seen).then_some(content)
        }
    }
}

/// It may have become anything since it was looked at, so that it is opened and read without waiting for anybody.
fn read_bytes(path: &Path, part: Part) -> io::Result<Bytes> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        // They fit: the system takes them as an `int`.
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(ErrorKind::NotFound.into());
    }
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to differ from the size that was seen.
    file.take(bytes_max(part) + 1).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}
