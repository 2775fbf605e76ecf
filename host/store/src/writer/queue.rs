//! The queues to the writers: a write is handed over, and its commit is waited for, but not for ever.

use std::{any::Any, future::Future, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

use super::batch::{Pending, Step, Write};
use crate::{backend::Session, error::StoreError, rows::job::Job};

/// The ways to the writers; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Queues {
    /// Writes that an open request waits for.
    pub(crate) acknowledgements: mpsc::Sender<Write>,
    /// Everything else. With SQLite the same queue: there is one writer.
    pub(crate) work: mpsc::Sender<Write>,
    pub(crate) rows_max: usize,
    pub(crate) commit_ms_max: u64,
}

/// Runs statements in one transaction with whatever else waits, and tells what they tell. They are run again when their
/// transaction was in the way of another one, so what they use is moved in and cloned.
macro_rules! in_transaction {
    ($store:expr, $connection:ident => $body:expr) => {
        $store.queues.step(move |session| {
            Box::pin(async move { $crate::backend::on_session!(session, $connection => $body) })
        })
    };
}
pub(crate) use in_transaction;

impl Queues {
    /// For what somebody waits for at the door, until this moment at most: refused at once when too much waits already,
    /// because there is an answer that says so.
    pub(crate) async fn acknowledge<T>(
        &self,
        until: Option<Instant>,
        make: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Write,
    ) -> Result<T, StoreError> {
        let (answer, wait) = oneshot::channel();
        self.acknowledgements
            .try_send(make(answer))
            .map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => StoreError::QueueFull {
                    rows_max: self.rows_max,
                },
                mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
            })?;
        self.committed(until, async { wait.await.unwrap_or(Err(StoreError::Closed)) })
            .await
    }

    /// For everything else: it waits for room in the queue. An attempt whose end is refused would be made once more, by a
    /// server that has too much to do already.
    pub(crate) async fn work<T>(
        &self,
        make: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Write,
    ) -> Result<T, StoreError> {
        let (answer, wait) = oneshot::channel();
        let write = make(answer);
        self.committed(None, async {
            self.work.send(write).await.map_err(|_closed| StoreError::Closed)?;
            wait.await.unwrap_or(Err(StoreError::Closed))
        })
        .await
    }

    /// A write with statements of its own, in the transaction with whatever else waits.
    pub(crate) async fn step<T: Send + 'static>(
        &self,
        run: impl for<'s> FnOnce(&'s mut Session) -> Pending<'s, T> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        let outcome: Box<dyn Any + Send> = self
            .work(|answer| Write::Step(Job::new(Step::new(run), answer)))
            .await?;
        // It is what `run` has made.
        outcome
            .downcast()
            .map_or(Err(StoreError::Closed), |outcome| Ok(*outcome))
    }

    /// Has the writers end when they have committed what waits.
    pub(crate) async fn close(&self) {
        for queue in [&self.acknowledgements, &self.work] {
            let (done, wait) = oneshot::channel();
            if queue.send(Write::Close(done)).await.is_ok() {
                // The writer answers when its connection is closed; an error means that it had ended already.
                let _ = wait.await;
            }
        }
    }

    /// Waits for a commit, but not for ever. What is still in the queue then is not written; what is being written may be
    /// committed all the same, too late, or by a database that could not say so any more.
    async fn committed<T>(
        &self,
        until: Option<Instant>,
        commit: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let begun = Instant::now();
        let patience = begun + Duration::from_millis(self.commit_ms_max);
        let ends = until.map_or(patience, |until| until.min(patience));
        timeout_at(ends, commit).await.unwrap_or_else(|_| {
            let waited = ends.saturating_duration_since(begun);
            Err(StoreError::TooSlow {
                ms_max: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
            })
        })
    }
}
