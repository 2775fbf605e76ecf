//! Events, in lists and one by one with all that became of each.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{
    blocks::Ranges,
    details::DeliveryDetail,
    filter::{Filter, below, bind_filter, event_columns, events_where},
    selected::Statements,
};
use crate::{
    backend::on_backend,
    error::StoreError,
    rows::{id_filter::Known, numbers::millis},
    store::Store,
};

/// One received callback or event, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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
    /// How a callback ended: `ok`, or the word for what went wrong.
    pub outcome: Option<String>,
    /// The plugin that answered a callback, or failed.
    pub plugin: Option<String>,
    /// From the arrival of a callback to its answer.
    pub duration_us: Option<u64>,
    /// The error of a callback.
    pub error: Option<String>,
    /// `long_connection`, or `catch_up` for a message that was missed and fetched; none over HTTP.
    pub transport: Option<String>,
    /// The state of each of its deliveries, in the order in which they were made.
    pub deliveries: Vec<DeliveryState>,
}

/// State of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeliveryState {
    /// For whom.
    pub plugin: String,
    /// `ready`, `running`, `retry_wait`, `done`, `dead`, `skipped` or `expired`.
    pub state: String,
}

/// One callback or event in full.
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
    /// `X-Request-Id` of the request that brought it.
    pub request_id: Option<String>,
    /// Its `X-Tt-Logid`, which Lark's support asks for.
    pub log_id: Option<String>,
    /// Its payload; none when it has been deleted.
    pub payload: Option<Value>,
    /// The reply to a callback.
    pub reply: Option<Value>,
    /// Its deliveries in full; in the place of their states in a list.
    #[serde(rename = "deliveries_in_full")]
    pub deliveries: Vec<DeliveryDetail>,
}

static EVENTS: Statements = Statements {
    list: events_where!(event_columns!(), "and e.id < $8 order by e.id desc limit $9"),
    count: events_where!("count(*)", "and e.id < $8"),
    next: events_where!("e.id", "and e.id > $8 order by e.id limit $9"),
};

const EVENTS_AFTER: &str = events_where!(event_columns!(), "and e.id > $8 order by e.id limit $9");

const NUMBER: &str = "select id from events where event_id = $1 and id >= $2 and id < $3 order by id desc limit 1";

const EVENT: &str = "select e.id, e.app, e.event_id, e.event_type, e.kind, e.received_at_ms, e.duplicates,
            e.message_id, e.schema, e.tenant_key, e.create_time_ms, e.node, p.payload, r.reply, e.request_id,
            e.log_id
     from events e left join payloads p on p.event = e.id left join replies r on r.event = e.id
     where e.id = $1";

const TRANSPORT: &str = "select transport from events where id = $1";

const CALLBACK: &str = "select outcome, plugin, duration_us, error from replies where event = $1";

pub(super) type EventColumns = (
    i64,
    String,
    String,
    String,
    String,
    i64,
    i64,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<String>,
);
type CallbackColumns = (Option<String>, Option<String>, Option<i64>, Option<String>);
type DetailColumns = (
    i64,
    String,
    String,
    String,
    String,
    i64,
    i64,
    Option<String>,
    String,
    String,
    i64,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);
impl Store {
    /// Events and callbacks, the newest first.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn events(&self, filter: &Filter) -> Result<Vec<EventRow>, StoreError> {
        self.list_events(EVENTS.list, filter, below(filter.before)).await
    }

    /// How many events a filter means.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn count_events(&self, filter: &Filter) -> Result<u64, StoreError> {
        self.count_selected(&EVENTS, filter, "counting events").await
    }

    /// The next events that a filter means, the oldest first: those after a number.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn next_events(&self, filter: &Filter, after: Option<i64>) -> Result<Vec<i64>, StoreError> {
        self.next_selected(&EVENTS, filter, after, "looking for events").await
    }

    /// Events and callbacks that came after one, the oldest first.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn events_after(&self, filter: &Filter, after: i64) -> Result<Vec<EventRow>, StoreError> {
        self.list_events(EVENTS_AFTER, filter, after).await
    }

    async fn list_events(
        &self,
        statement: &'static str,
        filter: &Filter,
        from: i64,
    ) -> Result<Vec<EventRow>, StoreError> {
        let rows: Vec<EventColumns> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    bind_filter!(sqlx::query_as(statement), filter, from)
                        .bind(i64::from(filter.page_rows()))
                        .fetch_all(readers)
                        .await
                })
            })
            .await
            .map_err(StoreError::database("listing events"))?;
        Ok(rows.into_iter().map(event_row).collect())
    }

    /// The number of the newest event; 0 when there is none.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn newest_event(&self) -> Result<i64, StoreError> {
        let newest: Option<i64> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_scalar("select max(id) from events").fetch_one(readers).await
                })
            })
            .await
            .map_err(StoreError::database("looking for the newest event"))?;
        Ok(newest.unwrap_or_default())
    }

    /// The number of the event with this Lark id; of several applications' the newest.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn event_number(&self, event_id: &str) -> Result<Option<i64>, StoreError> {
        let keys = Known::EventId(event_id).key().into_iter().collect();
        let mut ranges = Ranges::new(keys, 0, self.newest_event().await?.saturating_add(1));
        while let Some((low, high)) = ranges.next(self, || true).await? {
            let number: Option<i64> = self
                .ask(async {
                    on_backend!(&*self.questions, readers => {
                        sqlx::query_scalar(NUMBER)
                            .bind(event_id)
                            .bind(low)
                            .bind(high)
                            .fetch_optional(readers)
                            .await
                    })
                })
                .await
                .map_err(StoreError::database("looking for an event"))?;
            if number.is_some() {
                return Ok(number);
            }
        }
        Ok(None)
    }

    /// Whether there is an event with this number.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn has_event(&self, number: i64) -> Result<bool, StoreError> {
        let found: Option<i64> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_scalar("select id from events where id = $1").bind(number).fetch_optional(readers).await
                })
            })
            .await
            .map_err(StoreError::database("looking for an event"))?;
        Ok(found.is_some())
    }

    /// Everything that is known of the event with this number.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn event(&self, number: i64) -> Result<Option<EventDetail>, StoreError> {
        let found: Option<DetailColumns> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_as(EVENT).bind(number).fetch_optional(readers).await
                })
            })
            .await
            .map_err(StoreError::database("reading an event"))?;
        let Some((id, app, event_id, event_type, kind, received, duplicates, ..)) = found.clone() else {
            return Ok(None);
        };
        let Some((.., message_id, schema, tenant_key, created, node, payload, reply, request_id, log_id)) = found
        else {
            return Ok(None);
        };
        let callback: Option<CallbackColumns> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_as(CALLBACK).bind(number).fetch_optional(readers).await
                })
            })
            .await
            .map_err(StoreError::database("reading the reply to a callback"))?;
        let transport: Option<Option<String>> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_scalar(TRANSPORT).bind(number).fetch_optional(readers).await
                })
            })
            .await
            .map_err(StoreError::database("reading an event"))?;
        let (outcome, plugin, duration, error) = callback.unwrap_or_default();
        let deliveries = self.deliveries_of(number).await?;
        let is_unhandled = kind == "event" && deliveries.is_empty();
        let outcome = outcome.or_else(|| is_unhandled.then(|| "no_handler".to_owned()));
        let states = deliveries.iter().map(|delivery| DeliveryState {
            plugin: delivery.plugin.clone(),
            state: delivery.state.clone(),
        });
        Ok(Some(EventDetail {
            row: EventRow {
                id,
                app,
                event_id,
                event_type,
                kind,
                received_at_ms: millis(received),
                duplicates: millis(duplicates),
                outcome,
                plugin,
                duration_us: duration.map(millis),
                error,
                transport: transport.flatten(),
                deliveries: states.collect(),
            },
            message_id,
            schema,
            tenant_key,
            create_time_ms: millis(created),
            node,
            request_id,
            log_id,
            payload: payload.map(json),
            reply: reply.filter(|reply| !reply.is_empty()).map(json),
            deliveries,
        }))
    }
}

pub(super) fn event_row(columns: EventColumns) -> EventRow {
    let (id, app, event_id, event_type, kind, received, duplicates, deliveries, ..) = columns.clone();
    let (.., outcome, plugin, duration, error, transport) = columns;
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
        outcome,
        plugin,
        duration_us: duration.map(millis),
        error,
        transport,
        deliveries: states
            .map(|(plugin, state)| DeliveryState {
                plugin: plugin.to_owned(),
                state: state.to_owned(),
            })
            .collect(),
    }
}

/// As it is when it is JSON, and as a text when it is not.
fn json(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
