//! Expiring deliveries in SQLite.

use super::session::Session;
use crate::rows::{
    numbers::signed,
    overdue::{ROWS_MAX, WHY, too_old},
};

/// Nobody else writes meanwhile, so both statements find the same rows.
const TRIED: &str = concat!(
    "insert or ignore into attempts (delivery, number, node, started_at_ms, duration_us, outcome, error, plugin_hash, log)
     select id, attempt, $3, $1, 0, 'expired', $4, '', '' from deliveries where id in (",
    too_old!(),
    ")"
);
const EXPIRED: &str = concat!(
    "update deliveries set state = 'expired', finished_at_ms = $1 where id in (",
    too_old!(),
    ") returning plugin"
);

#[cfg(test)]
pub(crate) const EXPIRE: [&str; 2] = [TRIED, EXPIRED];

/// Ends some of what waits and is too old, and tells the plugin of each.
pub(crate) async fn expire(session: &mut Session, now_ms: u64) -> Result<Vec<String>, sqlx::Error> {
    let Session { connection, state } = session;
    sqlx::query(TRIED)
        .bind(signed(now_ms))
        .bind(ROWS_MAX)
        .bind(&state.node.name)
        .bind(WHY)
        .execute(connection.sqlx())
        .await?;
    sqlx::query_scalar(EXPIRED)
        .bind(signed(now_ms))
        .bind(ROWS_MAX)
        .fetch_all(connection.sqlx())
        .await
}
