//! Counters of spans for the operator's metrics.

use std::sync::atomic::AtomicU64;

/// Counts of spans, by what became of them.
#[derive(Debug, Default)]
pub struct SpanCounts {
    /// The collector took them.
    pub exported: AtomicU64,
    /// The queue was full.
    pub dropped: AtomicU64,
    /// The collector did not take them.
    pub failed: AtomicU64,
}
