//! What an operator asks of the database: lists, one event with all that became of it, counts.
//!
//! Lists are bounded and go on from a cursor, the newest first. No list reads payloads.

mod copy;
mod dead;
mod filter;
mod replay;
mod status;

use serde::Serialize;
use serde_json::Value;

use super::{Store, StoreError, either::on_either, stored::millis};

pub use copy::{CopiedTable, CopyError};
pub use dead::DeadLetter;
pub use filter::{Filter, PAGE_ROWS_MAX};
pub use replay::{ReplayRefusal, Replayed, Replays};
pub use status::{Backlog, StoreStatus};

use filter::{bind_filter, events_where};

/// Deliveries and attempts that are shown of one event; more than these nobody reads either.
const DETAIL_ROWS_MAX: i64 = 1_000;

/// One received callback or event, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventRow {
    /// Its number, which is the cursor too.
    pub id: i64,
    /// The application.
    pub app: String,
    /// Lark's id.
    pub event_id: String,
    /// Lark's name of the type.
    pub event_type: String,
    /// `callback` or `event`.
    pub kind: String,
    /// Milliseconds since 1970.
    pub received_at_ms: u64,
    /// How often it came again.
    pub duplicates: u64,
    /// What became of it, for each delivery in the order in which they were made.
    pub deliveries: Vec<DeliveryState>,
}

/// Where a delivery stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryState {
    /// For whom.
    pub plugin: String,
    /// `ready`, `running`, `retry_wait`, `done`, `dead`, `skipped` or `expired`.
    pub state: String,
}

/// Everything that is known of one callback or event.
#[derive(Debug, Clone, Serialize)]
pub struct EventDetail {
    /// As in a list.
    #[serde(flatten)]
    pub row: EventRow,
    /// Of a message.
    pub message_id: Option<String>,
    /// The shape it came in.
    pub schema: String,
    /// Lark's tenant.
    pub tenant_key: String,
    /// When Lark says that it happened, in milliseconds since 1970; 0 when Lark does not say.
    pub create_time_ms: u64,
    /// The server that received it.
    pub node: String,
    /// What it said; nothing when that has been deleted.
    pub payload: Option<Value>,
    /// What a callback was answered.
    pub reply: Option<Value>,
    /// What was made of it; in the place of the states in a list.
    #[serde(rename = "deliveries_in_full")]
    pub deliveries: Vec<DeliveryDetail>,
}

/// One delivery with its attempts.
#[derive(Debug, Clone, Serialize)]
pub struct DeliveryDetail {
    /// Its number.
    pub id: i64,
    /// The delivery that it repeats or follows.
    pub origin: Option<i64>,
    /// `event`, `task`, `late` or `update`.
    pub kind: String,
    /// For whom.
    pub plugin: String,
    /// Where it stands.
    pub state: String,
    /// Attempts since it was made ready.
    pub attempt: i64,
    /// When it is or was to be tried next, in milliseconds since 1970.
    pub next_at_ms: u64,
    /// When it began to exist, in milliseconds since 1970.
    pub created_at_ms: u64,
    /// After this it is of no use any more, in milliseconds since 1970.
    pub expires_at_ms: u64,
    /// When it came to its end, in milliseconds since 1970.
    pub finished_at_ms: Option<u64>,
    /// The name of a task.
    pub task: Option<String>,
    /// What each attempt did, the first first.
    pub attempts: Vec<AttemptRow>,
}

/// One attempt.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptRow {
    /// 1 for the first since the delivery was made ready.
    pub number: i64,
    /// Which server made it.
    pub node: String,
    /// Milliseconds since 1970.
    pub started_at_ms: u64,
    /// How long it took.
    pub duration_us: u64,
    /// A word: `ok`, or the code of the error.
    pub outcome: String,
    /// What went wrong.
    pub error: Option<String>,
    /// Which plugin file it was.
    pub plugin_hash: String,
    /// What the plugin wrote into its log.
    pub log: String,
}

/// Plugin names are file names of a narrow alphabet, so a blank and a comma can part them.
const EVENTS: &str = events_where!(
    "e.id, e.app, e.event_id, e.event_type, e.kind, e.received_at_ms, e.duplicates,
     (select string_agg(d.plugin || ' ' || d.state, ',' order by d.id) from deliveries d where d.event = e.id)",
    "and ($8 is null or e.id < $8) order by e.id desc limit $9"
);

const EVENT: &str = "select e.id, e.app, e.event_id, e.event_type, e.kind, e.received_at_ms, e.duplicates, null,
            e.message_id, e.schema, e.tenant_key, e.create_time_ms, e.node, p.payload, r.reply
     from events e left join payloads p on p.event = e.id left join replies r on r.event = e.id
     where e.id = $1";

const DELIVERIES: &str = "select id, origin, kind, plugin, state, cast(attempt as bigint), next_at_ms, created_at_ms,
            expires_at_ms, finished_at_ms, task_name
     from deliveries where event = $1 order by id limit $2";

const ATTEMPTS: &str = "select a.delivery, cast(a.number as bigint), a.node, a.started_at_ms, a.duration_us, a.outcome,
            a.error, a.plugin_hash, a.log
     from deliveries d join attempts a on a.delivery = d.id
     where d.event = $1 order by a.delivery, a.started_at_ms limit $2";

type EventColumns = (i64, String, String, String, String, i64, i64, Option<String>);
type DetailColumns = (
    i64,
    String,
    String,
    String,
    String,
    i64,
    i64,
    Option<String>,
    Option<String>,
    String,
    String,
    i64,
    String,
    Option<String>,
    Option<String>,
);
type DeliveryColumns = (
    i64,
    Option<i64>,
    String,
    String,
    String,
    i64,
    i64,
    i64,
    i64,
    Option<i64>,
    Option<String>,
);
type AttemptColumns = (i64, i64, String, i64, i64, String, Option<String>, String, String);

impl Store {
    /// What was received, the newest first.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn events(&self, filter: &Filter) -> Result<Vec<EventRow>, StoreError> {
        let rows: Vec<EventColumns> = self
            .bounded(async {
                on_either!(&*self.readers, readers => {
                    bind_filter!(sqlx::query_as(EVENTS), filter, filter.before)
                        .bind(i64::from(filter.page_rows()))
                        .fetch_all(readers)
                        .await
                })
            })
            .await
            .map_err(StoreError::database("list of events"))?;
        Ok(rows.into_iter().map(event_row).collect())
    }

    /// The number of the event with this Lark id; of several applications' the newest.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn event_number(&self, event_id: &str) -> Result<Option<i64>, StoreError> {
        self.bounded(async {
            on_either!(&*self.readers, readers => {
                sqlx::query_scalar("select id from events where event_id = $1 order by id desc limit 1")
                    .bind(event_id)
                    .fetch_optional(readers)
                    .await
            })
        })
        .await
        .map_err(StoreError::database("look for an event"))
    }

    /// Everything that is known of the event with this number.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn event(&self, number: i64) -> Result<Option<EventDetail>, StoreError> {
        let found: Option<DetailColumns> = self
            .bounded(async {
                on_either!(&*self.readers, readers => {
                    sqlx::query_as(EVENT).bind(number).fetch_optional(readers).await
                })
            })
            .await
            .map_err(StoreError::database("read of an event"))?;
        let Some((id, app, event_id, event_type, kind, received, duplicates, none, ..)) = found.clone() else {
            return Ok(None);
        };
        let Some((.., message_id, schema, tenant_key, created, node, payload, reply)) = found else {
            return Ok(None);
        };
        let deliveries = self.deliveries_of(number).await?;
        let mut row = event_row((id, app, event_id, event_type, kind, received, duplicates, none));
        row.deliveries = deliveries
            .iter()
            .map(|delivery| DeliveryState {
                plugin: delivery.plugin.clone(),
                state: delivery.state.clone(),
            })
            .collect();
        Ok(Some(EventDetail {
            row,
            message_id,
            schema,
            tenant_key,
            create_time_ms: millis(created),
            node,
            payload: payload.map(json),
            reply: reply.filter(|reply| !reply.is_empty()).map(json),
            deliveries,
        }))
    }

    async fn deliveries_of(&self, number: i64) -> Result<Vec<DeliveryDetail>, StoreError> {
        let failed = || StoreError::database("read of an event's deliveries");
        let rows: Vec<DeliveryColumns> = self
            .bounded(async {
                on_either!(&*self.readers, readers => {
                    sqlx::query_as(DELIVERIES).bind(number).bind(DETAIL_ROWS_MAX).fetch_all(readers).await
                })
            })
            .await
            .map_err(failed())?;
        let mut deliveries: Vec<_> = rows.into_iter().map(delivery).collect();
        let attempts: Vec<AttemptColumns> = self
            .bounded(async {
                on_either!(&*self.readers, readers => {
                    sqlx::query_as(ATTEMPTS).bind(number).bind(DETAIL_ROWS_MAX).fetch_all(readers).await
                })
            })
            .await
            .map_err(failed())?;
        for (of, number, node, started, duration, outcome, error, plugin_hash, log) in attempts {
            if let Some(delivery) = deliveries.iter_mut().find(|delivery| delivery.id == of) {
                delivery.attempts.push(AttemptRow {
                    number,
                    node,
                    started_at_ms: millis(started),
                    duration_us: millis(duration),
                    outcome,
                    error,
                    plugin_hash,
                    log,
                });
            }
        }
        Ok(deliveries)
    }
}

fn event_row(columns: EventColumns) -> EventRow {
    let (id, app, event_id, event_type, kind, received, duplicates, deliveries) = columns;
    let deliveries = deliveries.unwrap_or_default();
    let states = deliveries.split(',').filter_map(|delivery| delivery.split_once(' '));
    EventRow {
        id,
        app,
        event_id,
        event_type,
        kind,
        received_at_ms: millis(received),
        duplicates: millis(duplicates),
        deliveries: states
            .map(|(plugin, state)| DeliveryState {
                plugin: plugin.to_owned(),
                state: state.to_owned(),
            })
            .collect(),
    }
}

fn delivery(columns: DeliveryColumns) -> DeliveryDetail {
    let (id, origin, kind, plugin, state, attempt, next, created, expires, finished, task) = columns;
    DeliveryDetail {
        id,
        origin,
        kind,
        plugin,
        state,
        attempt,
        next_at_ms: millis(next),
        created_at_ms: millis(created),
        expires_at_ms: millis(expires),
        finished_at_ms: finished.map(millis),
        task,
        attempts: Vec::new(),
    }
}

/// As it is when it is JSON, and as a text when it is not.
fn json(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
