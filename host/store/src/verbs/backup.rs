//! A copy of a SQLite database at one moment, made while the server works, and what can be said of a copy.

use std::path::Path;

use crate::{
    backend::Backend,
    rows::backup::{Backup, BackupError},
    sqlite,
    store::Store,
};

impl Store {
    /// Copies the database to a new file as it is at this moment, while everything goes on. The log grows by what is committed
    /// meanwhile.
    ///
    /// # Errors
    /// [`BackupError`]; then there is no file.
    pub async fn back_up(&self, target: &Path) -> Result<Backup, BackupError> {
        let Backend::Sqlite(file) = &*self.shared.source else {
            return Err(BackupError::Postgres);
        };
        if !target.is_absolute() {
            return Err(BackupError::NotAbsolute);
        }
        sqlite::backup::back_up(file.path(), target).await
    }
}
