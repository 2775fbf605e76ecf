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

/// The milliseconds from one moment to a later one, rounded: of a limit that began a few microseconds ago, the limit.
pub fn ms_between(begun: Instant, until: Instant) -> u64 {
    let micros = until.saturating_duration_since(begun).as_micros();
    u64::try_from((micros + 500) / 1_000).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, advance};

    use super::{Moment, ms_between};

    #[tokio::test(start_paused = true)]
    async fn time_goes_on_from_a_moment() {
        let moment = Moment::now(1_000);
        advance(Duration::from_millis(250)).await;
        assert_eq!((moment.unix_ms, moment.now_ms()), (1_000, 1_250));
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_has_just_begun_is_told_in_full() {
        let until = Instant::now() + Duration::from_secs(10);
        advance(Duration::from_micros(70)).await;
        assert_eq!(ms_between(Instant::now(), until), 10_000);
        assert_eq!(ms_between(until, Instant::now()), 0);
    }
}
