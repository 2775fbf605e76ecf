//! File of the folder: looking at it, and reading it.
//!
//! Everything here blocks, possibly for long on a network mount, and must be called off the async threads.

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
use crate::{
    codes::{Text, both},
    plugin::WASM_BYTES_MAX,
};

/// Size limit of a settings file. Most fit on a screen; 256 KiB leaves room for a certificate or two.
const TOML_BYTES_MAX: u64 = 256 << 10;

/// Size limit of a signature, which has 64 bytes, or 128 as text.
const SIGNATURE_BYTES_MAX: u64 = 1 << 10;

/// State of a file at one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// The name does not exist.
    Absent,
    /// A readable regular file.
    File(Stamp),
    /// The name exists but cannot be used.
    Unusable(Obstacle),
}

/// Fingerprint that changes with the file and needs no reading of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stamp {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) bytes: u64,
    /// Modification time, in seconds and nanoseconds.
    pub(super) modified: (i64, i64),
    /// Status change time: unlike the modification time, tools cannot set it back.
    pub(super) changed: (i64, i64),
}

/// Reason why a file cannot be used, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Obstacle {
    #[error("it is not a regular file; put the file itself or a link to it there")]
    NotAFile,
    #[error("it is a broken link; restore its target or remove the link")]
    LeadsNowhere,
    #[error("it is larger than {bytes_max} bytes; is it the right file, and was it built for release and stripped?")]
    TooLarge { bytes_max: u64 },
    #[error("reading it blocks, so it is not an ordinary file; put a copy there instead")]
    Waits,
    #[error("its file system does not respond; is a network mount gone? Retrying")]
    Silent,
    #[error("it cannot be read ({0}); make it readable for the user the server runs as")]
    Unreadable(ErrorKind),
}

impl Obstacle {
    /// The reason in both languages.
    pub(super) fn text(self) -> Text {
        let zh = match self {
            Self::NotAFile => "不是普通文件；请放入文件本身，或指向它的链接".to_owned(),
            Self::LeadsNowhere => "链接已失效；请恢复其目标，或删除该链接".to_owned(),
            Self::TooLarge { bytes_max } => {
                format!("文件超过 {bytes_max} 字节；是否放错了文件？是否以 release 模式构建并去除了调试信息（strip）？")
            }
            Self::Waits => "读取时一直没有数据，不是普通文件；请放入一份副本".to_owned(),
            Self::Silent => "文件系统没有响应；网络挂载是否已断开？将重试".to_owned(),
            Self::Unreadable(kind) => format!("无法读取（{kind}）；请允许运行服务的用户读取该文件"),
        };
        both(self.to_string(), zh)
    }
}

/// Looks at a file, following links.
pub(super) fn look(path: &Path, part: Part) -> Sight {
    match fs::metadata(path) {
        Ok(metadata) => judge(&metadata, part),
        // Removed since the listing, or a link without a target.
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
        Part::Signature => SIGNATURE_BYTES_MAX,
    }
}

/// Content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Absent,
    Bytes { bytes: Bytes, digest: Digest },
    Unusable(Obstacle),
}

/// Reads a file once; returns nothing if it has changed since it was seen or changes while it is read.
///
/// Only these bytes are used from here on, so the checked bytes are the ones that run.
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

/// Reads a component and the signature beside it as they are at this moment; nothing if there is no such component.
pub fn read_component(path: &Path) -> Option<(Bytes, Option<Bytes>)> {
    let mut signature = path.as_os_str().to_owned();
    signature.push(".sig");
    let wasm = read_bytes(path, Part::Wasm).ok()?;
    Some((wasm, read_bytes(Path::new(&signature), Part::Signature).ok()))
}

/// Opens and reads without blocking on a pipe, because the file may have become anything since the look.
fn read_bytes(path: &Path, part: Part) -> io::Result<Bytes> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        // The flags fit: the system takes them as an `int`.
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(ErrorKind::NotFound.into());
    }
    // One byte more than allowed already differs from the size that was seen.
    let bytes_max = bytes_max(part) + 1;
    // With room for the end of the file, at which a read returns nothing.
    let room = metadata.len().saturating_add(1).min(bytes_max);
    let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or_default());
    file.take(bytes_max).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}
