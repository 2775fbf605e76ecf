//! Compiled code on disk, in a folder of the server's own: sealed, bounded, and safe to delete.
//!
//! An entry is the content and, at its end, a seal: keyed BLAKE3 over its name and its content, under a random key that lies
//! in the same folder. The seal detects damage, half-written files and entries of other folders. It does not protect from the
//! user that runs the server.

mod names;
mod seal;

pub(super) use names::{code_key, functions_key, note_key};

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use rustix::fs::{OFlags, Timespec, Timestamps, UTIME_NOW, futimens};
use wasmtime::component::Component;

use self::seal::{SEAL_BYTES, SealKey};
use super::code::{Code, SealedFile};

/// The file with the key of the seals.
const KEY: &str = "key";

/// Random bytes in the file with the key.
const KEY_BYTES: usize = 64;

/// The maximum number of entries; all of them are listed when one is added.
const ENTRIES_MAX: usize = 2_000;

/// A note is a description of a plugin, as JSON.
const NOTE_BYTES_MAX: u64 = 256 << 10;

/// The bit of folders like `/tmp`, in which everybody may write.
const STICKY: u32 = 0o1000;

/// The ending of what is being written.
const UNFINISHED: &str = "part";

/// Numbers the temporary files of this process.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// The folder. All of its functions block.
#[derive(Debug)]
pub(super) struct Cache {
    dir: PathBuf,
    bytes_max: u64,
    key: OnceLock<Option<SealKey>>,
    has_told_of_writing: AtomicBool,
}

/// The reason the folder is not used.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error("it cannot be used: {0}")]
    Io(#[from] io::Error),
    #[error("other users can access it (mode {mode:o}); run: chmod {wanted:o} {}", path.display())]
    Open { path: PathBuf, mode: u32, wanted: u32 },
    #[error("{} is for everybody (mode {mode:o}); set CALLBACK_CACHE_DIR to a folder of the server's own", path.display())]
    Common { path: PathBuf, mode: u32 },
    #[error("{} belongs to another user ({owner}); remove it, or set CALLBACK_CACHE_DIR to another folder", path.display())]
    Foreign { path: PathBuf, owner: u32 },
    #[error("{} is not a key; remove it, and the cache entries beside it are made again", path.display())]
    Key { path: PathBuf },
    #[error("the operating system provided no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

impl Cache {
    pub(super) fn new(dir: PathBuf, bytes_max: u64) -> Self {
        Self {
            dir,
            bytes_max,
            key: OnceLock::new(),
            has_told_of_writing: AtomicBool::new(false),
        }
    }

    /// Returns the component stored under this name. A damaged entry is removed and logged once.
    pub(super) fn load(&self, name: &str, engine: &wasmtime::Engine) -> Option<Component> {
        let key = self.key()?;
        let path = self.dir.join(name);
        let loaded = self.check(&path, name, key).and_then(|()| {
            let mapped = SealedFile::was_checked(&path).into_component(engine);
            mapped.or_else(|error| {
                // The file system may forbid executing its files (`noexec`).
                let code = self.content(&path, name, key, self.bytes_max)?;
                let copied = Code::was_sealed(code).component(engine);
                copied.map_err(|_same| format!("{error:#}"))
            })
        });
        loaded.map_err(|reason| self.forget(&path, &reason)).ok()
    }

    /// Checks a whole entry without loading it into memory. An empty reason: there is no such entry.
    fn check(&self, path: &Path, name: &str, key: &SealKey) -> Result<(), String> {
        let (file, bytes) = self.open_entry(path, self.bytes_max)?;
        let Some(content_bytes) = bytes.checked_sub(SEAL_BYTES as u64) else {
            return Err("it is cut off".to_owned());
        };
        let mut seal = key.seal(name);
        let mut content = (&file).take(content_bytes);
        let mut piece = vec![0; 256 << 10];
        loop {
            match content.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => {
                    seal.update(piece.get(..count).unwrap_or_default());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        let mut sealed = [0; SEAL_BYTES];
        (&file).read_exact(&mut sealed).map_err(|error| error.to_string())?;
        seal.verify(sealed)?;
        mark_used(&file);
        Ok(())
    }

    fn open_entry(&self, path: &Path, bytes_max: u64) -> Result<(File, u64), String> {
        let file = match open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(String::new()),
            Err(error) => return Err(error.to_string()),
        };
        let bytes = owned(&file, path, 0o600).map_err(|unfit| unfit.to_string())?;
        if bytes > bytes_max {
            return Err(format!("it has {bytes} bytes; the limit is {bytes_max}"));
        }
        Ok((file, bytes))
    }

    /// Returns the whole content of an entry, verified.
    fn content(&self, path: &Path, name: &str, key: &SealKey, bytes_max: u64) -> Result<Vec<u8>, String> {
        let (file, _) = self.open_entry(path, bytes_max)?;
        mark_used(&file);
        let mut bytes = Vec::new();
        file.take(bytes_max)
            .read_to_end(&mut bytes)
            .map_err(|error| error.to_string())?;
        let (content, sealed) = bytes.split_last_chunk::<SEAL_BYTES>().ok_or("it is cut off")?;
        let mut seal = key.seal(name);
        seal.update(content);
        seal.verify(*sealed)?;
        bytes.truncate(bytes.len() - SEAL_BYTES);
        Ok(bytes)
    }

    /// Returns the functions stored under this name.
    pub(super) fn functions(&self, name: &str) -> Option<Vec<u8>> {
        let key = self.key()?;
        let path = self.dir.join(name);
        let read = self.content(&path, name, key, self.bytes_max);
        read.map_err(|reason| self.forget(&path, &reason)).ok()
    }

    fn forget(&self, path: &Path, reason: &str) {
        if reason.is_empty() {
            return;
        }
        let removed = fs::remove_file(path);
        tracing::warn!(
            reason,
            removed = removed.is_ok(),
            "Ignoring the cache entry {}; the plugin is compiled again",
            path.display()
        );
    }

    /// Returns the note under this name.
    pub(super) fn note(&self, name: &str) -> Option<Vec<u8>> {
        let key = self.key()?;
        let path = self.dir.join(name);
        let read = self.content(&path, name, key, NOTE_BYTES_MAX);
        read.map_err(|reason| self.forget(&path, &reason)).ok()
    }

    /// Stores code under this name, and returns whether that worked.
    pub(super) fn store(&self, name: &str, code: &Code) -> bool {
        self.write(name, code.bytes())
    }

    /// Stores a note under this name.
    pub(super) fn store_note(&self, name: &str, note: &[u8]) -> bool {
        note.len() as u64 + SEAL_BYTES as u64 <= NOTE_BYTES_MAX && self.write(name, note)
    }

    /// Stores functions under this name.
    pub(super) fn store_functions(&self, name: &str, functions: &[u8]) -> bool {
        self.write(name, functions)
    }

    fn write(&self, name: &str, content: &[u8]) -> bool {
        let Some(key) = self.key() else { return false };
        let bytes = (content.len() + SEAL_BYTES) as u64;
        if bytes > self.bytes_max {
            return false;
        }
        let mut seal = key.seal(name);
        seal.update(content);
        let seal = seal.finish();
        let written = self.make_room(bytes).and_then(|()| self.put(name, &[content, &seal]));
        match written {
            Ok(()) => true,
            Err(error) => {
                if !self.has_told_of_writing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        error = crate::telemetry::chain(&error),
                        "Cannot write compiled code to {}; plugins run, but are compiled again each time",
                        self.dir.display()
                    );
                }
                false
            }
        }
    }

    /// Writes an entry atomically: to a temporary name, then renamed.
    fn put(&self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let aside = self
            .dir
            .join(format!("{name}.{}-{number}.{UNFINISHED}", std::process::id()));
        let written = create(&aside)
            .and_then(|mut file| parts.iter().try_for_each(|part| file.write_all(part)))
            .and_then(|()| fs::rename(&aside, self.dir.join(name)));
        if written.is_err() {
            // It may not exist.
            let _ = fs::remove_file(&aside);
        }
        written
    }

    /// Evicts the least recently used entries until this many more bytes fit.
    fn make_room(&self, bytes: u64) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let ending = Path::new(&name).extension().and_then(|ending| ending.to_str());
            if !matches!(ending, Some(names::CODE | names::NOTE | names::FUNCTIONS | UNFINISHED)) {
                continue;
            }
            // Another process may have removed it meanwhile.
            let Ok(metadata) = entry.metadata() else { continue };
            entries.push((metadata.mtime(), metadata.mtime_nsec(), metadata.len(), entry.path()));
        }
        entries.sort();
        let mut kept = entries.iter().map(|(_, _, bytes, _)| bytes).sum::<u64>();
        let mut count = entries.len();
        for (_, _, entry_bytes, path) in entries {
            if kept.saturating_add(bytes) <= self.bytes_max && count < ENTRIES_MAX {
                break;
            }
            fs::remove_file(path)?;
            kept = kept.saturating_sub(entry_bytes);
            count -= 1;
        }
        Ok(())
    }

    /// Returns the key of the seals; `None` when the folder must not be used, which is logged once.
    fn key(&self) -> Option<&SealKey> {
        let key = self.key.get_or_init(|| match self.open_folder() {
            Ok(key) => Some(key),
            Err(error) => {
                tracing::warn!(
                    "Not using the cache for compiled plugins, {}: {error}. Every start, and every command that \
                     compiles, compiles again",
                    self.dir.display()
                );
                None
            }
        });
        key.as_ref()
    }

    fn open_folder(&self) -> Result<SealKey, Unfit> {
        if !self.dir.exists() {
            if let Some(parent) = self.dir.parent() {
                fs::create_dir_all(parent)?;
            }
            match DirBuilder::new().mode(0o700).create(&self.dir) {
                // Another server was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => made?,
            }
        }
        let folder = OpenOptions::new()
            .read(true)
            .custom_flags(flags(OFlags::DIRECTORY))
            .open(&self.dir)?;
        owned(&folder, &self.dir, 0o700)?;
        let path = self.dir.join(KEY);
        if !path.exists() {
            self.make_key(&path)?;
        }
        let file = open(&path)?;
        owned(&file, &path, 0o600)?;
        let mut random = Vec::new();
        file.take(KEY_BYTES as u64 + 1).read_to_end(&mut random)?;
        if random.len() != KEY_BYTES {
            return Err(Unfit::Key { path });
        }
        Ok(SealKey::of(&random))
    }

    /// Creates the key under another name and links it, so that two servers starting together get the same one.
    fn make_key(&self, path: &Path) -> Result<(), Unfit> {
        let mut key = [0; KEY_BYTES];
        getrandom::fill(&mut key)?;
        let aside = self.dir.join(format!("{KEY}.{}.{UNFINISHED}", std::process::id()));
        // Left over from a process with the same id.
        let _ = fs::remove_file(&aside);
        create(&aside)?.write_all(&key)?;
        let linked = fs::hard_link(&aside, path);
        fs::remove_file(&aside)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// Marks the use of an entry: the least recently used one is evicted first.
fn mark_used(file: &File) {
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: UTIME_NOW,
    };
    let times = Timestamps {
        last_access: now,
        last_modification: now,
    };
    // On a file system that is read-only the order is that of writing.
    let _ = futimens(file, &times);
}

/// Opens a file without following links and without blocking on a pipe.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(flags(OFlags::NOFOLLOW | OFlags::NONBLOCK))
        .open(path)
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn flags(flags: OFlags) -> i32 {
    // They fit, because the system call takes an `int`.
    i32::try_from(flags.bits()).unwrap_or_default()
}

/// Checks that only this user can change the file, and returns its size.
fn owned(file: &File, path: &Path, wanted: u32) -> Result<u64, Unfit> {
    let metadata = file.metadata()?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(Unfit::Foreign {
            path: path.to_owned(),
            owner: metadata.uid(),
        });
    }
    if metadata.is_dir() && metadata.mode() & STICKY != 0 {
        return Err(Unfit::Common {
            path: path.to_owned(),
            mode: metadata.mode() & 0o7777,
        });
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(Unfit::Open {
            path: path.to_owned(),
            mode: metadata.mode() & 0o777,
            wanted,
        });
    }
    if wanted == 0o600 && !metadata.is_file() {
        return Err(Unfit::Io(io::Error::other("it is not a regular file")));
    }
    Ok(metadata.len())
}
