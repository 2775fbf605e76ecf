//! Receiving in PostgreSQL.

use std::{borrow::Cow, collections::HashMap, iter};

use sqlx::{PgConnection, Row};

use super::{
    repeats::{Repeat, repeats},
    takers::store_for_others,
    text,
};
use crate::{
    batch::{Job, WriterState},
    events::{NewDelivery, NewEvent, Received, kind_name},
    signed,
};

/// Receives a batch. Usually all of it is new, and nothing has to be read back; else the conflicts are looked at together.
pub(crate) async fn receive(
    connection: &mut PgConnection,
    state: &mut WriterState,
    batch: &mut [Job<NewEvent, Received>],
) -> Result<(), sqlx::Error> {
    let numbers: Vec<i64> =
        sqlx::query_scalar("select nextval(pg_get_serial_sequence('events', 'id')) from generate_series(1, $1)")
            .bind(signed(batch.len() as u64))
            .fetch_all(&mut *connection)
            .await?;
    let names = names(batch, &numbers);
    let inserted = insert_names(connection, &names).await?;
    let seen = if inserted == names.number.len() as u64 {
        HashMap::new()
    } else {
        seen_before(connection, &names).await?
    };
    drop(names);
    let new: Vec<_> = numbers
        .iter()
        .copied()
        .zip(0..)
        .filter(|(number, _)| !seen.contains_key(number))
        .collect();
    insert_events(connection, state, batch, &new).await?;
    insert_deliveries(connection, state, batch, &new).await?;
    if !seen.is_empty() {
        // In the order of arrival: each is told how often it has come.
        let repeated: Vec<_> = numbers
            .iter()
            .zip(0..)
            .filter_map(|(&number, index)| {
                Some(Repeat {
                    number,
                    index,
                    first: *seen.get(&number)?,
                })
            })
            .collect();
        let repeated = store_for_others(connection, state, batch, repeated).await?;
        repeats(connection, batch, &repeated).await?;
    }
    Ok(())
}

/// The names of all events of a batch, as the columns of a table.
#[derive(Default)]
struct Names<'a> {
    app: Vec<&'a str>,
    kind: Vec<&'static str>,
    key: Vec<Cow<'a, str>>,
    number: Vec<i64>,
    expires_at_ms: Vec<i64>,
}

/// In the order of the unique index: two servers that insert the same names wait for each other at the first of them, and
/// not one at the other's.
fn names<'a>(batch: &'a [Job<NewEvent, Received>], numbers: &[i64]) -> Names<'a> {
    let mut rows: Vec<_> = batch
        .iter()
        .zip(numbers)
        .flat_map(|(job, &number)| {
            let new = &job.write;
            let message = new.event.message_id.as_deref().map(|id| ("message", id));
            iter::once(("event", &*new.event.id))
                .chain(message)
                .map(move |(kind, key)| (&*new.app, kind, text(key), number, signed(new.expires_at_ms)))
        })
        .collect();
    rows.sort();
    let mut names = Names::default();
    for (app, kind, key, number, expires_at_ms) in rows {
        names.app.push(app);
        names.kind.push(kind);
        names.key.push(key);
        names.number.push(number);
        names.expires_at_ms.push(expires_at_ms);
    }
    names
}

/// Tells how many of them nobody had before. One that another server has under way is waited for.
async fn insert_names(connection: &mut PgConnection, names: &Names<'_>) -> Result<u64, sqlx::Error> {
    sqlx::query(
        "insert into receipts (app, kind, key, event, expires_at_ms)
         select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
         on conflict do nothing",
    )
    .bind(&names.app)
    .bind(&names.kind)
    .bind(&names.key)
    .bind(&names.number)
    .bind(&names.expires_at_ms)
    .execute(connection)
    .await
    .map(|done| done.rows_affected())
}

/// The numbers that were given to what was seen before, with the numbers of the first. Whatever name such a repeat brought
/// with it leads to the first from now on.
async fn seen_before(connection: &mut PgConnection, names: &Names<'_>) -> Result<HashMap<i64, i64>, sqlx::Error> {
    let rows = sqlx::query(
        "select j.number, r.event
         from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) j (app, kind, key, number)
         join receipts r on r.app = j.app and r.kind = j.kind and r.key = j.key
         where r.event <> j.number",
    )
    .bind(&names.app)
    .bind(&names.kind)
    .bind(&names.key)
    .bind(&names.number)
    .fetch_all(&mut *connection)
    .await?;
    let mut seen = HashMap::new();
    for row in rows {
        seen.insert(row.try_get::<i64, _>(0)?, row.try_get::<i64, _>(1)?);
    }
    // In one batch the first of a repeat may itself be a repeat.
    let firsts = seen.clone();
    for first in seen.values_mut() {
        while let Some(&earlier) = firsts.get(first) {
            *first = earlier;
        }
    }
    let (numbers, firsts): (Vec<i64>, Vec<i64>) = seen.iter().map(|(&number, &first)| (number, first)).unzip();
    // Only rows of this transaction carry these numbers, so nobody is waited for.
    sqlx::query(
        "update receipts r set event = s.first
         from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) j (app, kind, key, number)
         join unnest($5::bigint[], $6::bigint[]) s (number, first) on s.number = j.number
         where r.app = j.app and r.kind = j.kind and r.key = j.key and r.event = j.number",
    )
    .bind(&names.app)
    .bind(&names.kind)
    .bind(&names.key)
    .bind(&names.number)
    .bind(numbers)
    .bind(firsts)
    .execute(connection)
    .await?;
    Ok(seen)
}

/// The events with their payloads.
pub(super) async fn insert_events(
    connection: &mut PgConnection,
    state: &WriterState,
    batch: &[Job<NewEvent, Received>],
    new: &[(i64, usize)],
) -> Result<(), sqlx::Error> {
    if new.is_empty() {
        return Ok(());
    }
    let jobs: Vec<_> = new
        .iter()
        .filter_map(|&(number, index)| Some((number, &batch.get(index)?.write)))
        .collect();
    let texts =
        |of: fn(&NewEvent) -> &str| -> Vec<Cow<'_, str>> { jobs.iter().map(|(_, new)| text(of(new))).collect() };
    let times = |of: fn(&NewEvent) -> u64| -> Vec<i64> { jobs.iter().map(|(_, new)| signed(of(new))).collect() };
    let message_ids: Vec<_> = jobs
        .iter()
        .map(|(_, new)| new.event.message_id.as_deref().map(text))
        .collect();
    sqlx::query(
        "with new as (
             select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                                  $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::text[])
             as new (id, app, event_id, message_id, event_type, kind, schema, app_id, tenant_key, create_time_ms,
                     received_at_ms, payload)),
         said as (insert into payloads (event, payload) select id, payload from new)
         insert into events (id, app, event_id, message_id, event_type, kind, schema, app_id, tenant_key, create_time_ms,
                             received_at_ms, node)
         select id, app, event_id, message_id, event_type, kind, schema, app_id, tenant_key, create_time_ms,
                received_at_ms, $13
         from new",
    )
    .bind(jobs.iter().map(|(number, _)| *number).collect::<Vec<_>>())
    .bind(texts(|new| &new.app))
    .bind(texts(|new| &new.event.id))
    .bind(message_ids)
    .bind(texts(|new| &new.event.event_type))
    .bind(texts(|new| kind_name(new.event.kind)))
    .bind(texts(|new| new.event.schema.name()))
    .bind(texts(|new| &new.event.app_id))
    .bind(texts(|new| &new.event.tenant_key))
    .bind(times(|new| new.event.create_time_ms))
    .bind(times(|new| new.received_at_ms))
    .bind(texts(|new| &new.event.payload))
    .bind(&state.node)
    .execute(connection)
    .await?;
    Ok(())
}

/// One row for each delivery; those that begin here are leased at once, so that nobody has to claim them.
async fn insert_deliveries(
    connection: &mut PgConnection,
    state: &mut WriterState,
    batch: &mut [Job<NewEvent, Received>],
    new: &[(i64, usize)],
) -> Result<(), sqlx::Error> {
    let jobs: Vec<_> = new
        .iter()
        .filter_map(|&(number, index)| Some((number, &batch.get(index)?.write)))
        .flat_map(|(number, new)| new.deliveries.iter().map(move |delivery| (number, new, delivery)))
        .collect();
    let ids = insert_delivery_rows(connection, state, &jobs).await?;
    drop(jobs);
    let mut ids = ids.into_iter();
    for &(event, index) in new {
        let Some(job) = batch.get_mut(index) else { continue };
        let deliveries = ids.by_ref().take(job.write.deliveries.len()).collect();
        job.result = Some(Received::First { event, deliveries });
    }
    Ok(())
}

/// Tells the numbers of deliveries, each with the number of its event, in their order.
pub(super) async fn insert_delivery_rows(
    connection: &mut PgConnection,
    state: &mut WriterState,
    jobs: &[(i64, &NewEvent, &NewDelivery)],
) -> Result<Vec<i64>, sqlx::Error> {
    let mut ids: Vec<i64> = Vec::new();
    if !jobs.is_empty() {
        let begins: Vec<_> = jobs
            .iter()
            .map(|(.., delivery)| delivery.begins_here && delivery.ordering_key.is_none())
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
        .bind(jobs.iter().map(|(number, ..)| *number).collect::<Vec<_>>())
        .bind(jobs.iter().map(|(_, new, _)| text(&new.app)).collect::<Vec<_>>())
        .bind(
            jobs.iter()
                .map(|(.., delivery)| text(&delivery.plugin))
                .collect::<Vec<_>>(),
        )
        .bind(begins)
        .bind(
            jobs.iter()
                .map(|(_, new, _)| signed(new.received_at_ms))
                .collect::<Vec<_>>(),
        )
        .bind(
            jobs.iter()
                .map(|(.., delivery)| delivery.ordering_key.as_deref().map(text))
                .collect::<Vec<_>>(),
        )
        .bind(
            jobs.iter()
                .map(|(.., delivery)| signed(delivery.expires_at_ms))
                .collect::<Vec<_>>(),
        )
        .bind(&state.node)
        .bind(signed(state.lease_ms))
        .fetch_all(connection)
        .await?;
        // Numbers are given in the order of the rows, whatever the order in which they are told.
        ids.sort_unstable();
    }
    Ok(ids)
}
