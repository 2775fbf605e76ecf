//! Statistics of a writer, for metrics and the readiness check.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Totals of writers since the start.
#[derive(Debug, Clone, Copy, Default)]
pub struct Commits {
    /// Batches on disk.
    pub committed: u64,
    /// Batches that the database did not accept.
    pub failed: u64,
    /// Rows in the batches on disk.
    pub rows: u64,
    /// Time that batches took.
    pub took: Duration,
}

/// Statistics of one writer.
#[derive(Debug, Default)]
pub(crate) struct WriterStats(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    commits: Commits,
    /// The batch that is being written now.
    began: Option<Instant>,
    /// The last batch failed.
    is_ill: bool,
}

impl WriterStats {
    pub(crate) fn begin(&self) {
        self.lock().began = Some(Instant::now());
    }

    pub(crate) fn end(&self, is_committed: bool, rows: usize) {
        let mut state = self.lock();
        let took = state.began.take().map(|began| began.elapsed()).unwrap_or_default();
        state.is_ill = !is_committed;
        state.commits.took += took;
        if is_committed {
            state.commits.committed += 1;
            state.commits.rows += rows as u64;
        } else {
            state.commits.failed += 1;
        }
    }

    pub(crate) fn commits(&self) -> Commits {
        self.lock().commits
    }

    /// Whether the last batch is on disk, as far as there was one.
    pub(crate) fn is_well(&self) -> bool {
        !self.lock().is_ill
    }

    /// How long it has been at the batch of now.
    pub(crate) fn busy(&self) -> Duration {
        self.lock().began.map(|began| began.elapsed()).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
