//! Files that only the server's own user may read, whatever the umask: they hold what people write.

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use super::log_watch::beside;

/// Everything that others than the owner and his group may do.
const OTHERS: u32 = 0o007;

/// More than SQLite needs to open a database (32 KiB beside it).
const TRIED_BYTES: usize = 64 * 1024;

/// For a file that is made when it is missing, and kept when it is not.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600);
    options
}

/// Makes the folder of a file.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if !folder.is_dir() => DirBuilder::new().recursive(true).mode(0o700).create(folder),
        _ => Ok(()),
    }
}

/// Makes the database file, because SQLite would make it readable for everybody; the files beside it get the same mode. What an
/// older version has made is closed to all but the owner and his group. To be called before SQLite opens the file: closing it
/// afterwards would end SQLite's locks.
pub(super) fn make(path: &Path) -> io::Result<()> {
    match options().open(path) {
        Ok(_made) => {}
        // SQLite says what it can do with a file that may only be read.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && path.is_file() => {}
        Err(error) => return Err(error),
    }
    for file in [
        path.to_owned(),
        beside(path, "-wal"),
        beside(path, "-shm"),
        beside(path, ".lock"),
    ] {
        let Ok(found) = fs::metadata(&file) else { continue };
        let mode = found.permissions().mode();
        if found.is_file() && mode & OTHERS != 0 {
            // Of somebody else's file the mode cannot be changed; it is theirs to decide.
            match fs::set_permissions(&file, Permissions::from_mode(mode & !OTHERS)) {
                Ok(()) => {
                    tracing::info!(file = %file.display(), "Every user could read this file; now only its owner and group can")
                }
                Err(error) => {
                    tracing::warn!(error = crate::error::chain(&error), file = %file.display(), "Every user can read this file; change its mode to 0600")
                }
            }
        }
    }
    Ok(())
}

/// Whether something can be written beside a file, in the words of the system.
pub(super) fn try_to_write(path: &Path) -> io::Result<()> {
    let tried = beside(path, ".try");
    let written = options().open(&tried).and_then(|mut file| {
        file.write_all(&[0; TRIED_BYTES])?;
        file.sync_all()
    });
    // It is of no use, and nothing depends on it.
    let _ = fs::remove_file(&tried);
    written
}
