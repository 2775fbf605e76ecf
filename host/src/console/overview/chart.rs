//! Bars over time, drawn on the server: SVG with attributes and classes, no script.

use maud::{Markup, html};

use super::readings::Readings;
use crate::console::{elements::number, language::say, view::View};

/// Height of the drawing; its width is stretched to that of the page.
const HEIGHT: u64 = 100;

/// Width of a bar with its gap.
const STEP: usize = 10;

/// Part of a bar, by how things went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// As it should.
    Good,
    /// Not an end yet, or nothing to do.
    Busy,
    /// Failed.
    Bad,
}

impl Part {
    /// From the bottom up.
    pub(super) const ALL: [Self; 3] = [Self::Good, Self::Busy, Self::Bad];

    /// Part to which an outcome belongs.
    pub(super) fn of(kind: &str, outcome: &str) -> Self {
        match outcome {
            _ if kind == "refused" => Self::Bad,
            "ok" | "passed" | "stored" | "duplicate" | "challenge" | "ticket_kept" | "done" => Self::Good,
            "late" | "no_handler" | "paused" | "loading" | "other_app" | "ticket_outdated" | "ticket_not_wanted"
            | "retry" | "dropped" => Self::Busy,
            _ => Self::Bad,
        }
    }

    /// Class of its colour.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "part-good",
            Self::Busy => "part-busy",
            Self::Bad => "part-bad",
        }
    }

    /// Word for it.
    pub(super) fn name(self, view: &View) -> &'static str {
        match self {
            Self::Good => view.word("well", "正常"),
            Self::Busy => view.word("other", "其他"),
            Self::Bad => view.word("failed", "失败"),
        }
    }
}

/// Stacked bars of the parts of a span.
pub(super) fn bars(view: &View, title: &str, readings: &Readings, parts: &[(Part, Vec<u64>)]) -> Markup {
    let count = parts.first().map_or(0, |(_, series)| series.len());
    let at = |series: &[u64], index: usize| series.get(index).copied().unwrap_or_default();
    let sum = |index: usize| parts.iter().map(|(_, series)| at(series, index)).sum::<u64>();
    let highest = (0..count).map(sum).max().unwrap_or_default();
    let total: u64 = (0..count).map(sum).sum();
    let told = say!(
        view,
        "{title}: {total} in total, at most {highest} in one bar",
        "{title}：共 {total}，单柱最多 {highest}"
    );
    let minutes = readings.span.part_minutes();
    html! {
        div.plot {
            span.top { (number(highest)) }
            svg viewBox={ "0 0 " (count * STEP) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(told) {
                @for index in (0..count).filter(|index| sum(*index) > 0) {
                    g data-at=(readings.begins_ms + index as u64 * minutes * 60_000) {
                        title {
                            @for (part, series) in parts.iter().filter(|(_, series)| at(series, index) > 0) {
                                (part.name(view)) " " (at(series, index)) " "
                            }
                        }
                        @for (y, height, part) in stacked(parts, index, highest) {
                            rect x=(index * STEP) y=(y) width=(STEP - 2) height=(height) class=(part.class()) {}
                        }
                    }
                }
            }
            (axis(view, readings))
        }
    }
}

/// Beginning and end of the span.
pub(super) fn axis(view: &View, readings: &Readings) -> Markup {
    html! {
        div.axis {
            span { (crate::console::elements::length(view, readings.now_ms.saturating_sub(readings.begins_ms))) (view.word(" ago", "前")) }
            span { (view.word("now", "现在")) }
        }
    }
}

/// Rectangles of one bar: upper edge, height and part. What is there is at least one unit high.
fn stacked(parts: &[(Part, Vec<u64>)], index: usize, highest: u64) -> Vec<(u64, u64, Part)> {
    let mut bottom = HEIGHT;
    let mut rectangles = Vec::new();
    for (part, series) in parts {
        let value = series.get(index).copied().unwrap_or_default();
        if value == 0 {
            continue;
        }
        let scaled = value.saturating_mul(HEIGHT).checked_div(highest).unwrap_or_default();
        let height = scaled.max(2).min(bottom);
        bottom -= height;
        rectangles.push((bottom, height, *part));
    }
    rectangles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_stacked_within_the_drawing_and_nothing_that_happened_is_invisible() {
        let parts = [
            (Part::Good, vec![1_000_000]),
            (Part::Bad, vec![1]),
            (Part::Busy, vec![0]),
        ];
        let bar = stacked(&parts, 0, 1_000_001);
        assert_eq!(bar, [(1, 99, Part::Good), (0, 1, Part::Bad)]);
        assert_eq!(stacked(&parts, 7, 1_000_001), []);
    }

    #[test]
    fn every_refusal_failed_and_an_unknown_outcome_is_no_success() {
        assert_eq!(Part::of("refused", "stored"), Part::Bad);
        assert_eq!(Part::of("callback", "something new"), Part::Bad);
        assert_eq!(Part::of("event", "stored"), Part::Good);
    }
}
