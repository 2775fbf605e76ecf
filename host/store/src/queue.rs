//! The queues to the writers: a write is handed over, and its commit is waited for, but not for ever.

use std::{future::Future, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

use super::{
    Store, StoreError,
    batch::{self, Step, Write},
    either::Connection,
};

impl Store {
    /// For what somebody waits for at the door, until this moment at most: refused at once when too much waits already,
    /// because there is an answer that says so.
    pub(super) async fn acknowledge<T>(
        &self,
        until: Option<Instant>,
        make: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Write,
    ) -> Result<T, StoreError> {
        let (answer, wait) = oneshot::channel();
        self.acknowledgements
            .try_send(make(answer))
            .map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => StoreError::QueueFull {
                    rows_max: self.shared.rows_max,
                },
                mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
            })?;
        self.committed(until, async { wait.await.unwrap_or(Err(StoreError::Closed)) })
            .await
    }

    /// For everything else: it waits for room in the queue. An attempt whose end is refused would be made once more, by a
    /// server that has too much to do already.
    pub(super) async fn work<T>(
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
    pub(super) async fn step<T: Send + 'static>(
        &self,
        run: impl for<'c> FnOnce(&'c mut Connection) -> batch::Work<'c, T> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        self.work(|answer| Write::Step(Step::new(run, answer))).await
    }

    /// Waits for a commit, but not for ever. What is still in the queue then is not written; what is being written may be
    /// committed all the same, too late, or by a database that could not say so any more.
    async fn committed<T>(
        &self,
        until: Option<Instant>,
        commit: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let begun = Instant::now();
        let patience = begun + Duration::from_millis(self.shared.commit_ms_max);
        let ends = until.map_or(patience, |until| until.min(patience));
        timeout_at(ends, commit).await.unwrap_or_else(|_| {
            let waited = ends.saturating_duration_since(begun);
            Err(StoreError::TooSlow {
                ms_max: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
            })
        })
    }
}
