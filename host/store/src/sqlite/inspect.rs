//! A look at a SQLite file that changes nothing, while its server runs or not.

use std::{path::Path, sync::Arc, time::Duration};

use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};

use super::log_watch::log_bytes;
use crate::{
    error::{StoreError, remedy},
    migrate,
    rows::inspection::{Inspection, SEALED, SEALED_MAX, SealedSecret, compare},
};

/// Looks at a file; `None` when there is none.
pub(crate) async fn inspect(path: &Path) -> Result<Option<Inspection>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .create_if_missing(false)
        .busy_timeout(Duration::from_secs(2))
        .disable_statement_logging();
    let mut connection = options.connect().await.map_err(|source| not_read(path, source))?;
    look(path, &mut connection).await.map(Some)
}

async fn look(path: &Path, connection: &mut SqliteConnection) -> Result<Inspection, StoreError> {
    let failed = |source| not_read(path, source);
    // The first statement that reads the file.
    let tables: Vec<String> = sqlx::query_scalar("select name from sqlite_master where type = 'table'")
        .fetch_all(&mut *connection)
        .await
        .map_err(failed)?;
    let has = |name: &str| tables.iter().any(|table| table == name);
    let made: Vec<i64> = if has("_sqlx_migrations") {
        sqlx::query_scalar("select version from _sqlx_migrations where success order by version")
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?
    } else {
        Vec::new()
    };
    let sealed: Vec<(String, Option<String>, Vec<u8>)> = if has("user_tokens") && has("app_tickets") {
        sqlx::query_as(SEALED)
            .bind(SEALED_MAX)
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?
    } else {
        Vec::new()
    };
    let version: String = sqlx::query_scalar("select sqlite_version()")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    let encoding: String = sqlx::query_scalar("pragma encoding")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    let (missing, unknown) = compare(&migrate::known_sqlite(), &made);
    let file_bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    Ok(Inspection {
        database: path.display().to_string(),
        version: format!("SQLite {version}"),
        encoding,
        missing,
        unknown,
        bytes: file_bytes + log_bytes(path),
        commit: None,
        sealed: sealed
            .into_iter()
            .map(|(app, open_id, sealed)| SealedSecret { app, open_id, sealed })
            .collect(),
    })
}

fn not_read(path: &Path, source: sqlx::Error) -> StoreError {
    let (path, is_none) = (path.to_owned(), remedy::is_no_database(&source));
    let source = Arc::new(source);
    if is_none {
        StoreError::NotADatabase { path, source }
    } else {
        StoreError::NotOpened { path, source }
    }
}
