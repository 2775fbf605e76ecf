//! The clock at the edge: what has expired is deleted, in small steps that let acknowledgements through.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{
    store::{Store, StoreError},
    telemetry::chain,
};

/// Nothing depends on it being punctual: expiry is checked at use, sweeping only gives the space back.
const EVERY: Duration = Duration::from_mins(5);

/// Sweeps until `stop` is cancelled; `now_ms` tells milliseconds since 1970.
pub async fn run(store: Store, now_ms: fn() -> u64, stop: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        match sweep(&store, now_ms()).await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "Expired rows deleted"),
            Err(error) => tracing::warn!(
                error = chain(&error),
                "Expired rows could not be deleted; tried again later"
            ),
        }
    }
}

async fn sweep(store: &Store, now_ms: u64) -> Result<u64, StoreError> {
    let mut rows = 0;
    loop {
        let swept = store.sweep_receipts(now_ms).await? + store.sweep_kv(now_ms).await?;
        rows += swept;
        if swept == 0 {
            return Ok(rows);
        }
    }
}
