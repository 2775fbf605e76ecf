//! Claiming and finishing deliveries in SQLite.

use std::collections::HashSet;

use sqlx::SqliteConnection;

use super::{
    direct::Direct,
    json::json,
    rows::{ROWS_MAX, Rows},
    session::{Session, State},
    tasks::insert_tasks,
};
use crate::rows::{
    decode::{self, delivery_columns},
    deliveries::{Claim, Delivery, Finish, Finished, Hold},
    job::Job,
    lost::{LOST, LOST_ERROR, Lost, Over},
    numbers::signed,
    task_group::TaskGroup,
};

static ATTEMPTS: Rows = Rows::new(
    "with me (node) as (select ?)
     insert or ignore into attempts (delivery, number, node, started_at_ms, duration_us, outcome, error, plugin_hash, log)
     select d.id, d.attempt, node, column3, column4, column5, column6, column7, column8 from me cross join",
    8,
    "cross join deliveries d on d.id = column1
     where d.state = 'running' and d.lease_node = node and d.attempt = column2",
);

static UNBEGUN: Rows = Rows::new(
    "with me (node) as (select ?)
     update or fail deliveries
     set state = 'ready', attempt = attempt - 1, lease_node = null, lease_until_ms = null
     from me cross join",
    2,
    "where deliveries.id = column1 and state = 'running' and lease_node = node and attempt = column2",
);

static ENDS: Rows = Rows::new(
    "with me (node) as (select ?)
     update or fail deliveries
     set state = column3, next_at_ms = coalesce(column4, next_at_ms), finished_at_ms = column5, lease_node = null,
         lease_until_ms = null
     from me cross join",
    5,
    "where deliveries.id = column1 and state = 'running' and lease_node = node and attempt = column2
     returning deliveries.id",
);

/// The text of a claim. Those that were lost have an index of their own, and are found only there.
macro_rules! claim_of {
    ($lost:literal, $next:literal) => {
        concat!(
            "update or fail deliveries set state = 'running', attempt = attempt + 1, lease_node = ?3, lease_until_ms = ?4
         where id in (
             select id from deliveries d
             where plugin = ?1 and state in ('ready', 'retry_wait') and ",
            $lost,
            " and ",
            $next,
            " <= ?2 and +expires_at_ms > ?6
               and (ordering_key is null or not exists (
                   select 1 from deliveries o
                   where o.ordering_key = d.ordering_key and o.state in ('ready', 'retry_wait', 'running')
                     and (o.state = 'running' or o.id < d.id and o.due_at_ms <= d.due_at_ms
                          or o.next_at_ms <= ?2 and (o.due_at_ms, o.id) < (d.due_at_ms, d.id))))
             order by next_at_ms, id limit ?5)
         returning id"
        )
    };
}

/// Takes what is due, the longest waiting first. Of those with one ordering key only the first can be taken, and none while
/// another runs: before a delivery stands what has a lower number and was due no later, whether or not it waits for another
/// try, and what is due now and was due before it. The plus keeps the index of expiry from being taken for that of due time.
pub(crate) async fn claim(session: &mut Session, claim: &Claim) -> Result<Vec<Delivery>, sqlx::Error> {
    let Session { connection, state } = session;
    let mut ids = take_due(&mut connection.direct().await?, state, claim)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    ids.sort_unstable();
    read(connection.sqlx(), &ids).await
}

fn take_due(direct: &mut Direct<'_>, state: &State, claim: &Claim) -> Result<Vec<i64>, sqlx::Error> {
    let mut query = direct.statement(match claim.lost {
        Lost::Never => claim_of!("+lost = 0", "next_at_ms"),
        Lost::Once => claim_of!("lost > 0 and lost = 1", "+next_at_ms"),
        Lost::Again => claim_of!("lost > 0 and lost > 1", "+next_at_ms"),
    })?;
    query.bind(&*claim.plugin).bind(signed(claim.now_ms));
    query.bind(&*state.node.name);
    query.bind(signed(claim.now_ms.saturating_add(state.node.lease_ms)));
    query.bind(claim.limit).bind(claim.expired_by_ms());
    query.numbers().map(|rows| rows.into_iter().map(|[id]| id).collect())
}

/// Extends the leases on attempts that are made here, and tells whose they still are: this server's.
pub(crate) async fn extend(session: &mut Session, held: &[Hold], until_ms: u64) -> Result<Vec<i64>, sqlx::Error> {
    let Session { connection, state } = session;
    let held: Vec<_> = held.iter().map(|hold| (hold.delivery, hold.attempt)).collect();
    sqlx::query_scalar(
        "update deliveries set lease_until_ms = ?2 from json_each(?1) j
         where deliveries.id = j.value ->> 0 and state = 'running' and lease_node = ?3 and attempt = j.value ->> 1
         returning deliveries.id",
    )
    .bind(json(&held)?)
    .bind(signed(until_ms))
    .bind(&state.node.name)
    .fetch_all(connection.sqlx())
    .await
}

/// Makes attempts ready again that were not begun.
pub(crate) async fn give_back(session: &mut Session, holds: &[Hold]) -> Result<(), sqlx::Error> {
    let Session { connection, state } = session;
    let direct = &mut connection.direct().await?;
    for holds in holds.chunks(ROWS_MAX) {
        let mut query = UNBEGUN.query(direct, holds.len())?;
        query.bind(&*state.node.name);
        for hold in holds {
            query.bind(hold.delivery).bind(hold.attempt);
        }
        query.execute()?;
    }
    Ok(())
}

/// Ends the attempts that nobody makes any more, and has their deliveries wait for the next. Tells how many those are: their
/// leases are over, or last longer than any.
pub(crate) async fn release(session: &mut Session, over: &Over) -> Result<u64, sqlx::Error> {
    let lost: Vec<(i64, u32)> = sqlx::query_as(
        "select id, lost from deliveries where state = 'running' and (lease_until_ms is null or lease_until_ms < ?1 or lease_until_ms > ?2)",
    )
    .bind(signed(over.now_ms))
    .bind(signed(over.never_ms))
    .fetch_all(session.connection.sqlx())
    .await?;
    if lost.is_empty() {
        return Ok(0);
    }
    let next: Vec<_> = lost.iter().map(|&(id, lost)| (id, over.next_at_ms(id, lost))).collect();
    let next = json(&next)?;
    sqlx::query(
        "insert or ignore into attempts (delivery, number, node, started_at_ms, duration_us, outcome, error, plugin_hash, log)
         select d.id, d.attempt, coalesce(d.lease_node, ''), ?2, 0, ?3, ?4, '', ''
         from json_each(?1) j cross join deliveries d on d.id = j.value ->> 0",
    )
    .bind(&next)
    .bind(signed(over.now_ms))
    .bind(LOST)
    .bind(LOST_ERROR)
    .execute(session.connection.sqlx())
    .await?;
    sqlx::query(
        "update deliveries
         set state = 'retry_wait', next_at_ms = j.value ->> 1, lost = lost + 1, lease_node = null, lease_until_ms = null
         from json_each(?1) j where deliveries.id = j.value ->> 0",
    )
    .bind(next)
    .execute(session.connection.sqlx())
    .await
    .map(|done| done.rows_affected())
}

/// Reads deliveries with what is to be done.
async fn read(connection: &mut SqliteConnection, ids: &[i64]) -> Result<Vec<Delivery>, sqlx::Error> {
    sqlx::query(concat!(
        "select ",
        delivery_columns!(),
        "
         from json_each(?1) j cross join deliveries d on d.id = j.value
         left join events e on e.id = d.event left join payloads p on p.event = d.event",
    ))
    .bind(json(&ids)?)
    .fetch_all(connection)
    .await
    .map(|rows| decode::readable(rows.iter().map(decode::delivery)))
}

/// Records a batch of attempts, of deliveries that this server still holds.
pub(crate) async fn finish(session: &mut Session, batch: &mut [Job<Finish, Finished>]) -> Result<(), sqlx::Error> {
    let Session { connection, state } = session;
    let direct = &mut connection.direct().await?;
    insert_attempts(direct, state, batch)?;
    let recorded = end(direct, state, batch)?;
    for job in batch {
        let finish = &job.write;
        if !recorded.contains(&finish.delivery) {
            job.result = Some(Finished::LeaseLost);
            continue;
        }
        if !finish.tasks.is_empty() {
            let group = TaskGroup::of_attempt(finish);
            insert_tasks(direct, state, &group, &finish.tasks)?;
        }
        job.result = Some(Finished::Recorded);
    }
    Ok(())
}

fn insert_attempts(direct: &mut Direct<'_>, state: &State, batch: &[Job<Finish, Finished>]) -> Result<(), sqlx::Error> {
    for batch in batch.chunks(ROWS_MAX) {
        let mut query = ATTEMPTS.query(direct, batch.len())?;
        query.bind(&*state.node.name);
        for Job { write, .. } in batch {
            query.bind(write.delivery).bind(write.attempt);
            query.bind(signed(write.started_at_ms)).bind(signed(write.duration_us));
            query.bind(&*write.outcome).bind(write.error.as_deref());
            query.bind(&*write.plugin_hash).bind(&*write.log);
        }
        query.execute()?;
    }
    Ok(())
}

/// Brings the deliveries to what is next for them, and tells which of them were held.
fn end(direct: &mut Direct<'_>, state: &State, batch: &[Job<Finish, Finished>]) -> Result<HashSet<i64>, sqlx::Error> {
    let mut ended = HashSet::new();
    for batch in batch.chunks(ROWS_MAX) {
        let mut query = ENDS.query(direct, batch.len())?;
        query.bind(&*state.node.name);
        for Job { write, .. } in batch {
            let finished_at_ms = write.then.at_ms().is_none().then(|| signed(write.now_ms));
            query.bind(write.delivery).bind(write.attempt).bind(write.then.state());
            query.bind(write.then.at_ms().map(signed)).bind(finished_at_ms);
        }
        ended.extend(query.numbers()?.into_iter().map(|[id]| id));
    }
    Ok(ended)
}
