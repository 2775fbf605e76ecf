//! What happened over a span of time, from counts that are kept: nothing here counts events.

use std::collections::BTreeMap;

use lark_callback_store::{Counted, Store};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::OperateError;

/// Span of time up to now that is summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Span {
    /// One hour, by the minute.
    #[serde(rename = "1h")]
    Hour,
    /// One day, by the quarter of an hour.
    #[default]
    #[serde(rename = "24h")]
    Day,
    /// One week, by two hours.
    #[serde(rename = "7d")]
    Week,
    /// Thirty days, by eight hours.
    #[serde(rename = "30d")]
    Month,
}

impl Span {
    /// All spans, the shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// Stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// Span of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|span| span.word() == word)
    }

    /// Minutes of each part.
    pub fn part_minutes(self) -> u64 {
        match self {
            Self::Hour => 1,
            Self::Day => 15,
            Self::Week => 120,
            Self::Month => 480,
        }
    }

    /// Number of parts.
    pub fn parts(self) -> u64 {
        match self {
            Self::Hour => 60,
            Self::Day => 96,
            Self::Week => 84,
            Self::Month => 90,
        }
    }

    /// First minute of the first part; the last part is that of now.
    pub fn begins(self, now_ms: u64) -> u64 {
        let part = self.part_minutes();
        (now_ms / 60_000 / part * part).saturating_sub(part * (self.parts() - 1))
    }
}

/// Choice of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpanFilter {
    /// `1h`, `24h`, `7d` or `30d`.
    pub span: Span,
}

/// Shape of the answer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Summary {
    pub(crate) span: Span,
    /// First moment of the span, in milliseconds since 1970.
    pub(crate) begins_ms: u64,
    /// Minutes of each part of the span.
    pub(crate) part_minutes: u64,
    /// Sums in each part; written once a minute by each server.
    pub(crate) counts: Vec<Counted>,
    /// Open deliveries in each state, and dead letters.
    pub(crate) deliveries: BTreeMap<String, u64>,
    /// When the delivery that has waited longest for its turn was due, in milliseconds since 1970.
    pub(crate) oldest_due_ms: Option<u64>,
    /// Deliveries that have been due for a minute or longer, by plugin: also those of one that is paused or not loaded.
    #[serde(default)]
    pub(crate) late: Vec<Late>,
    /// Bytes that the database uses.
    pub(crate) bytes: u64,
    /// Servers that live.
    pub(crate) servers: Vec<String>,
}

/// Deliveries of one plugin that have been due for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Late {
    /// Name of the plugin.
    pub(crate) plugin: String,
    /// How many they are.
    pub(crate) deliveries: u64,
    /// When the one that has waited longest was due, in milliseconds since 1970.
    pub(crate) oldest_due_ms: u64,
}

/// Time after which a due delivery is told by its plugin; below, plugins take turns.
const LATE_MS: u64 = 60_000;

/// Late deliveries; the database is asked only when there are any.
async fn late(store: &Store, oldest_due_ms: Option<u64>, now_ms: u64) -> Result<Vec<Late>, OperateError> {
    let due_by_ms = now_ms.saturating_sub(LATE_MS);
    if oldest_due_ms.is_none_or(|due_ms| due_ms > due_by_ms) {
        return Ok(Vec::new());
    }
    let waiting = store.waiting(due_by_ms).await?;
    let late = waiting.into_iter().map(|waiting| Late {
        plugin: waiting.plugin,
        deliveries: waiting.deliveries,
        oldest_due_ms: waiting.oldest_due_ms,
    });
    Ok(late.collect())
}

pub(super) async fn summary(store: &Store, span: Span, now_ms: u64) -> Result<Value, OperateError> {
    let backlog = store.backlog(now_ms).await?;
    Ok(json!(Summary {
        span,
        begins_ms: span.begins(now_ms) * 60_000,
        part_minutes: span.part_minutes(),
        counts: store.counts(span.part_minutes(), span.begins(now_ms)).await?,
        late: late(store, backlog.oldest_due_ms, now_ms).await?,
        deliveries: backlog.deliveries,
        oldest_due_ms: backlog.oldest_due_ms,
        bytes: store.bytes().await?,
        servers: store.servers(now_ms).await?,
    }))
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn the_parts_of_a_span_end_now() {
        for span in Span::ALL {
            assert_eq!(Span::of_word(span.word()), Some(span));
            let now_minute = 28_000_007;
            let begins = span.begins(now_minute * 60_000);
            let end = begins + span.parts() * span.part_minutes();
            assert!(begins.is_multiple_of(span.part_minutes()));
            assert!(
                (now_minute + 1..=now_minute + span.part_minutes()).contains(&end),
                "{span:?}"
            );
        }
        assert_eq!(Span::of_word("2h"), None);
    }
}
