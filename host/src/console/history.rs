//! History: what was counted in memory, added to the database once a minute, so that charts show all servers and survive a
//! restart. Requests pay nothing for it: the counters are those of the metrics.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lark_callback_store::Counted;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    admin::AdminState,
    telemetry::{LATENCY_BUCKETS_MS, RequestKind, chain},
};

/// Outcome of what took longer than the last bucket.
pub(super) const LONGER: &str = "longer";

const MINUTE_MS: u64 = 60_000;

/// Kind and outcome.
type Key = (&'static str, String);

/// Counts of this server since the last time that they were written.
pub struct History {
    admin: Arc<AdminState>,
    written: Mutex<BTreeMap<Key, u64>>,
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").finish_non_exhaustive()
    }
}

impl History {
    /// A history of what this server counts from now on.
    pub fn new(admin: Arc<AdminState>) -> Self {
        Self {
            admin,
            written: Mutex::default(),
        }
    }

    /// Writes at the end of each minute, and once more at the stop.
    pub async fn record(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let now_ms = (self.admin.now_ms)();
            let left = Duration::from_millis(MINUTE_MS - now_ms % MINUTE_MS);
            let is_last = tokio::select! {
                () = sleep(left) => false,
                () = stop.cancelled() => true,
            };
            self.write(now_ms / MINUTE_MS).await;
            if is_last {
                return;
            }
        }
    }

    async fn write(&self, minute: u64) {
        let totals = self.totals();
        let counts = since(&self.written(), &totals, minute);
        if counts.is_empty() {
            return;
        }
        match self.admin.store.add_counts(counts).await {
            Ok(()) => *self.written() = totals,
            Err(error) => tracing::warn!(
                error = chain(&error),
                "Could not write the counts of the last minute, which the console shows; they are written with the next ones"
            ),
        }
    }

    /// What is not written yet.
    pub(super) fn pending(&self) -> Vec<Counted> {
        since(&self.written(), &self.totals(), (self.admin.now_ms)() / MINUTE_MS)
    }

    /// All counters since the start.
    fn totals(&self) -> BTreeMap<Key, u64> {
        let mut totals = BTreeMap::new();
        let mut add = |kind, outcome: &str, number| *totals.entry((kind, outcome.to_owned())).or_default() += number;
        for (counted, count) in self.admin.dispatcher.requests() {
            add(counted.kind, counted.outcome, count.count);
        }
        for (counted, count) in self.admin.dispatcher.attempts() {
            add("attempt", counted.outcome, count.count);
        }
        for (refused, count) in self.admin.refusals.counts() {
            add("refused", refused.reason, count);
        }
        for app in self.admin.apps.now().iter() {
            for (_, kind, latency) in app.latencies.seen() {
                let kind = match kind {
                    RequestKind::Callback => "took_callback",
                    RequestKind::Event => "took_event",
                    _ => continue,
                };
                let mut below = 0;
                for (end_ms, within) in LATENCY_BUCKETS_MS.iter().zip(latency.within) {
                    add(kind, &end_ms.to_string(), within.saturating_sub(below));
                    below = within;
                }
                add(kind, LONGER, latency.count.saturating_sub(below));
            }
        }
        totals
    }

    fn written(&self) -> MutexGuard<'_, BTreeMap<Key, u64>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Difference of two snapshots.
fn since(before: &BTreeMap<Key, u64>, now: &BTreeMap<Key, u64>, minute: u64) -> Vec<Counted> {
    let counts = now.iter().filter_map(|(key, total)| {
        let number = total.saturating_sub(before.get(key).copied().unwrap_or_default());
        (number > 0).then(|| Counted {
            minute,
            kind: key.0.to_owned(),
            outcome: key.1.clone(),
            number,
        })
    });
    counts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_not_written_is_added() {
        let totals =
            |ok, trap| BTreeMap::from([(("event", "ok".to_owned()), ok), (("event", "trap".to_owned()), trap)]);
        let added = since(&totals(5, 1), &totals(8, 1), 7);
        let expected = Counted {
            minute: 7,
            kind: "event".to_owned(),
            outcome: "ok".to_owned(),
            number: 3,
        };
        assert_eq!(added, [expected]);
        // An application that was taken away takes its counters along.
        assert_eq!(since(&totals(5, 1), &BTreeMap::new(), 7), []);
    }
}
