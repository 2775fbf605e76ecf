//! What rows of either database become.

use std::sync::Arc;

use lark_protocol::{Event, Kind, Schema};
use sqlx::{ColumnIndex, Decode, Row, Type};

/// A time or a count; what we write is never negative.
pub(super) fn millis(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

/// An event from its row, under the names of the table `events` (its kind as `event_kind`), with its payload.
pub(super) fn event<'r, R>(row: &'r R, payload: String) -> Result<Event, sqlx::Error>
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
        app_id: text("app_id")?,
        tenant_key: text("tenant_key")?,
        create_time_ms: millis(row.try_get("create_time_ms")?),
        payload: payload.into(),
        message_id: row.try_get::<Option<String>, _>("message_id")?.map(Into::into),
    })
}
