//! A look at a PostgreSQL that changes nothing.

use std::time::{Duration, Instant};

use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;

use super::{
    connect::{plain, show, too_late, unreachable},
    open::check,
    settings::PostgresSettings,
};
use crate::{
    error::StoreError,
    migrate,
    rows::inspection::{Inspection, SEALED, SEALED_MAX, SealedSecret, compare},
};

/// For all questions together.
const LOOK_MAX: Duration = Duration::from_secs(10);

/// Commits that are measured; the middle one counts.
const COMMITS: usize = 7;

/// Reaches the write-ahead log, and therefore the disk at the commit, and leaves no row anywhere.
const COMMIT: &str = "select 1 from pg_logical_emit_message(true, 'lark-callback doctor', '')";

/// Looks at a database as a start would, without bringing its schema up to date.
pub(crate) async fn inspect(settings: &PostgresSettings) -> Result<Inspection, StoreError> {
    let look = async {
        let mut connection = plain(settings).await?;
        check(settings, &mut connection).await?;
        let found = look(settings, &mut connection).await.map_err(unreachable(settings))?;
        let _ = connection.close().await;
        Ok(found)
    };
    timeout(LOOK_MAX, look)
        .await
        .unwrap_or_else(|_| Err(unreachable(settings)(too_late())))
}

async fn look(settings: &PostgresSettings, connection: &mut PgConnection) -> Result<Inspection, sqlx::Error> {
    let version = show(connection, "server_version").await?;
    let encoding = show(connection, "server_encoding").await?;
    let bytes: i64 = sqlx::query_scalar("select pg_database_size(current_database())")
        .fetch_one(&mut *connection)
        .await?;
    let has_tables: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(&mut *connection)
        .await?;
    let made: Vec<i64> = if has_tables {
        sqlx::query_scalar("select version from _sqlx_migrations where success order by version")
            .fetch_all(&mut *connection)
            .await?
    } else {
        Vec::new()
    };
    let has_secrets: bool =
        sqlx::query_scalar("select to_regclass('user_tokens') is not null and to_regclass('app_tickets') is not null")
            .fetch_one(&mut *connection)
            .await?;
    let sealed: Vec<(String, Option<String>, Vec<u8>)> = if has_secrets {
        sqlx::query_as(SEALED)
            .bind(SEALED_MAX)
            .fetch_all(&mut *connection)
            .await?
    } else {
        Vec::new()
    };
    let (missing, unknown) = compare(&migrate::known_postgres(), &made);
    Ok(Inspection {
        database: settings.to_string(),
        version: format!("PostgreSQL {version}"),
        encoding,
        missing,
        unknown,
        bytes: u64::try_from(bytes).unwrap_or(0),
        commit: Some(commit(connection).await?),
        sealed: sealed
            .into_iter()
            .map(|(app, open_id, sealed)| SealedSecret { app, open_id, sealed })
            .collect(),
    })
}

async fn commit(connection: &mut PgConnection) -> Result<Duration, sqlx::Error> {
    let mut took = Vec::new();
    for _ in 0..COMMITS {
        let mut transaction = connection.begin().await?;
        sqlx::query("set local synchronous_commit = on")
            .execute(&mut *transaction)
            .await?;
        sqlx::query(COMMIT).execute(&mut *transaction).await?;
        let began = Instant::now();
        transaction.commit().await?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    Ok(took.get(COMMITS / 2).copied().unwrap_or_default())
}
