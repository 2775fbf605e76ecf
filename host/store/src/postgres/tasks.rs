//! Replies and tasks in PostgreSQL.

use std::{borrow::Cow, collections::BTreeMap};

use sqlx::PgConnection;

use super::session::{Session, State};
use crate::rows::{events::NewReply, job::Job, numbers::signed, task_group::TaskGroup, tasks::NewTask, text::storable};

/// Adds tasks that follow from no stored event and tells their numbers.
pub(crate) async fn add_tasks(
    session: &mut Session,
    group: &TaskGroup<'_>,
    tasks: &[NewTask],
) -> Result<Vec<i64>, sqlx::Error> {
    insert_tasks(&mut session.connection, &mut session.state, group, tasks).await
}

/// Records a batch of replies with the tasks that follow from them.
pub(crate) async fn record(session: &mut Session, batch: &mut [Job<NewReply, Vec<i64>>]) -> Result<(), sqlx::Error> {
    let Session { connection, state } = session;
    // In the order of their numbers, and each once: the last of them counts.
    let replies: BTreeMap<i64, &NewReply> = batch.iter().map(|job| (job.write.event, &job.write)).collect();
    let texts =
        |of: fn(&NewReply) -> &str| -> Vec<Cow<'_, str>> { replies.values().map(|new| storable(of(new))).collect() };
    let optional = |of: fn(&NewReply) -> Option<&str>| -> Vec<Option<Cow<'_, str>>> {
        replies.values().map(|new| of(new).map(storable)).collect()
    };
    sqlx::query(
        "insert into replies (event, reply, outcome, plugin, duration_us, error)
         select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
         on conflict (event) do update set reply = excluded.reply, outcome = excluded.outcome,
             plugin = excluded.plugin, duration_us = excluded.duration_us, error = excluded.error",
    )
    .bind(replies.keys().copied().collect::<Vec<_>>())
    .bind(texts(|new| &new.reply))
    .bind(texts(|new| new.outcome))
    .bind(optional(|new| new.plugin.as_deref()))
    .bind(replies.values().map(|new| signed(new.duration_us)).collect::<Vec<_>>())
    .bind(optional(|new| new.error.as_deref()))
    .execute(&mut *connection)
    .await?;
    for job in batch {
        let group = TaskGroup::of_reply(&job.write);
        job.result = Some(insert_tasks(connection, state, &group, &job.write.tasks).await?);
    }
    Ok(())
}

/// Inserts the tasks of one outcome and tells their numbers.
pub(super) async fn insert_tasks(
    connection: &mut PgConnection,
    state: &mut State,
    group: &TaskGroup<'_>,
    tasks: &[NewTask],
) -> Result<Vec<i64>, sqlx::Error> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    state.made_ready |= !group.is_held;
    let texts =
        |of: fn(&NewTask) -> &str| -> Vec<Cow<'_, str>> { tasks.iter().map(|task| storable(of(task))).collect() };
    let times = |of: fn(&NewTask) -> u64| -> Vec<i64> { tasks.iter().map(|task| signed(of(task))).collect() };
    let held = group.is_held.then_some(&state.node.name);
    let held_until_ms = group
        .is_held
        .then(|| signed(group.now_ms.saturating_add(state.node.lease_ms)));
    let mut ids: Vec<i64> = sqlx::query_scalar(
        "insert into deliveries (event, origin, kind, app, plugin, state, attempt, due_at_ms, next_at_ms, lease_node,
                                 lease_until_ms, ordering_key, created_at_ms, expires_at_ms, task_name, task_payload,
                                 requested_by, generation, tasks_left)
         select $8, $9, kind, $10, plugin, case when $11 then 'running' else 'ready' end, $11::int, due_at_ms, due_at_ms,
                $12, $13, $14, $15, expires_at_ms, name, payload, requested_by, generation, tasks_left
         from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $16::bigint[],
                     $17::bigint[])
              with ordinality as new (kind, plugin, due_at_ms, expires_at_ms, name, payload, requested_by, generation,
                                      tasks_left, place)
         order by place returning id",
    )
    .bind(texts(|task| task.kind.name()))
    .bind(texts(|task| &task.plugin))
    .bind(times(|task| task.due_at_ms))
    .bind(times(|task| task.expires_at_ms))
    .bind(texts(|task| &task.name))
    .bind(texts(|task| &task.payload))
    .bind(texts(|task| &task.requested_by))
    .bind(group.event)
    .bind(group.origin)
    .bind(storable(group.app))
    .bind(group.is_held)
    .bind(held)
    .bind(held_until_ms)
    .bind(group.ordering_key.as_deref().map(storable))
    .bind(signed(group.now_ms))
    .bind(tasks.iter().map(|task| i64::from(task.chain.generation)).collect::<Vec<_>>())
    .bind(tasks.iter().map(|task| task.chain.tasks_left.map(i64::from)).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    ids.sort_unstable();
    Ok(ids)
}
