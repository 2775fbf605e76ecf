//! Request latencies, and histograms in the text format.

use std::time::Duration;

use super::Page;
use crate::{apps::Apps, telemetry::LATENCY_BUCKETS_MS};

impl Page {
    /// Request latencies, from the end of the header until the answer is built. Kinds without any request are left out.
    pub(super) fn latencies(&mut self, apps: &Apps) {
        let name = "request_duration_seconds";
        self.head(
            name,
            "histogram",
            "Time from the header of a request to its answer, by application and kind. Lark waits 3 s.",
        );
        for app in apps.iter() {
            for (kind, latency) in app.latencies.seen() {
                let labels = [("app", &*app.app_id), ("kind", kind.word())];
                let within = LATENCY_BUCKETS_MS.iter().copied().zip(latency.within);
                self.histogram(name, &labels, within, latency.count, latency.took);
            }
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
            self.line(&bucket, &labels, count as f64);
        }
        self.line(&format!("{name}_sum"), labels, took.as_secs_f64());
        self.line(&format!("{name}_count"), labels, count as f64);
    }
}
