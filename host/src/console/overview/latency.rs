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
const TOP_MS: f64 = LONGEST_MS as f64;

/// End of the last bucket that has one.
const LONGEST_MS: u64 = 15_000;

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

    /// Time within which this share was answered, for people. Of each answer only its bucket is known, so it is the end of that:
    /// a time within the bucket could be longer than the slowest answer.
    pub(super) fn within(&self, view: &View, share: f64) -> String {
        let Some((_, end_ms)) = bucket(&self.all, share) else {
            return "—".to_owned();
        };
        match end_ms {
            None => say!(view, "over {}", "超过 {}", shown(LONGEST_MS)),
            Some(end_ms) => format!("≤ {}", shown(end_ms)),
        }
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

/// Bucket in which a share is reached, with its end; the last one has none.
fn bucket(histogram: &Histogram, share: f64) -> Option<(usize, Option<u64>)> {
    let total: u64 = histogram.iter().sum();
    if total == 0 {
        return None;
    }
    let (wanted, mut within) = (total as f64 * share, 0);
    let at = histogram.iter().position(|number| {
        within += number;
        *number > 0 && within as f64 >= wanted
    })?;
    Some((at, LATENCY_BUCKETS_MS.get(at).copied()))
}

/// By interpolation within the bucket, as Prometheus does: for the drawing, whose lines would else be steps.
fn quantile(histogram: &Histogram, share: f64) -> Option<f64> {
    let (at, end_ms) = bucket(histogram, share)?;
    let Some(end_ms) = end_ms else {
        return Some(TOP_MS);
    };
    let from_ms = at.checked_sub(1).and_then(|before| LATENCY_BUCKETS_MS.get(before));
    let (from_ms, end_ms) = (from_ms.copied().unwrap_or_default() as f64, end_ms as f64);
    let sum = |buckets: &[u64]| buckets.iter().sum::<u64>() as f64;
    let (before, rest) = histogram.split_at_checked(at)?;
    let wanted = (sum(before) + sum(rest)) * share - sum(before);
    Some(from_ms + (end_ms - from_ms) * wanted / *rest.first()? as f64)
}

/// Time for people.
fn shown(ms: u64) -> String {
    match ms {
        1_000.. => format!("{} s", ms as f64 / 1_000.0),
        _ => format!("{ms} ms"),
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
    let (p50, p99) = (latency.within(view, 0.5), latency.within(view, 0.99));
    let beyond = latency.beyond_text();
    let told = say!(
        view,
        "{title}: half {p50}, 99 % {p99}, {beyond} over 3 s",
        "{title}：一半 {p50}，99 % {p99}，{beyond} 超过 3 秒"
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
    fn a_time_that_is_told_is_the_end_of_a_bucket() {
        let slow = histogram(&[(50, 13), (2_000, 1)]);
        assert_eq!(bucket(&slow, 0.99), Some((8, Some(2_000))));
        assert_eq!(bucket(&slow, 0.5), Some((3, Some(50))));
        let shown = [50, 1_000, 2_400].map(shown);
        assert_eq!(shown, ["50 ms", "1 s", "2.4 s"]);
        assert_eq!(LATENCY_BUCKETS_MS.last(), Some(&LONGEST_MS));
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
