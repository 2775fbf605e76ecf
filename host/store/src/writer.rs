//! The writer: it takes whatever waits, commits it in one transaction, and then answers everybody.
//!
//! There is no timer. An idle database commits a single row at once; while a commit runs, the next batch gathers.
//!
//! SQLite works on the thread that calls it, and a commit waits for the disk there. So a batch goes to another thread once, as a
//! whole, and comes back when it is committed.
//!
//! After a failure the connection is thrown away, and the next batch begins with a new one: what a failed write to the disk
//! has left in a connection's memory is not known, and nothing may be acknowledged on the strength of it.
//!
//! When a row is at fault, and not the database, the batch is tried again in halves, down to the one that cannot be stored:
//! it alone is refused, and not whoever came at the same time.

pub(crate) mod batch;
pub(crate) mod own_leases;
pub(crate) mod queue;
pub(crate) mod stats;

use std::{
    future::{Future, pending},
    panic::resume_unwind,
    sync::Arc,
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::mpsc,
    task::{spawn_blocking, yield_now},
    time::timeout,
};

use crate::{
    backend::{Backend, Session, Source},
    error::{Fault, StoreError, chain},
};
use batch::{Batch, Write};
use stats::WriterStats;

/// Rows in one transaction at most, and those of the last write beyond it; beyond a few hundred a commit takes longer and saves nothing more.
const BATCH_ROWS_MAX: usize = 256;

/// Bytes of text in one transaction at most; the last write may go beyond it. A disk takes a few milliseconds
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

/// Runs until the last handle is gone or the store is closed.
pub(crate) async fn run(
    session: Session,
    source: Arc<Source>,
    mut queue: mpsc::Receiver<Write>,
    stats: Arc<WriterStats>,
) {
    let mut writer = Writer {
        session: Some(session),
        source,
        is_well: true,
    };
    let mut waiting = Vec::with_capacity(BATCH_ROWS_MAX);
    let mut close = None;
    while close.is_none() && gather(&mut queue, &mut waiting).await {
        let mut batch = Batch::of(waiting.drain(..));
        close = batch.close.take();
        let rows = batch.rows;
        stats.begin();
        writer.bring_in(batch).await;
        stats.end(writer.is_well, rows);
        if let (Backend::Sqlite(file), Some(Backend::Sqlite(session))) = (&*writer.source, &mut writer.session) {
            file.after_commit(session).await;
        }
    }
    if let Some(session) = writer.session
        && let Err(error) = session.close().await
    {
        tracing::warn!(
            error = chain(&error),
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

/// Room left in a batch: a large write makes its batch shorter, and does not let the others wait longer.
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

/// Session with which batches are committed.
struct Writer {
    /// None after a failure.
    session: Option<Session>,
    source: Arc<Source>,
    /// Whether the last batch was accepted.
    is_well: bool,
}

impl Writer {
    /// Commits a batch and answers everybody in it.
    async fn bring_in(&mut self, batch: Batch) {
        let mut open = vec![(batch, MayRepeat(true))];
        while let Some((batch, may_repeat)) = open.pop() {
            let (batch, committed) = self.commit(batch).await;
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
                            error = chain(error),
                            "The database rejected a row and would reject it again; the other rows of its batch are stored"
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

    /// Commits a batch and gives it back, with what became of it.
    async fn commit(&mut self, mut batch: Batch) -> (Batch, Result<(), StoreError>) {
        let (session, source) = (self.session.take(), Arc::clone(&self.source));
        let work = async move {
            let (session, committed) = commit(&source, session, &mut batch).await;
            (session, batch, committed)
        };
        let (session, batch, committed) = match *self.source {
            // SQLite keeps the thread that calls it until it is done.
            Backend::Sqlite(_) => on_a_thread(work).await,
            Backend::Postgres(_) => work.await,
        };
        self.session = session;
        (batch, committed)
    }
}

/// Commits a batch, all or nothing. The session comes back only when it is known to be well.
async fn commit(
    source: &Source,
    session: Option<Session>,
    batch: &mut Batch,
) -> (Option<Session>, Result<(), StoreError>) {
    let mut session = match begun(source, session).await {
        Ok(session) => session,
        Err(error) => return (None, Err(error)),
    };
    let transaction = async {
        batch.apply(&mut session).await?;
        session.commit().await.map_err(StoreError::database("committing"))
    };
    let committed = within_limit(source, transaction).await;
    if committed.is_err() {
        session.forget();
    }
    let is_well = match &committed {
        Ok(()) => true,
        Err(error) if error.fault() == Fault::Database => false,
        Err(_) => session.roll_back().await.is_ok(),
    };
    (is_well.then_some(session), committed)
}

/// A session with a transaction begun; a new one where there is none. A disk that is still full or read-only shows here,
/// before anybody's rows are tried.
async fn begun(source: &Source, session: Option<Session>) -> Result<Session, StoreError> {
    if let Some(mut session) = session {
        match begin(source, &mut session).await {
            Ok(()) => return Ok(session),
            // Lost while nobody used it. Nothing of this batch was sent, so a new one may be tried. A file is not lost:
            // it is locked, or its disk is ill, and whoever waits has waited long enough.
            Err(error) if matches!(source, Backend::Sqlite(_)) => return Err(error),
            Err(_) => {}
        }
    }
    let mut session = source.connect().await?;
    begin(source, &mut session).await?;
    Ok(session)
}

async fn begin(source: &Source, session: &mut Session) -> Result<(), StoreError> {
    let begun = async {
        session
            .begin()
            .await
            .map_err(StoreError::database("beginning a transaction"))
    };
    within_limit(source, begun).await
}

/// Runs what would hold up the other tasks of this thread on one that is for such work.
async fn on_a_thread<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = Handle::current();
    match spawn_blocking(move || runtime.block_on(work)).await {
        Ok(done) => done,
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime ends, and this task with it.
            Err(_) => pending().await,
        },
    }
}

/// Mark of whether a batch that stood in the way of another one is tried again as it is.
struct MayRepeat(bool);

/// A PostgreSQL that is gone without a word is not waited for.
async fn within_limit(source: &Source, work: impl Future<Output = Result<(), StoreError>>) -> Result<(), StoreError> {
    if matches!(source, Backend::Sqlite(_)) {
        return work.await;
    }
    let slow = StoreError::TooSlow {
        ms_max: u64::try_from(POSTGRES_BATCH_MAX.as_millis()).unwrap_or(u64::MAX),
    };
    timeout(POSTGRES_BATCH_MAX, work).await.unwrap_or(Err(slow))
}

/// Says once that the database does not accept, and once that it does again.
fn report(committed: &Result<(), StoreError>, rows: usize, is_well: &mut bool) {
    match committed {
        Ok(()) => {
            tracing::debug!(rows, "Committed");
            if !*is_well {
                tracing::info!("The database can be written again");
            }
            *is_well = true;
        }
        Err(error) if *is_well => {
            tracing::error!(
                error = chain(error),
                rows,
                "The database cannot be written; until it can, events are answered with 503 and clicks with an error"
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
    use crate::rows::{
        job::Job,
        kind::DeliveryKind,
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
