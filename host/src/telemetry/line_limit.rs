//! Rate limit for log lines that strangers can cause: a small burst, then a trickle, and a count of suppressed lines.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::rejected::{Diagnosis, Rejected, Ring};

/// Burst size per reason. It lets a person who is setting something up see each of their attempts.
const BURST: u32 = 5;

/// Time until one more line is allowed.
const REFILL: Duration = Duration::from_secs(2);

/// Interval of the summary of suppressed lines.
const SUM_EVERY: Duration = Duration::from_secs(10);

/// Token bucket for the lines of one reason.
#[derive(Debug)]
pub struct LineLimit {
    lines: u32,
    refilled_at: Instant,
    refill: Duration,
    left_out: u64,
}

impl Default for LineLimit {
    fn default() -> Self {
        Self::new(BURST, REFILL)
    }
}

impl LineLimit {
    /// Allows `burst` lines, and one more for each `refill` that passes.
    pub fn new(burst: u32, refill: Duration) -> Self {
        Self {
            lines: burst,
            refilled_at: Instant::now(),
            refill,
            left_out: 0,
        }
    }

    /// Whether another line may be written; if not, it is counted as suppressed.
    pub fn admits(&mut self) -> bool {
        let now = Instant::now();
        if self.lines == 0 && now >= self.refilled_at + self.refill {
            self.lines = 1;
        }
        let Some(lines) = self.lines.checked_sub(1) else {
            self.left_out += 1;
            return false;
        };
        self.lines = lines;
        self.refilled_at = now;
        true
    }

    /// Takes the number of lines suppressed since the last call.
    pub fn take_left_out(&mut self) -> u64 {
        std::mem::take(&mut self.left_out)
    }
}

/// Refused requests by application and reason: all are counted, a few are logged and kept. Reasons are fixed words and
/// applications come from the settings, so the map stays small.
#[derive(Debug, Default)]
pub struct Refusals {
    counts: Mutex<BTreeMap<Refused, (u64, LineLimit)>>,
    last: Ring,
}

/// Key of a counter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refused {
    /// `cli_…`; empty when the request belonged to no application.
    pub app: Arc<str>,
    /// Stable word for the reason.
    pub reason: &'static str,
}

impl Refusals {
    /// Counts a refusal; returns whether it may be logged.
    pub fn add(&self, refused: Refused) -> bool {
        let mut refusals = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, limit) = refusals.entry(refused).or_default();
        *count += 1;
        limit.admits()
    }

    /// Counts a refusal that is never logged.
    pub fn count(&self, refused: Refused) {
        let mut refusals = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.entry(refused).or_default().0 += 1;
    }

    /// Keeps one that may be logged; returns its number.
    pub fn keep(&self, rejected: Rejected) -> u64 {
        self.last.keep(rejected)
    }

    /// Adds what a kept one was found to be.
    pub fn diagnose(&self, number: u64, diagnosis: Diagnosis) {
        self.last.diagnose(number, diagnosis);
    }

    /// The last ones, newest first.
    pub fn last(&self) -> Vec<Rejected> {
        self.last.newest_first()
    }

    /// Diagnoses since the start, by application and word.
    pub fn diagnosed(&self) -> BTreeMap<(Arc<str>, &'static str), u64> {
        self.last.diagnosed()
    }

    /// Counts since the start.
    pub fn counts(&self) -> BTreeMap<Refused, u64> {
        let refusals = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = refusals.iter().map(|(refused, (count, _))| (refused.clone(), *count));
        counts.collect()
    }

    /// Logs summaries of suppressed lines until `stop`, and a last one then.
    pub async fn sum_up(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let stops = tokio::select! {
                () = tokio::time::sleep(SUM_EVERY) => false,
                () = stop.cancelled() => true,
            };
            self.log_left_out();
            if stops {
                return;
            }
        }
    }

    fn log_left_out(&self) {
        let mut refusals = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (refused, (_, limit)) in &mut *refusals {
            let left_out = limit.take_left_out();
            if left_out > 0 {
                tracing::warn!(
                    app.id = &*refused.app,
                    reason = refused.reason,
                    left_out,
                    "More requests were refused for this reason; counted here instead of logged one by one"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(reason: &'static str) -> Refused {
        Refused {
            app: "cli_a".into(),
            reason,
        }
    }

    fn written(refusals: &Refusals, reason: &'static str, requests: usize) -> usize {
        (0..requests).filter(|_| refusals.add(refused(reason))).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_one_reason_writes_a_few_lines_and_hides_no_other_reason() {
        let refusals = Refusals::default();
        assert_eq!(written(&refusals, "signature", 10_000), 5);
        assert_eq!(written(&refusals, "token", 1), 1);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(written(&refusals, "signature", 10_000), 0);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(written(&refusals, "signature", 10_000), 1);
        assert_eq!(refusals.counts()[&refused("signature")], 30_000, "all are counted");
    }

    #[tokio::test(start_paused = true)]
    async fn a_day_of_flood_writes_no_more_than_a_line_for_each_refill() {
        let refusals = Refusals::default();
        let mut lines = 0;
        for _ in 0..86_400 {
            lines += written(&refusals, "signature", 3);
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert!(lines <= 43_205, "{lines}");
    }

    #[test]
    fn what_was_left_out_is_summed_once() {
        let mut limit = LineLimit::new(1, Duration::from_secs(60));
        let written = (0..10).filter(|_| limit.admits()).count();
        assert_eq!((written, limit.take_left_out(), limit.take_left_out()), (1, 9, 0));
    }
}
