//! Remedies for a database that cannot be opened or migrated: one sentence for each cause.

use std::path::Path;

use sqlx::{error::DatabaseError, migrate::MigrateError};

/// SQLite's primary codes.
const READ_ONLY: i32 = 8;
const IO: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANNOT_OPEN: i32 = 14;
const NOT_A_DATABASE: i32 = 26;
const BUSY: [i32; 2] = [5, 6];

/// Codes of a pooler that mixes up prepared statements: they do not exist, or exist already.
const POOLED: [&str; 2] = ["26000", "42P05"];

/// For a pooler that cannot be used.
pub(crate) const POOLER: &str = "a pooler between this server and PostgreSQL does not keep prepared statements \
     apart: with PgBouncer set pool_mode = session, or use 1.21 or newer with max_prepared_statements = 200";

/// Whether the file was written by something else than SQLite, or is damaged.
pub(crate) fn is_no_database(error: &sqlx::Error) -> bool {
    sqlite_code(error).is_some_and(|code| matches!(code, CORRUPT | NOT_A_DATABASE))
}

/// Remedy for a SQLite database that does not open.
pub(crate) fn of_sqlite_open(error: &sqlx::Error) -> &'static str {
    match sqlite_code(error) {
        Some(FULL) => "its disk is full; make room there, and start again",
        Some(READ_ONLY) => "it can only be read; check the owner and the mode of the file and of its folder",
        Some(IO | CANNOT_OPEN) => {
            "the disk did not do its part; check it, and the owner and mode of the file and its folder"
        }
        Some(code) if BUSY.contains(&code) => "another program has locked it; end that one, and start again",
        _ => "check that the file may be read and written, and that it was made by SQLite",
    }
}

/// Remedy for a SQLite database that cannot be migrated.
pub(crate) fn of_sqlite(error: &MigrateError, known: i64, copy: Option<&Path>) -> String {
    let Some(cause) = cause(error) else {
        let steps = of_steps(error, known);
        return match copy.filter(|_| is_newer(error)) {
            Some(copy) => {
                let copy = copy.display();
                format!("{steps}. {copy} is a copy from before that change: lark-callback db restore {copy}")
            }
            None => steps,
        };
    };
    of_sqlite_open(cause).to_owned()
}

/// Remedy for a PostgreSQL database that `role` cannot migrate.
pub(crate) fn of_postgres(error: &MigrateError, known: i64, role: &str) -> String {
    let Some(cause) = cause(error) else {
        return of_steps(error, known);
    };
    let Some(said) = cause.as_database_error() else {
        return "the connection was lost; start again when PostgreSQL is well".to_owned();
    };
    match said.code().unwrap_or_default().as_ref() {
        "42501" => may_not(said, role),
        // What `create table` says where no schema of the search path is there, or may be used.
        "3F000" => format!(
            "there is no schema in which tables could be made; an administrator runs `{}`",
            grant("public", role)
        ),
        "25006" => "the server can only be read, as a standby can; name the primary in DATABASE_URL or POSTGRES_HOST"
            .to_owned(),
        "42P07" | "42710" | "42723" => {
            "tables with the names of ours are there already, and were not made by this server; give it \
            an empty database of its own"
                .to_owned()
        }
        code if POOLED.contains(&code) => POOLER.to_owned(),
        code if code.starts_with("53") => {
            "PostgreSQL has no disk space, memory or connection left; make room, and start again".to_owned()
        }
        code if code.starts_with("57") => {
            "PostgreSQL stopped or broke off the step; start again when it is well".to_owned()
        }
        "55P03" | "40P01" => "another session has locked our tables; end it, and start again".to_owned(),
        _ => "PostgreSQL refused a step; what it said follows".to_owned(),
    }
}

/// Whether a pooler stands in the way.
pub(crate) fn is_pooled(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| POOLED.contains(&&*code))
}

fn may_not(said: &dyn DatabaseError, role: &str) -> String {
    let message = said.message();
    if message.contains("must be owner") {
        return format!(
            "the role {role} does not own the tables that are there; use the role that made them, or an administrator runs \
             `REASSIGN OWNED BY old_role TO {}`",
            quoted(role)
        );
    }
    let schema = message
        .rsplit_once("for schema ")
        .map_or("public", |(_, schema)| schema.trim());
    format!(
        "the role {role} may not make tables in this database; an administrator runs there `{}`",
        grant(schema, role)
    )
}

fn grant(schema: &str, role: &str) -> String {
    format!("GRANT USAGE, CREATE ON SCHEMA {} TO {}", quoted(schema), quoted(role))
}

/// As a name in a statement; plain ones as they are.
fn quoted(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_plain {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Where no statement failed: what the database and this program know of each other.
fn of_steps(error: &MigrateError, known: i64) -> String {
    match error {
        MigrateError::VersionMissing(found) | MigrateError::VersionTooNew(found, _) => {
            return format!(
                "a newer version of this server has migrated it (it has migration {found}, and this version knows migrations up to \
                 {known}), and nothing was changed; use that version or a newer one, or restore a backup that was made before"
            );
        }
        MigrateError::VersionMismatch(_) => {
            "a step was run there in another form, by a build of its own of this server; use that build, or a database of its own"
        }
        MigrateError::Dirty(_) => "a step was broken off half-way; restore a backup that was made before",
        _ => "what failed follows",
    }
    .to_owned()
}

fn is_newer(error: &MigrateError) -> bool {
    matches!(error, MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..))
}

/// The statement that failed, if one did.
fn cause(error: &MigrateError) -> Option<&sqlx::Error> {
    match error {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => Some(cause),
        _ => None,
    }
}

/// SQLite's codes are extended: the primary one is in the lower byte.
fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<i32>().ok().map(|code| code & 0xff)
}
