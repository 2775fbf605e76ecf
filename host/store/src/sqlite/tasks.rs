//! Replies and tasks in SQLite.

use super::{
    direct::Direct,
    rows::{ROWS_MAX, Rows},
    session::{Session, State},
};
use crate::rows::{events::NewReply, job::Job, numbers::signed, task_group::TaskGroup, tasks::NewTask};

/// Replies of events that have none yet, as nearly all are. A null where none may be undoes a statement with `or replace`, so
/// SQLite copies every page that such a statement touches.
static FIRST_REPLIES: Rows = Rows::new(
    "insert or ignore into replies (event, reply, outcome, plugin, duration_us, error) select * from",
    6,
    "where column1 is not null",
);

/// The same, and those of events that have one.
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

/// Adds tasks that follow from no stored event and tells their numbers.
pub(crate) async fn add_tasks(
    session: &mut Session,
    group: &TaskGroup<'_>,
    tasks: &[NewTask],
) -> Result<Vec<i64>, sqlx::Error> {
    insert_tasks(&mut session.connection.direct().await?, &session.state, group, tasks)
}

/// Records a batch of replies with the tasks that follow from them.
pub(crate) async fn record(session: &mut Session, batch: &mut [Job<NewReply, Vec<i64>>]) -> Result<(), sqlx::Error> {
    let Session { connection, state } = session;
    let direct = &mut connection.direct().await?;
    for replies in batch.chunks(ROWS_MAX) {
        if insert_replies(direct, &FIRST_REPLIES, replies)? < replies.len() as u64 {
            insert_replies(direct, &REPLIES, replies)?;
        }
    }
    for job in batch {
        let reply = &job.write;
        let group = TaskGroup::of_reply(reply);
        job.result = Some(insert_tasks(direct, state, &group, &reply.tasks)?);
    }
    Ok(())
}

/// Tells how many were inserted.
fn insert_replies(
    direct: &mut Direct<'_>,
    statement: &'static Rows,
    replies: &[Job<NewReply, Vec<i64>>],
) -> Result<u64, sqlx::Error> {
    let mut query = statement.query(direct, replies.len())?;
    for Job { write, .. } in replies {
        query.bind(write.event).bind(&*write.reply).bind(write.outcome);
        query.bind(write.plugin.as_deref());
        query.bind(signed(write.duration_us)).bind(write.error.as_deref());
    }
    Ok(query.execute()?.rows_affected)
}

/// Inserts the tasks of one outcome and tells their numbers.
pub(super) fn insert_tasks(
    direct: &mut Direct<'_>,
    state: &State,
    group: &TaskGroup<'_>,
    tasks: &[NewTask],
) -> Result<Vec<i64>, sqlx::Error> {
    let mut last = 0;
    for tasks in tasks.chunks(ROWS_MAX) {
        let (node, until_ms) = if group.is_held {
            (
                Some(&*state.node.name),
                Some(signed(group.now_ms.saturating_add(state.node.lease_ms))),
            )
        } else {
            (None, None)
        };
        let mut query = TASKS.query(direct, tasks.len())?;
        query.bind(group.event).bind(group.origin).bind(group.app);
        query.bind(if group.is_held { "running" } else { "ready" });
        query.bind(group.is_held).bind(node).bind(until_ms);
        query.bind(group.ordering_key.as_deref()).bind(signed(group.now_ms));
        for task in tasks {
            query.bind(task.kind.name()).bind(&*task.plugin);
            query.bind(signed(task.due_at_ms)).bind(signed(task.expires_at_ms));
            query.bind(&*task.name).bind(&*task.payload).bind(&*task.requested_by);
            query.bind(task.chain.generation).bind(task.chain.tasks_left);
        }
        last = query.execute()?.last_insert_rowid;
    }
    Ok((last - signed(tasks.len() as u64) + 1..=last).collect())
}
