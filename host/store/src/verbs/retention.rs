//! Retention: which rows are deleted, and when; and how large the database may become.

mod walk;

use std::{sync::atomic::Ordering, time::Duration};

use crate::{
    backend::{Backend, Session, on_session},
    error::{StoreError, chain},
    postgres,
    rows::{
        numbers::{millis, signed},
        walk::{EVENTS, PAYLOADS, REPLIES},
    },
    sqlite,
    store::Store,
};

/// Retention periods. Dead letters keep their payload as long as they live.
#[derive(Debug, Clone)]
pub struct Retention {
    /// Payloads of events.
    pub payloads: Duration,
    /// That events were received and what became of them.
    pub events: Duration,
    /// Deliveries that nobody could make.
    pub dead: Duration,
    /// Changes by operators.
    pub audit: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        let days = |days: u64| Duration::from_hours(24 * days);
        Self {
            payloads: days(7),
            events: days(30),
            dead: days(30),
            audit: days(365),
        }
    }
}

/// Rows that one transaction deletes; a longer one would hold up the acknowledgements behind it.
const ROWS_MAX: i64 = 500;

/// Of a server that is gone, so that a clock that is behind does not take one for gone that lives.
const LEASE_KEPT: Duration = Duration::from_hours(1);

/// Of plugins that no server has any more, or that are paused: longer than anybody pauses one on purpose.
const SCHEDULES_KEPT: Duration = Duration::from_hours(24 * 90);

/// Of users whose tokens cannot be refreshed any more: for a day the operator is told that they expired, instead of that there
/// were none.
const TOKENS_KEPT: Duration = Duration::from_hours(24);

/// Of counts by the minute: the charts of an hour and of a day, with a day to spare.
const MINUTES_KEPT: Duration = Duration::from_hours(48);

/// Of counts by the hour: a few dozen rows a day.
const HOURS_KEPT: Duration = Duration::from_hours(24 * 90);

/// Deliveries at their end, the oldest first; the condition is that of an index, word for word.
macro_rules! ended {
    ($states:literal) => {
        concat!(
            "(select id from deliveries
              where finished_at_ms <= $1 and ",
            $states,
            " and id < (select max(id) from deliveries)
              order by finished_at_ms, id limit $2)"
        )
    };
}

// What can be deleted: `$1` is the time before which it is too old, `$2` the number of rows. The newest event and the newest
// delivery stay, because the next ones are numbered after them.

const DELIVERIES: &[&str] = &[
    concat!(
        "delete from attempts where delivery in ",
        ended!("state in ('done', 'skipped', 'expired')")
    ),
    concat!(
        "delete from deliveries where id in ",
        ended!("state in ('done', 'skipped', 'expired')")
    ),
];
const DEAD: &[&str] = &[
    concat!("delete from attempts where delivery in ", ended!("state = 'dead'")),
    concat!("delete from deliveries where id in ", ended!("state = 'dead'")),
];
const LEASES: &[&str] = &["delete from leases
    where name in (select name from leases where until_ms <= $1 order by name limit $2)"];
const USER_TOKENS: &[&str] = &["delete from user_tokens where (app, open_id) in (
    select app, open_id from user_tokens
    where coalesce(refresh_expires_at_ms, access_expires_at_ms) <= $1 limit $2)"];

const SCHEDULES: &[&str] = &["delete from schedules where (plugin, app, task) in (
    select plugin, app, task from schedules where seen_ms <= $1 limit $2)"];

const CONNECTED: &[&str] = &[
    "delete from connected where (app, node, from_ms) in (
        select app, node, from_ms from connected where until_ms <= $1 limit $2)",
    "delete from caught_up where at_ms <= $1 and $2 > 0",
];

// The newest stays, because the next one is numbered after it.
const AUDIT: &[&str] = &[
    "delete from audit_touched where audit in (
        select id from audit where at_ms <= $1 and id < (select max(id) from audit) order by at_ms, id limit $2)",
    "delete from audit where id in (
        select id from audit where at_ms <= $1 and id < (select max(id) from audit) order by at_ms, id limit $2)",
];

const MINUTES: &[&str] = &["delete from counts where (width, minute, kind, outcome) in (
    select width, minute, kind, outcome from counts where width = 1 and minute <= $1 / 60000 limit $2)"];

const HOURS: &[&str] = &["delete from counts where (width, minute, kind, outcome) in (
    select width, minute, kind, outcome from counts where width = 60 and minute <= $1 / 60000 limit $2)"];

impl Store {
    /// Deletes some of what is too old and tells how many rows that were; 0 when nothing is left to delete. What cannot be
    /// deleted does not keep the rest.
    ///
    /// # Errors
    /// When nothing more could be deleted, and not everything could be committed.
    pub async fn prune(&self, retention: &Retention, now_ms: u64) -> Result<u64, StoreError> {
        let before = |age: Duration| now_ms.saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        let mut sum = Pruned::default();
        sum.add("receipts", self.prune_receipts(now_ms).await);
        for (what, statements, before_ms) in [
            ("deliveries", DELIVERIES, before(retention.events)),
            ("dead letters", DEAD, before(retention.dead)),
            ("leases of servers", LEASES, before(LEASE_KEPT)),
            ("tokens of users", USER_TOKENS, before(TOKENS_KEPT)),
            ("schedules", SCHEDULES, before(SCHEDULES_KEPT)),
            ("spans of long connections", CONNECTED, before(retention.events)),
            ("changes by operators", AUDIT, before(retention.audit)),
            ("counts by the minute", MINUTES, before(MINUTES_KEPT)),
            ("counts by the hour", HOURS, before(HOURS_KEPT)),
        ] {
            let rows = self
                .queues
                .step(move |session| Box::pin(delete(session, statements, before_ms)))
                .await;
            if matches!(rows, Ok(rows) if rows > 0) && matches!(what, "deliveries" | "dead letters") {
                // Events were kept for them.
                self.shared.walks.begin_anew(now_ms);
            }
            sum.add(what, rows);
        }
        self.shared.walks.begin_anew_now_and_then(now_ms);
        for (walk, before_ms) in [
            (&PAYLOADS, before(retention.payloads)),
            (&REPLIES, before(retention.events)),
            (&EVENTS, before(retention.events)),
        ] {
            sum.add(walk.table, self.walk(walk, before_ms, ROWS_MAX).await);
        }
        sum.finish()
    }

    /// Has the next [`Self::prune`] look at everything again, and not only at what has become too old since the last.
    pub fn prune_anew(&self, now_ms: u64) {
        self.shared.walks.begin_anew(now_ms);
    }

    async fn prune_receipts(&self, now_ms: u64) -> Result<u64, StoreError> {
        let rows = self
            .queues
            .step(move |session| {
                Box::pin(async move {
                    match session {
                        Backend::Sqlite(session) => sqlite::forget(&mut session.connection, now_ms, ROWS_MAX).await,
                        Backend::Postgres(session) => postgres::forget(session, now_ms, ROWS_MAX).await,
                    }
                })
            })
            .await?;
        if let Backend::Sqlite(file) = &*self.shared.source
            && rows < ROWS_MAX.unsigned_abs()
        {
            // Those were all. The writer knows some of them by heart.
            file.set_receipts_gone(now_ms);
        }
        Ok(rows)
    }

    /// How many bytes the database has in use, a SQLite file with the log beside it.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn bytes(&self) -> Result<u64, StoreError> {
        let bytes = match &*self.readers {
            Backend::Sqlite(readers) => sqlite::bytes(readers).await,
            Backend::Postgres(readers) => postgres::bytes(readers).await,
        };
        let log_bytes = match &*self.shared.source {
            Backend::Sqlite(file) => file.log_bytes(),
            Backend::Postgres(_) => 0,
        };
        bytes
            .map(|bytes| millis(bytes).saturating_add(log_bytes))
            .map_err(StoreError::database("reading its size"))
    }

    /// Refuses whatever is new, or takes it again.
    pub fn set_full(&self, is_full: bool) {
        self.shared.is_full.store(is_full, Ordering::Relaxed);
    }
}

/// Tells how many rows the last statement deleted; those before it delete what belongs to the same rows.
async fn delete(
    session: &mut Session,
    statements: &'static [&'static str],
    before_ms: u64,
) -> Result<u64, sqlx::Error> {
    let mut rows = 0;
    for &statement in statements {
        rows = on_session!(&mut *session, connection => {
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

/// Result of one round, part by part.
#[derive(Default)]
struct Pruned {
    rows: u64,
    /// Parts of which nothing failed.
    whole: usize,
    failed: Vec<(&'static str, StoreError)>,
}

impl Pruned {
    fn add(&mut self, what: &'static str, rows: Result<u64, StoreError>) {
        match rows {
            Ok(rows) => {
                self.rows += rows;
                self.whole += 1;
            }
            Err(error) => self.failed.push((what, error)),
        }
    }

    /// While rows are deleted there is another round, so the last one tells what failed.
    fn finish(self) -> Result<u64, StoreError> {
        if self.rows > 0 {
            return Ok(self.rows);
        }
        // When nothing could be deleted the cause is no part's own, and whoever asked tells it once.
        let is_of_parts = self.whole > 0;
        let mut first = None;
        for (what, error) in self.failed {
            if is_of_parts {
                tracing::warn!(
                    error = chain(&error),
                    part = what,
                    "Could not delete expired rows of one kind; retrying at the next sweep"
                );
            }
            first.get_or_insert(error);
        }
        first.map_or(Ok(0), Err)
    }
}

#[cfg(test)]
mod tests;
