//! The writer: it takes whatever waits, commits it in one transaction, and then answers everybody.
//!
//! There is no timer. An idle database commits a single row at once; while a commit runs, the next batch gathers.
//!
//! After a failure the connection is thrown away, and the next batch begins with a new one: what a failed write to the disk
//! has left in a connection's memory is not known, and nothing may be acknowledged on the strength of it.

use std::{sync::Arc, time::Duration};

use sqlx::Connection as _;
use tokio::{sync::mpsc, time::timeout};

use super::{
    StoreError,
    batch::{Batch, Write, WriterState},
    either::{Connection, Either, on_either},
    postgres::{self, PostgresSettings},
    pulse::Pulse,
    sqlite,
};

/// Rows in one transaction at most; beyond a few hundred a commit takes longer and saves nothing more.
const BATCH_ROWS_MAX: usize = 256;

/// How long a PostgreSQL may take for a batch before its connection is given up. A server that is gone without a word would
/// else be waited for as long as TCP does. SQLite's calls end by themselves.
const POSTGRES_BATCH_MAX: Duration = Duration::from_secs(5);

/// Where new connections come from.
#[derive(Debug)]
pub(super) enum Place {
    File(Box<sqlite::File>),
    Server(PostgresSettings),
}

impl Place {
    async fn connect(&self) -> Result<Connection, StoreError> {
        let mut connection = match self {
            Self::File(file) => Connection::Sqlite(file.connect().await?),
            Self::Server(settings) => Connection::Postgres(postgres::connect(settings).await?),
        };
        // A disk that is still full or read-only shows here, before anybody's rows are tried.
        begin_transaction(&mut connection).await?;
        roll_back(&mut connection)
            .await
            .map_err(StoreError::database("connection"))?;
        Ok(connection)
    }
}

/// Makes a file's deliveries ready that ran when its last server ended, and tells the number of the next event.
pub(super) async fn begin(connection: &mut Connection) -> Result<i64, sqlx::Error> {
    let Either::Sqlite(connection) = connection else {
        return Ok(0);
    };
    sqlx::query(
        "update deliveries set state = 'ready', lease_node = null, lease_until_ms = null
         where state in ('ready', 'retry_wait', 'running') and state = 'running'",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query_scalar("select coalesce(max(id), 0) + 1 from events")
        .fetch_one(connection)
        .await
}

/// Runs until the last handle is gone or the store is closed.
pub(super) async fn run(
    connection: Connection,
    place: Arc<Place>,
    mut state: WriterState,
    mut queue: mpsc::Receiver<Write>,
    pulse: Arc<Pulse>,
) {
    let mut connection = Some(connection);
    let mut waiting = Vec::with_capacity(BATCH_ROWS_MAX);
    let mut close = None;
    let mut is_well = true;
    while close.is_none() && queue.recv_many(&mut waiting, BATCH_ROWS_MAX).await > 0 {
        let mut batch = Batch::of(waiting.drain(..));
        close = batch.close.take();
        pulse.begin();
        let committed = commit(&mut connection, &place, &mut state, &mut batch).await;
        pulse.end(committed.is_ok(), batch.rows);
        report(&committed, batch.rows, &mut is_well);
        batch.finish(&committed);
        if let (Place::File(file), Some(Either::Sqlite(connection))) = (&*place, &mut connection) {
            file.after_commit(connection).await;
        }
    }
    if let Some(connection) = connection
        && let Err(error) = on_either!(connection, connection => connection.close().await)
    {
        tracing::warn!(%error, "The database was not closed cleanly; nothing that was committed is lost");
    }
    if let Some(done) = close {
        // Whoever closed the store may have stopped waiting.
        let _ = done.send(());
    }
}

/// Commits a batch, all or nothing. The connection is put back only when it went well.
async fn commit(
    connection: &mut Option<Connection>,
    place: &Place,
    state: &mut WriterState,
    batch: &mut Batch,
) -> Result<(), StoreError> {
    let mut current = match connection.take() {
        Some(connection) => connection,
        None => place.connect().await?,
    };
    let is_postgres = matches!(current, Either::Postgres(_));
    let transaction = async {
        begin_transaction(&mut current).await?;
        batch.apply(&mut current, state).await?;
        on_either!(&mut current, current => sqlx::query("commit").execute(current).await.map(|_| ()))
            .map_err(StoreError::database("commit"))
    };
    if is_postgres {
        let slow = StoreError::TooSlow {
            ms_max: u64::try_from(POSTGRES_BATCH_MAX.as_millis()).unwrap_or(u64::MAX),
        };
        timeout(POSTGRES_BATCH_MAX, transaction).await.unwrap_or(Err(slow))?;
    } else {
        transaction.await?;
    }
    *connection = Some(current);
    Ok(())
}

async fn begin_transaction(connection: &mut Connection) -> Result<(), StoreError> {
    match connection {
        Either::Sqlite(sqlite) => sqlx::query("begin immediate").execute(sqlite).await.map(|_| ()),
        Either::Postgres(postgres) => sqlx::query("begin").execute(postgres).await.map(|_| ()),
    }
    .map_err(StoreError::database("transaction"))
}

async fn roll_back(connection: &mut Connection) -> Result<(), sqlx::Error> {
    on_either!(connection, connection => sqlx::query("rollback").execute(connection).await.map(|_| ()))
}

/// Says once that the database does not accept, and once that it does again.
fn report(committed: &Result<(), StoreError>, rows: usize, is_well: &mut bool) {
    match committed {
        Ok(()) => {
            tracing::debug!(rows, "Committed");
            if !*is_well {
                tracing::info!("The database accepts again");
            }
            *is_well = true;
        }
        Err(error) if *is_well => {
            tracing::error!(
                error = crate::telemetry::chain(error),
                rows,
                "The database does not accept; until it does, events are answered 503 and clicks with an error"
            );
            *is_well = false;
        }
        Err(_) => {}
    }
}
