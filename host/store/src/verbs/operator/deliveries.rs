//! Deliveries, one by one: listed, shown, retried, dropped.

use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::Instant;

use super::{
    dead::{EXPIRED_TOO, WAITING_TOO, retry},
    details::DeliveryDetail,
    filter::{Filter, bind_filter},
    selected::Statements,
    step::{OVER_MAX, Step},
};
use crate::{
    backend::{Session, on_backend, on_session},
    error::StoreError,
    rows::numbers::{millis, signed},
    store::{Store, question::Timed as _},
};

/// One delivery, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeliveryRow {
    /// Its number, which is the cursor too.
    pub id: i64,
    /// The number of the event.
    pub event: Option<i64>,
    /// Lark's id of the event.
    pub event_id: Option<String>,
    /// `event`, `task`, `late` or `update`.
    pub kind: String,
    /// Lark's name of the event's type, or the name of the task.
    pub name: String,
    /// The application.
    pub app: String,
    /// For whom.
    pub plugin: String,
    /// Its state.
    pub state: String,
    /// How often it was claimed since it was made ready.
    pub attempts: i64,
    /// When it was to be done first, in milliseconds since 1970.
    pub due_at_ms: u64,
    /// When it is or was to be tried next, in milliseconds since 1970.
    pub next_at_ms: u64,
    /// After this it is of no use any more, in milliseconds since 1970.
    pub expires_at_ms: u64,
    /// Deliveries with the same key are made one after the other.
    pub ordering_key: Option<String>,
    /// A word for how the last attempt ended.
    pub outcome: Option<String>,
    /// The error of the last attempt.
    pub error: Option<String>,
    /// The first delivery with the same ordering key that stands before it. In a list it is found by the index alone: thousands
    /// may wait in one chat.
    pub waits_for: Option<i64>,
}

/// Deliveries that were found, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveriesFound {
    /// The deliveries.
    pub deliveries: Vec<DeliveryRow>,
    /// Where to go on; none when everything was looked at.
    pub next_before: Option<i64>,
}

/// State of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its number.
    pub id: i64,
    /// Its state.
    pub state: String,
    /// For whom.
    pub plugin: String,
}

/// One delivery with its attempts, and the event that led to it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DeliveryShown {
    /// The number of the event.
    pub event: Option<i64>,
    /// The application.
    pub app: String,
    /// Deliveries with the same key are made one after the other.
    pub ordering_key: Option<String>,
    /// The rest of it.
    #[serde(flatten)]
    pub delivery: DeliveryDetail,
}

/// Which of them: `$from` narrows the table by an index, when there is one for their states.
macro_rules! deliveries_where {
    ($columns:literal, $from:literal, $end:literal) => {
        concat!(
            "select ",
            $columns,
            " from deliveries d left join events e on e.id = d.event where ",
            $from,
            " and ($4 is null or d.state = $4)
              and ($1 is null or d.app = $1) and ($2 is null or e.event_type = $2) and ($3 is null or d.plugin = $3)
              and ($5 is null or (select a.outcome from attempts a where a.delivery = d.id
                                  order by a.started_at_ms desc limit 1) = $5)
              and ($6 is null or d.due_at_ms >= $6) and ($7 is null or d.due_at_ms < $7) ",
            $end
        )
    };
}

macro_rules! statements {
    ($from:literal) => {
        Statements {
            list: deliveries_where!(
                "d.id, d.event, e.event_id, d.kind, coalesce(e.event_type, d.task_name, '') as name, d.app, d.plugin,
                 d.state, cast(d.attempt as bigint) as attempts, d.due_at_ms, d.next_at_ms, d.expires_at_ms,
                 d.ordering_key,
                 (select a.outcome from attempts a where a.delivery = d.id order by a.started_at_ms desc limit 1)
                     as outcome,
                 (select a.error from attempts a where a.delivery = d.id order by a.started_at_ms desc limit 1) as error,
                 (select o.id from deliveries o
                  where d.state in ('ready', 'retry_wait') and o.ordering_key = d.ordering_key and o.id < d.id
                    and o.state in ('ready', 'retry_wait', 'running') and o.due_at_ms <= d.due_at_ms
                  order by o.id limit 1) as waits_for",
                $from,
                "and d.id < $8 and d.id >= $10 order by d.id desc limit $9"
            ),
            count: deliveries_where!("count(*)", $from, "and d.id < $8"),
            next: deliveries_where!("d.id", $from, "and d.id > $8 order by d.id limit $9"),
        }
    };
}

static OPEN: Statements = statements!(
    "d.id in (select id from deliveries where state in ('ready', 'retry_wait')
              union all select id from deliveries where state = 'running')"
);
static WAITING: Statements = statements!("d.id in (select id from deliveries where state in ('ready', 'retry_wait'))");
static DEAD: Statements = statements!("d.state = 'dead'");
static ANY: Statements = statements!("true");

/// The statements for the state that the filter names, else `otherwise`.
fn statements_for(filter: &Filter, otherwise: &'static Statements) -> &'static Statements {
    match filter.state.as_deref() {
        None => otherwise,
        Some("ready" | "retry_wait") => &WAITING,
        Some("running") => &OPEN,
        Some("dead") => &DEAD,
        Some(_) => &ANY,
    }
}

/// Its turn is now; attempts count on.
const RETRY_NOW: &str =
    "update deliveries set state = 'ready', next_at_ms = case when next_at_ms > $2 then $2 else next_at_ms end
    where id = $1 and state in ('ready', 'retry_wait')";

const NEWEST: &str = "select max(id) from deliveries";

/// Deliveries that the first statement looks at, and at most, when no index leads to them.
const STEP: Step = Step::new(500, 100_000);

const STATES: &str = "select state, plugin from deliveries where id = $1";

const SHOWN: &str = "select event, app, ordering_key from deliveries where id = $1";

impl Store {
    /// Deliveries, the newest first, as far as the time of the filter suffices; without a state those that wait or run.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn deliveries(&self, filter: &Filter) -> Result<DeliveriesFound, StoreError> {
        let statements = statements_for(filter, &OPEN);
        let rows_max = filter.page_rows() as usize;
        let until = Instant::now() + filter.look_max();
        let mut step = STEP;
        if !std::ptr::eq(statements, &ANY) {
            // An index leads to them.
            step.whole();
        }
        let newest = self.newest_delivery().await?.saturating_add(1);
        let mut high = filter.before.map_or(newest, |before| newest.min(before));
        let mut found = Vec::new();
        let mut is_begun = false;
        loop {
            let begun = Instant::now();
            let low = step.down_from(high).max(0);
            let room = rows_max.saturating_sub(found.len());
            // Whoever goes on gets on, however little time there is.
            let end = is_begun.then_some(until + OVER_MAX);
            is_begun = true;
            let rows = self
                .deliveries_between(statements.list, filter, (low, high), room, end)
                .await?;
            let Some(rows) = rows else {
                return Ok(DeliveriesFound {
                    deliveries: found,
                    next_before: Some(high),
                });
            };
            let is_full = rows.len() >= room;
            let top = high;
            high = rows.last().filter(|_| is_full).map_or(low, |row| row.id);
            found.extend(rows);
            step.took(top - high, begun.elapsed());
            if is_full || high <= 0 || Instant::now() >= until {
                return Ok(DeliveriesFound {
                    deliveries: found,
                    next_before: (high > 0).then_some(high),
                });
            }
        }
    }

    async fn deliveries_between(
        &self,
        statement: &'static str,
        filter: &Filter,
        (low, high): (i64, i64),
        limit: usize,
        until: Option<Instant>,
    ) -> Result<Option<Vec<DeliveryRow>>, StoreError> {
        self.ask_in_time(async {
            on_backend!(&*self.questions, readers => {
                let mut connection = readers.acquire().await?;
                connection.end_at(until).await?;
                bind_filter!(sqlx::query(statement), filter, high)
                    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                    .bind(low)
                    .fetch_all(&mut *connection)
                    .await
                    .and_then(|rows| rows.iter().map(row).collect())
            })
        })
        .await
        .map_err(StoreError::database("listing deliveries"))
    }

    async fn newest_delivery(&self) -> Result<i64, StoreError> {
        let newest: Option<i64> = self
            .ask(async {
                on_backend!(&*self.questions, readers => sqlx::query_scalar(NEWEST).fetch_one(readers).await)
            })
            .await
            .map_err(StoreError::database("looking for the newest delivery"))?;
        Ok(newest.unwrap_or_default())
    }

    /// How many deliveries a filter means; without a state those that wait.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn count_deliveries(&self, filter: &Filter) -> Result<u64, StoreError> {
        self.count_selected(statements_for(filter, &WAITING), filter, "counting deliveries")
            .await
    }

    /// The next deliveries that a filter means, the oldest first: those after a number. Without a state those that wait.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn next_deliveries(&self, filter: &Filter, after: Option<i64>) -> Result<Vec<i64>, StoreError> {
        self.next_selected(
            statements_for(filter, &WAITING),
            filter,
            after,
            "looking for deliveries",
        )
        .await
    }

    /// Where each of these deliveries stands; of those that there are.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn states_of(&self, ids: &[i64]) -> Result<Vec<Standing>, StoreError> {
        let mut states = Vec::new();
        for &id in ids {
            let state: Option<(String, String)> = self
                .ask(async {
                    on_backend!(&*self.questions, readers => {
                        sqlx::query_as(STATES).bind(id).fetch_optional(readers).await
                    })
                })
                .await
                .map_err(StoreError::database("reading a delivery"))?;
            states.extend(state.map(|(state, plugin)| Standing { id, state, plugin }));
        }
        Ok(states)
    }

    /// One delivery with its attempts.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn delivery(&self, id: i64) -> Result<Option<DeliveryShown>, StoreError> {
        let found: Option<(Option<i64>, String, Option<String>)> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_as(SHOWN).bind(id).fetch_optional(readers).await
                })
            })
            .await
            .map_err(StoreError::database("reading a delivery"))?;
        let Some((event, app, ordering_key)) = found else {
            return Ok(None);
        };
        Ok(self.delivery_detail(id).await?.map(|delivery| DeliveryShown {
            event,
            app,
            ordering_key,
            delivery,
        }))
    }

    /// Makes what waits due now, and what was given up or expired ready again, with attempts counted from the start. Tells
    /// which of them did or were.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn retry_now(&self, ids: Vec<i64>, now_ms: u64) -> Result<Vec<i64>, StoreError> {
        self.change_each(ids, move |session, id| {
            Box::pin(async move {
                Ok(retry_now(session, id, now_ms).await? || retry(session, EXPIRED_TOO, id, now_ms).await?)
            })
        })
        .await
    }

    /// Gives up for good what waits or is dead, with an attempt that says so. Tells which of them did or were.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn discard(&self, ids: Vec<i64>, now_ms: u64) -> Result<Vec<i64>, StoreError> {
        self.drop_each(ids, &WAITING_TOO, now_ms).await
    }
}

async fn retry_now(session: &mut Session, id: i64, now_ms: u64) -> Result<bool, sqlx::Error> {
    on_session!(session, connection => {
        sqlx::query(RETRY_NOW)
            .bind(id)
            .bind(signed(now_ms))
            .execute(connection)
            .await
            .map(|done| done.rows_affected() > 0)
    })
}

fn row<'r, R>(row: &'r R) -> Result<DeliveryRow, sqlx::Error>
where
    R: sqlx::Row,
    &'static str: sqlx::ColumnIndex<R>,
    String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    Option<String>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    i64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    Option<i64>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    let time = |name: &'static str| row.try_get::<i64, _>(name).map(millis);
    Ok(DeliveryRow {
        id: row.try_get("id")?,
        event: row.try_get("event")?,
        event_id: row.try_get("event_id")?,
        kind: row.try_get("kind")?,
        name: row.try_get("name")?,
        app: row.try_get("app")?,
        plugin: row.try_get("plugin")?,
        state: row.try_get("state")?,
        attempts: row.try_get("attempts")?,
        due_at_ms: time("due_at_ms")?,
        next_at_ms: time("next_at_ms")?,
        expires_at_ms: time("expires_at_ms")?,
        ordering_key: row.try_get("ordering_key")?,
        outcome: row.try_get("outcome")?,
        error: row.try_get("error")?,
        waits_for: row.try_get("waits_for")?,
    })
}
