//! New events and deliveries in PostgreSQL.

use std::borrow::Cow;

use sqlx::PgConnection;

use super::session::State;
use crate::rows::{
    events::{NewEvent, NumberedDelivery, NumberedEvent, Received, RequestIds, kind_name},
    numbers::signed,
    text::storable,
};

/// The events with their payloads.
pub(super) async fn insert_events(
    connection: &mut PgConnection,
    state: &State,
    events: &[NumberedEvent<'_>],
) -> Result<(), sqlx::Error> {
    if events.is_empty() {
        return Ok(());
    }
    let texts = |of: fn(&NewEvent) -> &str| -> Vec<Cow<'_, str>> {
        events.iter().map(|event| storable(of(event.new))).collect()
    };
    let times = |of: fn(&NewEvent) -> u64| -> Vec<i64> { events.iter().map(|event| signed(of(event.new))).collect() };
    let message_ids: Vec<_> = events
        .iter()
        .map(|event| event.new.event.message_id.as_deref().map(storable))
        .collect();
    // A column that is shorter than the others is filled with nulls, so requests without ids have nothing to send.
    let have_ids = events.iter().any(|event| !event.new.ids.is_empty());
    let ids = |of: fn(&RequestIds) -> Option<&str>| -> Vec<Option<&str>> {
        let all = events.iter().filter(|_| have_ids);
        all.map(|event| of(&event.new.ids)).collect()
    };
    sqlx::query(
        "with new as (
             select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                                  $8::text[], $9::bigint[], $10::bigint[], $11::text[], $13::text[], $14::text[],
                                  $15::text[])
             as new (id, app, event_id, message_id, event_type, kind, schema, tenant_key, create_time_ms,
                     received_at_ms, payload, request_id, log_id, transport)),
         said as (insert into payloads (event, payload) select id, payload from new)
         insert into events (id, app, event_id, message_id, event_type, kind, schema, tenant_key, create_time_ms,
                             received_at_ms, request_id, log_id, transport, node)
         select id, app, event_id, message_id, event_type, kind, schema, tenant_key, create_time_ms,
                received_at_ms, request_id, log_id, transport, $12
         from new",
    )
    .bind(events.iter().map(|event| event.number).collect::<Vec<_>>())
    .bind(texts(|new| &new.event.app_id))
    .bind(texts(|new| &new.event.id))
    .bind(message_ids)
    .bind(texts(|new| &new.event.event_type))
    .bind(texts(|new| kind_name(new.event.kind)))
    .bind(texts(|new| new.event.schema.name()))
    .bind(texts(|new| &new.event.tenant_key))
    .bind(times(|new| new.event.create_time_ms))
    .bind(times(|new| new.received_at_ms))
    .bind(texts(|new| &new.event.payload))
    .bind(&state.node.name)
    .bind(ids(|ids| ids.request_id.as_deref()))
    .bind(ids(|ids| ids.log_id.as_deref()))
    .bind(ids(|ids| ids.transport))
    .execute(connection)
    .await?;
    Ok(())
}

/// One row for each delivery; those that begin here are leased at once, so that nobody has to claim them.
pub(super) async fn insert_deliveries(
    connection: &mut PgConnection,
    state: &mut State,
    new: &mut [NumberedEvent<'_>],
) -> Result<(), sqlx::Error> {
    let rows: Vec<_> = new.iter().flat_map(NumberedEvent::deliveries).collect();
    let mut ids = insert_delivery_rows(connection, state, &rows).await?.into_iter();
    for event in new {
        *event.received = Some(Received::First {
            event: event.number,
            deliveries: ids.by_ref().take(event.new.deliveries.len()).collect(),
        });
    }
    Ok(())
}

/// Tells the numbers of deliveries, each with the number of its event, in their order.
pub(super) async fn insert_delivery_rows(
    connection: &mut PgConnection,
    state: &mut State,
    rows: &[NumberedDelivery<'_>],
) -> Result<Vec<i64>, sqlx::Error> {
    let mut ids: Vec<i64> = Vec::new();
    if !rows.is_empty() {
        let begins: Vec<_> = rows
            .iter()
            .map(|row| row.delivery.begins_here && row.delivery.ordering_key.is_none())
            .collect();
        state.made_ready |= begins.contains(&false);
        ids = sqlx::query_scalar(
            "insert into deliveries (event, kind, app, plugin, state, attempt, due_at_ms, next_at_ms, lease_node,
                                     lease_until_ms, ordering_key, created_at_ms, expires_at_ms)
             select event, 'event', app, plugin, case when begins then 'running' else 'ready' end, begins::int, at_ms,
                    at_ms, case when begins then $8 end, case when begins then at_ms + $9 end, ordering_key, at_ms,
                    expires_at_ms
             from unnest($1::bigint[], $2::text[], $3::text[], $4::bool[], $5::bigint[], $6::text[], $7::bigint[])
                  with ordinality as new (event, app, plugin, begins, at_ms, ordering_key, expires_at_ms, place)
             order by place returning id",
        )
        .bind(rows.iter().map(|row| row.event).collect::<Vec<_>>())
        .bind(
            rows.iter()
                .map(|row| storable(&row.new.event.app_id))
                .collect::<Vec<_>>(),
        )
        .bind(
            rows.iter()
                .map(|row| storable(&row.delivery.plugin))
                .collect::<Vec<_>>(),
        )
        .bind(begins)
        .bind(
            rows.iter()
                .map(|row| signed(row.new.received_at_ms))
                .collect::<Vec<_>>(),
        )
        .bind(
            rows.iter()
                .map(|row| row.delivery.ordering_key.as_deref().map(storable))
                .collect::<Vec<_>>(),
        )
        .bind(
            rows.iter()
                .map(|row| signed(row.delivery.expires_at_ms))
                .collect::<Vec<_>>(),
        )
        .bind(&state.node.name)
        .bind(signed(state.node.lease_ms))
        .fetch_all(connection)
        .await?;
        // Numbers are given in the order of the rows, whatever the order in which they are told.
        ids.sort_unstable();
    }
    Ok(ids)
}
