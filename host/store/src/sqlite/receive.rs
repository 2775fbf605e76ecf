//! Receiving and answering in SQLite.
//!
//! `or fail` leaves the rows of a failed statement to the rollback of the transaction. The default would keep a journal for
//! the statement, with a copy of every page that it touches.

use std::{collections::HashSet, slice, sync::atomic::Ordering};

use sqlx::{Row, SqliteConnection};

use super::{
    direct::Direct,
    rows::{ROWS_MAX, Rows},
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
    let repeated = store_new(&mut connection.direct().await?, state, &mut memory, batch)?;
    state.memory = Some(memory);
    for (event, first) in repeated {
        *event.received = Some(match told(connection.sqlx(), event.new, first).await? {
            Some(told) => store_for_others(&mut connection.direct().await?, state, &event, first, &told)?,
            None => repeat(connection.sqlx(), first).await?,
        });
    }
    Ok(())
}

/// Stores what is new, and returns the repeats with the numbers of their first.
fn store_new<'b>(
    direct: &mut Direct<'_>,
    state: &State,
    memory: &mut Memory,
    batch: &'b mut [Job<NewEvent, Received>],
) -> Result<Vec<(NumberedEvent<'b>, i64)>, sqlx::Error> {
    let first_number = memory.next_event;
    memory.next_event += signed(batch.len() as u64);
    let gone_ms = state.receipts_gone_ms.load(Ordering::Relaxed);
    let events = batch.iter().map(|job| &job.write);
    let seen = memory.names.register(direct, events, first_number, gone_ms)?;

    let (mut new, mut repeated) = (Vec::with_capacity(batch.len()), Vec::new());
    for (number, job) in (first_number..).zip(batch) {
        let event = NumberedEvent::of(number, job);
        match seen.get(&number) {
            Some(&first) => repeated.push((event, first)),
            None => new.push(event),
        }
    }
    insert_events(direct, state, &new)?;
    insert_deliveries(direct, state, &mut new)?;
    Ok(repeated)
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
fn store_for_others(
    direct: &mut Direct<'_>,
    state: &State,
    event: &NumberedEvent<'_>,
    first: i64,
    told: &HashSet<String>,
) -> Result<Received, sqlx::Error> {
    insert_events(direct, state, slice::from_ref(event))?;
    let mut query = direct.statement("update events set first = ? where id = ?")?;
    query.bind(first).bind(event.number);
    query.execute()?;
    let is_new = |delivery: &NumberedDelivery<'_>| !told.contains(&delivery.delivery.plugin);
    let rows: Vec<_> = event.deliveries().filter(is_new).collect();
    let mut ids = insert_delivery_rows(direct, state, &rows)?..;
    let deliveries = event
        .deliveries()
        .map(|delivery| is_new(&delivery).then(|| ids.next()).flatten());
    Ok(Received::Partly {
        event: event.number,
        deliveries: deliveries.collect(),
    })
}

fn insert_events(direct: &mut Direct<'_>, state: &State, new: &[NumberedEvent<'_>]) -> Result<(), sqlx::Error> {
    for rows in new.chunks(ROWS_MAX) {
        let have_ids = rows.iter().any(|row| !row.new.ids.is_empty());
        let statement = if have_ids { &EVENTS_WITH_IDS } else { &EVENTS };
        let mut events = statement.query(direct, rows.len())?;
        events.bind(&*state.node.name);
        for &NumberedEvent { number, new, .. } in rows {
            let event = &new.event;
            events.bind(number).bind(&*event.app_id).bind(&*event.id);
            events.bind(event.message_id.as_deref()).bind(&*event.event_type);
            events.bind(kind_name(event.kind)).bind(event.schema.name());
            events.bind(&*event.tenant_key).bind(signed(event.create_time_ms));
            events.bind(signed(new.received_at_ms));
            if have_ids {
                events
                    .bind(new.ids.request_id.as_deref())
                    .bind(new.ids.log_id.as_deref());
                events.bind(new.ids.transport);
            }
        }
        events.execute()?;
        let mut payloads = PAYLOADS.query(direct, rows.len())?;
        for &NumberedEvent { number, new, .. } in rows {
            payloads.bind(number).bind(&*new.event.payload);
        }
        payloads.execute()?;
    }
    Ok(())
}

/// One row for each delivery; those that begin here are leased at once, so that nobody has to claim them.
fn insert_deliveries(direct: &mut Direct<'_>, state: &State, new: &mut [NumberedEvent<'_>]) -> Result<(), sqlx::Error> {
    let rows: Vec<_> = new.iter().flat_map(NumberedEvent::deliveries).collect();
    let mut id = insert_delivery_rows(direct, state, &rows)?;
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
fn insert_delivery_rows(
    direct: &mut Direct<'_>,
    state: &State,
    rows: &[NumberedDelivery<'_>],
) -> Result<i64, sqlx::Error> {
    let mut first = None;
    for rows in rows.chunks(ROWS_MAX) {
        let mut query = DELIVERIES.query(direct, rows.len())?;
        query.bind(&*state.node.name);
        for &NumberedDelivery { event, new, delivery } in rows {
            let begins = delivery.begins_here && delivery.ordering_key.is_none();
            let until_ms = begins.then(|| signed(new.received_at_ms.saturating_add(state.node.lease_ms)));
            query
                .bind(event)
                .bind(&*new.event.app_id)
                .bind(&*delivery.plugin)
                .bind(begins);
            query.bind(signed(new.received_at_ms)).bind(until_ms);
            query.bind(delivery.ordering_key.as_deref());
            query.bind(signed(delivery.expires_at_ms));
        }
        let inserted = query.execute()?;
        // Rows are numbered without gaps, so the new ones are the last of the table.
        let here = inserted.last_insert_rowid - signed(inserted.rows_affected) + 1;
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
