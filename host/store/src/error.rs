//! Errors of the store, and how each is classified.

pub(super) mod remedy;

use std::{error::Error, io, path::PathBuf, sync::Arc};

pub(crate) use lark_protocol::chain;

/// Error of the store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The file or its folder cannot be used.
    #[error("the database {path} cannot be opened; {}", advice(source))]
    Open {
        /// The database file.
        path: PathBuf,
        /// The error of the system.
        source: Arc<io::Error>,
    },
    /// It is there, and is none.
    #[error(
        "the database {path} cannot be used, because it is not a SQLite file; name another one, or a file that \
        does not exist yet"
    )]
    NotADatabase {
        /// The file that was to be the database.
        path: PathBuf,
        /// The error of the database.
        source: Arc<sqlx::Error>,
    },
    /// SQLite does not open it, although its folder can be written.
    #[error("the database {path} cannot be opened; {}", remedy::of_sqlite_open(source))]
    NotOpened {
        /// The database file.
        path: PathBuf,
        /// The error of the database.
        source: Arc<sqlx::Error>,
    },
    /// Another server has it.
    #[error(
        "the database {path} is in use by a server that is running; stop that one first, or give this one a database \
         of its own"
    )]
    Locked {
        /// The database file.
        path: PathBuf,
    },
    /// The schema could not be brought up to date.
    #[error("the schema of the database {database} cannot be brought up to date; {remedy}")]
    Migrate {
        /// The file or the server.
        database: String,
        /// The remedy.
        remedy: String,
        /// The error of the database.
        source: Arc<sqlx::migrate::MigrateError>,
    },
    /// The copy before a change of the schema could not be made, so nothing was changed.
    #[error(
        "the database {path} has an older schema, and could not be copied before it is brought up to date; make room, or set \
         DATABASE_MIGRATION_COPY=off when you have a backup"
    )]
    NotCopied {
        /// The database file.
        path: PathBuf,
        /// Why there is no copy.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// A statement or a commit failed; nothing of it was stored.
    #[error("database error while {what}")]
    Database {
        /// The step that failed, as in "while storing an event".
        what: &'static str,
        /// The error of the database.
        source: Arc<sqlx::Error>,
    },
    /// Too many writes wait already.
    #[error("the write queue is full: {rows_max} writes are waiting for the database")]
    QueueFull {
        /// The limit.
        rows_max: usize,
    },
    /// The commit did not come in time; it may still happen.
    #[error("the database did not commit within {ms_max} ms")]
    TooSlow {
        /// The limit.
        ms_max: u64,
    },
    /// A PostgreSQL server was not reached, or did not let us in.
    #[error(
        "the PostgreSQL server {server} cannot be used; check DATABASE_URL or the POSTGRES_ settings, and that it runs"
    )]
    Unreachable {
        /// Host, port and name of the database.
        server: String,
        /// The error of the driver.
        source: Arc<sqlx::Error>,
    },
    /// A PostgreSQL server that is there, and cannot be used the way it is reached.
    #[error("the PostgreSQL server {server} cannot be used; {remedy}")]
    Barred {
        /// Host, port and name of the database.
        server: String,
        /// The remedy.
        remedy: String,
        /// The error of the driver.
        source: Arc<sqlx::Error>,
    },
    /// A certificate or a key that is not there.
    #[error("the file {path} of {parameter} (POSTGRES_{}) cannot be used", parameter.to_ascii_uppercase())]
    Certificate {
        /// As in the URL.
        parameter: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: Arc<io::Error>,
    },
    /// A PostgreSQL server that is older than what we need.
    #[error("the PostgreSQL server {server} has version {version} (its own number); upgrade it to 14 or newer")]
    TooOld {
        /// Host, port and name of the database.
        server: String,
        /// As `server_version_num` tells it.
        version: String,
    },
    /// A PostgreSQL server that may forget what it has committed.
    #[error("the PostgreSQL server {server} has {setting}; an answered event could be lost, so set it back: {remedy}")]
    Unsafe {
        /// Host, port and name of the database.
        server: String,
        /// The setting and its value.
        setting: String,
        /// The statement that sets it right.
        remedy: String,
    },
    /// A PostgreSQL database that cannot keep every character.
    #[error(
        "the PostgreSQL database {server} has the encoding {encoding}, which cannot store every character that people write; \
         use a database with UTF8: CREATE DATABASE name ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0"
    )]
    Encoding {
        /// Host, port and name of the database.
        server: String,
        /// As `server_encoding` tells it.
        encoding: String,
    },
    /// Plugins are published in a database that servers share, and this one belongs to one server.
    #[error(
        "plugins are published for servers that share a PostgreSQL, and this database is a file of one server; copy the \
         plugin into CALLBACK_PLUGINS_DIR instead"
    )]
    NotShared,
    /// The database has reached the size it may have.
    #[error("the database is full: it has reached CALLBACK_DATABASE_BYTES_MAX; raise it, or shorten the retention")]
    Full,
    /// The database file was taken away under the server.
    #[error(
        "the database file was removed, renamed or replaced while the server uses it; put it back where it was, or restart the \
         server to use the one that is there"
    )]
    Lost,
    /// The store was closed.
    #[error("the database is closed")]
    Closed,
}

/// Remedy for a file or a folder that cannot be opened.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "its disk is full; make room there, and start again"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "its file system can only be read; mount it writable, or name another place"
        }
        io::ErrorKind::PermissionDenied => "this user may not write there; check the owner and the mode of the folder",
        io::ErrorKind::IsADirectory => "it is a folder; name a file",
        _ => "check that the folder exists and may be written",
    }
}

/// Cause of a failed transaction, as far as its rows are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It stood in the way of another one; the same can be tried again at once.
    Conflict,
    /// One of the rows cannot be stored. The others can.
    Row,
    /// The connection, the disk, the server: nothing can be stored.
    Database,
}

/// SQLite's primary codes for what a statement or its values have done wrong: error, too big, constraint, mismatch, range.
const SQLITE_ROW: [i32; 5] = [1, 18, 19, 20, 25];

/// PostgreSQL's classes for the same: data, constraints, syntax and names, the limits of the program (a row too large for
/// an index), triggers, and a function of ours.
const POSTGRES_ROW: [&str; 6] = ["22", "23", "42", "54", "09", "P0"];

impl StoreError {
    /// The cause, as far as the rows of the transaction are concerned.
    pub(super) fn fault(&self) -> Fault {
        let Self::Database { source, .. } = self else {
            return Fault::Database;
        };
        match &**source {
            sqlx::Error::Database(said) => {
                let code = said.code().unwrap_or_default();
                if matches!(&*code, "40001" | "40P01") {
                    Fault::Conflict
                } else if code.get(..2).is_some_and(|class| POSTGRES_ROW.contains(&class)) && code.len() == 5
                    // SQLite's codes are extended: the primary one is in the lower byte.
                    || code.parse::<i32>().is_ok_and(|code| SQLITE_ROW.contains(&(code & 0xff))) && code.len() < 5
                {
                    Fault::Row
                } else {
                    Fault::Database
                }
            }
            sqlx::Error::Encode(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::RowNotFound => Fault::Row,
            _ => Fault::Database,
        }
    }

    pub(super) fn database(what: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database {
            what,
            source: Arc::new(source),
        }
    }
}
