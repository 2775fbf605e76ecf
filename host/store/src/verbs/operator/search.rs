//! Search for events: from the newest back, some thousand at a time, until a page is full or its time is over.
//!
//! Whatever a filter asks for, one statement looks at a bounded range of numbers, so that no snapshot is held for long and no page
//! takes longer than it may. Blocks that cannot have what is searched for are passed over.

mod statements;

use serde::Serialize;
use tokio::time::Instant;

use super::{
    blocks::Ranges,
    events::{EventColumns, EventRow, event_row},
    filter::{Filter, bind_filter},
    needles::Needles,
    step::{OVER_MAX, Step},
};
use crate::{
    backend::{Backend, on_backend},
    error::StoreError,
    rows::numbers::millis,
    store::{Store, question::Timed as _},
};
use statements::{ALL, DEAD, FEW_DEAD, FEW_OPEN, OPEN, POSTGRES, RowsAndNumbers, SQLITE};

/// Events that the first statement looks at, and at most: reading payloads takes some 50 ms for ten thousand that are in memory.
const PAYLOADS_STEP: Step = Step::new(500, 10_000);
const EVENTS_STEP: Step = Step::new(500, 100_000);

/// Rows of one statement that brings payloads: each may have 1 MiB.
const PAYLOAD_ROWS: usize = 32;
/// Numbers of one statement.
const NUMBER_ROWS: usize = 5_000;
/// Deliveries in a state that are few enough to begin with them, and not with the events.
const FEW_DELIVERIES: i64 = 2_000;

/// What a statement tells of the events that a filter means, in a range of numbers; `None` when it did not do so in time. A
/// macro, because the rows of both databases have different types.
macro_rules! of_range {
    ($store:expr, $statement:expr, $filter:expr, $range:expr, $limit:expr) => {
        $store
            .ask_in_time(async {
                on_backend!(&*$store.questions, readers => {
                    let mut connection = readers.acquire().await?;
                    connection.end_at($range.until).await?;
                    bind_filter!($statement, $filter, $range.high)
                        .bind($range.low)
                        .bind($limit)
                        .fetch_all(&mut *connection)
                        .await
                })
            })
            .await
            .map_err(StoreError::database("listing events"))?
    };
}

/// Range of numbers that one statement looks at.
#[derive(Debug, Clone, Copy)]
struct Range {
    /// The first.
    low: i64,
    /// The one after the last.
    high: i64,
    /// When it is broken off, and tells nothing.
    until: Option<Instant>,
}

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

/// Numbers of events that a filter means, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// The numbers.
    pub events: Vec<i64>,
    /// Where to go on; none when everything was looked at.
    pub next_before: Option<i64>,
    /// How many event numbers were looked at.
    pub looked_at: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Rows,
    Numbers,
}

/// Events found so far.
#[derive(Default)]
struct Collected {
    rows: Vec<EventRow>,
    numbers: Vec<i64>,
    /// How far down everything was looked at.
    down_to: i64,
    looked_at: u64,
    is_complete: bool,
}

impl Collected {
    fn len(&self) -> usize {
        self.rows.len().max(self.numbers.len())
    }
}

impl Store {
    /// Events that a filter means, the newest first: as many as a page has, and as far as its time suffices.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn search_events(&self, filter: &Filter) -> Result<Found, StoreError> {
        let found = self.collect(filter, Wanted::Rows, filter.page_rows() as usize).await?;
        Ok(Found {
            events: found.rows,
            next_before: (!found.is_complete).then_some(found.down_to),
            looked_at: found.looked_at,
            back_to_ms: self.next_event(found.down_to).await?.map(|(_, at_ms)| at_ms),
        })
    }

    /// The numbers of at most so many of the events that a filter means, as far as its time suffices.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn search_numbers(&self, filter: &Filter, rows_max: usize) -> Result<Numbers, StoreError> {
        let found = self.collect(filter, Wanted::Numbers, rows_max).await?;
        Ok(Numbers {
            events: found.numbers,
            next_before: (!found.is_complete).then_some(found.down_to),
            looked_at: found.looked_at,
        })
    }

    async fn collect(&self, filter: &Filter, wanted: Wanted, rows_max: usize) -> Result<Collected, StoreError> {
        let needles = Needles::of(filter);
        let until = Instant::now() + filter.look_max();
        let is_in_time = || Instant::now() < until;
        let (low_end, high) = self.searched_range(filter).await?;
        let mut ranges = Ranges::new(needles.keys(filter), low_end, high);
        let mut step = if filter.is_search() { PAYLOADS_STEP } else { EVENTS_STEP };
        let from = self.statements_from(filter, &mut step).await?;
        let mut found = Collected {
            down_to: high,
            ..Collected::default()
        };
        // Whoever goes on gets on, however little time there is.
        let mut is_begun = false;
        while let Some((low, mut top)) = ranges.next(self, is_in_time).await? {
            while top > low {
                if found.len() >= rows_max || (is_begun && !is_in_time()) {
                    found.down_to = top;
                    found.looked_at = millis(high - top);
                    return Ok(found);
                }
                let begun = Instant::now();
                let range = Range {
                    low: step.down_from(top).max(low),
                    high: top,
                    until: is_begun.then_some(until + OVER_MAX),
                };
                is_begun = true;
                let room = rows_max - found.len();
                let reached = if filter.is_search() {
                    self.search_batch(filter, &needles, range, wanted, room, &mut found)
                        .await?
                } else {
                    self.list_batch(filter, from, range, wanted, room, &mut found).await?
                };
                let Some(reached) = reached else {
                    found.down_to = top;
                    found.looked_at = millis(high - top);
                    return Ok(found);
                };
                step.took(top - reached, begun.elapsed());
                top = reached;
            }
        }
        found.down_to = ranges.reached();
        found.looked_at = millis(high - found.down_to);
        found.is_complete = found.down_to <= low_end;
        Ok(found)
    }

    /// The statements for what is asked for. A state that few deliveries are in leads to their events.
    async fn statements_from(&self, filter: &Filter, step: &mut Step) -> Result<RowsAndNumbers, StoreError> {
        let (few, statements) = match filter.state.as_deref() {
            Some("dead") => (FEW_DEAD, DEAD),
            Some("ready" | "retry_wait" | "running") => (FEW_OPEN, OPEN),
            _ => return Ok(ALL),
        };
        let deliveries: i64 = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_scalar(few).bind(FEW_DELIVERIES + 1).fetch_one(readers).await
                })
            })
            .await
            .map_err(StoreError::database("counting deliveries"))?;
        if deliveries > FEW_DELIVERIES {
            return Ok(ALL);
        }
        step.whole();
        Ok(statements)
    }

    async fn list_batch(
        &self,
        filter: &Filter,
        from: RowsAndNumbers,
        range: Range,
        wanted: Wanted,
        room: usize,
        found: &mut Collected,
    ) -> Result<Option<i64>, StoreError> {
        let [rows, numbers] = from;
        let limit = if wanted == Wanted::Rows {
            room
        } else {
            room.min(NUMBER_ROWS)
        };
        let limit_bound = i64::try_from(limit).unwrap_or(i64::MAX);
        let (count, last) = match wanted {
            Wanted::Rows => {
                let rows: Option<Vec<EventColumns>> = of_range!(self, sqlx::query_as(rows), filter, range, limit_bound);
                let Some(rows) = rows else { return Ok(None) };
                let place = (rows.len(), rows.last().map(|row| row.0));
                found.rows.extend(rows.into_iter().map(event_row));
                place
            }
            Wanted::Numbers => {
                let numbers: Option<Vec<i64>> =
                    of_range!(self, sqlx::query_scalar(numbers), filter, range, limit_bound);
                let Some(numbers) = numbers else { return Ok(None) };
                let place = (numbers.len(), numbers.last().copied());
                found.numbers.extend(numbers);
                place
            }
        };
        Ok(Some(last.filter(|_| count >= limit).unwrap_or(range.low)))
    }

    /// Adds the events of a range whose payload has what is searched for; tells how far down it was looked.
    async fn search_batch(
        &self,
        filter: &Filter,
        needles: &Needles,
        range: Range,
        wanted: Wanted,
        room: usize,
        found: &mut Collected,
    ) -> Result<Option<i64>, StoreError> {
        let limit = PAYLOAD_ROWS.min(room);
        let Some(hits) = self.hits(filter, needles, range, limit).await? else {
            return Ok(None);
        };
        // A full batch may have left out some that are older.
        let last = hits.last().map(|(event, _)| event.id);
        let reached = last.filter(|_| hits.len() >= limit).unwrap_or(range.low);
        for (event, _) in hits.into_iter().filter(|(_, payload)| needles.are_in(payload)) {
            match wanted {
                Wanted::Rows => found.rows.push(event),
                Wanted::Numbers => found.numbers.push(event.id),
            }
        }
        Ok(Some(reached))
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

    async fn hits(
        &self,
        filter: &Filter,
        needles: &Needles,
        range: Range,
        limit: usize,
    ) -> Result<Option<Vec<(EventRow, String)>>, StoreError> {
        let statement = match &*self.questions {
            Backend::Sqlite(_) => SQLITE,
            Backend::Postgres(_) => POSTGRES,
        };
        let rows: Option<Vec<Hit>> = self
            .ask_in_time(async {
                on_backend!(&*self.questions, readers => {
                    let mut connection = readers.acquire().await?;
                    connection.end_at(range.until).await?;
                    bind_filter!(sqlx::query_as(statement), filter, range.high)
                        .bind(range.low)
                        .bind(filter.user.clone())
                        .bind(filter.chat.clone())
                        .bind(filter.message.clone())
                        .bind(needles.fragment.clone())
                        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                        .fetch_all(&mut *connection)
                        .await
                })
            })
            .await
            .map_err(StoreError::database("searching payloads"))?;
        let shown = |hit: Hit| (event_row(hit.event), hit.payload);
        Ok(rows.map(|rows| rows.into_iter().map(shown).collect()))
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
