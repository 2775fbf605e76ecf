//! Search in payloads: from the newest event back, a bounded number at a time. Nothing is kept for it at a receipt.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::{
    events::{EventColumns, EventRow, event_row},
    filter::{Filter, bind_filter, event_columns, event_conditions},
};
use crate::{
    backend::{Backend, on_backend},
    error::StoreError,
    rows::numbers::millis,
    store::Store,
};

/// Events that one statement looks at: it takes some 50 ms, and the snapshot is given back in between.
const BATCH_EVENTS: i64 = 10_000;

/// Rows of one statement: each brings its payload, which may have 1 MiB.
const BATCH_ROWS: usize = 32;

/// How long one call searches. Whoever wants more goes on from the cursor.
const SEARCH_MAX: Duration = Duration::from_secs(4);

/// Servers that share a database number their events not quite in the order of arrival.
const DISORDER_MS: u64 = 600_000;

/// A text in a payload may itself be JSON, as the content of a message is; so many layers are looked through.
const LAYERS_MAX: usize = 3;

macro_rules! search {
    ($from:literal, $position:literal) => {
        concat!(
            "select ",
            event_columns!(),
            ", p.payload from ",
            $from,
            " left join replies r on r.event = e.id
              where p.event < $8 and p.event >= $9
                and ($10 is null or ",
            $position,
            "(p.payload, $10) > 0)
                and ($11 is null or ",
            $position,
            "(p.payload, $11) > 0)
                and ($12 is null or ",
            $position,
            "(p.payload, $12) > 0)
                and ($13 is null or ",
            $position,
            "(lower(p.payload), $13) > 0 or ",
            $position,
            "(p.payload, '\\u') > 0)
                and ",
            event_conditions!(),
            "order by p.event desc limit $14"
        )
    };
}

/// `cross join` fixes the order of the loops: most payloads are looked at alone.
const SQLITE: &str = search!("payloads p cross join events e on e.id = p.event", "instr");
const POSTGRES: &str = search!("payloads p join events e on e.id = p.event", "strpos");

/// The first payload that is still there.
const OLDEST: &str = "select min(event) from payloads";

const NEXT: &str = "select id, received_at_ms from events where id >= $1 order by id limit 1";

/// Events that were found, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The events.
    pub events: Vec<EventRow>,
    /// Where to go on; none when everything was looked at.
    pub next_before: Option<i64>,
    /// How many event numbers were looked at.
    pub looked_at: u64,
    /// When the oldest event was received that was looked at, in milliseconds since 1970.
    pub back_to_ms: Option<u64>,
}

impl Store {
    /// Events whose payload has all of what a filter asks for in it.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn search_events(&self, filter: &Filter) -> Result<Found, StoreError> {
        let needles = Needles::of(filter);
        let rows_max = filter.page_rows() as usize;
        let (low_end, mut high) = self.searched_range(filter).await?;
        let until = Instant::now() + SEARCH_MAX;
        let mut found = Found {
            events: Vec::new(),
            next_before: None,
            looked_at: 0,
            back_to_ms: None,
        };
        while high > low_end && found.events.len() < rows_max && Instant::now() < until {
            let low = high.saturating_sub(BATCH_EVENTS).max(low_end);
            let limit = BATCH_ROWS.min(rows_max - found.events.len());
            let rows = self.search_batch(filter, &needles, low, high, limit).await?;
            // A full batch may have left out some that are older.
            let reached = rows
                .last()
                .filter(|_| rows.len() == limit)
                .map_or(low, |(event, _)| event.id);
            let fitting = rows.into_iter().filter(|(_, payload)| needles.are_in(payload));
            found.events.extend(fitting.map(|(event, _)| event));
            found.looked_at += millis(high - reached);
            high = reached;
        }
        found.next_before = (high > low_end).then_some(high);
        found.back_to_ms = self.next_event(high).await?.map(|(_, at_ms)| at_ms);
        Ok(found)
    }

    /// Of these events, those whose payload has all of what a filter asks for in it. One payload is in memory at a time.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn events_matching(&self, filter: &Filter, events: Vec<EventRow>) -> Result<Vec<EventRow>, StoreError> {
        let needles = Needles::of(filter);
        let mut matching = Vec::new();
        for event in events {
            let payload: Option<String> = self
                .ask(async {
                    on_backend!(&*self.questions, readers => {
                        sqlx::query_scalar("select payload from payloads where event = $1")
                            .bind(event.id)
                            .fetch_optional(readers)
                            .await
                    })
                })
                .await
                .map_err(StoreError::database("searching payloads"))?;
            if payload.is_some_and(|payload| needles.are_in(&payload)) {
                matching.push(event);
            }
        }
        Ok(matching)
    }

    async fn search_batch(
        &self,
        filter: &Filter,
        needles: &Needles,
        low: i64,
        high: i64,
        limit: usize,
    ) -> Result<Vec<(EventRow, String)>, StoreError> {
        let statement = match &*self.questions {
            Backend::Sqlite(_) => SQLITE,
            Backend::Postgres(_) => POSTGRES,
        };
        let rows: Vec<Hit> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    bind_filter!(sqlx::query_as(statement), filter, high)
                        .bind(low)
                        .bind(filter.user.clone())
                        .bind(filter.chat.clone())
                        .bind(filter.message.clone())
                        .bind(needles.fragment.clone())
                        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                        .fetch_all(readers)
                        .await
                })
            })
            .await
            .map_err(StoreError::database("searching payloads"))?;
        Ok(rows
            .into_iter()
            .map(|hit| (event_row(hit.event), hit.payload))
            .collect())
    }

    /// The numbers of the events that can be meant: from the first one to before the last one.
    async fn searched_range(&self, filter: &Filter) -> Result<(i64, i64), StoreError> {
        let oldest: Option<i64> = self
            .ask(async {
                on_backend!(&*self.questions, readers => sqlx::query_scalar(OLDEST).fetch_one(readers).await)
            })
            .await
            .map_err(StoreError::database("looking for the oldest payload"))?;
        let Some(oldest) = oldest else { return Ok((0, 0)) };
        let end = self.newest_event().await?.saturating_add(1);
        let low = match filter.since_ms {
            Some(since) => self.first_since(since.saturating_sub(DISORDER_MS), oldest, end).await?,
            None => oldest,
        };
        let high = match filter.until_ms {
            Some(until) => self.first_since(until.saturating_add(DISORDER_MS), oldest, end).await?,
            None => end,
        };
        Ok((low, filter.before.map_or(high, |before| high.min(before))))
    }

    /// The number from which on all events were received at this time or later: found by halving.
    async fn first_since(&self, since_ms: u64, oldest: i64, end: i64) -> Result<i64, StoreError> {
        let (mut low, mut high) = (oldest, end);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.next_event(middle).await? {
                Some((id, at_ms)) if at_ms < since_ms => low = id.saturating_add(1),
                _ => high = middle,
            }
        }
        Ok(low)
    }

    async fn next_event(&self, from: i64) -> Result<Option<(i64, u64)>, StoreError> {
        let next: Option<(i64, i64)> = self
            .ask(async {
                on_backend!(&*self.questions, readers => sqlx::query_as(NEXT).bind(from).fetch_optional(readers).await)
            })
            .await
            .map_err(StoreError::database("looking for an event"))?;
        Ok(next.map(|(id, at)| (id, millis(at))))
    }
}

/// One row of a search.
struct Hit {
    event: EventColumns,
    payload: String,
}

impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for Hit
where
    EventColumns: sqlx::FromRow<'r, R>,
    usize: sqlx::ColumnIndex<R>,
    String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        Ok(Self {
            event: EventColumns::from_row(row)?,
            payload: row.try_get(PAYLOAD_COLUMN)?,
        })
    }
}

/// After the columns of an event.
const PAYLOAD_COLUMN: usize = 13;

/// Texts that must be in a payload.
#[derive(Debug, Default)]
struct Needles {
    /// Whole texts.
    ids: Vec<String>,
    /// Part of a text, with the letters a to z in lower case.
    text: Option<String>,
    /// The longest part of it that JSON writes as it is, or with `\u`; the database looks for it.
    fragment: Option<String>,
}

impl Needles {
    fn of(filter: &Filter) -> Self {
        let ids = [&filter.user, &filter.chat, &filter.message];
        let text = filter.text.as_deref().map(str::to_ascii_lowercase);
        let is_escaped = |symbol: char| matches!(symbol, '"' | '\\' | '/') || symbol.is_control();
        let fragments = text.iter().flat_map(|text| text.split(is_escaped));
        // The database may fold other letters in another way, or not at all.
        let plain = fragments.flat_map(|part| {
            part.split(|symbol: char| {
                symbol.is_alphabetic()
                    && !symbol.is_ascii()
                    && symbol.to_lowercase().next() != symbol.to_uppercase().next()
            })
        });
        let fragment = plain.max_by_key(|part| part.len()).filter(|part| !part.is_empty());
        Self {
            ids: ids.into_iter().flatten().cloned().collect(),
            fragment: fragment.map(str::to_owned),
            text,
        }
    }

    fn are_in(&self, payload: &str) -> bool {
        let Ok(value) = serde_json::from_str(payload) else {
            let lower = payload.to_ascii_lowercase();
            return self.ids.iter().all(|id| payload.contains(id)) && self.text.iter().all(|text| lower.contains(text));
        };
        let is_in = |test: &dyn Fn(&str) -> bool| any_text(&value, LAYERS_MAX, test);
        self.ids.iter().all(|id| is_in(&|text| text == id))
            && self
                .text
                .iter()
                .all(|wanted| is_in(&|text| text.to_ascii_lowercase().contains(wanted)))
    }
}

/// Whether any text in a value, or in JSON within one, passes a test.
fn any_text(value: &Value, layers: usize, test: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => {
            if test(text) {
                return true;
            }
            let is_json = layers > 0 && text.starts_with(['{', '[']);
            is_json && serde_json::from_str(text).is_ok_and(|inner: Value| any_text(&inner, layers - 1, test))
        }
        Value::Array(items) => items.iter().any(|item| any_text(item, layers, test)),
        Value::Object(fields) => fields.values().any(|field| any_text(field, layers, test)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, Needles};

    fn is_in(text: &str, payload: &str) -> bool {
        let filter = Filter {
            text: Some(text.to_owned()),
            ..Filter::default()
        };
        let needles = Needles::of(&filter);
        let by_database = needles
            .fragment
            .as_ref()
            .is_none_or(|fragment| payload.to_ascii_lowercase().contains(fragment) || payload.contains("\\u"));
        let is_in = needles.are_in(payload);
        assert!(by_database || !is_in, "the database would not have found {text}");
        is_in
    }

    #[test]
    fn a_text_is_found_however_json_writes_it() {
        for (text, payload) in [
            (
                "hello World",
                r#"{"message":{"content":"{\"text\":\"Say Hello world\"}"}}"#,
            ),
            ("你好", r#"{"content":"{\"text\":\"\\u4f60\\u597d\"}"}"#),
            ("你好", r#"{"content":"{\"text\":\"说你好吗\"}"}"#),
            ("a<b", r#"{"x":"a\u003cb"}"#),
            ("say \"hi\"", r#"{"x":"say \"hi\" to"}"#),
            ("https://x/y", r#"{"x":"https:\/\/x\/y"}"#),
            ("É", r#"{"x":"É"}"#),
        ] {
            assert!(is_in(text, payload), "{text} in {payload}");
        }
        assert!(
            !is_in("message", r#"{"message":{"content":"x"}}"#),
            "names of fields are no text"
        );
    }

    #[test]
    fn an_id_is_a_whole_text() {
        let filter = Filter {
            user: Some("ou_1".to_owned()),
            ..Filter::default()
        };
        let needles = Needles::of(&filter);
        assert!(needles.are_in(r#"{"sender":{"open_id":"ou_1"}}"#));
        assert!(!needles.are_in(r#"{"sender":{"open_id":"ou_12"}}"#));
    }
}
