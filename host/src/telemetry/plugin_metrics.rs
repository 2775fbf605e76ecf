//! Metrics recorded by plugins, bounded for each plugin.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

/// Maximum number of series per plugin: a dozen metrics with a dozen label values. A monitor keeps each of them for
/// months.
const SERIES_MAX: usize = 200;

/// Maximum number of labels per series; nobody charts more than four dimensions.
const LABELS_MAX: usize = 4;

const NAME_BYTES_MAX: usize = 64;

/// Upper bounds of the buckets, in milliseconds: from a call to Lark to the time a person takes for a card.
pub const BUCKETS_MS: [u64; 12] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 15_000, 30_000, 60_000, 300_000, 600_000,
];

/// Key of a series, ordered so that series with the same name are adjacent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// Metric name given by the plugin.
    pub name: String,
    /// Name of the plugin.
    pub plugin: Arc<str>,
    /// Labels and values given by the plugin.
    pub labels: Vec<(String, String)>,
}

/// Histogram of durations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Durations {
    /// Count for each of [`BUCKETS_MS`] (not cumulative).
    pub buckets: [u64; BUCKETS_MS.len()],
    /// Total count, including longer ones.
    pub count: u64,
    /// Total duration.
    pub sum_ms: u64,
}

/// Reason why a metric is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetricError {
    /// The name is not valid in Prometheus, or too long.
    #[error("names of metrics and labels have 1 to 64 of a-z, 0-9 and _, and begin with a letter")]
    Name,
    /// A label is reserved for the host, or repeated.
    #[error("a metric has at most {LABELS_MAX} labels with different names, none of them `plugin` or `le`")]
    Labels,
    /// A label value is a text rather than a word.
    #[error("a label value has at most 64 printable characters")]
    Value,
    /// The plugin has too many series.
    #[error("a plugin has at most {SERIES_MAX} series; each combination of labels is one")]
    TooMany,
}

/// Metrics of all plugins; clones share them, and they survive the replacement of a plugin.
///
/// Each plugin has its own lock, so a plugin that counts constantly delays only itself and readers.
#[derive(Debug, Clone, Default)]
pub struct PluginMetrics(Arc<RwLock<Plugins>>);

type Plugins = BTreeMap<Arc<str>, Arc<Mutex<Numbers>>>;

/// Metrics of one plugin.
#[derive(Debug, Default)]
struct Numbers {
    counters: BTreeMap<Series, u64>,
    durations: BTreeMap<Series, Durations>,
}

impl PluginMetrics {
    /// Adds to a counter.
    ///
    /// # Errors
    /// [`MetricError`] when the metric is not accepted.
    pub fn add(&self, series: Series, amount: u64) -> Result<(), MetricError> {
        self.change(
            series,
            |numbers| &mut numbers.counters,
            |counter| {
                *counter = counter.saturating_add(amount);
            },
        )
    }

    /// Records a duration in a histogram.
    ///
    /// # Errors
    /// [`MetricError`] when the metric is not accepted.
    pub fn time(&self, series: Series, ms: u64) -> Result<(), MetricError> {
        self.change(
            series,
            |numbers| &mut numbers.durations,
            |durations| {
                let within = BUCKETS_MS
                    .iter()
                    .zip(&mut durations.buckets)
                    .find(|(end, _)| ms <= **end);
                if let Some((_, bucket)) = within {
                    *bucket += 1;
                }
                durations.count += 1;
                durations.sum_ms = durations.sum_ms.saturating_add(ms);
            },
        )
    }

    fn change<N: Default>(
        &self,
        series: Series,
        kind: impl Fn(&mut Numbers) -> &mut BTreeMap<Series, N>,
        change: impl FnOnce(&mut N),
    ) -> Result<(), MetricError> {
        check(&series)?;
        let numbers = self.of(&series.plugin);
        let mut numbers = locked(&numbers);
        if let Some(number) = kind(&mut numbers).get_mut(&series) {
            change(number);
            return Ok(());
        }
        if numbers.counters.len() + numbers.durations.len() >= SERIES_MAX {
            return Err(MetricError::TooMany);
        }
        change(kind(&mut numbers).entry(series).or_default());
        Ok(())
    }

    fn of(&self, plugin: &Arc<str>) -> Arc<Mutex<Numbers>> {
        let known = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(plugin)
            .map(Arc::clone);
        known.unwrap_or_else(|| {
            let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(Arc::clone(plugin)).or_default())
        })
    }

    fn all<N: Clone>(&self, kind: impl Fn(&Numbers) -> &BTreeMap<Series, N>) -> BTreeMap<Series, N> {
        let plugins: Vec<_> = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .map(Arc::clone)
            .collect();
        plugins
            .iter()
            .flat_map(|numbers| kind(&locked(numbers)).clone())
            .collect()
    }

    /// All counters.
    pub fn counters(&self) -> BTreeMap<Series, u64> {
        self.all(|numbers| &numbers.counters)
    }

    /// All histograms.
    pub fn durations(&self) -> BTreeMap<Series, Durations> {
        self.all(|numbers| &numbers.durations)
    }
}

fn locked(numbers: &Mutex<Numbers>) -> MutexGuard<'_, Numbers> {
    numbers.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check(series: &Series) -> Result<(), MetricError> {
    let names: Vec<&str> = series.labels.iter().map(|(name, _)| name.as_str()).collect();
    if !is_name(&series.name) || !names.iter().all(|name| is_name(name)) {
        return Err(MetricError::Name);
    }
    let is_taken = |(at, name): (usize, &&str)| {
        matches!(*name, "plugin" | "le") || names.iter().take(at).any(|other| other == name)
    };
    if names.len() > LABELS_MAX || names.iter().enumerate().any(is_taken) {
        return Err(MetricError::Labels);
    }
    let is_word = |(_, value): &(String, String)| value.len() <= NAME_BYTES_MAX && !value.chars().any(char::is_control);
    if !series.labels.iter().all(is_word) {
        return Err(MetricError::Value);
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() <= NAME_BYTES_MAX
        && name.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::{Durations, MetricError, PluginMetrics, SERIES_MAX, Series};

    fn series(name: &str, labels: &[(&str, &str)]) -> Series {
        Series {
            name: name.to_owned(),
            plugin: "p".into(),
            labels: labels
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn what_is_counted_adds_up_by_name_and_labels() {
        let metrics = PluginMetrics::default();
        for result in ["ok", "no", "ok"] {
            metrics.add(series("asked", &[("result", result)]), 2).unwrap();
        }
        let counters: Vec<_> = metrics.counters().into_values().collect();
        assert_eq!(counters, [2, 4]);
    }

    #[test]
    fn a_duration_is_in_the_bucket_that_it_ends_in() {
        let metrics = PluginMetrics::default();
        for ms in [100, 101, 600_000, 600_001] {
            metrics.time(series("took", &[]), ms).unwrap();
        }
        let mut wanted = Durations {
            count: 4,
            sum_ms: 1_200_202,
            ..Durations::default()
        };
        (wanted.buckets[0], wanted.buckets[1], wanted.buckets[11]) = (1, 1, 1);
        assert_eq!(metrics.durations().into_values().next(), Some(wanted));
    }

    #[test]
    fn what_a_monitor_would_not_take_is_not_counted() {
        let metrics = PluginMetrics::default();
        let long = "x".repeat(65);
        for (labels, error) in [
            (&[("Result", "x")][..], MetricError::Name),
            (&[("", "x")], MetricError::Name),
            (&[("plugin", "x")], MetricError::Labels),
            (&[("le", "x")], MetricError::Labels),
            (&[("a", "x"), ("a", "y")], MetricError::Labels),
            (
                &[("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", "")],
                MetricError::Labels,
            ),
            (&[("a", "x\ny")], MetricError::Value),
            (&[("a", &long)], MetricError::Value),
        ] {
            assert_eq!(metrics.add(series("asked", labels), 1), Err(error), "{labels:?}");
        }
        for name in ["", "1st", "with-hyphen", "übel", &long] {
            assert_eq!(metrics.time(series(name, &[]), 1), Err(MetricError::Name), "{name}");
        }
        assert!(metrics.counters().is_empty() && metrics.durations().is_empty());
    }

    #[test]
    fn a_plugin_has_so_many_numbers_and_another_one_its_own() {
        let metrics = PluginMetrics::default();
        for n in 0..SERIES_MAX {
            metrics.add(series("asked", &[("n", &n.to_string())]), 1).unwrap();
        }
        assert_eq!(metrics.time(series("took", &[]), 1), Err(MetricError::TooMany));
        assert_eq!(metrics.add(series("asked", &[("n", "7")]), 1), Ok(()), "it is there");
        let of_another = Series {
            plugin: "q".into(),
            ..series("asked", &[])
        };
        assert_eq!(metrics.add(of_another, 1), Ok(()));
    }
}
