//! Statements of the retention that only SQLite needs.

use sqlx::{AssertSqlSafe, SqlitePool};

use super::{json::json, session::Session};
use crate::rows::walk::Walk;

/// The newest event that is too old, by halving: what is below `low` is too old, what is from `high` on is not. The two ends are
/// asked for one by one, because SQLite looks only for one at a time and would read all events for both.
pub(crate) const NEWEST_BEFORE: &str = "with recursive halves (low, high) as (
        select (select min(id) from events), (select max(id) from events) + 1
        union all
        select iif(e.received_at_ms <= $1, e.id + 1, low), iif(e.received_at_ms <= $1, high, (low + high) / 2)
        from halves cross join events e
            on e.id = (select id from events where id >= (low + high) / 2 order by id limit 1)
        where low < high)
    select low - 1 from halves where low >= high";

/// The newest event that was received by this time.
pub(crate) async fn newest_before(readers: &SqlitePool, before_ms: i64) -> Result<Option<i64>, sqlx::Error> {
    let newest = sqlx::query_scalar::<_, Option<i64>>(NEWEST_BEFORE).bind(before_ms);
    newest.fetch_optional(readers).await.map(Option::flatten)
}

/// Deletes those of a walk's rows that can still go: `$1` is a list of numbers, `$2` the time.
pub(crate) fn delete_of(walk: &Walk) -> String {
    let Walk {
        table, event, may_go, ..
    } = walk;
    format!("delete from {table} as t where {event} in (select value from json_each($1)) and {may_go}")
}

pub(crate) async fn delete_walked(
    session: &mut Session,
    walk: &Walk,
    events: &[i64],
    before_ms: i64,
) -> Result<u64, sqlx::Error> {
    sqlx::query(AssertSqlSafe(delete_of(walk)))
        .bind(json(&events)?)
        .bind(before_ms)
        .execute(session.connection.sqlx())
        .await
        .map(|done| done.rows_affected())
}

/// How many bytes of the file are in use.
pub(crate) async fn bytes(readers: &SqlitePool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "select (page_count - freelist_count) * page_size from pragma_page_count, pragma_freelist_count, pragma_page_size",
    )
    .fetch_one(readers)
    .await
}
