//! Deliveries whose last attempt never came to an end: its server was killed, or lost its database.

use std::sync::Arc;

use super::numbers::signed;

/// Number of attempts of a delivery that were lost. One of those that were lost may be what kills the server, so they are
/// claimed apart from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// Never.
    Never,
    /// Once: it was held by a server that was killed, as were many others.
    Once,
    /// Again.
    Again,
}

/// The outcome of an attempt that never came to an end.
pub(crate) const LOST: &str = "lost";

/// Its error.
pub(crate) const LOST_ERROR: &str =
    "the server ended, or lost its database, before this attempt came to an end; it may have been done in part";

/// Attempts that are over without an end, and when their deliveries are tried next.
#[derive(Clone)]
pub(crate) struct Over {
    /// The time, in milliseconds since 1970.
    pub(crate) now_ms: u64,
    /// No lease lasts as long as this.
    pub(crate) never_ms: u64,
    pub(crate) wait_ms: Arc<dyn Fn(i64, u32) -> u64 + Send + Sync>,
}

impl Over {
    /// When a delivery is tried next that was lost so many times before.
    pub(crate) fn next_at_ms(&self, delivery: i64, lost: u32) -> i64 {
        signed(self.now_ms.saturating_add((self.wait_ms)(delivery, lost)))
    }
}
