//! Clock used for deleting: it does not trust a sudden jump ahead.
//!
//! Otherwise a server whose clock is a day ahead for one minute would delete all its receipts and process events again
//! when Lark resends them. Keeping data too long is harmless.

use std::time::Duration;

use lark_callback_store::{CLOCK_DOUBT_MAX, Store, StoreError};
use tokio::time::Instant;

use crate::telemetry::utc;

/// Tolerated lead over the elapsed time: machines sleep, and clocks are corrected by seconds.
const TOLERANCE: Duration = Duration::from_mins(10);

/// Compares the clock with the newest row in the database before anything is deleted, and warns when it looks wrong.
///
/// # Errors
/// When the newest row could not be read, or the doubt could not be saved for the next start.
pub async fn compare_clock(store: &Store, now_ms: u64) -> Result<(), StoreError> {
    if let Some(newest_ms) = store.compare_clock(now_ms).await? {
        tracing::warn!(
            newest_row = utc(newest_ms),
            clock = utc(now_ms),
            "The clock is more than an hour ahead of the newest row in the database. Either the server was off for that long, \
             or the clock is wrong, so no delivery expires and no old data is deleted for now. This ends with the first event \
             from Lark whose time agrees with the clock, when the clock is put back, or after 24 hours. If the clock is \
             wrong, correct it now"
        );
    }
    Ok(())
}

/// Clock with its last reading.
#[derive(Debug)]
pub(super) struct Clock {
    believed_ms: u64,
    read_at: Instant,
    doubted_since: Option<Instant>,
}

impl Clock {
    /// Starts trusting the clock; the store compares it with the newest row at startup.
    pub(super) fn new(now_ms: u64) -> Self {
        Self {
            believed_ms: now_ms,
            read_at: Instant::now(),
            doubted_since: None,
        }
    }

    /// Returns the trusted time, given a clock reading of `now_ms`.
    pub(super) fn read(&mut self, now_ms: u64) -> u64 {
        let now = Instant::now();
        let passed_ms = self.believed_ms.saturating_add(millis(now - self.read_at));
        self.read_at = now;
        let is_ahead = now_ms > passed_ms.saturating_add(millis(TOLERANCE));
        let is_doubted = is_ahead && now - *self.doubted_since.get_or_insert(now) < CLOCK_DOUBT_MAX;
        if !is_doubted {
            self.doubted_since = None;
        }
        self.believed_ms = if is_doubted { passed_ms } else { now_ms };
        self.believed_ms
    }

    /// Whether the clock was ahead at the last reading.
    pub(super) fn is_doubted(&self) -> bool {
        self.doubted_since.is_some()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);
    const MINUTE_MS: u64 = 60_000;
    const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_goes_as_time_goes_is_believed() {
        let mut clock = Clock::new(0);
        advance(MINUTE).await;
        assert_eq!(clock.read(MINUTE_MS), MINUTE_MS);
        assert_eq!(clock.read(5 * MINUTE_MS), 5 * MINUTE_MS, "put right by a little");
        assert_eq!(clock.read(MINUTE_MS), MINUTE_MS, "put back");
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_ahead_for_a_while_is_not_believed() {
        let mut clock = Clock::new(0);
        for minute in 1..60 {
            advance(MINUTE).await;
            assert_eq!(clock.read(DAY_MS + minute * MINUTE_MS), minute * MINUTE_MS);
        }
        advance(MINUTE).await;
        assert_eq!(clock.read(60 * MINUTE_MS), 60 * MINUTE_MS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_stays_ahead_is_believed_after_a_day() {
        let mut clock = Clock::new(0);
        for minute in 0..=24 * 60 {
            assert_eq!(clock.read(DAY_MS + minute * MINUTE_MS) < DAY_MS, minute < 24 * 60);
            advance(MINUTE).await;
        }
        assert_eq!(
            clock.read(3 * DAY_MS),
            DAY_MS + (24 * 60 + 1) * MINUTE_MS,
            "and doubted anew"
        );
    }
}
