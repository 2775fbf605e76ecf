//! Durations of requests and attempts, and histograms in the text format.

use std::{collections::BTreeMap, time::Duration};

use super::Page;
use crate::{
    apps::Apps,
    telemetry::{ATTEMPT_BUCKETS_MS, Count, Counted, LATENCY_BUCKETS_MS, metrics},
};

/// The kind and plugin of attempts, and what was counted of them.
type Attempts<'a> = BTreeMap<(&'a str, &'a str), Count<{ ATTEMPT_BUCKETS_MS.len() }>>;

impl Page {
    /// Request latencies, from the end of the header, or the last fragment of a push, until the answer is built. Kinds
    /// without any request are left out.
    pub(super) fn latencies(&mut self, apps: &Apps) {
        let metric = &metrics::REQUEST_DURATION;
        self.head(metric);
        for app in apps.now().iter() {
            for (via, kind, latency) in app.latencies.seen() {
                let labels = [("app", &*app.app_id), ("kind", kind.word()), ("transport", via.word())];
                let within = LATENCY_BUCKETS_MS.iter().copied().zip(latency.within);
                self.histogram(metric.name, &labels, within, latency.count, latency.took);
            }
        }
    }

    /// Durations of attempts. Outcomes are added up: a plugin that is slow and fails is slow.
    pub(super) fn attempts(&mut self, counts: &BTreeMap<Counted, Count<{ ATTEMPT_BUCKETS_MS.len() }>>) {
        let metric = &metrics::ATTEMPT_DURATION;
        self.head(metric);
        let mut attempts = Attempts::new();
        for (counted, count) in counts {
            let sum = attempts.entry((counted.kind, &counted.plugin)).or_default();
            sum.count += count.count;
            sum.took += count.took;
            for (sum, bucket) in sum.buckets.iter_mut().zip(count.buckets) {
                *sum += bucket;
            }
        }
        for ((kind, plugin), count) in attempts {
            let mut within = 0;
            let within = ATTEMPT_BUCKETS_MS.iter().zip(count.buckets).map(|(end_ms, bucket)| {
                within += bucket;
                (*end_ms, within)
            });
            let labels = [("kind", kind), ("plugin", plugin)];
            self.histogram(metric.name, &labels, within, count.count, count.took);
        }
    }

    /// Writes one histogram. `within` holds for each bucket its upper bound in milliseconds and its cumulative count.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        labels: &[(&str, &str)],
        within: impl IntoIterator<Item = (u64, u64)>,
        count: u64,
        took: Duration,
    ) {
        let bucket = format!("{name}_bucket");
        let ends = within
            .into_iter()
            .map(|(end_ms, count)| ((end_ms as f64 / 1000.0).to_string(), count));
        for (end, count) in ends.chain([("+Inf".to_owned(), count)]) {
            let labels = [labels, &[("le", end.as_str())]].concat();
            self.sample(&bucket, &labels, count as f64);
        }
        self.sample(&format!("{name}_sum"), labels, took.as_secs_f64());
        self.sample(&format!("{name}_count"), labels, count as f64);
    }
}
