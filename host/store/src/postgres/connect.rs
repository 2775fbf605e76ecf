//! Sessions of a PostgreSQL, each told what it has to keep to.

use std::{sync::Arc, time::Duration};

use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, postgres::PgConnectOptions};
use tokio::time::timeout;

use super::{settings::PostgresSettings, way};
use crate::error::StoreError;

/// A server that is there answers in milliseconds, also across a continent.
pub(super) const CONNECT_MAX: Duration = Duration::from_secs(2);

/// For every session of ours. A batch is given up after 5 s, and the server must not go on with it: the rows it has locked
/// would stand in the way of its own repeat. The last one frees what a machine held that has lost its network.
pub(super) const SESSION: &str = "set statement_timeout = '5s';
    set idle_in_transaction_session_timeout = '10s';
    set tcp_keepalives_idle = 10;
    set tcp_keepalives_interval = 5;
    set tcp_keepalives_count = 3";

/// A connection that writes.
pub(super) async fn connect(settings: &PostgresSettings) -> Result<PgConnection, StoreError> {
    prepared(settings, plain(settings).await?).await
}

/// Tells a session what it has to keep to. Where sessions are mixed, each transaction is told.
pub(super) async fn prepared(
    settings: &PostgresSettings,
    mut connection: PgConnection,
) -> Result<PgConnection, StoreError> {
    if !settings.is_listening {
        return Ok(connection);
    }
    let prepared = async {
        sqlx::raw_sql(SESSION).execute(&mut connection).await?;
        // What an administrator asks for beyond our need stays; what is less is raised.
        let commits: String = show(&mut connection, "synchronous_commit").await?;
        if !matches!(commits.as_str(), "on" | "remote_apply") {
            sqlx::raw_sql("set synchronous_commit = on")
                .execute(&mut connection)
                .await?;
        }
        Ok(())
    };
    timeout(CONNECT_MAX, prepared)
        .await
        .unwrap_or_else(|_| Err(too_late()))
        .map_err(unreachable(settings))?;
    Ok(connection)
}

/// A connection as the server gives it.
pub(super) async fn plain(settings: &PostgresSettings) -> Result<PgConnection, StoreError> {
    let options = quiet(settings);
    timeout(CONNECT_MAX, options.connect())
        .await
        .unwrap_or_else(|_| Err(too_late()))
        .map_err(unreachable(settings))
}

/// Statements are not logged: they carry what events say.
pub(super) fn quiet(settings: &PostgresSettings) -> PgConnectOptions {
    PgConnectOptions::clone(&settings.options).disable_statement_logging()
}

pub(super) async fn show(connection: &mut PgConnection, setting: &str) -> Result<String, sqlx::Error> {
    sqlx::query_scalar(AssertSqlSafe(format!("show {setting}")))
        .fetch_one(connection)
        .await
}

pub(super) fn too_late() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())
}

/// Names what is wrong on the way, where it is known.
pub(super) fn unreachable(settings: &PostgresSettings) -> impl FnOnce(sqlx::Error) -> StoreError + use<> {
    let server = settings.to_string();
    let host = settings.options.get_host().to_owned();
    move |source| {
        let remedy = way::remedy(&source, &host);
        let source = Arc::new(source);
        match remedy {
            Some(remedy) => StoreError::Barred { server, remedy, source },
            None => StoreError::Unreachable { server, source },
        }
    }
}
