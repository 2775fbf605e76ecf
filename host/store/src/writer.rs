//! The writer: it takes whatever waits, commits it in one transaction, and then answers everybody.
//!
//! There is no timer. An idle database commits a single row at once; while a commit runs, the next batch gathers.
//!
//! After a failure the connection is thrown away, and the next batch begins with a new one: what a failed write to the disk
//! has left in a connection's memory is not known, and nothing may be acknowledged on the strength of it.
//!
//! When a row is at fault, and not the database, the batch is tried again in halves, down to the one that cannot be stored:
//! it alone is refused, and not whoever came at the same time.

use std::{future::Future, sync::Arc, time::Duration};

use sqlx::Connection as _;
use tokio::{sync::mpsc, task::yield_now, time::timeout};

use super::{
    StoreError,
    batch::{Batch, Write, WriterState},
    either::{Connection, Either, on_either},
    error::Fault,
    postgres::{self, PostgresSettings},
    pulse::Pulse,
    sqlite,
};

/// Rows in one transaction at most, and those of the last write beyond it; beyond a few hundred a commit takes longer and saves nothing more.
const BATCH_ROWS_MAX: usize = 256;

/// What the rows of one transaction hold at most, in bytes of text; the last may go beyond it. A disk takes a few milliseconds
/// for it, and an event has two KiB.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// Turns of others before a batch begins, however much comes in them.
const TURNS_MAX: usize = 64;

/// Turns in a row that bring nothing, after which the batch begins: what another thread is at is not seen in the first. An
/// idle server gives them in a few microseconds.
const QUIET_TURNS: usize = 4;

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
    /// A new connection with a transaction begun. A disk that is still full or read-only shows here, before anybody's rows
    /// are tried.
    async fn begin(&self) -> Result<Connection, StoreError> {
        let mut connection = match self {
            Self::File(file) => Connection::Sqlite(file.connect().await?),
            Self::Server(settings) => Connection::Postgres(postgres::connect(settings).await?),
        };
        self.begin_on(&mut connection).await?;
        Ok(connection)
    }
}

impl Place {
    async fn begin_on(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let begun = async {
            match (connection, self) {
                (Either::Postgres(connection), Self::Server(settings)) => postgres::begin(connection, settings).await,
                (connection, _) => on_either!(connection, connection => {
                    sqlx::query("begin immediate").execute(connection).await.map(|_| ())
                }),
            }
            .map_err(StoreError::database("transaction"))
        };
        within_limit(begun).await
    }
}

/// Takes the leases off a file's deliveries that ran when its last server ended, so that the first heartbeat reclaims them, and tells the number of the next event, and which
/// names are not in the index yet.
pub(super) async fn begin(connection: &mut Connection) -> Result<(i64, Option<sqlite::Names>), sqlx::Error> {
    let Either::Sqlite(connection) = connection else {
        return Ok((0, None));
    };
    let mut transaction = connection.begin_with("begin immediate").await?;
    sqlx::query("update deliveries set lease_until_ms = null where state = 'running'")
        .execute(&mut *transaction)
        .await?;
    let next_event = sqlx::query_scalar("select coalesce(max(id), 0) + 1 from events")
        .fetch_one(&mut *transaction)
        .await?;
    let names = sqlite::Names::load(&mut transaction).await?;
    transaction.commit().await?;
    Ok((next_event, Some(names)))
}

/// Runs until the last handle is gone or the store is closed.
pub(super) async fn run(
    connection: Connection,
    place: Arc<Place>,
    state: WriterState,
    mut queue: mpsc::Receiver<Write>,
    pulse: Arc<Pulse>,
) {
    let mut writer = Writer {
        connection: Some(connection),
        place,
        state,
        is_well: true,
    };
    let mut waiting = Vec::with_capacity(BATCH_ROWS_MAX);
    let mut close = None;
    while close.is_none() && gather(&mut queue, &mut waiting).await {
        let mut batch = Batch::of(waiting.drain(..));
        close = batch.close.take();
        let rows = batch.rows;
        pulse.begin();
        writer.bring_in(batch).await;
        pulse.end(writer.is_well, rows);
        if let (Place::File(file), Some(Either::Sqlite(connection))) = (&*writer.place, &mut writer.connection) {
            file.after_commit(connection).await;
        }
    }
    if let Some(connection) = writer.connection
        && let Err(error) = on_either!(connection, connection => connection.close().await)
    {
        tracing::warn!(
            error = crate::error::chain(&error),
            "The database was not closed cleanly; nothing that was committed is lost"
        );
    }
    if let Some(done) = close {
        // Whoever closed the store may have stopped waiting.
        let _ = done.send(());
    }
}

/// Takes what waits, and what is about to come: whoever was told of the last commit has something to write soon, and so has
/// a request that is being read. As long as more comes, everybody who can run runs again. False at the end.
async fn gather(queue: &mut mpsc::Receiver<Write>, waiting: &mut Vec<Write>) -> bool {
    let Some(first) = queue.recv().await else {
        return false;
    };
    let mut room = Room::default();
    room.take(first, waiting);
    room.fill(queue, waiting);
    let mut quiet = 0;
    for _ in 0..TURNS_MAX {
        yield_now().await;
        let before = waiting.len();
        room.fill(queue, waiting);
        quiet = if waiting.len() == before { quiet + 1 } else { 0 };
        if quiet == QUIET_TURNS {
            break;
        }
    }
    true
}

/// What a batch has room for: whoever asks for much makes it shorter, and not the others wait longer.
struct Room {
    rows: usize,
    bytes: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            rows: BATCH_ROWS_MAX,
            bytes: BATCH_BYTES_MAX,
        }
    }
}

impl Room {
    fn fill(&mut self, queue: &mut mpsc::Receiver<Write>, waiting: &mut Vec<Write>) {
        while self.rows > 0
            && self.bytes > 0
            && let Ok(write) = queue.try_recv()
        {
            self.take(write, waiting);
        }
    }

    fn take(&mut self, write: Write, waiting: &mut Vec<Write>) {
        let (rows, bytes) = write.size();
        self.rows = self.rows.saturating_sub(rows);
        self.bytes = self.bytes.saturating_sub(bytes);
        waiting.push(write);
    }
}

/// What a batch is committed with.
struct Writer {
    /// None after a failure.
    connection: Option<Connection>,
    place: Arc<Place>,
    state: WriterState,
    /// Whether the last batch was accepted.
    is_well: bool,
}

impl Writer {
    /// Commits a batch and answers everybody in it.
    async fn bring_in(&mut self, batch: Batch) {
        let mut open = vec![(batch, MayRepeat(true))];
        while let Some((mut batch, may_repeat)) = open.pop() {
            let committed = self.commit(&mut batch).await;
            let fault = committed.as_ref().err().map(StoreError::fault);
            match fault {
                Some(Fault::Conflict) if may_repeat.0 => open.push((batch, MayRepeat(false))),
                Some(Fault::Row | Fault::Conflict) if batch.rows > 1 => {
                    let (first, second) = batch.halves();
                    open.push((second, MayRepeat(true)));
                    open.push((first, MayRepeat(true)));
                }
                Some(Fault::Row) => {
                    if let Err(error) = &committed {
                        tracing::error!(
                            error = crate::error::chain(error),
                            "The database refused a row, and will refuse it again; the others are stored"
                        );
                    }
                    batch.finish(&committed);
                }
                None | Some(Fault::Conflict | Fault::Database) => {
                    report(&committed, batch.rows, &mut self.is_well);
                    batch.finish(&committed);
                }
            }
        }
    }

    /// Commits a batch, all or nothing. The connection is put back only when it is known to be well.
    async fn commit(&mut self, batch: &mut Batch) -> Result<(), StoreError> {
        let mut current = match self.connection.take() {
            Some(mut connection) => match self.place.begin_on(&mut connection).await {
                Ok(()) => connection,
                // Lost while nobody used it. Nothing of this batch was sent, so a new one may be tried. A file is not lost:
                // it is locked, or its disk is ill, and whoever waits has waited long enough.
                Err(error) => match *self.place {
                    Place::File(_) => return Err(error),
                    Place::Server(_) => self.place.begin().await?,
                },
            },
            None => self.place.begin().await?,
        };
        self.state.made_ready = false;
        let state = &mut self.state;
        let transaction = async {
            batch.apply(&mut current, state).await?;
            match &mut current {
                Either::Sqlite(sqlite) => sqlx::query("commit").execute(sqlite).await.map(|_| ()),
                Either::Postgres(connection) => postgres::commit(connection, state).await,
            }
            .map_err(StoreError::database("commit"))
        };
        let committed = match *self.place {
            Place::File(_) => transaction.await,
            Place::Server(_) => within_limit(transaction).await,
        };
        if committed.is_err() {
            self.state.names = None;
        }
        let is_well = match &committed {
            Ok(()) => true,
            Err(error) if error.fault() == Fault::Database => false,
            Err(_) => roll_back(&mut current).await.is_ok(),
        };
        if is_well {
            self.connection = Some(current);
        }
        committed
    }
}

/// Whether a batch that stood in the way of another one is tried again as it is.
struct MayRepeat(bool);

/// A PostgreSQL that is gone without a word is not waited for.
async fn within_limit(work: impl Future<Output = Result<(), StoreError>>) -> Result<(), StoreError> {
    let slow = StoreError::TooSlow {
        ms_max: u64::try_from(POSTGRES_BATCH_MAX.as_millis()).unwrap_or(u64::MAX),
    };
    timeout(POSTGRES_BATCH_MAX, work).await.unwrap_or(Err(slow))
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
                error = crate::error::chain(error),
                rows,
                "The database does not accept; until it does, events are answered 503 and clicks with an error"
            );
            *is_well = false;
        }
        Err(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::{mpsc, oneshot};

    use super::{Write, gather};
    use crate::{
        DeliveryKind,
        batch::Job,
        tasks::{Chain, NewTask, NewTasks},
    };

    fn asked(tasks: usize, payload_bytes: usize) -> Write {
        let task = NewTask {
            kind: DeliveryKind::Task,
            plugin: "p".to_owned(),
            requested_by: "p".to_owned(),
            name: "t".to_owned(),
            payload: "x".repeat(payload_bytes),
            due_at_ms: 0,
            expires_at_ms: 0,
            chain: Chain::default(),
        };
        let write = NewTasks {
            app: "a".to_owned(),
            tasks: vec![task; tasks],
            is_held: false,
            now_ms: 0,
        };
        Write::Tasks(Job::new(write, oneshot::channel().0))
    }

    async fn in_one_batch(tasks: usize, payload_bytes: usize) -> usize {
        let (sender, mut queue) = mpsc::channel(300);
        for _ in 0..300 {
            assert!(sender.try_send(asked(tasks, payload_bytes)).is_ok());
        }
        let mut waiting = Vec::new();
        assert!(gather(&mut queue, &mut waiting).await);
        waiting.len()
    }

    #[tokio::test]
    async fn a_batch_ends_by_its_rows_and_its_bytes_and_not_by_how_many_ask() {
        assert_eq!(in_one_batch(1, 10).await, 128);
        assert_eq!(in_one_batch(16, 10).await, 16);
        assert_eq!(in_one_batch(1_000, 10).await, 1, "one call has a batch for itself");
        assert_eq!(in_one_batch(1, 1 << 20).await, 4);
    }
}
