//! Deliveries that wait for a paused plugin: they do not expire meanwhile.

use std::collections::BTreeMap;

use lark_callback_store::Store;

use crate::{
    dispatch::{Dispatcher, PAUSED_AGE_MS_MAX},
    telemetry::chain,
};

/// Interval at which the deliveries of a paused plugin are looked at again: those that another server stored before it knew of
/// the pause are among them.
const EVERY_MS: u64 = 3_600_000;

/// Steps in one heartbeat; leases do not wait for more.
const STEPS_MAX: usize = 20;

/// Times at which the deliveries of each paused plugin were last looked at.
#[derive(Debug, Default)]
pub(super) struct Paused {
    seen_ms: BTreeMap<String, u64>,
}

impl Paused {
    /// Has what waits for paused plugins wait longer, when a pause begins and now and then.
    pub(super) async fn look(&mut self, store: &Store, dispatcher: &Dispatcher, now_ms: u64) {
        let paused = dispatcher.paused();
        self.seen_ms
            .retain(|plugin, seen_ms| *seen_ms <= now_ms && paused.contains(plugin));
        let is_due = |plugin: &&String| {
            let seen_ms = self.seen_ms.get(*plugin);
            seen_ms.is_none_or(|seen_ms| now_ms.saturating_sub(*seen_ms) >= EVERY_MS)
        };
        let due: Vec<String> = paused.iter().filter(is_due).cloned().collect();
        for plugin in due {
            if keep(store, &plugin, now_ms).await {
                self.seen_ms.insert(plugin, now_ms);
            }
        }
    }
}

/// Whether nothing is left to do.
async fn keep(store: &Store, plugin: &str, now_ms: u64) -> bool {
    for _ in 0..STEPS_MAX {
        match store
            .keep_waiting(plugin, now_ms.saturating_add(PAUSED_AGE_MS_MAX))
            .await
        {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(
                    plugin.name = plugin,
                    error = chain(&error),
                    "Could not keep the deliveries of a paused plugin from expiring; retrying"
                );
                return false;
            }
        }
    }
    false
}
