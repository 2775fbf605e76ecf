//! A system clock that is far ahead of the newest row when the server starts: it is wrong, or the server was off for that long.
//! Until there is evidence that it is right, no delivery expires and nothing is deleted.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::CLOCK_MS;
use crate::{Store, StoreError, either::on_either, signed, stored::millis};

/// Largest lead over the newest row at which the clock is trusted. A restart takes less time than this, and a wrong time zone
/// is off by at least as much.
const AHEAD_MAX: Duration = Duration::from_hours(1);

/// Longest time that a clock is doubted. By then the operator has seen that Lark's requests are refused as `stale`.
pub const CLOCK_DOUBT_MAX: Duration = Duration::from_hours(24);

/// Row that says that the clock is doubted, with the time that the server assumes instead. Every other row that it writes
/// meanwhile carries the doubted clock, so the next start must not use those as evidence.
const LEASE: &str = "clock/doubted";

/// Newest time in the database: that of the row above if it is there, else of the newest heartbeat or event. A server that was
/// idle has heartbeats only.
const NEWEST: &str = "select coalesce(
    (select until_ms from leases where name = $1),
    (select max(at_ms) from (
        select until_ms as at_ms from leases
        union all select received_at_ms from events where id = (select max(id) from events)) rows_at))";

const REMEMBER: &str = "insert into leases (name, holder, until_ms) values ($1, $2, $3)
    on conflict (name) do update set holder = excluded.holder, until_ms = excluded.until_ms";

/// Doubt of the clock: a flag for those who ask often, and since when.
#[derive(Debug, Default)]
pub(crate) struct Doubt {
    is_open: AtomicBool,
    begun: Mutex<Option<Begun>>,
    /// Whether its row may be in the database.
    is_remembered: AtomicBool,
}

/// Start of a doubt.
#[derive(Debug, Clone, Copy)]
struct Begun {
    newest_ms: u64,
    at: Instant,
}

impl Begun {
    /// A doubt that begins now, if the clock is too far ahead of the newest row.
    fn of(newest_ms: u64, now_ms: u64, at: Instant) -> Option<Self> {
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

    fn begin(&self, begun: Begun) {
        *self.lock() = Some(begun);
        self.is_open.store(true, Ordering::Relaxed);
    }

    /// Ends the doubt, and logs it once.
    fn end(&self, why: &str) {
        let begun = self.lock().take();
        self.is_open.store(false, Ordering::Relaxed);
        if begun.is_some() {
            tracing::info!("The clock is trusted again: {why}. Deliveries expire and old data is deleted as usual");
        }
    }
}

impl Store {
    /// Compares the clock with the newest row, before anything is done by it. To be called once, before this server shows
    /// that it lives. If the clock is doubted, the time of the newest row.
    ///
    /// # Errors
    /// When the newest row could not be read, or a doubt not be written down for the next start.
    pub async fn compare_clock(&self, now_ms: u64) -> Result<Option<u64>, StoreError> {
        let doubt = &self.shared.doubt;
        // Whatever is there of an earlier start is either taken over or deleted.
        doubt.is_remembered.store(true, Ordering::Relaxed);
        let newest_ms: Option<i64> = self
            .read("read of the newest row", async {
                on_either!(&*self.readers, readers => {
                    sqlx::query_scalar(NEWEST).bind(LEASE).fetch_one(readers).await
                })
            })
            .await?;
        let Some(begun) = newest_ms.and_then(|newest| Begun::of(millis(newest), now_ms, Instant::now())) else {
            self.remember_doubt(None).await?;
            return Ok(None);
        };
        doubt.begin(begun);
        self.remember_doubt(Some(begun.newest_ms)).await?;
        Ok(Some(begun.newest_ms))
    }

    /// Whether the clock is doubted. One load of an atomic.
    pub fn doubts_clock(&self) -> bool {
        self.shared.doubt.is_open.load(Ordering::Relaxed)
    }

    /// Tells the time at which Lark made something, as proved by its keys, and the time at which it came.
    pub fn hear_time(&self, lark_ms: u64, now_ms: u64) {
        if self.doubts_clock() && lark_ms.abs_diff(now_ms) <= CLOCK_MS {
            self.shared.doubt.end("the time of an event from Lark agrees with it");
        }
    }

    /// The time that is believed while the clock is doubted; none when it is not, or not any more.
    pub fn doubted_clock(&self, now_ms: u64) -> Option<u64> {
        let begun = (*self.shared.doubt.lock())?;
        let at = Instant::now();
        if let Some(why) = begun.end(now_ms, at) {
            self.shared.doubt.end(why);
            return None;
        }
        Some(begun.believed_ms(at))
    }

    /// Has the next start doubt the clock too if it is far ahead of the time that is believed now; with none, it is trusted.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn remember_doubt(&self, believed_ms: Option<u64>) -> Result<(), StoreError> {
        let is_remembered = &self.shared.doubt.is_remembered;
        let Some(believed_ms) = believed_ms else {
            if is_remembered.load(Ordering::Relaxed) {
                self.forget_doubt().await?;
                is_remembered.store(false, Ordering::Relaxed);
            }
            return Ok(());
        };
        is_remembered.store(true, Ordering::Relaxed);
        let node = self.node().to_owned();
        self.step(move |connection| {
            Box::pin(async move {
                on_either!(connection, connection => {
                    sqlx::query(REMEMBER)
                        .bind(LEASE)
                        .bind(node)
                        .bind(signed(believed_ms))
                        .execute(connection)
                        .await
                        .map(|_| ())
                })
            })
        })
        .await
    }

    /// Another server that doubts its clock writes its row again within a round of the sweep.
    async fn forget_doubt(&self) -> Result<(), StoreError> {
        self.step(move |connection| {
            Box::pin(async move {
                on_either!(connection, connection => {
                    sqlx::query("delete from leases where name = $1")
                        .bind(LEASE)
                        .execute(connection)
                        .await
                        .map(|_| ())
                })
            })
        })
        .await
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
