//! Refused requests of the last ten minutes.

use std::collections::{BTreeMap, VecDeque};

use crate::telemetry::Refusals;

/// Length of the window.
const WINDOW_MS: u64 = 600_000;

/// Distance between two samples at least, so that a short interval keeps few of them.
const SAMPLE_MS: u64 = 1_000;

/// Reasons for which a request could not be verified. Others (a wrong path, a slow sender) are scanners and networks.
const UNVERIFIED: [&str; 11] = [
    "missing_headers",
    "timestamp_format",
    "nonce_format",
    "signature",
    "no_key",
    "decrypt",
    "plain_body",
    "legacy_card",
    "token",
    "stale",
    "future",
];

/// Counts by reason.
type Counts = BTreeMap<&'static str, u64>;

/// Samples of the counters, oldest first.
#[derive(Debug, Default)]
pub(super) struct Window(VecDeque<(u64, Counts)>);

impl Window {
    /// Takes a sample.
    pub(super) fn look(&mut self, refusals: &Refusals, now_ms: u64) {
        let mut counts = Counts::new();
        for (refused, count) in refusals.counts() {
            // Without an application it came to a path that nobody serves.
            if !refused.app.is_empty() && UNVERIFIED.contains(&refused.reason) {
                *counts.entry(refused.reason).or_default() += count;
            }
        }
        self.add(counts, now_ms);
    }

    fn add(&mut self, counts: Counts, now_ms: u64) {
        // A clock that was set back would keep old samples for ever.
        self.0.retain(|(at, _)| *at <= now_ms);
        // The newest sample before the window is where it begins.
        while self
            .0
            .get(1)
            .is_some_and(|(at, _)| at.saturating_add(WINDOW_MS) <= now_ms)
        {
            self.0.pop_front();
        }
        if self.0.len() > 1
            && self
                .0
                .back()
                .is_some_and(|(at, _)| at.saturating_add(SAMPLE_MS) > now_ms)
        {
            self.0.pop_back();
        }
        self.0.push_back((now_ms, counts));
    }

    /// Refused within the window, by reason.
    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        let (Some((_, first)), Some((_, last))) = (self.0.front(), self.0.back()) else {
            return BTreeMap::new();
        };
        let new = |(reason, count): (&&'static str, &u64)| {
            let before = first.get(*reason).copied().unwrap_or_default();
            ((*reason).to_owned(), count.saturating_sub(before))
        };
        last.iter().map(new).filter(|(_, count)| *count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_ten_minutes_count() {
        let mut window = Window::default();
        for (minute, count) in [(0, 0), (1, 50), (9, 60), (12, 60)] {
            window.add(Counts::from([("signature", count)]), minute * 60_000);
        }
        assert_eq!(window.counts(), BTreeMap::from([("signature".to_owned(), 10)]));
        window.add(Counts::from([("signature", 60)]), 40 * 60_000);
        assert_eq!(window.counts(), BTreeMap::new());
    }

    #[test]
    fn a_short_interval_keeps_no_more_than_a_sample_a_second() {
        let mut window = Window::default();
        for tick in 0..100_000 {
            window.add(Counts::new(), tick * 100);
        }
        assert!(window.0.len() < 700, "{}", window.0.len());
    }

    #[test]
    fn scanners_on_other_paths_do_not_count() {
        let (refusals, mut window) = (Refusals::default(), Window::default());
        window.look(&refusals, 0);
        for (app, reason) in [("", "signature"), ("cli_a", "not_found"), ("cli_a", "token")] {
            refusals.count(crate::telemetry::Refused {
                app: app.into(),
                reason,
            });
        }
        window.look(&refusals, 5_000);
        assert_eq!(window.counts(), BTreeMap::from([("token".to_owned(), 1)]));
    }
}
