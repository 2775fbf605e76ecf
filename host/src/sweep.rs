//! Sweeper: deletes expired data in small steps that let acknowledgements through.
//!
//! Tested with clocks that are wrong in `tests/it/deliver/clock.rs`; what is deleted, in `host/store`.

mod blocks;
mod clock;

use std::time::Duration;

use lark_callback_store::{Retention, Store, StoreError};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::telemetry::chain;
use clock::Clock;
pub use clock::compare_clock;

/// Interval between sweeps. Expiry is checked at use, so sweeping only frees space and need not be punctual.
const EVERY: Duration = Duration::from_secs(30);

/// Lease of the server that sweeps for all: three times the interval.
const LEAD_MS: u64 = 90_000;

/// Time after the begin of a sweep for what searches need: until shortly before the next one.
const BLOCKS_FOR: Duration = Duration::from_secs(25);

/// Fill level at which a warning is logged, in percent of the maximum database size.
const WARN_PERCENT: u64 = 85;
const REFUSE_PERCENT: u64 = 99;

/// Settings of the sweeper.
#[derive(Debug, Clone, Default)]
pub struct SweepSettings {
    /// Retention periods.
    pub retention: Retention,
    /// Maximum database size in bytes; none: limited only by the disk.
    pub database_bytes_max: Option<u64>,
}

/// Sweeps until `stop` is cancelled; `now_ms` returns milliseconds since 1970.
pub async fn run(store: Store, settings: SweepSettings, now_ms: fn() -> u64, stop: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut clock = Clock::new(now_ms());
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        let until = Instant::now() + BLOCKS_FOR;
        if let Some(bytes_max) = settings.database_bytes_max {
            guard(&store, bytes_max).await;
        }
        let now_ms = now_ms();
        let believed_ms = clock.read(now_ms);
        let doubted_ms = store.doubted_clock(now_ms);
        let remembered = store
            .remember_doubt(doubted_ms.or(clock.is_doubted().then_some(believed_ms)))
            .await;
        if let Err(error) = remembered {
            tracing::warn!(
                error = chain(&error),
                "Could not record in the database that the clock may be wrong; a server that starts now would trust the clock. \
                 Retrying"
            );
        }
        if doubted_ms.is_some() {
            continue;
        }
        // There may be much to delete; the next server continues with what is left.
        let swept = tokio::select! {
            swept = sweep(&store, &settings.retention, now_ms, believed_ms) => swept,
            () = stop.cancelled() => return,
        };
        match swept {
            // Another server sweeps for all.
            Ok(None) => continue,
            Ok(Some(0)) => {}
            Ok(Some(rows)) => tracing::debug!(rows, "Expired rows deleted"),
            Err(error) => tracing::warn!(
                error = chain(&error),
                "Could not delete expired rows; retrying at the next sweep"
            ),
        }
        tokio::select! {
            () = blocks::build(&store, now_ms, until) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Tells how many rows were deleted; nothing when another server is the one that sweeps.
///
/// The lease uses the clock as it is, because servers compare it with their own; deleting uses the trusted time.
async fn sweep(store: &Store, retention: &Retention, now_ms: u64, believed_ms: u64) -> Result<Option<u64>, StoreError> {
    if !store.acquire_leadership(LEAD_MS, now_ms).await? {
        return Ok(None);
    }
    let mut rows = 0;
    loop {
        // A failure of one does not prevent the other.
        let (pruned, keys) = (
            store.prune(retention, believed_ms).await,
            store.sweep_kv(believed_ms).await,
        );
        let swept = pruned.as_ref().unwrap_or(&0) + keys.as_ref().unwrap_or(&0);
        rows += swept;
        if swept == 0 {
            pruned?;
            keys?;
            return Ok(Some(rows));
        }
    }
}

/// Warns when the database approaches its maximum size, and refuses new events before it is reached, because accepted
/// ones must still be finished.
async fn guard(store: &Store, bytes_max: u64) {
    let bytes = match store.bytes().await {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(error = chain(&error), "Could not read the size of the database");
            return;
        }
    };
    let percent = bytes.saturating_mul(100) / bytes_max.max(1);
    store.set_full(percent >= REFUSE_PERCENT);
    if percent >= REFUSE_PERCENT {
        tracing::error!(
            bytes,
            bytes_max,
            "The database is full: new events are refused (503). Raise CALLBACK_DATABASE_BYTES_MAX, or shorten the \
              retention (CALLBACK_PAYLOAD_DAYS, CALLBACK_EVENT_DAYS)"
        );
    } else if percent >= WARN_PERCENT {
        tracing::warn!(
            bytes,
            bytes_max,
            "The database is nearly full; at {REFUSE_PERCENT} % new events are refused. Raise \
              CALLBACK_DATABASE_BYTES_MAX, or shorten the retention"
        );
    }
}
