//! When Lark was heard over a long connection, and the gaps between.

use serde::Serialize;

/// Time from the last sign of life of a connection to the moment at which it must have been recorded: a ping is answered every
/// 20 s, and recorded a few seconds later.
const RECORDED_MS_MAX: u64 = 40_000;

/// A new connection takes so long; what is shorter is no gap that anybody could notice.
const GAP_MS_MIN: u64 = 1_000;

/// Span in which one server had a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectedSpan {
    /// The application.
    pub app: String,
    /// When it was made, in milliseconds since 1970.
    pub from_ms: u64,
    /// Its last sign of life.
    pub until_ms: u64,
}

/// Time in which no server had a connection of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The application.
    pub app: String,
    /// The last sign of life before it, in milliseconds since 1970.
    pub from_ms: u64,
    /// When a connection was made again; none while there is none.
    pub until_ms: Option<u64>,
    /// When its messages were fetched, if they were.
    pub caught_up_ms: Option<u64>,
}

/// Span for which missed messages were fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaughtUp {
    /// The application.
    pub app: String,
    /// Beginning.
    pub from_ms: u64,
    /// End.
    pub until_ms: u64,
    /// When it was done.
    pub at_ms: u64,
    /// Messages that Lark has of that time.
    pub found: u64,
    /// Those of them that nobody had received before.
    pub added: u64,
}

/// Returns the gaps between spans, which are sorted by application and beginning.
pub(crate) fn gaps(spans: &[ConnectedSpan], caught_up: &[CaughtUp], now_ms: u64) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for spans in spans.chunk_by(|one, other| one.app == other.app) {
        let mut heard_ms = None;
        for span in spans {
            if let Some(from_ms) = heard_ms.filter(|heard_ms| span.from_ms >= heard_ms + GAP_MS_MIN) {
                gaps.push(gap(&span.app, from_ms, Some(span.from_ms), caught_up));
            }
            heard_ms = heard_ms.max(Some(span.until_ms));
        }
        let last = spans.last().zip(heard_ms);
        if let Some((span, from_ms)) = last.filter(|(_, heard_ms)| now_ms > heard_ms + RECORDED_MS_MAX) {
            gaps.push(gap(&span.app, from_ms, None, caught_up));
        }
    }
    gaps
}

fn gap(app: &str, from_ms: u64, until_ms: Option<u64>, caught_up: &[CaughtUp]) -> Gap {
    let covers = |done: &&CaughtUp| {
        done.app == app && done.from_ms <= from_ms && until_ms.is_some_and(|until_ms| until_ms <= done.until_ms)
    };
    Gap {
        app: app.to_owned(),
        from_ms,
        until_ms,
        caught_up_ms: caught_up.iter().filter(covers).map(|done| done.at_ms).max(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from_ms: u64, until_ms: u64) -> ConnectedSpan {
        ConnectedSpan {
            app: "cli_a".to_owned(),
            from_ms,
            until_ms,
        }
    }

    fn found(spans: &[ConnectedSpan], now_ms: u64) -> Vec<(u64, Option<u64>)> {
        let found = gaps(spans, &[], now_ms);
        found.iter().map(|gap| (gap.from_ms, gap.until_ms)).collect()
    }

    #[test]
    fn what_no_server_covers_is_a_gap() {
        let spans = [span(1_000, 5_000), span(4_000, 9_000), span(12_000, 20_000)];
        assert_eq!(found(&spans, 20_500), [(9_000, Some(12_000))]);
    }

    #[test]
    fn a_span_within_another_one_ends_nothing() {
        let spans = [span(1_000, 90_000), span(2_000, 3_000), span(90_500, 99_000)];
        assert_eq!(found(&spans, 99_000), []);
    }

    #[test]
    fn a_gap_that_goes_on_has_no_end_and_begins_to_count_when_a_sign_of_life_should_have_been_recorded() {
        let spans = [span(1_000, 5_000)];
        assert_eq!(found(&spans, 5_000 + RECORDED_MS_MAX), []);
        assert_eq!(found(&spans, 5_001 + RECORDED_MS_MAX), [(5_000, None)]);
        assert_eq!(found(&[], 1), []);
    }

    #[test]
    fn a_gap_is_caught_up_when_all_of_it_is() {
        let done = |from_ms, until_ms| CaughtUp {
            app: "cli_a".to_owned(),
            from_ms,
            until_ms,
            at_ms: 77,
            found: 0,
            added: 0,
        };
        let spans = [span(1_000, 5_000), span(9_000, 10_000)];
        let caught = |done| gaps(&spans, &[done], 10_000)[0].caught_up_ms;
        assert_eq!(caught(done(5_000, 9_000)), Some(77));
        assert_eq!(caught(done(5_001, 9_000)), None);
    }
}
