//! Receiving and answering in SQLite.
//!
//! `or fail` leaves the rows of a failed statement to the rollback of the transaction. The default would keep a journal for
//! the statement, with a copy of every page that it touches.

use std::{collections::HashMap, iter};

use sqlx::{Row, SqliteConnection};

use super::json;
use crate::{
    lark::Kind,
    store::{
        batch::{Job, WriterState},
        events::{NewEvent, NewReply, Received, kind_name},
        signed,
        tasks::{NewTask, TaskGroup},
    },
};

/// Receives a batch. Usually all of it is new, and nothing has to be read back; else each conflict is looked at by itself.
pub(in crate::store) async fn receive(
    connection: &mut SqliteConnection,
    state: &mut WriterState,
    batch: &mut [Job<NewEvent, Received>],
) -> Result<(), sqlx::Error> {
    let first_number = state.next_event;
    state.next_event += signed(batch.len() as u64);
    let numbered = |batch: &[Job<NewEvent, Received>]| (first_number..).zip(0..batch.len());

    let mut names = Vec::with_capacity(batch.len() * 2);
    for (number, job) in (first_number..).zip(batch.iter()) {
        names.extend(names_of(&job.write, number));
    }
    let inserted = sqlx::query(
        "insert or fail into receipts (app, kind, key, event, expires_at_ms)
         select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 from json_each(?1) where true
         on conflict do nothing",
    )
    .bind(json(&names)?)
    .execute(&mut *connection)
    .await?;
    let seen = if inserted.rows_affected() == names.len() as u64 {
        HashMap::new()
    } else {
        seen_before(connection, &names).await?
    };
    drop(names);

    let new: Vec<_> = numbered(batch)
        .filter(|(number, _)| !seen.contains_key(number))
        .collect();
    insert_events(connection, state, batch, &new).await?;
    insert_deliveries(connection, state, batch, &new).await?;
    for (number, index) in numbered(batch) {
        if let (Some(&first), Some(job)) = (seen.get(&number), batch.get_mut(index)) {
            job.result = Some(repeat(connection, first).await?);
        }
    }
    Ok(())
}

/// Application, kind, key, event, expiry.
type Name<'a> = (&'a str, &'a str, &'a str, i64, u64);

/// One row for each name of the event.
fn names_of(new: &NewEvent, number: i64) -> impl Iterator<Item = Name<'_>> {
    let message = new.event.message_id.as_deref().map(|id| ("message", id));
    iter::once(("event", new.event.id.as_str()))
        .chain(message)
        .map(move |(kind, key)| (new.app.as_str(), kind, key, number, new.expires_at_ms))
}

/// The numbers that were given to what was seen before, with the numbers of the first. Whatever name such a repeat brought
/// with it leads to the first from now on.
async fn seen_before(connection: &mut SqliteConnection, names: &[Name<'_>]) -> Result<HashMap<i64, i64>, sqlx::Error> {
    // `cross join` fixes the order of the loops: without it the planner may walk through the whole table for each batch.
    let rows = sqlx::query(
        "select j.value ->> 3, r.event from json_each(?1) j
         cross join receipts r on r.app = j.value ->> 0 and r.kind = j.value ->> 1 and r.key = j.value ->> 2
         where r.event <> j.value ->> 3",
    )
    .bind(json(&names)?)
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
    let left: Vec<_> = names
        .iter()
        .filter_map(|&(app, kind, key, number, _)| Some((app, kind, key, *seen.get(&number)?)))
        .collect();
    sqlx::query(
        "update or fail receipts set event = j.value ->> 3 from json_each(?1) j
         where receipts.app = j.value ->> 0 and receipts.kind = j.value ->> 1 and receipts.key = j.value ->> 2",
    )
    .bind(json(&left)?)
    .execute(connection)
    .await?;
    Ok(seen)
}

async fn insert_events(
    connection: &mut SqliteConnection,
    state: &WriterState,
    batch: &[Job<NewEvent, Received>],
    new: &[(i64, usize)],
) -> Result<(), sqlx::Error> {
    let jobs = || {
        new.iter()
            .filter_map(|&(number, index)| Some((number, &batch.get(index)?.write)))
    };
    let rows: Vec<_> = jobs()
        .map(
            |(
                number,
                NewEvent {
                    app,
                    event,
                    received_at_ms,
                    ..
                },
            )| {
                (
                    (
                        number,
                        app,
                        &event.id,
                        &event.message_id,
                        &event.event_type,
                        kind_name(event.kind),
                    ),
                    (
                        event.schema.name(),
                        &event.app_id,
                        &event.tenant_key,
                        event.create_time_ms,
                        received_at_ms,
                    ),
                )
            },
        )
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert or fail into events (id, app, event_id, message_id, event_type, kind, schema, app_id, tenant_key,
                                     create_time_ms, received_at_ms, node)
         select value ->> '$[0][0]', value ->> '$[0][1]', value ->> '$[0][2]', value ->> '$[0][3]', value ->> '$[0][4]',
                value ->> '$[0][5]', value ->> '$[1][0]', value ->> '$[1][1]', value ->> '$[1][2]', value ->> '$[1][3]',
                value ->> '$[1][4]', ?2
         from json_each(?1)",
    )
    .bind(json(&rows)?)
    .bind(&state.node)
    .execute(&mut *connection)
    .await?;
    let payloads: Vec<_> = jobs().map(|(number, new)| (number, &new.event.payload)).collect();
    sqlx::query("insert or fail into payloads (event, payload) select value ->> 0, value ->> 1 from json_each(?1)")
        .bind(json(&payloads)?)
        .execute(connection)
        .await?;
    Ok(())
}

/// One row for each delivery; those that begin here are leased at once, so that nobody has to claim them.
async fn insert_deliveries(
    connection: &mut SqliteConnection,
    state: &WriterState,
    batch: &mut [Job<NewEvent, Received>],
    new: &[(i64, usize)],
) -> Result<(), sqlx::Error> {
    let mut rows = Vec::new();
    for &(number, index) in new {
        let Some(job) = batch.get(index) else { continue };
        let NewEvent {
            app,
            received_at_ms,
            deliveries,
            ..
        } = &job.write;
        for delivery in deliveries {
            let begins = delivery.begins_here && delivery.ordering_key.is_none();
            let (node, until_ms) = if begins {
                (Some(&state.node), Some(received_at_ms.saturating_add(state.lease_ms)))
            } else {
                (None, None)
            };
            rows.push((
                (number, app, &delivery.plugin, begins, received_at_ms),
                (node, until_ms, &delivery.ordering_key, delivery.expires_at_ms),
            ));
        }
    }
    let mut id = 0;
    if !rows.is_empty() {
        let inserted = sqlx::query(
            "insert or fail into deliveries (event, kind, app, plugin, state, attempt, due_at_ms, next_at_ms, lease_node,
                                             lease_until_ms, ordering_key, created_at_ms, expires_at_ms)
             select value ->> '$[0][0]', 'event', value ->> '$[0][1]', value ->> '$[0][2]',
                    iif(value ->> '$[0][3]', 'running', 'ready'), value ->> '$[0][3]', value ->> '$[0][4]',
                    value ->> '$[0][4]', value ->> '$[1][0]', value ->> '$[1][1]', value ->> '$[1][2]',
                    value ->> '$[0][4]', value ->> '$[1][3]'
             from json_each(?1)",
        )
        .bind(json(&rows)?)
        .execute(connection)
        .await?;
        // An insert numbers its rows without gaps, so the new ones are the last of the table.
        id = inserted.last_insert_rowid() - signed(inserted.rows_affected()) + 1;
    }
    drop(rows);
    for &(event, index) in new {
        let Some(job) = batch.get_mut(index) else { continue };
        let count = signed(job.write.deliveries.len() as u64);
        let deliveries = (id..id + count).collect();
        id += count;
        job.result = Some(Received::First { event, deliveries });
    }
    Ok(())
}

/// Counts a repeat and tells the state of the first.
async fn repeat(connection: &mut SqliteConnection, first: i64) -> Result<Received, sqlx::Error> {
    let row = sqlx::query(
        "update events set duplicates = duplicates + 1 where id = ?1
         returning event_id, kind, node, duplicates, (select reply from replies where event = events.id)",
    )
    .bind(first)
    .fetch_one(connection)
    .await?;
    let seen = row.try_get::<u32, _>(3)?.saturating_add(1);
    let reply: Option<String> = row.try_get(4)?;
    let is_event = row.try_get::<&str, _>(1)? == kind_name(Kind::Event);
    Ok(match reply.or_else(|| is_event.then(String::new)) {
        Some(reply) => Received::Answered { reply, seen },
        None => Received::Unanswered {
            event: first,
            event_id: row.try_get(0)?,
            node: row.try_get(2)?,
            seen,
        },
    })
}

/// Records a batch of replies with the tasks that follow from them.
pub(in crate::store) async fn record(
    connection: &mut SqliteConnection,
    state: &WriterState,
    batch: &mut [Job<NewReply, Vec<i64>>],
) -> Result<(), sqlx::Error> {
    let rows: Vec<_> = batch.iter().map(|job| (job.write.event, &job.write.reply)).collect();
    sqlx::query("insert or replace into replies (event, reply) select value ->> 0, value ->> 1 from json_each(?1)")
        .bind(json(&rows)?)
        .execute(&mut *connection)
        .await?;
    for job in batch {
        let reply = &job.write;
        let group = TaskGroup::of_reply(reply);
        job.result = Some(insert_tasks(connection, state, &group, &reply.tasks).await?);
    }
    Ok(())
}

/// Inserts the tasks of one outcome and tells their numbers.
pub(in crate::store) async fn insert_tasks(
    connection: &mut SqliteConnection,
    state: &WriterState,
    group: &TaskGroup<'_>,
    tasks: &[NewTask],
) -> Result<Vec<i64>, sqlx::Error> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<_> = tasks
        .iter()
        .map(|task| {
            (
                (task.kind.name(), &task.plugin, task.due_at_ms, task.expires_at_ms),
                (&task.name, &task.payload, &task.requested_by),
            )
        })
        .collect();
    let inserted = sqlx::query(
        "insert or fail into deliveries (event, origin, kind, app, plugin, state, attempt, due_at_ms, next_at_ms,
                                         lease_node, lease_until_ms, ordering_key, created_at_ms, expires_at_ms,
                                         task_name, task_payload, requested_by)
         select ?2, ?3, value ->> '$[0][0]', ?4, value ->> '$[0][1]', iif(?5, 'running', 'ready'), ?5,
                value ->> '$[0][2]', value ->> '$[0][2]', iif(?5, ?6, null), iif(?5, ?7, null), ?8, ?9,
                value ->> '$[0][3]', value ->> '$[1][0]', value ->> '$[1][1]', value ->> '$[1][2]'
         from json_each(?1)",
    )
    .bind(json(&rows)?)
    .bind(group.event)
    .bind(group.origin)
    .bind(group.app)
    .bind(group.is_held)
    .bind(&state.node)
    .bind(signed(group.now_ms.saturating_add(state.lease_ms)))
    .bind(&group.ordering_key)
    .bind(signed(group.now_ms))
    .execute(connection)
    .await?;
    let last = inserted.last_insert_rowid();
    Ok((last - signed(tasks.len() as u64) + 1..=last).collect())
}
