//! Expiring deliveries in PostgreSQL.

use super::session::Session;
use crate::rows::{
    numbers::signed,
    overdue::{ROWS_MAX, WHY, too_old},
};

/// Past what another server claims or expires at this moment.
const EXPIRE: &str = concat!(
    "with old as materialized (",
    too_old!(),
    " for update skip locked),
     ended as (
         update deliveries d set state = 'expired', finished_at_ms = $1 from old where d.id = old.id
         returning d.id, d.attempt, d.plugin),
     tried as (
         insert into attempts (delivery, number, node, started_at_ms, duration_us, outcome, error, plugin_hash, log)
         select id, attempt, $3, $1, 0, 'expired', $4, '', '' from ended on conflict do nothing)
     select plugin from ended"
);

/// Ends some of what waits and is too old, and tells the plugin of each.
pub(crate) async fn expire(session: &mut Session, now_ms: u64) -> Result<Vec<String>, sqlx::Error> {
    let Session { connection, state } = session;
    sqlx::query_scalar(EXPIRE)
        .bind(signed(now_ms))
        .bind(ROWS_MAX)
        .bind(&state.node.name)
        .bind(WHY)
        .fetch_all(connection)
        .await
}
