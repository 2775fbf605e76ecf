//! Statements of the retention that only PostgreSQL needs.

use sqlx::{AssertSqlSafe, PgPool};

use super::session::Session;
use crate::rows::{numbers::signed, walk::Walk};

/// The newest event that was received by this time.
pub(crate) async fn newest_before(readers: &PgPool, before_ms: i64) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar("select id from events where received_at_ms <= $1 order by received_at_ms desc limit 1")
        .bind(before_ms)
        .fetch_optional(readers)
        .await
}

/// Deletes those of a walk's rows that can still go.
pub(crate) async fn delete_walked(
    session: &mut Session,
    walk: &Walk,
    events: &[i64],
    before_ms: i64,
) -> Result<u64, sqlx::Error> {
    let Walk {
        table, event, may_go, ..
    } = walk;
    let statement = format!("delete from {table} as t where {event} = any($1) and {may_go}");
    sqlx::query(AssertSqlSafe(statement))
        .bind(events)
        .bind(before_ms)
        .execute(&mut session.connection)
        .await
        .map(|done| done.rows_affected())
}

/// Deletes the oldest receipts that have expired, at most `rows_max`.
pub(crate) async fn forget(session: &mut Session, now_ms: u64, rows_max: i64) -> Result<u64, sqlx::Error> {
    sqlx::query(
        "delete from receipts where id in (select id from receipts order by id limit $2) and expires_at_ms <= $1",
    )
    .bind(signed(now_ms))
    .bind(rows_max)
    .execute(&mut session.connection)
    .await
    .map(|done| done.rows_affected())
}

/// How many bytes the database takes.
pub(crate) async fn bytes(readers: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select pg_database_size(current_database())")
        .fetch_one(readers)
        .await
}
