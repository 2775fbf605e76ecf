//! Receiving and answering in SQLite.
//!
//! `or fail` leaves the rows of a failed statement to the rollback of the transaction. The default would keep a journal for
//! the statement, with a copy of every page that it touches.

use std::{
    collections::HashSet,
    slice,
    sync::{Arc, atomic::Ordering},
};

use sqlx::{Row, SqliteConnection};

use super::{
    rows::{ROWS_MAX, Rows, Texts},
    session::{Memory, Session, State},
};
use crate::rows::{
    decode,
    events::{NewEvent, NumberedDelivery, NumberedEvent, Received, kind_name},
    job::Job,
    numbers::signed,
};

static EVENTS: Rows = Rows::new(
    "insert or fail into events (id, app, event_id, message_id, event_type, kind, schema, tenant_key,
                                 create_time_ms, received_at_ms, node)
     select *, ? from",
    10,
    "where column1 is not null",
);

/// The same with the ids of the requests; apart, so that those without any cost nothing more.
static EVENTS_WITH_IDS: Rows = Rows::new(
    "insert or fail into events (id, app, event_id, message_id, event_type, kind, schema, tenant_key,
                                 create_time_ms, received_at_ms, request_id, log_id, transport, node)
     select *, ? from",
    13,
    "where column1 is not null",
);

static PAYLOADS: Rows = Rows::new(
    "insert or fail into payloads (event, payload) select * from",
    2,
    "where column1 is not null",
);

static DELIVERIES: Rows = Rows::new(
    "insert or fail into deliveries (event, app, plugin, attempt, due_at_ms, lease_until_ms, ordering_key, expires_at_ms,
                                     kind, state, next_at_ms, created_at_ms, lease_node)
     select *, 'event', iif(column4, 'running', 'ready'), column5, column5, iif(column4, ?, null) from",
    8,
    "where column1 is not null",
);

/// Plugins that got the event of this number, or a repeat of it for others. No row when there is no such event, and
/// one without a name when nobody was told. The order of the loops is fixed, so that none reads a whole table.
pub(crate) const TOLD: &str = "with told (id, kind) as (
         select id, kind from events where id = ?1
         union all select id, kind from events where first = ?1)
     select d.plugin from told left join deliveries d on d.event = told.id and d.kind = 'event'
     where told.kind = 'event'";

/// Receives a batch: stores what is new, and tells of repeats what became of their first.
pub(crate) async fn receive(session: &mut Session, batch: &mut [Job<NewEvent, Received>]) -> Result<(), sqlx::Error> {
    let Session { connection, state } = session;
    let mut memory = match state.memory.take() {
        Some(memory) => memory,
        None => Memory::load(connection).await?,
    };
    let first_number = memory.next_event;
    memory.next_event += signed(batch.len() as u64);
    let gone_ms = state.receipts_gone_ms.load(Ordering::Relaxed);
    let events = batch.iter().map(|job| &job.write);
    let seen = memory.names.register(connection, events, first_number, gone_ms).await?;
    state.memory = Some(memory);

    let (mut new, mut repeated) = (Vec::with_capacity(batch.len()), Vec::new());
    for (number, job) in (first_number..).zip(batch) {
        let event = NumberedEvent::of(number, job);
        match seen.get(&number) {
            Some(&first) => repeated.push((event, first)),
            None => new.push(event),
        }
    }
    insert_events(connection, state, &new).await?;
    insert_deliveries(connection, state, &mut new).await?;
    for (event, first) in repeated {
        *event.received = Some(match told(connection, event.new, first).await? {
            Some(told) => store_for_others(connection, state, &event, first, &told).await?,
            None => repeat(connection, first).await?,
        });
    }
    Ok(())
}

/// The plugins that were told of an event which has come again; nothing when it is a repeat to all that are to have it, or
/// when who was told is not known any more.
async fn told(
    connection: &mut SqliteConnection,
    new: &NewEvent,
    first: i64,
) -> Result<Option<HashSet<String>>, sqlx::Error> {
    if new.deliveries.is_empty() {
        return Ok(None);
    }
    let rows: Vec<Option<String>> = sqlx::query_scalar(TOLD).bind(first).fetch_all(&mut *connection).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let told: HashSet<String> = rows.into_iter().flatten().collect();
    let mut wanted = new.deliveries.iter();
    Ok(wanted.any(|delivery| !told.contains(&delivery.plugin)).then_some(told))
}

/// Stores an event that repeats another one, for the plugins that were not told of that one.
async fn store_for_others(
    connection: &mut SqliteConnection,
    state: &State,
    event: &NumberedEvent<'_>,
    first: i64,
    told: &HashSet<String>,
) -> Result<Received, sqlx::Error> {
    insert_events(connection, state, slice::from_ref(event)).await?;
    sqlx::query("update events set first = ? where id = ?")
        .bind(first)
        .bind(event.number)
        .execute(&mut *connection)
        .await?;
    let is_new = |delivery: &NumberedDelivery<'_>| !told.contains(&delivery.delivery.plugin);
    let rows: Vec<_> = event.deliveries().filter(is_new).collect();
    let mut ids = insert_delivery_rows(connection, state, &rows).await?..;
    let deliveries = event
        .deliveries()
        .map(|delivery| is_new(&delivery).then(|| ids.next()).flatten());
    Ok(Received::Partly {
        event: event.number,
        deliveries: deliveries.collect(),
    })
}

async fn insert_events(
    connection: &mut SqliteConnection,
    state: &State,
    new: &[NumberedEvent<'_>],
) -> Result<(), sqlx::Error> {
    let mut texts = Texts::default();
    for rows in new.chunks(ROWS_MAX) {
        let have_ids = rows.iter().any(|row| !row.new.ids.is_empty());
        let statement = if have_ids { &EVENTS_WITH_IDS } else { &EVENTS };
        let mut events = statement.query(rows.len()).bind(&state.node.name);
        let mut payloads = PAYLOADS.query(rows.len());
        for &NumberedEvent { number, new, .. } in rows {
            let event = &new.event;
            events = events
                .bind(number)
                .bind(Arc::clone(&event.app_id))
                .bind(Arc::clone(&event.id));
            events = events
                .bind(event.message_id.clone())
                .bind(Arc::clone(&event.event_type));
            events = events
                .bind(texts.of(kind_name(event.kind)))
                .bind(texts.of(event.schema.name()));
            events = events.bind(Arc::clone(&event.tenant_key));
            events = events
                .bind(signed(event.create_time_ms))
                .bind(signed(new.received_at_ms));
            if have_ids {
                events = events.bind(new.ids.request_id.clone()).bind(new.ids.log_id.clone());
                events = events.bind(new.ids.transport);
            }
            payloads = payloads.bind(number).bind(Arc::clone(&event.payload));
        }
        events.execute(&mut *connection).await?;
        payloads.execute(&mut *connection).await?;
    }
    Ok(())
}

/// One row for each delivery; those that begin here are leased at once, so that nobody has to claim them.
async fn insert_deliveries(
    connection: &mut SqliteConnection,
    state: &State,
    new: &mut [NumberedEvent<'_>],
) -> Result<(), sqlx::Error> {
    let rows: Vec<_> = new.iter().flat_map(NumberedEvent::deliveries).collect();
    let mut id = insert_delivery_rows(connection, state, &rows).await?;
    for event in new {
        let count = signed(event.new.deliveries.len() as u64);
        *event.received = Some(Received::First {
            event: event.number,
            deliveries: (id..id + count).collect(),
        });
        id += count;
    }
    Ok(())
}

/// Tells the number of the first of them; the others follow it without gaps.
async fn insert_delivery_rows(
    connection: &mut SqliteConnection,
    state: &State,
    rows: &[NumberedDelivery<'_>],
) -> Result<i64, sqlx::Error> {
    let mut first = None;
    for rows in rows.chunks(ROWS_MAX) {
        let mut query = DELIVERIES.query(rows.len()).bind(&state.node.name);
        for &NumberedDelivery { event, new, delivery } in rows {
            let begins = delivery.begins_here && delivery.ordering_key.is_none();
            let until_ms = begins.then(|| signed(new.received_at_ms.saturating_add(state.node.lease_ms)));
            query = query
                .bind(event)
                .bind(Arc::clone(&new.event.app_id))
                .bind(&delivery.plugin)
                .bind(begins);
            query = query.bind(signed(new.received_at_ms)).bind(until_ms);
            query = query.bind(&delivery.ordering_key).bind(signed(delivery.expires_at_ms));
        }
        let inserted = query.execute(&mut *connection).await?;
        // Rows are numbered without gaps, so the new ones are the last of the table.
        let here = inserted.last_insert_rowid() - signed(inserted.rows_affected()) + 1;
        first.get_or_insert(here);
    }
    Ok(first.unwrap_or_default())
}

/// Counts a repeat and tells the state of the first.
async fn repeat(connection: &mut SqliteConnection, first: i64) -> Result<Received, sqlx::Error> {
    let row = sqlx::query(
        "update events set duplicates = duplicates + 1 where id = ?1
         returning event_id, kind, node, duplicates, (select reply from replies where event = events.id) as reply",
    )
    .bind(first)
    .fetch_optional(connection)
    .await?;
    match row {
        Some(row) => decode::repeat(&row, first, row.try_get("duplicates")?),
        None => Ok(Received::forgotten(first)),
    }
}
