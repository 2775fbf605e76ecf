//! The lock file beside a database: who has it, and where its server can be asked.

use std::{
    fs::{self, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{log_watch::beside, private};
use crate::error::StoreError;

/// Takes the lock file beside the database; the system gives it back when the process ends, however it ends.
pub(super) fn lock(path: &Path) -> Result<fs::File, StoreError> {
    let failed = unusable(path);
    private::make_folder(path).map_err(&failed)?;
    let file = private::options().open(lock_file(path)).map_err(&failed)?;
    match file.try_lock() {
        // What the server before wrote into it is not true any more.
        Ok(()) => file.set_len(0).map(|()| file).map_err(&failed),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn lock_file(path: &Path) -> PathBuf {
    beside(path, ".lock")
}

/// Where the server that has this database can be asked; nothing when no server has it, or it cannot be asked.
pub fn announced(path: &Path) -> Option<String> {
    let lock = OpenOptions::new().read(true).open(lock_file(path)).ok()?;
    match lock.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {}
        Ok(()) | Err(TryLockError::Error(_)) => return None,
    }
    let address = fs::read_to_string(lock_file(path)).ok()?;
    Some(address).filter(|address| !address.is_empty())
}

/// The error of a file that cannot be opened.
pub(super) fn unusable(path: &Path) -> impl Fn(io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::Open {
        path: path.clone(),
        source: Arc::new(source),
    }
}
