//! Deliveries whose plugin is paused: they wait longer than others.

use crate::{error::StoreError, rows::numbers::signed, store::Store, writer::queue::in_transaction};

/// Deliveries that expire within this time less than asked for are left alone, so that few rows change when it is asked again.
const SLACK_MS: i64 = 24 * 3_600_000;

/// Rows that one transaction changes; a longer one would hold up the acknowledgements behind it.
const ROWS_MAX: i64 = 500;

/// Not the late reply to a click, which Lark takes for half an hour only.
const KEEP: &str = "update deliveries set expires_at_ms = $2 where id in (
    select id from deliveries
    where plugin = $1 and state in ('ready', 'retry_wait') and kind in ('event', 'task') and expires_at_ms < $3 limit $4)";

impl Store {
    /// Has some of what waits for a plugin expire no sooner than this. Tells how many deliveries that were; 0 when nothing is
    /// left to do.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn keep_waiting(&self, plugin: &str, until_ms: u64) -> Result<u64, StoreError> {
        let (plugin, until_ms) = (plugin.to_owned(), signed(until_ms));
        in_transaction!(self, connection => {
            sqlx::query(KEEP)
                .bind(&plugin)
                .bind(until_ms)
                .bind(until_ms.saturating_sub(SLACK_MS))
                .bind(ROWS_MAX)
                .execute(connection)
                .await
                .map(|done| done.rows_affected())
        })
        .await
    }
}
