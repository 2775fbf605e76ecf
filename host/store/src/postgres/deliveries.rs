//! Claiming and finishing deliveries in PostgreSQL.

use std::{borrow::Cow, collections::HashSet};

use sqlx::PgConnection;

use super::{
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
    text::storable,
};

/// The text of a claim.
macro_rules! claim_of {
    ($lost:literal) => {
        concat!(
            "with due as materialized (
             select id from deliveries d
             where plugin = $1 and state in ('ready', 'retry_wait') and ",
            $lost,
            " and next_at_ms <= $2 and expires_at_ms + 0 > $7
               and (ordering_key is null or $6 and not exists (
                   select 1 from deliveries o
                   where o.ordering_key = d.ordering_key and o.state in ('ready', 'retry_wait', 'running')
                     and (o.state = 'running' or o.id < d.id and o.due_at_ms <= d.due_at_ms
                          or o.next_at_ms <= $2 and (o.due_at_ms, o.id) < (d.due_at_ms, d.id))))
             order by next_at_ms, id limit $5
             for update of d skip locked)
         update deliveries d set state = 'running', attempt = attempt + 1, lease_node = $3, lease_until_ms = $4
         from due where d.id = due.id returning d.id"
        )
    };
}

/// Takes what is due, the longest waiting first, past what other servers take at this moment. Of those with one ordering
/// key only the first can be taken, and none while another runs: before a delivery stands what has a lower number and was
/// due no later, whether or not it waits for another try, and what is due now and was due before it.
///
/// Which is the first can be told only from what is committed, so one server at a time takes those with a key, for each
/// plugin; who comes meanwhile takes the others.
pub(crate) async fn claim(session: &mut Session, claim: &Claim) -> Result<Vec<Delivery>, sqlx::Error> {
    let Session { connection, state } = session;
    let takes_ordered: bool =
        sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtextextended('lark_callback/claim/' || $1, 0))")
            .bind(&claim.plugin)
            .fetch_one(&mut *connection)
            .await?;
    let mut claimed: Vec<i64> = sqlx::query_scalar(match claim.lost {
        Lost::Never => claim_of!("lost = 0"),
        Lost::Once => claim_of!("lost > 0 and lost = 1"),
        Lost::Again => claim_of!("lost > 0 and lost > 1"),
    })
    .bind(&claim.plugin)
    .bind(signed(claim.now_ms))
    .bind(&state.node.name)
    .bind(signed(claim.now_ms.saturating_add(state.node.lease_ms)))
    .bind(i64::from(claim.limit))
    .bind(takes_ordered)
    .bind(claim.expired_by_ms())
    .fetch_all(&mut *connection)
    .await?;
    if claimed.is_empty() {
        return Ok(Vec::new());
    }
    claimed.sort_unstable();
    read(connection, &claimed).await
}

/// Extends the leases on attempts that are made here, and tells whose they still are: this server's.
pub(crate) async fn extend(session: &mut Session, held: &[Hold], until_ms: u64) -> Result<Vec<i64>, sqlx::Error> {
    let Session { connection, state } = session;
    let (deliveries, attempts): (Vec<_>, Vec<_>) =
        held.iter().map(|hold| (hold.delivery, i64::from(hold.attempt))).unzip();
    sqlx::query_scalar(
        "update deliveries d set lease_until_ms = $3 from unnest($1::bigint[], $2::bigint[]) held (delivery, attempt)
         where d.id = held.delivery and d.state = 'running' and d.lease_node = $4 and d.attempt = held.attempt
         returning d.id",
    )
    .bind(deliveries)
    .bind(attempts)
    .bind(signed(until_ms))
    .bind(&state.node.name)
    .fetch_all(connection)
    .await
}

/// Makes attempts ready again that were not begun.
pub(crate) async fn give_back(session: &mut Session, holds: &[Hold]) -> Result<(), sqlx::Error> {
    let Session { connection, state } = session;
    let (deliveries, attempts): (Vec<_>, Vec<_>) = holds
        .iter()
        .map(|hold| (hold.delivery, i64::from(hold.attempt)))
        .unzip();
    sqlx::query(
        "update deliveries d
         set state = 'ready', attempt = d.attempt - 1, lease_node = null, lease_until_ms = null
         from unnest($1::bigint[], $2::bigint[]) hold (delivery, attempt)
         where d.id = hold.delivery and d.state = 'running' and d.lease_node = $3 and d.attempt = hold.attempt",
    )
    .bind(deliveries)
    .bind(attempts)
    .bind(&state.node.name)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Ends the attempts that nobody makes any more, and has their deliveries wait for the next. Tells how many those are: their
/// leases are over, or last longer than any.
///
/// Past what is locked: another server may be extending it, late as this one, and it may be looking at what this one has
/// just extended. They would wait for each other.
pub(crate) async fn release(session: &mut Session, over: &Over) -> Result<u64, sqlx::Error> {
    let lost: Vec<(i64, i32)> = sqlx::query_as(
        "select id, lost from deliveries
         where state = 'running' and (lease_until_ms is null or lease_until_ms < $1 or lease_until_ms > $2)
         for update skip locked",
    )
    .bind(signed(over.now_ms))
    .bind(signed(over.never_ms))
    .fetch_all(&mut session.connection)
    .await?;
    if lost.is_empty() {
        return Ok(0);
    }
    let (ids, next_at_ms): (Vec<_>, Vec<_>) = lost
        .iter()
        .map(|&(id, lost)| (id, over.next_at_ms(id, u32::try_from(lost).unwrap_or_default())))
        .unzip();
    sqlx::query(
        "with lost as (select * from unnest($1::bigint[], $2::bigint[]) as lost (id, next_at_ms)),
         tried as (
             insert into attempts (delivery, number, node, started_at_ms, duration_us, outcome, error, plugin_hash, log)
             select d.id, d.attempt, coalesce(d.lease_node, ''), $3, 0, $4, $5, '', ''
             from lost join deliveries d on d.id = lost.id
             on conflict do nothing)
         update deliveries d
         set state = 'retry_wait', next_at_ms = lost.next_at_ms, lost = d.lost + 1, lease_node = null,
             lease_until_ms = null
         from lost where d.id = lost.id",
    )
    .bind(ids)
    .bind(next_at_ms)
    .bind(signed(over.now_ms))
    .bind(LOST)
    .bind(LOST_ERROR)
    .execute(&mut session.connection)
    .await
    .map(|done| done.rows_affected())
}

/// Reads deliveries with what is to be done.
async fn read(connection: &mut PgConnection, ids: &[i64]) -> Result<Vec<Delivery>, sqlx::Error> {
    sqlx::query(concat!(
        "select ",
        delivery_columns!(),
        "
         from deliveries d
         left join events e on e.id = d.event left join payloads p on p.event = d.event
         where d.id = any($1) order by d.id",
    ))
    .bind(ids)
    .fetch_all(connection)
    .await
    .map(|rows| decode::readable(rows.iter().map(decode::delivery)))
}

/// Records a batch of attempts, of deliveries that this server still holds.
pub(crate) async fn finish(session: &mut Session, batch: &mut [Job<Finish, Finished>]) -> Result<(), sqlx::Error> {
    let Session { connection, state } = session;
    let recorded = end(connection, state, batch).await?;
    for job in batch {
        let finish = &job.write;
        if !recorded.contains(&finish.delivery) {
            job.result = Some(Finished::LeaseLost);
            continue;
        }
        if !finish.tasks.is_empty() {
            let group = TaskGroup::of_attempt(finish);
            insert_tasks(connection, state, &group, &finish.tasks).await?;
        }
        job.result = Some(Finished::Recorded);
    }
    Ok(())
}

/// Writes the attempts and brings their deliveries on; tells which were still held.
async fn end(
    connection: &mut PgConnection,
    state: &State,
    batch: &[Job<Finish, Finished>],
) -> Result<HashSet<i64>, sqlx::Error> {
    let texts =
        |of: fn(&Finish) -> &str| -> Vec<Cow<'_, str>> { batch.iter().map(|job| storable(of(&job.write))).collect() };
    let numbers = |of: fn(&Finish) -> i64| -> Vec<i64> { batch.iter().map(|job| of(&job.write)).collect() };
    let some = |of: fn(&Finish) -> Option<u64>| -> Vec<Option<i64>> {
        batch.iter().map(|job| of(&job.write).map(signed)).collect()
    };
    let errors: Vec<_> = batch
        .iter()
        .map(|job| job.write.error.as_deref().map(storable))
        .collect();
    let recorded: Vec<i64> = sqlx::query_scalar(
        "with new as (
             select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[],
                                  $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[])
             as new (delivery, attempt, started_at_ms, duration_us, outcome, error, plugin_hash, log, state, next_at_ms,
                     finished_at_ms)),
         ended as (
             update deliveries d
             set state = new.state, next_at_ms = coalesce(new.next_at_ms, d.next_at_ms),
                 finished_at_ms = new.finished_at_ms, lease_node = null, lease_until_ms = null
             from new
             where d.id = new.delivery and d.state = 'running' and d.lease_node = $12 and d.attempt = new.attempt
             returning d.id),
         tried as (
             insert into attempts (delivery, number, node, started_at_ms, duration_us, outcome, error, plugin_hash, log)
             select delivery, attempt, $12, started_at_ms, duration_us, outcome, error, plugin_hash, log
             from new join ended on ended.id = new.delivery
             on conflict do nothing)
         select id from ended",
    )
    .bind(numbers(|finish| finish.delivery))
    .bind(numbers(|finish| i64::from(finish.attempt)))
    .bind(numbers(|finish| signed(finish.started_at_ms)))
    .bind(numbers(|finish| signed(finish.duration_us)))
    .bind(texts(|finish| &finish.outcome))
    .bind(errors)
    .bind(texts(|finish| &finish.plugin_hash))
    .bind(texts(|finish| &finish.log))
    .bind(texts(|finish| finish.then.state()))
    .bind(some(|finish| finish.then.at_ms()))
    .bind(some(|finish| finish.then.at_ms().is_none().then_some(finish.now_ms)))
    .bind(&state.node.name)
    .fetch_all(connection)
    .await?;
    Ok(recorded.into_iter().collect())
}
