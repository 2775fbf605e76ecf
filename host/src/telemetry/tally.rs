//! Counters for the operator's metrics: outcomes of requests and deliveries, and heartbeats of loops.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Upper bounds of the buckets of attempts, in milliseconds: from a plugin that only looks to the longest budget.
pub const ATTEMPT_BUCKETS_MS: [u64; 11] = [10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000];

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count<const BUCKETS: usize = 0> {
    /// Number of occurrences.
    pub count: u64,
    /// Total duration.
    pub took: Duration,
    /// Number of occurrences in each bucket (not cumulative); longer ones are in none.
    pub buckets: [u64; BUCKETS],
}

impl<const BUCKETS: usize> Default for Count<BUCKETS> {
    fn default() -> Self {
        Self {
            count: 0,
            took: Duration::ZERO,
            buckets: [0; BUCKETS],
        }
    }
}

/// Counts since the start, in as many buckets as wanted.
#[derive(Debug)]
pub struct Tally<const BUCKETS: usize = 0> {
    /// Upper bounds of the buckets, in milliseconds.
    ends_ms: [u64; BUCKETS],
    counts: Mutex<BTreeMap<Counted, Count<BUCKETS>>>,
}

impl Default for Tally {
    fn default() -> Self {
        Self::with_buckets([])
    }
}

impl<const BUCKETS: usize> Tally<BUCKETS> {
    /// Counts into buckets with these upper bounds, in milliseconds.
    pub fn with_buckets(ends_ms: [u64; BUCKETS]) -> Self {
        Self {
            ends_ms,
            counts: Mutex::default(),
        }
    }

    /// Counts one occurrence.
    pub fn add(&self, counted: Counted, took: Duration) {
        let bucket = self
            .ends_ms
            .partition_point(|end_ms| Duration::from_millis(*end_ms) < took);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(counted).or_default();
        count.count += 1;
        count.took += took;
        if let Some(bucket) = count.buckets.get_mut(bucket) {
            *bucket += 1;
        }
    }

    /// Snapshot of all counters.
    pub fn counts(&self) -> BTreeMap<Counted, Count<BUCKETS>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
