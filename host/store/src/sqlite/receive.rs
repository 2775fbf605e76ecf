//! Receiving and answering in SQLite.
//!
//! `or fail` leaves the rows of a failed statement to the rollback of the transaction. The default would keep a journal for
//! the statement, with a copy of every page that it touches.

use std::{collections::HashSet, sync::Arc};

use lark_protocol::Kind;
use sqlx::{Row, SqliteConnection};

use super::{
    names::register,
    rows::{ROWS_MAX, Rows, Texts},
};
use crate::{
    batch::{Job, WriterState},
    events::{NewDelivery, NewEvent, NewReply, Received, kind_name},
    signed,
    tasks::{NewTask, TaskGroup},
};

static EVENTS: Rows = Rows::new(
    "insert or fail into events (id, app, event_id, message_id, event_type, kind, schema, app_id, tenant_key,
                                 create_time_ms, received_at_ms, node)
     select *, ? from",
    11,
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

static REPLIES: Rows = Rows::new(
    "insert or replace into replies (event, reply, outcome, plugin, duration_us, error) select * from",
    6,
    "where column1 is not null",
);

static TASKS: Rows = Rows::new(
    "insert or fail into deliveries (event, origin, app, state, attempt, lease_node, lease_until_ms, ordering_key,
                                     created_at_ms, kind, plugin, due_at_ms, next_at_ms, expires_at_ms, task_name,
                                     task_payload, requested_by, generation, tasks_left)
     select ?, ?, ?, ?, ?, ?, ?, ?, ?, column1, column2, column3, column3, column4, column5, column6, column7, column8,
            column9
     from",
    9,
    "where column1 is not null",
);

/// Who was told of an event that is numbered so, or of what repeated it for others. No row when there is no such event, and
/// one without a name when nobody was told. The order of the loops is fixed, so that none reads a whole table.
pub(crate) const TOLD: &str = "with told (id, kind) as (
         select id, kind from events where id = ?1
         union all select id, kind from events where first = ?1)
     select d.plugin from told left join deliveries d on d.event = told.id and d.kind = 'event'
     where told.kind = 'event'";

/// Receives a batch: stores what is new, and tells of repeats what became of their first.
pub(crate) async fn receive(
    connection: &mut SqliteConnection,
    state: &mut WriterState,
    batch: &mut [Job<NewEvent, Received>],
) -> Result<(), sqlx::Error> {
    let first_number = state.next_event;
    state.next_event += signed(batch.len() as u64);
    let numbered = |batch: &[Job<NewEvent, Received>]| (first_number..).zip(0..batch.len());
    let seen = register(connection, state, batch, first_number).await?;

    let new: Vec<_> = numbered(batch)
        .filter(|(number, _)| !seen.contains_key(number))
        .collect();
    insert_events(connection, state, batch, &new).await?;
    insert_deliveries(connection, state, batch, &new).await?;
    for (number, index) in numbered(batch) {
        let Some(&first) = seen.get(&number) else { continue };
        let received = match told(connection, batch, index, first).await? {
            Some(told) => store_for_others(connection, state, batch, (number, index), first, &told).await?,
            None => repeat(connection, first).await?,
        };
        if let Some(job) = batch.get_mut(index) {
            job.result = Some(received);
        }
    }
    Ok(())
}

/// The plugins that were told of an event which has come again; nothing when it is a repeat to all that are to have it, or
/// when who was told is not known any more.
async fn told(
    connection: &mut SqliteConnection,
    batch: &[Job<NewEvent, Received>],
    index: usize,
    first: i64,
) -> Result<Option<HashSet<String>>, sqlx::Error> {
    let wanted = batch.get(index).map(|job| job.write.deliveries.as_slice());
    let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else {
        return Ok(None);
    };
    let rows: Vec<Option<String>> = sqlx::query_scalar(TOLD).bind(first).fetch_all(&mut *connection).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let told: HashSet<String> = rows.into_iter().flatten().collect();
    Ok(wanted
        .iter()
        .any(|delivery| !told.contains(&delivery.plugin))
        .then_some(told))
}

/// Stores an event that repeats another one, for the plugins that were not told of that one.
async fn store_for_others(
    connection: &mut SqliteConnection,
    state: &WriterState,
    batch: &[Job<NewEvent, Received>],
    (number, index): (i64, usize),
    first: i64,
    told: &HashSet<String>,
) -> Result<Received, sqlx::Error> {
    insert_events(connection, state, batch, &[(number, index)]).await?;
    sqlx::query("update events set first = ? where id = ?")
        .bind(first)
        .bind(number)
        .execute(&mut *connection)
        .await?;
    let mut rows: Vec<(i64, &NewEvent, &NewDelivery)> = Vec::new();
    let mut is_new = Vec::new();
    if let Some(job) = batch.get(index) {
        for wanted in &job.write.deliveries {
            is_new.push(!told.contains(&wanted.plugin));
            if !told.contains(&wanted.plugin) {
                rows.push((number, &job.write, wanted));
            }
        }
    }
    let mut ids = insert_delivery_rows(connection, state, &rows).await?..;
    let deliveries = is_new.into_iter().map(|is_new| is_new.then(|| ids.next()).flatten());
    Ok(Received::Partly {
        event: number,
        deliveries: deliveries.collect(),
    })
}

async fn insert_events(
    connection: &mut SqliteConnection,
    state: &WriterState,
    batch: &[Job<NewEvent, Received>],
    new: &[(i64, usize)],
) -> Result<(), sqlx::Error> {
    let mut texts = Texts::default();
    for new in new.chunks(ROWS_MAX) {
        let mut events = EVENTS.query(new.len()).bind(&state.node);
        let mut payloads = PAYLOADS.query(new.len());
        for &(number, index) in new {
            let Some(Job { write: new, .. }) = batch.get(index) else {
                continue;
            };
            let event = &new.event;
            events = events
                .bind(number)
                .bind(Arc::clone(&new.app))
                .bind(Arc::clone(&event.id));
            events = events
                .bind(event.message_id.clone())
                .bind(Arc::clone(&event.event_type));
            events = events
                .bind(texts.of(kind_name(event.kind)))
                .bind(texts.of(event.schema.name()));
            events = events
                .bind(Arc::clone(&event.app_id))
                .bind(Arc::clone(&event.tenant_key));
            events = events
                .bind(signed(event.create_time_ms))
                .bind(signed(new.received_at_ms));
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
    state: &WriterState,
    batch: &mut [Job<NewEvent, Received>],
    new: &[(i64, usize)],
) -> Result<(), sqlx::Error> {
    let jobs = new
        .iter()
        .filter_map(|&(number, index)| Some((number, &batch.get(index)?.write)));
    let rows: Vec<(i64, &NewEvent, &NewDelivery)> = jobs
        .flat_map(|(number, new)| new.deliveries.iter().map(move |delivery| (number, new, delivery)))
        .collect();
    let mut id = insert_delivery_rows(connection, state, &rows).await?;
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

/// Tells the number of the first of them; the others follow it without gaps.
async fn insert_delivery_rows(
    connection: &mut SqliteConnection,
    state: &WriterState,
    rows: &[(i64, &NewEvent, &NewDelivery)],
) -> Result<i64, sqlx::Error> {
    let mut first = None;
    for rows in rows.chunks(ROWS_MAX) {
        let mut query = DELIVERIES.query(rows.len()).bind(&state.node);
        for &(number, new, delivery) in rows {
            let begins = delivery.begins_here && delivery.ordering_key.is_none();
            let until_ms = begins.then(|| signed(new.received_at_ms.saturating_add(state.lease_ms)));
            query = query
                .bind(number)
                .bind(Arc::clone(&new.app))
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
         returning event_id, kind, node, duplicates, (select reply from replies where event = events.id)",
    )
    .bind(first)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        // The receipt outlived what it stands for: receipts may be kept longer than events.
        return Ok(Received::Answered {
            event: first,
            reply: String::new(),
            seen: 2,
        });
    };
    let seen = row.try_get::<u32, _>(3)?.saturating_add(1);
    let reply: Option<String> = row.try_get(4)?;
    let is_event = row.try_get::<&str, _>(1)? == kind_name(Kind::Event);
    Ok(match reply.or_else(|| is_event.then(String::new)) {
        Some(reply) => Received::Answered {
            event: first,
            reply,
            seen,
        },
        None => Received::Unanswered {
            event: first,
            event_id: row.try_get(0)?,
            node: row.try_get(2)?,
            seen,
        },
    })
}

/// Records a batch of replies with the tasks that follow from them.
pub(crate) async fn record(
    connection: &mut SqliteConnection,
    state: &WriterState,
    batch: &mut [Job<NewReply, Vec<i64>>],
) -> Result<(), sqlx::Error> {
    let mut texts = Texts::default();
    for replies in batch.chunks(ROWS_MAX) {
        let mut query = REPLIES.query(replies.len());
        for Job { write, .. } in replies {
            query = query.bind(write.event).bind(Arc::clone(&write.reply));
            query = query.bind(texts.of(write.outcome)).bind(write.plugin.clone());
            query = query.bind(signed(write.duration_us)).bind(&write.error);
        }
        query.execute(&mut *connection).await?;
    }
    for job in batch {
        let reply = &job.write;
        let group = TaskGroup::of_reply(reply);
        job.result = Some(insert_tasks(connection, state, &group, &reply.tasks).await?);
    }
    Ok(())
}

/// Inserts the tasks of one outcome and tells their numbers.
pub(crate) async fn insert_tasks(
    connection: &mut SqliteConnection,
    state: &WriterState,
    group: &TaskGroup<'_>,
    tasks: &[NewTask],
) -> Result<Vec<i64>, sqlx::Error> {
    let mut last = 0;
    for tasks in tasks.chunks(ROWS_MAX) {
        let (node, until_ms) = if group.is_held {
            (
                Some(&state.node),
                Some(signed(group.now_ms.saturating_add(state.lease_ms))),
            )
        } else {
            (None, None)
        };
        let mut query = TASKS
            .query(tasks.len())
            .bind(group.event)
            .bind(group.origin)
            .bind(group.app)
            .bind(if group.is_held { "running" } else { "ready" })
            .bind(group.is_held)
            .bind(node)
            .bind(until_ms)
            .bind(&group.ordering_key)
            .bind(signed(group.now_ms));
        for task in tasks {
            query = query
                .bind(task.kind.name())
                .bind(&task.plugin)
                .bind(signed(task.due_at_ms));
            query = query
                .bind(signed(task.expires_at_ms))
                .bind(&task.name)
                .bind(&task.payload);
            query = query.bind(&task.requested_by);
            query = query.bind(task.chain.generation).bind(task.chain.tasks_left);
        }
        last = query.execute(&mut *connection).await?.last_insert_rowid();
    }
    Ok((last - signed(tasks.len() as u64) + 1..=last).collect())
}
