//! Whether the clock of this machine is doubted, and until when.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

/// Largest lead over the newest row at which the clock is trusted. A restart takes less time than this, and a wrong time zone
/// is off by at least as much.
const AHEAD_MAX: Duration = Duration::from_hours(1);

/// Longest time that a clock is doubted. By then the operator has seen that Lark's requests are refused as `stale`.
pub const CLOCK_DOUBT_MAX: Duration = Duration::from_hours(24);

/// Doubt of the clock: a flag for those who ask often, and since when.
#[derive(Debug, Default)]
pub(crate) struct Doubt {
    is_open: AtomicBool,
    begun: Mutex<Option<Begun>>,
    /// Whether its row may be in the database.
    pub(crate) is_remembered: AtomicBool,
}

/// Start of a doubt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    pub(crate) newest_ms: u64,
    at: Instant,
}

impl Begun {
    /// A doubt that begins now, if the clock is too far ahead of the newest row.
    pub(crate) fn of(newest_ms: u64, now_ms: u64, at: Instant) -> Option<Self> {
        (now_ms > newest_ms.saturating_add(whole_ms(AHEAD_MAX))).then_some(Self { newest_ms, at })
    }

    /// Time now, if the server was off for no time at all.
    fn believed_ms(&self, at: Instant) -> u64 {
        self.newest_ms
            .saturating_add(whole_ms(at.saturating_duration_since(self.at)))
    }

    /// Reason why it is over, if it is.
    fn end(&self, now_ms: u64, at: Instant) -> Option<&'static str> {
        if at.saturating_duration_since(self.at) >= CLOCK_DOUBT_MAX {
            return Some("the server has run for 24 hours and the clock was not changed");
        }
        let is_put_back = now_ms <= self.believed_ms(at).saturating_add(whole_ms(AHEAD_MAX));
        is_put_back.then_some("the clock was put back")
    }
}

impl Doubt {
    fn lock(&self) -> MutexGuard<'_, Option<Begun>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn begin(&self, begun: Begun) {
        *self.lock() = Some(begun);
        self.is_open.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// The time that is believed; none when the doubt is over.
    pub(crate) fn believed_ms(&self, now_ms: u64) -> Option<u64> {
        let begun = (*self.lock())?;
        let at = Instant::now();
        if let Some(why) = begun.end(now_ms, at) {
            self.end(why);
            return None;
        }
        Some(begun.believed_ms(at))
    }

    /// Ends the doubt, and logs it once.
    pub(crate) fn end(&self, why: &str) {
        let begun = self.lock().take();
        self.is_open.store(false, Ordering::Relaxed);
        if begun.is_some() {
            tracing::info!("The clock is trusted again: {why}. Deliveries expire and old data is deleted as usual");
        }
    }
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);
    const HOUR_MS: u64 = 3_600_000;
    const NEWEST_MS: u64 = 1_000 * HOUR_MS;

    #[test]
    fn a_clock_that_is_ahead_by_no_more_than_an_hour_or_behind_is_not_doubted() {
        for now_ms in [0, NEWEST_MS, NEWEST_MS + HOUR_MS] {
            assert!(Begun::of(NEWEST_MS, now_ms, Instant::now()).is_none(), "{now_ms}");
        }
        assert!(Begun::of(NEWEST_MS, NEWEST_MS + HOUR_MS + 1, Instant::now()).is_some());
    }

    #[test]
    fn a_doubt_ends_after_a_day_of_running() {
        let at = Instant::now();
        let ahead_ms = NEWEST_MS + 48 * HOUR_MS;
        let begun = Begun::of(NEWEST_MS, ahead_ms, at).unwrap();
        for hour in 0..24 {
            let passed = HOUR * hour;
            assert_eq!(begun.end(ahead_ms + whole_ms(passed), at + passed), None, "{hour}");
            assert_eq!(begun.believed_ms(at + passed), NEWEST_MS + whole_ms(passed));
        }
        assert!(begun.end(ahead_ms + 24 * HOUR_MS, at + 24 * HOUR).is_some());
    }

    #[test]
    fn a_doubt_ends_when_the_clock_is_put_back_and_not_when_it_is_put_back_too_little() {
        let at = Instant::now();
        let begun = Begun::of(NEWEST_MS, NEWEST_MS + 48 * HOUR_MS, at).unwrap();
        let later = at + 5 * HOUR;
        assert_eq!(begun.end(NEWEST_MS + 24 * HOUR_MS, later), None);
        assert_eq!(
            begun.end(NEWEST_MS + 5 * HOUR_MS, later),
            Some("the clock was put back")
        );
    }
}
