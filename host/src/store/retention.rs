//! What is deleted, and when; and how large the database may become.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    Store, StoreError,
    either::{Connection, Either, on_either},
    signed, sqlite,
    writer::Place,
};

/// How long what is kept. Dead letters keep their payload as long as they live.
#[derive(Debug, Clone)]
pub struct Retention {
    /// What events said.
    pub payloads: Duration,
    /// That events were received and what became of them.
    pub events: Duration,
    /// Deliveries that nobody could make.
    pub dead: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        let days = |days: u64| Duration::from_hours(24 * days);
        Self {
            payloads: days(7),
            events: days(30),
            dead: days(30),
        }
    }
}

/// Rows that one transaction deletes; a longer one would hold up the acknowledgements behind it.
const ROWS_MAX: i64 = 500;

/// Of a server that is gone, so that a clock that is behind does not take one for gone that lives.
const LEASE_KEPT: Duration = Duration::from_hours(1);

/// Of users whose tokens cannot be refreshed any more: for a day the operator is told that they expired, instead of that there
/// were none.
const TOKENS_KEPT: Duration = Duration::from_hours(24);

/// The newest event that is too old: `$1` is the time.
const TOO_OLD: &str = "select id from events where received_at_ms <= $1 order by received_at_ms desc limit 1";

/// The same in SQLite, by halving: what is below `low` is too old, what is from `high` on is not. The two ends are asked for
/// one by one, because SQLite looks only for one at a time and would read all events for both.
const TOO_OLD_BY_HALVING: &str = "with recursive halves (low, high) as (
        select (select min(id) from events), (select max(id) from events) + 1
        union all
        select iif(e.received_at_ms <= $1, e.id + 1, low), iif(e.received_at_ms <= $1, high, (low + high) / 2)
        from halves cross join events e
            on e.id = (select id from events where id >= (low + high) / 2 order by id limit 1)
        where low < high)
    select low - 1 from halves where low >= high";

/// Deliveries at their end, the oldest first.
macro_rules! finished {
    ($states:literal) => {
        concat!(
            "(select id from deliveries
              where finished_at_ms <= $1 and state in (",
            $states,
            ") and id < (select max(id) from deliveries)
              order by finished_at_ms, id limit $2)"
        )
    };
}

// What can be deleted: `$1` is the time before which it is too old, `$2` the number of rows. The newest event and the newest
// delivery stay, because the next ones are numbered after them.

/// Of PostgreSQL; SQLite's have an index of their own.
const RECEIPTS: &[&str] = &["delete from receipts
    where id in (select id from receipts order by id limit $2) and expires_at_ms <= $1"];
const DELIVERIES: &[&str] = &[
    concat!(
        "delete from attempts where delivery in ",
        finished!("'done', 'skipped', 'expired'")
    ),
    concat!(
        "delete from deliveries where id in ",
        finished!("'done', 'skipped', 'expired'")
    ),
];
const DEAD: &[&str] = &[
    concat!("delete from attempts where delivery in ", finished!("'dead'")),
    concat!("delete from deliveries where id in ", finished!("'dead'")),
];

/// Of events up to `$1`, `$2` rows. Where the clock was put back, numbers and times do not go together, so each is asked for
/// its time, `$3`.
const PAYLOADS: &str = "delete from payloads where event in (
    select event from payloads p
    where event <= $1
      and not exists (select 1 from events e where e.id = p.event and e.received_at_ms > $3)
      and not exists (
        select 1 from deliveries d
        where d.event = p.event and d.state in ('ready', 'running', 'retry_wait', 'dead'))
    order by event limit $2)";
const REPLIES: &str = "delete from replies where event in (
    select event from replies r
    where event <= $1
      and not exists (select 1 from events e where e.id = r.event and e.received_at_ms > $3)
    order by event limit $2)";
const EVENTS: &str = "delete from events where id in (
    select id from events e
    where id <= $1 and received_at_ms <= $3
      and id < (select max(id) from events)
      and not exists (select 1 from deliveries d where d.event = e.id)
      and not exists (select 1 from payloads p where p.event = e.id)
    order by id limit $2)";
const LEASES: &[&str] = &["delete from leases
    where name in (select name from leases where until_ms <= $1 order by name limit $2)"];
const USER_TOKENS: &[&str] = &["delete from user_tokens where (app, open_id) in (
    select app, open_id from user_tokens
    where coalesce(refresh_expires_at_ms, access_expires_at_ms) <= $1 limit $2)"];
impl Store {
    /// Deletes some of what is too old and tells how many rows that were; 0 when nothing is left to delete.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn prune(&self, retention: &Retention, now_ms: u64) -> Result<u64, StoreError> {
        let before = |age: Duration| now_ms.saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        let mut rows = self
            .step(move |connection| {
                Box::pin(async move {
                    match connection {
                        Either::Sqlite(sqlite) => sqlite::forget(sqlite, now_ms, ROWS_MAX).await,
                        Either::Postgres(_) => delete(connection, RECEIPTS, now_ms).await,
                    }
                })
            })
            .await?;
        if rows < ROWS_MAX.unsigned_abs() {
            // Those were all. The writer knows some of them by heart.
            self.shared.receipts_gone_ms.store(now_ms, Ordering::Relaxed);
        }
        for (statements, before_ms) in [
            (DELIVERIES, before(retention.events)),
            (DEAD, before(retention.dead)),
            (LEASES, before(LEASE_KEPT)),
            (USER_TOKENS, before(TOKENS_KEPT)),
        ] {
            rows += self
                .step(move |connection| Box::pin(delete(connection, statements, before_ms)))
                .await?;
        }
        for (statement, before_ms) in [
            (PAYLOADS, before(retention.payloads)),
            (REPLIES, before(retention.events)),
            (EVENTS, before(retention.events)),
        ] {
            rows += self
                .step(move |connection| Box::pin(delete_of_events(connection, statement, before_ms)))
                .await?;
        }
        Ok(rows)
    }

    /// How many bytes the database has in use, a SQLite file with the log beside it.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn bytes(&self) -> Result<u64, StoreError> {
        let bytes: Result<i64, sqlx::Error> = match &*self.readers {
            Either::Sqlite(readers) => {
                sqlx::query_scalar(
                    "select (page_count - freelist_count) * page_size
                     from pragma_page_count, pragma_freelist_count, pragma_page_size",
                )
                .fetch_one(readers)
                .await
            }
            Either::Postgres(readers) => {
                sqlx::query_scalar("select pg_database_size(current_database())")
                    .fetch_one(readers)
                    .await
            }
        };
        let log_bytes = match &*self.shared.place {
            Place::File(file) => sqlite::log_bytes(file.path()),
            Place::Server(_) => 0,
        };
        bytes
            .map(|bytes| super::stored::millis(bytes).saturating_add(log_bytes))
            .map_err(StoreError::database("read of its size"))
    }

    /// Refuses whatever is new, or takes it again.
    pub fn set_full(&self, is_full: bool) {
        self.shared.is_full.store(is_full, Ordering::Relaxed);
    }
}

/// Tells how many rows the last statement deleted; those before it delete what belongs to the same rows.
async fn delete(
    connection: &mut Connection,
    statements: &'static [&'static str],
    before_ms: u64,
) -> Result<u64, sqlx::Error> {
    let mut rows = 0;
    for &statement in statements {
        rows = on_either!(&mut *connection, connection => {
            sqlx::query(statement)
                .bind(signed(before_ms))
                .bind(ROWS_MAX)
                .execute(connection)
                .await
                .map(|done| done.rows_affected())
        })?;
    }
    Ok(rows)
}

/// Tells how many rows it deleted.
async fn delete_of_events(
    connection: &mut Connection,
    statement: &'static str,
    before_ms: u64,
) -> Result<u64, sqlx::Error> {
    let before_ms = signed(before_ms);
    let newest: Option<i64> = match &mut *connection {
        Either::Sqlite(sqlite) => {
            let newest = sqlx::query_scalar(TOO_OLD_BY_HALVING).bind(before_ms);
            newest.fetch_optional(sqlite).await?
        }
        Either::Postgres(postgres) => {
            let newest = sqlx::query_scalar(TOO_OLD).bind(before_ms);
            newest.fetch_optional(postgres).await?
        }
    };
    let Some(newest) = newest else { return Ok(0) };
    on_either!(connection, connection => {
        sqlx::query(statement)
            .bind(newest)
            .bind(ROWS_MAX)
            .bind(before_ms)
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    })
}

#[cfg(test)]
mod tests {
    use sqlx::Row as _;

    use super::{DEAD, DELIVERIES, EVENTS, LEASES, PAYLOADS, REPLIES, TOO_OLD_BY_HALVING, USER_TOKENS};
    use crate::store::{either::Either, tests::Place};

    /// Leases and tokens are as many as servers and users.
    const SCANS: [&str; 4] = ["SCAN CONSTANT ROW", "SCAN halves", "SCAN leases", "SCAN user_tokens"];

    /// The acknowledgements wait meanwhile.
    #[tokio::test]
    async fn no_step_reads_all_events_or_deliveries() {
        let place = Place::file();
        let store = place.open().await;
        let Either::Sqlite(readers) = &*store.readers else {
            unreachable!("the place is a file");
        };
        let single = [TOO_OLD_BY_HALVING, PAYLOADS, REPLIES, EVENTS];
        for statement in [DELIVERIES, DEAD, LEASES, USER_TOKENS]
            .concat()
            .into_iter()
            .chain(single)
        {
            let plan = sqlx::query(sqlx::AssertSqlSafe(format!("explain query plan {statement}")));
            let steps = plan.fetch_all(readers).await.unwrap();
            assert!(!steps.is_empty(), "{statement}");
            for step in steps {
                let step: &str = step.get("detail");
                let may_be = SCANS.iter().any(|scan| step.starts_with(scan));
                assert!(may_be || !step.starts_with("SCAN "), "{step}: {statement}");
            }
        }
    }
}
