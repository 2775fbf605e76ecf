//! A write with its result and whoever waits for it.

use tokio::sync::oneshot;

use crate::error::StoreError;

/// One write, and whom to tell when it is on disk.
#[derive(Debug)]
pub(crate) struct Job<W, R> {
    pub(crate) write: W,
    /// Set inside the transaction, sent after the commit.
    pub(crate) result: Option<R>,
    answer: oneshot::Sender<Result<R, StoreError>>,
}

impl<W, R> Job<W, R> {
    pub(crate) fn new(write: W, answer: oneshot::Sender<Result<R, StoreError>>) -> Self {
        Self {
            write,
            result: None,
            answer,
        }
    }

    /// Whoever asked for it was told that it did not happen.
    pub(crate) fn is_given_up(&self) -> bool {
        self.answer.is_closed()
    }

    pub(crate) fn finish(self, committed: &Result<(), StoreError>) {
        let result = committed.clone().and_then(|()| self.result.ok_or(StoreError::Closed));
        // The caller may have given up waiting.
        let _ = self.answer.send(result);
    }
}
