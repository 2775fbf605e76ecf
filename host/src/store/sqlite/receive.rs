//! Receiving and answering in SQLite.
//!
//! `or fail` leaves the rows of a failed statement to the rollback of the transaction. The default would keep a journal for
//! the statement, with a copy of every page that it touches.

use std::sync::Arc;

use sqlx::{Row, SqliteConnection};

use super::{
    names::register,
    rows::{ROWS_MAX, Rows, Texts},
};
use crate::{
    lark::Kind,
    store::{
        batch::{Job, WriterState},
        events::{NewDelivery, NewEvent, NewReply, Received, kind_name},
        signed,
        tasks::{NewTask, TaskGroup},
    },
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
    "insert or replace into replies (event, reply) select * from",
    2,
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

/// Receives a batch: stores what is new, and tells of repeats what became of their first.
pub(in crate::store) async fn receive(
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
        if let (Some(&first), Some(job)) = (seen.get(&number), batch.get_mut(index)) {
            job.result = Some(repeat(connection, first).await?);
        }
    }
    Ok(())
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
    drop(rows);
    let mut id = first.unwrap_or_default();
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
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        // The receipt outlived what it stands for: receipts may be kept longer than events.
        return Ok(Received::Answered {
            reply: String::new(),
            seen: 2,
        });
    };
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
    for replies in batch.chunks(ROWS_MAX) {
        let mut query = REPLIES.query(replies.len());
        for Job { write, .. } in replies {
            query = query.bind(write.event).bind(Arc::clone(&write.reply));
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
pub(in crate::store) async fn insert_tasks(
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
