//! Rows of either database become what they stand for.

use std::sync::Arc;

use lark_protocol::{Event, Kind, Schema};
use sqlx::{ColumnIndex, Decode, Row, Type};

use super::{
    deliveries::{Delivery, Work},
    events::{Received, kind_name},
    kind::DeliveryKind,
    numbers::millis,
    tasks::Chain,
};
use crate::error::chain;

/// An event from its row, under the names of the table `events` (its kind as `event_kind`), with its payload.
pub(crate) fn event<'r, R>(row: &'r R, payload: String) -> Result<Event, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    let kind: String = row.try_get("event_kind")?;
    let schema: String = row.try_get("schema")?;
    let text = |name: &'static str| row.try_get::<String, _>(name).map(Arc::from);
    Ok(Event {
        id: text("event_id")?,
        event_type: text("event_type")?,
        kind: if kind == "callback" {
            Kind::Callback
        } else {
            Kind::Event
        },
        schema: [Schema::V2, Schema::V1, Schema::CardV1, Schema::Redirect]
            .into_iter()
            .find(|known| known.name() == schema)
            .unwrap_or(Schema::V2),
        app_id: text("app")?,
        tenant_key: text("tenant_key")?,
        create_time_ms: millis(row.try_get("create_time_ms")?),
        payload: payload.into(),
        message_id: row.try_get::<Option<String>, _>("message_id")?.map(Into::into),
    })
}

/// The columns that [`delivery`] reads, with the tables `deliveries` as `d`, `events` as `e` and `payloads` as `p`.
macro_rules! delivery_columns {
    () => {
        "d.id, d.event, d.kind, d.app, d.plugin, d.attempt, d.lost, d.due_at_ms, d.expires_at_ms, d.ordering_key,
                d.task_name, d.task_payload, d.requested_by, d.generation, d.tasks_left,
                e.event_id, e.message_id, e.event_type, e.kind as event_kind, e.schema, e.tenant_key,
                e.create_time_ms, e.received_at_ms, p.payload"
    };
}
pub(crate) use delivery_columns;

/// A delivery with what is to be done, from a row of [`delivery_columns`].
pub(crate) fn delivery<'r, R>(row: &'r R) -> Result<Delivery, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    Option<i32>: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
{
    let kind = DeliveryKind::from_name(row.try_get("kind")?)
        .ok_or_else(|| sqlx::Error::Decode("a kind of delivery that is not known".into()))?;
    let work = match kind {
        DeliveryKind::Task | DeliveryKind::Update => Work::Task {
            name: row.try_get("task_name")?,
            payload: row.try_get("task_payload")?,
            requested_by: row.try_get("requested_by")?,
        },
        DeliveryKind::Event | DeliveryKind::Late => match row.try_get("payload")? {
            Some(payload) => Work::Event(Arc::new(event(row, payload)?)),
            None => Work::Gone,
        },
    };
    let count = |count: i32| u32::try_from(count).unwrap_or_default();
    let due_at_ms: i64 = row.try_get("due_at_ms")?;
    let received_at_ms: Option<i64> = row.try_get("received_at_ms")?;
    Ok(Delivery {
        id: row.try_get("id")?,
        event: row.try_get("event")?,
        kind,
        app: row.try_get("app")?,
        plugin: row.try_get("plugin")?,
        attempt: count(row.try_get("attempt")?),
        lost: count(row.try_get("lost")?),
        due_at_ms: millis(due_at_ms),
        expires_at_ms: millis(row.try_get("expires_at_ms")?),
        // What is delivered for the first time is due when it was received.
        is_replay: kind == DeliveryKind::Event
            && received_at_ms.is_some_and(|received_at_ms| due_at_ms > received_at_ms),
        ordering_key: row.try_get("ordering_key")?,
        chain: Chain {
            generation: count(row.try_get("generation")?),
            tasks_left: row.try_get::<Option<i32>, _>("tasks_left")?.map(count),
        },
        work,
    })
}

/// Deliveries that can be read. One that cannot stays claimed and is not held, so that its lease expires, and after its last
/// retry it is a dead letter; the others reach their plugins meanwhile.
pub(crate) fn readable(deliveries: impl Iterator<Item = Result<Delivery, sqlx::Error>>) -> Vec<Delivery> {
    let readable = deliveries.filter_map(|delivery| {
        delivery
            .inspect_err(|error| {
                tracing::error!(
                    error = chain(error),
                    "A delivery in the database cannot be read; it is skipped until its lease expires"
                );
            })
            .ok()
    });
    readable.collect()
}

/// The answer to a repeat, from the row of its first (`event_id`, `kind`, `node`, `reply`) and how often it came again.
pub(crate) fn repeat<'r, R>(row: &'r R, first: i64, duplicates: i64) -> Result<Received, sqlx::Error>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
{
    let seen = u32::try_from(duplicates).unwrap_or(u32::MAX).saturating_add(1);
    let is_event = row.try_get::<&str, _>("kind")? == kind_name(Kind::Event);
    let reply: Option<String> = row.try_get("reply")?;
    Ok(match reply.or_else(|| is_event.then(String::new)) {
        Some(reply) => Received::Answered {
            event: first,
            reply,
            seen,
        },
        None => Received::Unanswered {
            event: first,
            event_id: row.try_get("event_id")?,
            node: row.try_get("node")?,
            seen,
        },
    })
}
