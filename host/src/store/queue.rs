//! The queues to the writers: a write is handed over, and its commit is waited for, but not for ever.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::{
    Store, StoreError,
    batch::{self, Step, Write},
    either::Connection,
};

impl Store {
    /// For what somebody waits for at the door.
    pub(super) async fn acknowledge<T>(
        &self,
        make: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Write,
    ) -> Result<T, StoreError> {
        self.write(&self.acknowledgements, make).await
    }

    /// For everything else.
    pub(super) async fn work<T>(
        &self,
        make: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Write,
    ) -> Result<T, StoreError> {
        self.write(&self.work, make).await
    }

    /// A write with statements of its own, in the transaction with whatever else waits.
    pub(super) async fn step<T: Send + 'static>(
        &self,
        run: impl for<'c> FnOnce(&'c mut Connection) -> batch::Work<'c, T> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        self.work(|answer| Write::Step(Step::new(run, answer))).await
    }

    /// Hands a write to a writer and waits for its commit. After an error it may be committed all the same: too late, or
    /// by a database that could not say so any more.
    async fn write<T>(
        &self,
        lane: &mpsc::Sender<Write>,
        make: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Write,
    ) -> Result<T, StoreError> {
        let (answer, wait) = oneshot::channel();
        lane.try_send(make(answer)).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::QueueFull {
                rows_max: self.shared.rows_max,
            },
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        let ms_max = self.shared.commit_ms_max;
        match tokio::time::timeout(Duration::from_millis(ms_max), wait).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(StoreError::Closed),
            Err(_) => Err(StoreError::TooSlow { ms_max }),
        }
    }
}
