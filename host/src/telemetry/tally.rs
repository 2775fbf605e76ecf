//! What is counted for the operator's metrics: ends of requests and deliveries, and whether a loop still turns.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// What is counted together. Kinds and outcomes are words of ours, plugins are files of the operator's, so there are never
/// many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    /// `callback`, `event`, `task`, `late`, `update`.
    pub kind: &'static str,
    /// Whose it was; empty when it was nobody's.
    pub plugin: Arc<str>,
    /// A word for how it ended.
    pub outcome: &'static str,
}

/// How many, and how long they took together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub count: u64,
    /// Together.
    pub took: Duration,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub struct Tally(Mutex<BTreeMap<Counted, Count>>);

impl Tally {
    /// One more.
    pub fn add(&self, counted: Counted, took: Duration) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(counted).or_default();
        count.count += 1;
        count.took += took;
    }

    /// All of them.
    pub fn counts(&self) -> BTreeMap<Counted, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// When a loop turned last.
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
    /// It turned.
    pub fn beat(&self) {
        self.at_ms.store(self.elapsed_ms(), Ordering::Relaxed);
    }

    /// How long ago it turned.
    pub fn age(&self) -> Duration {
        let at_ms = self.at_ms.load(Ordering::Relaxed);
        Duration::from_millis(self.elapsed_ms().saturating_sub(at_ms))
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
