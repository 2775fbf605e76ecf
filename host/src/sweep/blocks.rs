//! What searches need, made while the server has little else to do: one small row for each thousand events.

use std::time::Duration;

use lark_callback_store::Store;
use tokio::time::{Instant, sleep};

use crate::telemetry::chain;

/// Rows a second beyond which the server has something better to do.
const BUSY_ROWS: u64 = 200;

/// Pause after each block: a block takes some 10 ms of one processor, so that a million events take half a minute of an idle
/// server, and of a busy one less than a hundredth.
const IDLE_PAUSE: Duration = Duration::from_millis(20);
const BUSY_PAUSE: Duration = Duration::from_secs(1);

/// Builds blocks until none is missing or the time is over. Searches work without them, only slower.
///
/// Whether the server is busy is asked again after each block, so that the first moment of a burst costs one block at most.
pub(super) async fn build(store: &Store, now_ms: u64, until: Instant) {
    let mut before = (Instant::now(), store.commits().rows);
    let mut pause = BUSY_PAUSE;
    while Instant::now() < until {
        match store.build_block(now_ms).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "Could not prepare events for searches; searches are slower until it succeeds. Retrying at the next sweep"
                );
                return;
            }
        }
        sleep(pause).await;
        let (at, rows) = (Instant::now(), store.commits().rows);
        let per_second = rows.saturating_sub(before.1) as f64 / (at - before.0).as_secs_f64();
        pause = if per_second > BUSY_ROWS as f64 {
            BUSY_PAUSE
        } else {
            IDLE_PAUSE
        };
        before = (at, rows);
    }
}
