//! Copying a file that is in use, checking a copy, and putting one back.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::lock::lock;
use super::log_watch::{beside, log_bytes};
use super::private;
use crate::aside;
use crate::migrate;
use crate::rows::backup::{Backup, BackupContent, BackupError};
use crate::rows::numbers::millis;

/// Copies `database` to the new file `target`.
pub(crate) async fn back_up(database: &Path, target: &Path) -> Result<Backup, BackupError> {
    if target.exists() {
        return Err(BackupError::Exists {
            file: target.to_owned(),
        });
    }
    let partial = aside::partial(target);
    let done = copy(database, &partial)
        .await
        .and_then(|()| in_place(&partial, target, aside::place_new));
    if done.is_err() {
        // It is of no use, and would stand in the way of the next one.
        let _ = fs::remove_file(&partial);
    }
    done.map_err(|error| not_writable(error, database, target))?;
    let bytes = fs::metadata(target).map_err(failed(target))?.len();
    let content = check(target).await?;
    Ok(Backup {
        file: target.to_owned(),
        bytes,
        migration: content.migration,
    })
}

/// Says where the copy could go instead.
fn not_writable(error: BackupError, database: &Path, target: &Path) -> BackupError {
    match error {
        BackupError::File { source, .. }
            if matches!(
                source.kind(),
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
            BackupError::NotWritable {
                file: target.to_owned(),
                folder: folder.unwrap_or(Path::new(".")).to_owned(),
                source,
            }
        }
        // The name that it was to get says more than the one that it was written under.
        BackupError::File { file, source } if file != database => BackupError::File {
            file: target.to_owned(),
            source,
        },
        other => other,
    }
}

/// Tables that are counted; an old copy does not have all of them.
const TABLES: [&str; 8] = [
    "attempts",
    "deliveries",
    "events",
    "kv",
    "payloads",
    "receipts",
    "replies",
    "user_tokens",
];

/// Whether a file is a whole backup of ours that this version can use; tells what it holds. Nothing is written, not even beside
/// it.
///
/// # Errors
/// [`BackupError`].
pub async fn check(file: &Path) -> Result<BackupContent, BackupError> {
    let unfit = |reason: String| BackupError::Unfit {
        file: file.to_owned(),
        reason,
    };
    let bytes = fs::metadata(file).map_err(failed(file))?.len();
    if !fs::metadata(file).is_ok_and(|metadata| metadata.is_file()) {
        return Err(unfit("it is not a regular file".to_owned()));
    }
    let unreadable = |error: sqlx::Error| match &error {
        // SQLITE_CORRUPT and SQLITE_NOTADB.
        sqlx::Error::Database(refused) if refused.code().is_some_and(|code| matches!(&*code, "11" | "26")) => {
            unfit(format!(
                "it is damaged, truncated or no database of SQLite ({})",
                refused.message()
            ))
        }
        _ => copied(file)(error),
    };
    let mut connection = untouched(file).await.map_err(unreadable)?;
    let looked = look(&mut connection).await;
    // Nothing was written.
    let _ = connection.close().await;
    let Looked {
        integrity,
        migrations,
        rows,
        newest_event,
    } = looked.map_err(unreadable)?;
    if integrity != "ok" {
        return Err(unfit(format!("it is damaged ({integrity})")));
    }
    let newest = migrations.iter().map(|(number, _)| *number).max();
    let Some(migration) = newest.filter(|_| migrate::are_ours_sqlite(&migrations)) else {
        return Err(unfit("it is no database of this server".to_owned()));
    };
    if migration > migrate::newest_sqlite() {
        return Err(unfit(format!(
            "a newer version of this server has made it (migration {migration}, and this version knows {}); use that one",
            migrate::newest_sqlite()
        )));
    }
    Ok(BackupContent {
        file: file.to_owned(),
        bytes,
        migration,
        pending_migrations: migrate::sqlite_after(migration),
        rows,
        newest_event_at_ms: newest_event.map(millis),
    })
}

/// Report on a file that was looked at.
struct Looked {
    integrity: String,
    /// Each with its checksum; a file without any is none of ours.
    migrations: Vec<(i64, Vec<u8>)>,
    rows: BTreeMap<&'static str, u64>,
    newest_event: Option<i64>,
}

async fn look(connection: &mut SqliteConnection) -> Result<Looked, sqlx::Error> {
    let integrity: String = sqlx::query_scalar("pragma integrity_check(1)")
        .fetch_one(&mut *connection)
        .await?;
    let mut looked = Looked {
        integrity,
        migrations: Vec::new(),
        rows: BTreeMap::new(),
        newest_event: None,
    };
    if looked.integrity != "ok" {
        return Ok(looked);
    }
    // Not views, which may have no end.
    let there: Vec<String> = sqlx::query_scalar("select name from sqlite_master where type = 'table'")
        .fetch_all(&mut *connection)
        .await?;
    if there.iter().any(|name| name == "_sqlx_migrations") {
        let migrations = sqlx::query_as("select version, checksum from _sqlx_migrations limit 1000")
            .fetch_all(&mut *connection)
            .await;
        looked.migrations = migrations.unwrap_or_default();
    }
    for table in TABLES {
        if there.iter().any(|name| name == table) {
            let count: i64 = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
                .fetch_one(&mut *connection)
                .await?;
            looked.rows.insert(table, millis(count));
        }
    }
    if there.iter().any(|name| name == "events") {
        looked.newest_event = sqlx::query_scalar("select received_at_ms from events order by id desc limit 1")
            .fetch_optional(&mut *connection)
            .await?;
    }
    Ok(looked)
}

/// Suffix of the copy that is made before the schema of a database is changed; the number of its last migration follows.
const BEFORE_MIGRATION: &str = ".before-migration-";

/// Copies a database whose schema is about to be changed, and deletes the copy before this one. Tells the name.
pub(super) async fn copy_before_migration(database: &Path, migration: i64) -> Result<PathBuf, BackupError> {
    let target = beside(database, &format!("{BEFORE_MIGRATION}{migration}"));
    let partial = aside::partial(&target);
    check_room(database, &target)?;
    let done = match copy(database, &partial).await {
        Ok(()) => in_place(&partial, &target, |from, to| fs::rename(from, to)),
        Err(error) => Err(error),
    };
    if done.is_err() {
        // It is of no use, and would take the room of the next one.
        let _ = fs::remove_file(&partial);
    }
    done?;
    for (_, older) in copies_before_migration(database) {
        if older != target {
            // One that stays is only in the way.
            let _ = fs::remove_file(older);
        }
    }
    Ok(target)
}

/// The copies beside a database that were made before a change of its schema, each with its last migration.
pub(super) fn copies_before_migration(database: &Path) -> Vec<(i64, PathBuf)> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Some(name) = database.file_name().and_then(|name| name.to_str()) else {
        return Vec::new();
    };
    let prefix = format!("{name}{BEFORE_MIGRATION}");
    let files = fs::read_dir(folder.unwrap_or(Path::new(".")))
        .into_iter()
        .flatten()
        .flatten();
    let copies = files.filter_map(|file| {
        let number = file.file_name().to_str()?.strip_prefix(&prefix)?.parse().ok()?;
        Some((number, beside(database, &format!("{BEFORE_MIGRATION}{number}"))))
    });
    copies.collect()
}

/// A copy takes at most what the file and its log take. Where the system does not tell, it is tried.
fn check_room(database: &Path, target: &Path) -> Result<(), BackupError> {
    let needed = fs::metadata(database).map_err(failed(database))?.len() + log_bytes(database);
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    match rustix::fs::statvfs(folder.unwrap_or(Path::new("."))) {
        Ok(disk) if disk.f_bavail.saturating_mul(disk.f_frsize) < needed => Err(BackupError::NoRoom {
            file: target.to_owned(),
            needed,
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
        }),
        _ => Ok(()),
    }
}

/// Puts a backup in the place of `database`, which no server may have. What was there is kept; tells under which name.
///
/// # Errors
/// [`BackupError`]; then what was there is still in its place.
pub async fn restore(file: &Path, database: &Path) -> Result<Option<PathBuf>, BackupError> {
    check(file).await?;
    // Held until everything is in its place.
    let _lock = lock(database)?;
    // A link stays one, and leads to the new database.
    let database = fs::canonicalize(database).unwrap_or_else(|_nothing_there| database.to_owned());
    let new = aside::partial(&database);
    let done = put(file, &new, &database).await;
    if done.is_err() {
        // It is of no use, and takes room that is perhaps missing.
        let _ = fs::remove_file(&new);
    }
    done
}

async fn put(file: &Path, new: &Path, database: &Path) -> Result<Option<PathBuf>, BackupError> {
    copy(file, new).await?;
    let aside = match database.exists() {
        true => Some(set_aside(database).await?),
        false => None,
    };
    in_place(new, database, |from, to| fs::rename(from, to))?;
    Ok(aside)
}

/// Gives what is there a second name, so that there is a database at every moment, whenever this is killed: without one a server
/// would begin an empty one.
async fn set_aside(database: &Path) -> Result<PathBuf, BackupError> {
    let mut free = (1..).map(|number| beside(database, &format!(".before-restore-{number}")));
    let aside = free.find(|aside| fs::symlink_metadata(aside).is_err());
    let aside = aside.unwrap_or_else(|| beside(database, ".before-restore"));
    if has_no_log(database).await && fs::hard_link(database, &aside).is_ok() {
        return Ok(aside);
    }
    // A log that cannot be brought into the file goes with it: it must not be taken for that of the new one.
    for suffix in ["-wal", "-shm"] {
        match fs::rename(beside(database, suffix), beside(&aside, suffix)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(database)(error)),
            _ => {}
        }
    }
    fs::rename(database, &aside).map_err(failed(database))?;
    Ok(aside)
}

/// Brings the log into the file; tells whether no file of a log is left. A damaged file may have one that stays.
async fn has_no_log(database: &Path) -> bool {
    let options = SqliteConnectOptions::new().filename(database).create_if_missing(false);
    if let Ok(mut connection) = options.disable_statement_logging().connect().await {
        let brought_in = sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut connection);
        // What is left is seen below.
        let _ = brought_in.await;
        let _ = connection.close().await;
    }
    ["-wal", "-shm"]
        .iter()
        .all(|suffix| fs::symlink_metadata(beside(database, suffix)).is_err())
}

/// `VACUUM INTO` reads one snapshot, as any reader does, and takes what lies in a log with it.
async fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
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
fn in_place(partial: &Path, target: &Path, place: impl Fn(&Path, &Path) -> io::Result<()>) -> Result<(), BackupError> {
    let on_disk = || {
        fs::File::open(partial)?.sync_all()?;
        place(partial, target)?;
        match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => fs::File::open(folder)?.sync_all(),
            _ => Ok(()),
        }
    };
    on_disk().map_err(|source| match source.kind() {
        // Somebody else made a copy of this name at the same time.
        ErrorKind::AlreadyExists => BackupError::Exists {
            file: target.to_owned(),
        },
        _ => failed(target)(source),
    })
}

/// Opens a file that nobody uses, so that SQLite makes no files of its own beside it. One that is in use has a log there, and is
/// opened as usual.
async fn untouched(file: &Path) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .immutable(log_bytes(file) == 0)
        .create_if_missing(false)
        .disable_statement_logging()
        .connect()
        .await
}

async fn read_only(file: &Path) -> Result<SqliteConnection, BackupError> {
    if !file.is_file() {
        return Err(failed(file)(ErrorKind::NotFound.into()));
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
