//! Counters for the operator's metrics: outcomes of requests and deliveries, and heartbeats of loops.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Key of a counter. Kinds and outcomes are fixed words and plugins come from the operator's files, so the map stays
/// small.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    /// `callback`, `event`, `task`, `late`, `update`.
    pub kind: &'static str,
    /// Plugin involved; empty if there was none.
    pub plugin: Arc<str>,
    /// Stable word for the outcome.
    pub outcome: &'static str,
}

/// Number of occurrences and their total duration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Number of occurrences.
    pub count: u64,
    /// Total duration.
    pub took: Duration,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub struct Tally(Mutex<BTreeMap<Counted, Count>>);

impl Tally {
    /// Counts one occurrence.
    pub fn add(&self, counted: Counted, took: Duration) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(counted).or_default();
        count.count += 1;
        count.took += took;
    }

    /// Snapshot of all counters.
    pub fn counts(&self) -> BTreeMap<Counted, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Heartbeat of a loop.
#[derive(Debug)]
pub struct Beat {
    since: Instant,
    at_ms: AtomicU64,
}

impl Default for Beat {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            at_ms: AtomicU64::new(0),
        }
    }
}

impl Beat {
    /// Records a turn of the loop.
    pub fn beat(&self) {
        self.at_ms.store(self.elapsed_ms(), Ordering::Relaxed);
    }

    /// Time since the last turn.
    pub fn age(&self) -> Duration {
        let at_ms = self.at_ms.load(Ordering::Relaxed);
        Duration::from_millis(self.elapsed_ms().saturating_sub(at_ms))
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
