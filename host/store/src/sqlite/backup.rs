//! Copying a file that is in use, checking a copy, and putting one back.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::log_watch::beside;
use super::open;
use super::private;
use crate::migrate;
use crate::rows::backup::{Backup, BackupError};

/// Suffix of a copy that is not complete.
const PARTIAL: &str = ".partial";

/// Copies `database` to the new file `target`.
pub(crate) async fn back_up(database: &Path, target: &Path) -> Result<Backup, BackupError> {
    if target.exists() {
        return Err(BackupError::Exists {
            file: target.to_owned(),
        });
    }
    let partial = beside(target, PARTIAL);
    let done = copy(database, &partial).await.and_then(|()| in_place(&partial, target));
    if done.is_err() {
        // It is of no use, and would stand in the way of the next one.
        let _ = fs::remove_file(&partial);
    }
    done?;
    let bytes = fs::metadata(target).map_err(failed(target))?.len();
    let migration = check(target).await?;
    Ok(Backup {
        file: target.to_owned(),
        bytes,
        migration,
    })
}

/// Whether a file is a whole backup of ours that this version can use; tells its last migration.
///
/// # Errors
/// [`BackupError`].
pub async fn check(file: &Path) -> Result<i64, BackupError> {
    let unfit = |reason: String| BackupError::Unfit {
        file: file.to_owned(),
        reason,
    };
    let mut connection = read_only(file).await?;
    let checked: Result<String, _> = sqlx::query_scalar("pragma integrity_check(1)")
        .fetch_one(&mut connection)
        .await;
    match checked.map_err(copied(file))? {
        fine if fine == "ok" => {}
        damage => return Err(unfit(format!("it is damaged ({damage})"))),
    }
    let migration: Result<Option<i64>, _> = sqlx::query_scalar("select max(version) from _sqlx_migrations")
        .fetch_one(&mut connection)
        .await;
    // Nothing was written.
    let _ = connection.close().await;
    let Ok(Some(migration)) = migration else {
        return Err(unfit("it is no database of this server".to_owned()));
    };
    if migration > migrate::newest_sqlite() {
        return Err(unfit(
            "a newer version of this server has made it; use that one".to_owned(),
        ));
    }
    Ok(migration)
}

/// Puts a backup in the place of `database`, which no server may have. What was there is kept; tells under which name.
///
/// # Errors
/// [`BackupError`]; then what was there is still in its place.
pub async fn restore(file: &Path, database: &Path) -> Result<Option<PathBuf>, BackupError> {
    check(file).await?;
    // Held until everything is in its place.
    let _lock = open::lock(database)?;
    let new = beside(database, PARTIAL);
    let _ = fs::remove_file(&new);
    copy(file, &new).await?;
    let aside = set_aside(database)?;
    in_place(&new, database)?;
    Ok(aside)
}

/// With the log beside it, of which no file may be left: it belongs to the old one.
fn set_aside(database: &Path) -> Result<Option<PathBuf>, BackupError> {
    if !database.exists() {
        return Ok(None);
    }
    let aside = (1..)
        .map(|number| beside(database, &format!(".before-restore-{number}")))
        .find(|aside| !aside.exists());
    let Some(aside) = aside else { return Ok(None) };
    for suffix in ["-wal", "-shm"] {
        match fs::rename(beside(database, suffix), beside(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(database)(error)),
            _ => {}
        }
    }
    fs::rename(database, &aside).map_err(failed(database))?;
    Ok(Some(aside))
}

/// `VACUUM INTO` reads one snapshot, as any reader does, and takes what lies in a log with it.
async fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let _ = fs::remove_file(to);
    private::options().create_new(true).open(to).map_err(failed(to))?;
    let mut connection = read_only(from).await?;
    let name = to.to_string_lossy();
    let done = sqlx::query("vacuum into $1")
        .bind(&*name)
        .execute(&mut connection)
        .await;
    let _ = connection.close().await;
    done.map_err(copied(from)).map(drop)
}

/// Gives it its name when it is on the disk.
fn in_place(partial: &Path, target: &Path) -> Result<(), BackupError> {
    let on_disk = || {
        fs::File::open(partial)?.sync_all()?;
        fs::rename(partial, target)?;
        match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => fs::File::open(folder)?.sync_all(),
            _ => Ok(()),
        }
    };
    on_disk().map_err(failed(target))
}

async fn read_only(file: &Path) -> Result<SqliteConnection, BackupError> {
    if !file.is_file() {
        return Err(failed(file)(io::ErrorKind::NotFound.into()));
    }
    SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .create_if_missing(false)
        .disable_statement_logging()
        .connect()
        .await
        .map_err(copied(file))
}

fn failed(file: &Path) -> impl FnOnce(io::Error) -> BackupError + use<> {
    let file = file.to_owned();
    move |source| BackupError::File {
        file,
        source: Arc::new(source),
    }
}

fn copied(file: &Path) -> impl FnOnce(sqlx::Error) -> BackupError + use<> {
    let file = file.to_owned();
    move |source| BackupError::Copy {
        file,
        source: Arc::new(source),
    }
}
