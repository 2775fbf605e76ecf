//! The queues to the writers: a write is handed over, and its commit is waited for, but not for ever.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    Shared, Store, StoreError,
    batch::{self, Step, Write},
    either::Connection,
};

impl Store {
    /// For what somebody waits for at the door.
    pub(super) async fn acknowledge<T: Send + 'static>(
        &self,
        make: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Write,
        held: fn(&T) -> Vec<i64>,
    ) -> Result<T, StoreError> {
        self.write(&self.acknowledgements, make, held).await
    }

    /// For everything else.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        make: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Write,
        held: fn(&T) -> Vec<i64>,
    ) -> Result<T, StoreError> {
        self.write(&self.work, make, held).await
    }

    /// A write with statements of its own, in the transaction with whatever else waits.
    pub(super) async fn step<T: Send + 'static>(
        &self,
        run: impl for<'c> FnOnce(&'c mut Connection) -> batch::Work<'c, T> + Clone + Send + 'static,
    ) -> Result<T, StoreError> {
        self.step_holding(run, |_| Vec::new()).await
    }

    /// The same for a step that makes deliveries with which the caller begins.
    pub(super) async fn step_holding<T: Send + 'static>(
        &self,
        run: impl for<'c> FnOnce(&'c mut Connection) -> batch::Work<'c, T> + Clone + Send + 'static,
        held: fn(&T) -> Vec<i64>,
    ) -> Result<T, StoreError> {
        self.work(|answer| Write::Step(Step::new(run, answer)), held).await
    }

    /// Hands a write to a writer and waits for its commit. `held` tells the deliveries with which the caller is to begin.
    async fn write<T: Send + 'static>(
        &self,
        lane: &mpsc::Sender<Write>,
        make: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Write,
        held: fn(&T) -> Vec<i64>,
    ) -> Result<T, StoreError> {
        let (answer, mut wait) = oneshot::channel();
        lane.try_send(make(answer)).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::QueueFull {
                rows_max: self.shared.rows_max,
            },
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        let ms_max = self.shared.commit_ms_max;
        match tokio::time::timeout(Duration::from_millis(ms_max), &mut wait).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(StoreError::Closed),
            Err(_) => {
                // It may still be committed. Then its deliveries are this server's, and nobody begins with them.
                let shared = Arc::clone(&self.shared);
                tokio::spawn(async move {
                    if let Ok(Ok(late)) = wait.await {
                        shared.let_go(held(&late));
                    }
                });
                Err(StoreError::TooSlow { ms_max })
            }
        }
    }
}

impl Shared {
    pub(super) fn let_go(&self, deliveries: Vec<i64>) {
        let mut list = self.let_go.lock().unwrap_or_else(PoisonError::into_inner);
        list.extend(deliveries);
    }
}
