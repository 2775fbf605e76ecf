//! Opening a PostgreSQL: it must be there, keep what it commits, and have our tables.

use std::{sync::Arc, time::Duration};

use sqlx::Connection;
use sqlx::PgConnection;
use sqlx::PgPool;
use sqlx::Row;
use sqlx::migrate::MigrateError;
use sqlx::postgres::PgPoolOptions;
use tokio::time::{Instant, sleep, timeout};

use super::connect::CONNECT_MAX;
use super::connect::SESSION;
use super::connect::connect;
use super::connect::plain;
use super::connect::prepared;
use super::connect::quiet;
use super::connect::show;
use super::connect::too_late;
use super::connect::unreachable;
use super::server::Server;
use super::session::Session;
use super::settings::PostgresSettings;
use crate::{
    error::{StoreError, chain, remedy},
    migrate,
    rows::node::Node,
};

/// The oldest version whose planner and statements were tested.
const VERSION_MIN: i32 = 140_000;

/// For the few questions of a start.
const CHECK_MAX: Duration = Duration::from_secs(10);

/// A step may rewrite a table of millions of rows, after another server has done the same. Only a server that is silent for ever
/// must not be waited for as long.
const MIGRATE_MAX: Duration = Duration::from_mins(30);

/// Between two attempts at start.
const START_GAP: Duration = Duration::from_millis(500);

/// Connections for reading: plugins read a key or two in a call, and a repeat looks for its reply.
const READERS_MAX: u32 = 8;

/// A PostgreSQL that can be used.
pub(crate) struct Opened {
    /// One for acknowledgements, and one for everything else.
    pub(crate) writers: Vec<Session>,
    pub(crate) readers: PgPool,
    pub(crate) server: Server,
}

/// Connects the two writers and those who read, and brings the schema up to date.
pub(crate) async fn open(mut settings: PostgresSettings, node: Node) -> Result<Opened, StoreError> {
    settings.check_files()?;
    let mut first = connect_at_start(&settings).await?;
    // A step may take longer than any statement of everyday.
    let mut migrator = plain(&settings).await?;
    if settings.is_listening && are_mixed(&settings, &mut first, &mut migrator).await? {
        tracing::info!(
            database = %settings,
            "A pooler that pools transactions is in front of PostgreSQL, so servers learn of each other's work by \
             polling, within 1 s (as with DATABASE_LISTEN=off)"
        );
        settings.is_listening = false;
    }
    let mut acknowledgements = prepared(&settings, first).await?;
    timeout(CHECK_MAX, check(&settings, &mut acknowledgements))
        .await
        .unwrap_or_else(|_| Err(unreachable(&settings)(too_late())))?;
    timeout(MIGRATE_MAX, migrate::postgres(&mut migrator))
        .await
        .unwrap_or_else(|_| Err(MigrateError::Execute(too_late())))
        .map_err(|source| StoreError::Migrate {
            database: settings.to_string(),
            remedy: remedy::of_postgres(&source, migrate::newest_postgres(), settings.options.get_username()),
            source: Arc::new(source),
        })?;
    // Nothing depends on its last word.
    let _ = timeout(CONNECT_MAX, migrator.close()).await;
    let work = connect(&settings).await?;
    let is_kept = settings.is_listening;
    let readers = PgPoolOptions::new()
        .max_connections(READERS_MAX)
        .acquire_timeout(CONNECT_MAX)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if is_kept {
                    sqlx::raw_sql(SESSION).execute(connection).await?;
                }
                Ok(())
            })
        })
        .connect_lazy_with(quiet(&settings));
    let server = Server { settings, node };
    Ok(Opened {
        writers: [acknowledgements, work]
            .map(|connection| server.session(connection))
            .into(),
        readers,
        server,
    })
}

/// Whether two connections share one session, as they do behind a pooler of transactions.
async fn are_mixed(
    settings: &PostgresSettings,
    one: &mut PgConnection,
    other: &mut PgConnection,
) -> Result<bool, StoreError> {
    let mut sessions = Vec::new();
    for connection in [one, other] {
        // One message without a prepared statement: a pooler that cannot keep these apart is told of by the migration.
        let session = sqlx::raw_sql("select pg_backend_pid()::text").fetch_one(connection);
        let session = timeout(CONNECT_MAX, session)
            .await
            .unwrap_or_else(|_| Err(too_late()))
            .map_err(unreachable(settings))?;
        sessions.push(session.try_get::<String, _>(0).map_err(unreachable(settings))?);
    }
    Ok(sessions.first() == sessions.last())
}

/// Waits for a server that does not answer yet; one that answers "no" will not say "yes" later.
async fn connect_at_start(settings: &PostgresSettings) -> Result<PgConnection, StoreError> {
    let give_up_at = Instant::now() + settings.start_wait;
    let mut is_told = false;
    loop {
        let error = match connect(settings).await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        if !may_come(&error) || Instant::now() >= give_up_at {
            return Err(error);
        }
        if !std::mem::replace(&mut is_told, true) {
            tracing::warn!(
                error = chain(&error),
                seconds_max = settings.start_wait.as_secs(),
                "The database does not answer yet; retrying"
            );
        }
        sleep(START_GAP).await;
    }
}

/// Whether the server may be on its way: it is not there, it starts or stops, or has no connection left.
fn may_come(error: &StoreError) -> bool {
    let StoreError::Unreachable { source, .. } = error else {
        return false;
    };
    match &**source {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(said) => said
            .code()
            .is_some_and(|code| code.starts_with("57P") || code.starts_with("53")),
        _ => false,
    }
}

/// Refuses a server that is too old, that cannot store every character, or that may forget what it has committed.
pub(super) async fn check(settings: &PostgresSettings, connection: &mut PgConnection) -> Result<(), StoreError> {
    let version: String = show(connection, "server_version_num")
        .await
        .map_err(unreachable(settings))?;
    if version.parse().unwrap_or(0) < VERSION_MIN {
        return Err(StoreError::TooOld {
            server: settings.to_string(),
            version,
        });
    }
    let encoding = show(connection, "server_encoding")
        .await
        .map_err(unreachable(settings))?;
    if encoding != "UTF8" {
        return Err(StoreError::Encoding {
            server: settings.to_string(),
            encoding,
        });
    }
    for setting in ["fsync", "full_page_writes"] {
        if show(connection, setting).await.map_err(unreachable(settings))? != "on" {
            return Err(StoreError::Unsafe {
                server: settings.to_string(),
                setting: format!("{setting} = off"),
                remedy: format!("ALTER SYSTEM SET {setting} = on; SELECT pg_reload_conf()"),
            });
        }
    }
    let commits: Option<String> =
        sqlx::query_scalar("select reset_val from pg_settings where name = 'synchronous_commit'")
            .fetch_optional(&mut *connection)
            .await
            .map_err(unreachable(settings))?;
    let commits = commits.unwrap_or_default();
    if matches!(commits.as_str(), "on" | "remote_apply") {
        return Ok(());
    }
    // Between sessions that a pooler mixes, what was set is not what holds.
    if !settings.is_listening {
        return Err(StoreError::Unsafe {
            server: settings.to_string(),
            setting: format!("synchronous_commit = {commits}"),
            remedy: "ALTER SYSTEM SET synchronous_commit = on; SELECT pg_reload_conf()".to_owned(),
        });
    }
    tracing::warn!(
        database = %settings,
        "The database has synchronous_commit = {commits}, which may lose acknowledged data; this server sets it to \
         on for its own sessions"
    );
    Ok(())
}
