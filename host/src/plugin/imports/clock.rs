//! The time as a plugin sees it: it starts at what the caller said and goes on from there.

use std::time::Duration;

use tokio::time::Instant;
use wasmtime_wasi::HostWallClock;

/// The clock of one call.
#[derive(Debug, Clone, Copy)]
pub(in crate::plugin) struct CallClock {
    now_ms: u64,
    started: Instant,
}

impl CallClock {
    /// A clock that shows this time, in milliseconds since 1970, at this moment, and runs.
    pub(in crate::plugin) fn starting_at(now_ms: u64, started: Instant) -> Self {
        Self { now_ms, started }
    }

    /// Milliseconds since 1970.
    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(HostWallClock::now(self).as_millis()).unwrap_or(u64::MAX)
    }
}

impl HostWallClock for CallClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        Duration::from_millis(self.now_ms).saturating_add(self.started.elapsed())
    }
}
