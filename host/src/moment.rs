//! A moment on both clocks: the one that deadlines are measured by, and the one that people and the database read.

use tokio::time::Instant;

/// Time at which something began. The clock of day is read once for it; what is later is reckoned from there, so that a clock
/// that is set meanwhile changes nothing.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The monotonic time, for deadlines.
    pub at: Instant,
    /// Milliseconds since 1970, for the database and for plugins.
    pub unix_ms: u64,
}

impl Moment {
    /// The present moment, at which the clock says `unix_ms`.
    pub fn now(unix_ms: u64) -> Self {
        Self {
            at: Instant::now(),
            unix_ms,
        }
    }

    /// Milliseconds since 1970 by now: the time of this moment, and what has passed since.
    pub fn now_ms(&self) -> u64 {
        let passed = u64::try_from(self.at.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.unix_ms.saturating_add(passed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::Moment;

    #[tokio::test(start_paused = true)]
    async fn time_goes_on_from_a_moment() {
        let moment = Moment::now(1_000);
        advance(Duration::from_millis(250)).await;
        assert_eq!((moment.unix_ms, moment.now_ms()), (1_000, 1_250));
    }
}
