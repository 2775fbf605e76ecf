//! How long answers took, against the 3 s that Lark waits.

use maud::{Markup, html};

use super::{chart::axis, readings::Readings};
use crate::{
    console::{history::LONGER, language::say, view::View},
    telemetry::LATENCY_BUCKETS_MS,
};

/// Time that Lark waits, in milliseconds.
const LARK_MS: u64 = 3_000;

/// Highest time of the drawing, in milliseconds; longer ones are at its edge.
const TOP_MS: f64 = 15_000.0;

const HEIGHT: f64 = 100.0;
const STEP: usize = 10;

/// Histograms of one kind: of the whole span, and of each part.
#[derive(Debug)]
pub(super) struct Latency {
    all: Histogram,
    parts: Vec<Histogram>,
}

/// Numbers by bucket; the last one holds what took longer.
type Histogram = [u64; LATENCY_BUCKETS_MS.len() + 1];

impl Latency {
    pub(super) fn of(readings: &Readings, kind: &str) -> Self {
        let count = usize::try_from(readings.span.parts()).unwrap_or_default();
        let mut latency = Self {
            all: Histogram::default(),
            parts: vec![Histogram::default(); count],
        };
        let ends = LATENCY_BUCKETS_MS.iter().map(u64::to_string).chain([LONGER.to_owned()]);
        for (bucket, end) in ends.enumerate() {
            let series = readings.series(kind, |outcome| outcome == end);
            for (part, number) in latency.parts.iter_mut().zip(series) {
                for histogram in [part, &mut latency.all] {
                    if let Some(sum) = histogram.get_mut(bucket) {
                        *sum += number;
                    }
                }
            }
        }
        latency
    }

    /// Time within which this share was answered, in milliseconds.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        quantile(&self.all, share)
    }

    /// How many took longer than Lark waits, and of how many.
    pub(super) fn beyond(&self) -> (u64, u64) {
        let within = LATENCY_BUCKETS_MS.partition_point(|end_ms| *end_ms <= LARK_MS);
        (self.all.iter().skip(within).sum(), self.all.iter().sum())
    }

    /// Share that took longer.
    pub(super) fn beyond_text(&self) -> String {
        match self.beyond() {
            (0, _) => "0 %".to_owned(),
            (beyond, all) => format!("{:.2} %", beyond as f64 * 100.0 / all as f64),
        }
    }
}

/// By interpolation within the bucket, as Prometheus does.
fn quantile(histogram: &Histogram, share: f64) -> Option<f64> {
    let total: u64 = histogram.iter().sum();
    if total == 0 {
        return None;
    }
    let (wanted, mut below, mut from_ms) = (total as f64 * share, 0.0, 0.0);
    for (number, end_ms) in histogram.iter().zip(LATENCY_BUCKETS_MS) {
        let (number, end_ms) = (*number as f64, end_ms as f64);
        if number > 0.0 && below + number >= wanted {
            return Some(from_ms + (end_ms - from_ms) * (wanted - below) / number);
        }
        below += number;
        from_ms = end_ms;
    }
    Some(TOP_MS)
}

/// Time for people.
pub(super) fn shown(ms: Option<f64>) -> String {
    match ms {
        None => "—".to_owned(),
        Some(ms) if ms >= TOP_MS => "> 15 s".to_owned(),
        Some(ms) if ms >= 1_000.0 => format!("{:.2} s", ms / 1_000.0),
        Some(ms) if ms >= 10.0 => format!("{ms:.0} ms"),
        Some(ms) => format!("{ms:.1} ms"),
    }
}

/// Height of a time in the drawing; each factor of ten takes the same room.
fn y(ms: f64) -> f64 {
    let share = ms.clamp(1.0, TOP_MS).ln() / TOP_MS.ln();
    (HEIGHT * (1.0 - share) * 10.0).round() / 10.0
}

/// Lines through the parts in which there was something.
fn lines(latency: &Latency, share: f64) -> Vec<String> {
    let points = latency.parts.iter().enumerate().map(|(index, part)| {
        let (x, y) = (index * STEP + STEP / 2, y(quantile(part, share)?));
        Some((x, y))
    });
    let points: Vec<_> = points.collect();
    let runs = points.split(Option::is_none).filter(|run| !run.is_empty());
    let line = |run: &[Option<(usize, f64)>]| {
        let mut line = String::new();
        for (index, (x, y)) in run.iter().flatten().enumerate() {
            let verb = if index == 0 { "M" } else { " L" };
            line.push_str(&format!("{verb}{x} {y}"));
        }
        // A single point has no length; so it gets some.
        if run.len() == 1 {
            line.push_str(" h4");
        }
        line
    };
    runs.map(line).collect()
}

pub(super) fn card(view: &View, readings: &Readings, latency: &Latency, title: &str) -> Markup {
    let (p50, p99) = (shown(latency.quantile(0.5)), shown(latency.quantile(0.99)));
    let beyond = latency.beyond_text();
    let told = say!(
        view,
        "{title}: half within {p50}, 99 % within {p99}, {beyond} over 3 s",
        "{title}：一半在 {p50} 内，99 % 在 {p99} 内，{beyond} 超过 3 秒"
    );
    let limit = y(LARK_MS as f64);
    html! {
        section.card.chart {
            h2 { (title) }
            div.plot {
                span.top { "15 s" }
                span.limit-at { "3 s" }
                svg viewBox={ "0 0 " (latency.parts.len() * STEP) " 100" } preserveAspectRatio="none" role="img" aria-label=(told) {
                    path d={ "M0 " (limit) " H" (latency.parts.len() * STEP) } class="limit" {}
                    @for line in lines(latency, 0.99) { path d=(line) class="line-99" {} }
                    @for line in lines(latency, 0.5) { path d=(line) class="line-50" {} }
                }
                (axis(view, readings))
            }
            ul.legend {
                li { span.dot."part-p50" {} "p50 " (p50) }
                li { span.dot."part-p99" {} "p99 " (p99) }
                li { span.dot."part-bad" {} (say!(view, "over 3 s: {beyond}", "超过 3 秒：{beyond}")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(numbers: &[(u64, u64)]) -> Histogram {
        let mut histogram = Histogram::default();
        for (end_ms, number) in numbers {
            let bucket = LATENCY_BUCKETS_MS.iter().position(|end| end == end_ms);
            histogram[bucket.unwrap_or(LATENCY_BUCKETS_MS.len())] = *number;
        }
        histogram
    }

    #[test]
    fn a_quantile_lies_in_the_bucket_where_the_share_is_reached() {
        let some = histogram(&[(5, 90), (100, 9), (5_000, 1)]);
        assert_eq!(quantile(&some, 0.9), Some(5.0));
        let p99 = quantile(&some, 0.99).unwrap();
        assert!((99.9..=100.0).contains(&p99), "{p99}");
        assert_eq!(
            quantile(&histogram(&[(0, 3)]), 0.5),
            Some(TOP_MS),
            "longer than all buckets"
        );
        assert_eq!(quantile(&Histogram::default(), 0.5), None);
    }

    #[test]
    fn what_took_exactly_three_seconds_was_in_time() {
        let latency = |all| Latency { all, parts: Vec::new() };
        assert_eq!(latency(histogram(&[(3_000, 4)])).beyond(), (0, 4));
        let some = latency(histogram(&[(3_000, 3), (5_000, 1)]));
        assert_eq!((some.beyond(), some.beyond_text()), ((1, 4), "25.00 %".to_owned()));
    }

    #[test]
    fn a_line_is_broken_where_nothing_happened() {
        let parts = vec![
            histogram(&[(5, 1)]),
            Histogram::default(),
            histogram(&[(5, 1)]),
            histogram(&[(5, 1)]),
        ];
        let latency = Latency {
            all: Histogram::default(),
            parts,
        };
        let lines = lines(&latency, 0.5);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].ends_with(" h4") && lines[1].contains(" L35 "), "{lines:?}");
    }
}
