//! The one writer: it takes whatever waits, commits it in one transaction, and then answers everybody.
//!
//! There is no timer. An idle database commits a single row at once; while a commit runs, the next batch gathers.

use std::sync::Arc;

use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::{
    StoreError,
    kv::{self, Delete, Put, PutOutcome},
    receipts::{self, NewReceipt, Received, Recorded},
};

/// Rows in one transaction at most; beyond a few hundred a commit takes longer and saves nothing more.
const BATCH_ROWS_MAX: usize = 256;

/// One write, and whom to tell when it is on disk.
#[derive(Debug)]
pub(super) struct Job<W, R> {
    pub(super) write: W,
    /// Set inside the transaction, sent after the commit.
    pub(super) result: Option<R>,
    answer: oneshot::Sender<Result<R, StoreError>>,
}

impl<W, R> Job<W, R> {
    pub(super) fn new(write: W, answer: oneshot::Sender<Result<R, StoreError>>) -> Self {
        Self {
            write,
            result: None,
            answer,
        }
    }

    fn finish(self, committed: &Result<(), StoreError>) {
        let result = committed.clone().and_then(|()| self.result.ok_or(StoreError::Closed));
        // The caller may have given up waiting.
        let _ = self.answer.send(result);
    }
}

/// What the writer can be asked.
#[derive(Debug)]
pub(super) enum Write {
    Receive(Job<NewReceipt, Received>),
    Record(Job<Recorded, ()>),
    Put(Job<Put, PutOutcome>),
    Delete(Job<Delete, bool>),
    SweepReceipts(Job<u64, u64>),
    SweepKv(Job<u64, u64>),
    Close(oneshot::Sender<()>),
}

/// Runs until the last handle is gone or the store is closed.
pub(super) async fn run(mut connection: SqliteConnection, mut queue: mpsc::Receiver<Write>) {
    let mut waiting = Vec::with_capacity(BATCH_ROWS_MAX);
    let mut closing = None;
    while closing.is_none() && queue.recv_many(&mut waiting, BATCH_ROWS_MAX).await > 0 {
        let rows = waiting.len();
        let mut batch = Batch::default();
        for write in waiting.drain(..) {
            match write {
                Write::Receive(job) => batch.receive.push(job),
                Write::Record(job) => batch.record.push(job),
                Write::Put(job) => batch.put.push(job),
                Write::Delete(job) => batch.delete.push(job),
                Write::SweepReceipts(job) => batch.sweep_receipts.push(job),
                Write::SweepKv(job) => batch.sweep_kv.push(job),
                Write::Close(done) => closing = Some(done),
            }
        }
        let committed = batch.commit(&mut connection).await;
        if committed.is_ok() {
            tracing::debug!(rows, "Committed");
        }
        batch.finish(&committed);
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "The database file was not closed cleanly; nothing that was committed is lost");
    }
    if let Some(done) = closing {
        // Whoever closed the store may have stopped waiting.
        let _ = done.send(());
    }
}

/// The writes of one transaction, by what can go into one statement.
#[derive(Default)]
struct Batch {
    receive: Vec<Job<NewReceipt, Received>>,
    record: Vec<Job<Recorded, ()>>,
    put: Vec<Job<Put, PutOutcome>>,
    delete: Vec<Job<Delete, bool>>,
    sweep_receipts: Vec<Job<u64, u64>>,
    sweep_kv: Vec<Job<u64, u64>>,
}

impl Batch {
    /// All or nothing: when a statement or the commit fails, nothing of the batch was stored.
    async fn commit(&mut self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let failed = |what| {
            move |source| StoreError::Database {
                what,
                source: Arc::new(source),
            }
        };
        let mut transaction = connection
            .begin_with("begin immediate")
            .await
            .map_err(failed("transaction"))?;
        if !self.receive.is_empty() {
            receipts::receive(&mut transaction, &mut self.receive)
                .await
                .map_err(failed("receipt"))?;
        }
        if !self.record.is_empty() {
            receipts::record(&mut transaction, &mut self.record)
                .await
                .map_err(failed("reply"))?;
        }
        for job in &mut self.put {
            job.result = Some(kv::put(&mut transaction, &job.write).await.map_err(failed("value"))?);
        }
        for job in &mut self.delete {
            job.result = Some(
                kv::delete(&mut transaction, &job.write)
                    .await
                    .map_err(failed("deletion"))?,
            );
        }
        for job in &mut self.sweep_receipts {
            job.result = Some(
                receipts::sweep(&mut transaction, job.write)
                    .await
                    .map_err(failed("sweep"))?,
            );
        }
        for job in &mut self.sweep_kv {
            job.result = Some(kv::sweep(&mut transaction, job.write).await.map_err(failed("sweep"))?);
        }
        transaction.commit().await.map_err(failed("commit"))
    }

    fn finish(self, committed: &Result<(), StoreError>) {
        self.receive.into_iter().for_each(|job| job.finish(committed));
        self.record.into_iter().for_each(|job| job.finish(committed));
        self.put.into_iter().for_each(|job| job.finish(committed));
        self.delete.into_iter().for_each(|job| job.finish(committed));
        self.sweep_receipts.into_iter().for_each(|job| job.finish(committed));
        self.sweep_kv.into_iter().for_each(|job| job.finish(committed));
    }
}
