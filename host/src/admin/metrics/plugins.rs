//! Metrics recorded by plugins.

use std::time::Duration;

use super::Page;
use crate::telemetry::{BUCKETS_MS, PluginMetrics, Series, metrics::MetricKind};

impl Page {
    /// The names get the prefix `plugin_`, so that they cannot collide with the server's own.
    pub(super) fn of_plugins(&mut self, metrics: &PluginMetrics) {
        let mut named = String::new();
        for (series, count) in metrics.counters() {
            let name = format!("plugin_{}_total", series.name);
            if named != name {
                self.head_of(&name, MetricKind::Counter, "Counted by plugins.");
                named.clone_from(&name);
            }
            self.sample(&name, &labels(&series), count as f64);
        }
        for (series, durations) in metrics.durations() {
            let name = format!("plugin_{}_seconds", series.name);
            if named != name {
                self.head_of(&name, MetricKind::Histogram, "Measured by plugins.");
                named.clone_from(&name);
            }
            let mut within = 0;
            let within = BUCKETS_MS.iter().zip(durations.buckets).map(|(end_ms, count)| {
                within += count;
                (*end_ms, within)
            });
            let took = Duration::from_millis(durations.sum_ms);
            self.histogram(&name, &labels(&series), within, durations.count, took);
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
