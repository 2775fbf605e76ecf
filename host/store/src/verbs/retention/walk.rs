//! Walks through rows of events that are old enough, a bounded number at a time: most of them may be kept for something else.
//!
//! Looking is done beside the writer, from where the last look ended; the writer is only told what to delete.

use crate::{
    backend::{Backend, Session, on_backend},
    error::StoreError,
    rows::numbers::signed,
    store::Store,
};

/// Rows that one question looks at.
const LOOK_ROWS: i64 = 2_000;

/// The newest event that is too old: `$1` is the time.
pub(super) const TOO_OLD: &str =
    "select id from events where received_at_ms <= $1 order by received_at_ms desc limit 1";

/// The same in SQLite, by halving: what is below `low` is too old, what is from `high` on is not. The two ends are asked for
/// one by one, because SQLite looks only for one at a time and would read all events for both.
pub(super) const TOO_OLD_BY_HALVING: &str = "with recursive halves (low, high) as (
        select (select min(id) from events), (select max(id) from events) + 1
        union all
        select iif(e.received_at_ms <= $1, e.id + 1, low), iif(e.received_at_ms <= $1, high, (low + high) / 2)
        from halves cross join events e
            on e.id = (select id from events where id >= (low + high) / 2 order by id limit 1)
        where low < high)
    select low - 1 from halves where low >= high";

/// A table that is walked through by the number of the event.
#[derive(Debug)]
pub(super) struct Walk {
    /// For people.
    pub(super) what: &'static str,
    /// Which of the walks.
    number: usize,
    /// The next rows after `$1` up to `$2`, about `$3` of them, and whether each can go; `$4` is the time.
    pub(super) look: &'static str,
    /// Deletes those that can still go: `$1` is a list of numbers, `$2` the time.
    pub(super) delete_sqlite: &'static str,
    pub(super) delete_postgres: &'static str,
}

/// A walk through `$table`, whose row `t` can go when `$may_go` holds; there `$at` is the time.
macro_rules! walk {
    ($what:literal, $number:literal, $table:literal, $event:literal, $if_at_4:expr, $if_at_2:expr) => {
        Walk {
            what: $what,
            number: $number,
            look: concat!(
                "select t.",
                $event,
                ", ",
                $if_at_4,
                " from (select * from ",
                $table,
                " where ",
                $event,
                " > $1 and ",
                $event,
                " <= $2 order by ",
                $event,
                " limit $3) t order by t.",
                $event
            ),
            delete_sqlite: concat!(
                "delete from ",
                $table,
                " as t where ",
                $event,
                " in (select value from json_each($1)) and ",
                $if_at_2
            ),
            delete_postgres: concat!(
                "delete from ",
                $table,
                " as t where ",
                $event,
                " = any($1) and ",
                $if_at_2
            ),
        }
    };
}

// Where the clock was put back, numbers and times do not go together, so each event is asked for its time.
macro_rules! payload_may_go {
    ($at:literal) => {
        concat!(
            "not exists (select 1 from events e where e.id = t.event and e.received_at_ms > ",
            $at,
            ") and not exists (select 1 from deliveries d
                 where d.event = t.event and d.state in ('ready', 'running', 'retry_wait', 'dead'))"
        )
    };
}
macro_rules! reply_may_go {
    ($at:literal) => {
        concat!(
            "not exists (select 1 from events e where e.id = t.event and e.received_at_ms > ",
            $at,
            ")"
        )
    };
}
macro_rules! event_may_go {
    ($at:literal) => {
        concat!(
            "t.received_at_ms <= ",
            $at,
            " and t.id < (select max(id) from events)
              and not exists (select 1 from deliveries d where d.event = t.id)
              and not exists (select 1 from payloads p where p.event = t.id)"
        )
    };
}

pub(super) static PAYLOADS: Walk = walk!(
    "payloads",
    0,
    "payloads",
    "event",
    payload_may_go!("$4"),
    payload_may_go!("$2")
);
pub(super) static REPLIES: Walk = walk!(
    "replies",
    1,
    "replies",
    "event",
    reply_may_go!("$4"),
    reply_may_go!("$2")
);
pub(super) static EVENTS: Walk = walk!("events", 2, "events", "id", event_may_go!("$4"), event_may_go!("$2"));

impl Store {
    /// Goes on with a walk until there is something to delete, or the walk is at its end; tells how many rows were deleted.
    pub(super) async fn walk(&self, walk: &'static Walk, before_ms: u64, rows_max: i64) -> Result<u64, StoreError> {
        let before_ms = signed(before_ms);
        let Some(newest) = self.newest_too_old(before_ms).await? else {
            return Ok(0);
        };
        let walks = &self.shared.walks;
        loop {
            let after = walks.place(walk.number);
            let rows: Vec<(i64, bool)> = self
                .read("looking for expired rows", async {
                    on_backend!(&*self.readers, readers => {
                        sqlx::query_as(walk.look)
                            .bind(after)
                            .bind(newest)
                            .bind(LOOK_ROWS)
                            .bind(before_ms)
                            .fetch_all(readers)
                            .await
                    })
                })
                .await?;
            let Some((last, _)) = rows.last().copied() else {
                return Ok(0);
            };
            let mut going: Vec<i64> = rows
                .into_iter()
                .filter(|(_, may_go)| *may_go)
                .map(|(event, _)| event)
                .collect();
            let is_more = going.len() as u64 > rows_max.unsigned_abs();
            going.truncate(usize::try_from(rows_max).unwrap_or_default());
            let next = going.last().copied().filter(|_| is_more).unwrap_or(last);
            if going.is_empty() {
                walks.set(walk.number, next);
                continue;
            }
            let rows = self
                .queues
                .step(move |session| Box::pin(delete(session, walk, going, before_ms)))
                .await?;
            walks.set(walk.number, next);
            if rows > 0 {
                return Ok(rows);
            }
        }
    }

    async fn newest_too_old(&self, before_ms: i64) -> Result<Option<i64>, StoreError> {
        self.read("looking for expired rows", async {
            match &*self.readers {
                Backend::Sqlite(readers) => {
                    let newest = sqlx::query_scalar::<_, Option<i64>>(TOO_OLD_BY_HALVING).bind(before_ms);
                    newest.fetch_optional(readers).await.map(Option::flatten)
                }
                Backend::Postgres(readers) => {
                    let newest = sqlx::query_scalar(TOO_OLD).bind(before_ms);
                    newest.fetch_optional(readers).await
                }
            }
        })
        .await
    }
}

async fn delete(
    session: &mut Session,
    walk: &'static Walk,
    events: Vec<i64>,
    before_ms: i64,
) -> Result<u64, sqlx::Error> {
    match session {
        Backend::Sqlite(session) => {
            let events = serde_json::to_string(&events).map_err(|error| sqlx::Error::Encode(error.into()))?;
            let deleted = sqlx::query(walk.delete_sqlite).bind(events).bind(before_ms);
            deleted
                .execute(&mut session.connection)
                .await
                .map(|done| done.rows_affected())
        }
        Backend::Postgres(session) => {
            let deleted = sqlx::query(walk.delete_postgres).bind(events).bind(before_ms);
            deleted
                .execute(&mut session.connection)
                .await
                .map(|done| done.rows_affected())
        }
    }
}
