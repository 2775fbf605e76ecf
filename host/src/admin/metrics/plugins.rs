//! What plugins count and measure on their own.

use super::Page;
use crate::telemetry::{BUCKETS_MS, PluginMetrics, Series};

impl Page {
    /// Under names that begin with `plugin_`, so that none is one of the server's.
    pub(super) fn of_plugins(&mut self, metrics: &PluginMetrics) {
        let mut named = String::new();
        for (series, count) in metrics.counters() {
            let name = format!("plugin_{}_total", series.name);
            if named != name {
                self.head(&name, "counter", "Counted by plugins.");
                named.clone_from(&name);
            }
            self.line(&name, &labels(&series), count as f64);
        }
        for (series, durations) in metrics.durations() {
            let name = format!("plugin_{}_seconds", series.name);
            if named != name {
                self.head(&name, "histogram", "Measured by plugins.");
                named.clone_from(&name);
            }
            let (bucket, mut within) = (format!("{name}_bucket"), 0);
            for (end_ms, count) in BUCKETS_MS.iter().zip(durations.buckets) {
                within += count;
                let end = (*end_ms as f64 / 1000.0).to_string();
                self.line(&bucket, &with_end(&series, &end), within as f64);
            }
            self.line(&bucket, &with_end(&series, "+Inf"), durations.count as f64);
            self.line(
                &format!("{name}_sum"),
                &labels(&series),
                durations.sum_ms as f64 / 1000.0,
            );
            self.line(&format!("{name}_count"), &labels(&series), durations.count as f64);
        }
    }
}

fn labels(series: &Series) -> Vec<(&str, &str)> {
    let own = series
        .labels
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    own.chain([("plugin", &*series.plugin)]).collect()
}

fn with_end<'a>(series: &'a Series, end: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut labels = labels(series);
    labels.push(("le", end));
    labels
}
