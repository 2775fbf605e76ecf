//! The heartbeat: it marks this server as alive, extends its leases, and reclaims the expired leases of others.

use std::{collections::BTreeMap, time::Duration};

use lark_callback_store::{Reclaimed, Store};
use tokio::time::{MissedTickBehavior, interval};

use super::{paused::Paused, unloaded::Unloaded};
use crate::{dispatch::Dispatcher, telemetry::chain};

/// Batches of expired deliveries ended in one heartbeat; leases and acknowledgements do not wait for more.
const EXPIRE_STEPS_MAX: usize = 20;

/// Runs forever, beside the deliver loop and not in it: the loop waits for the database many times in a turn, and leases
/// would expire meanwhile.
pub(super) async fn beat(store: Store, dispatcher: Dispatcher, every: Duration, now_ms: fn() -> u64) {
    let mut heartbeats = interval(every);
    heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unloaded = Unloaded::default();
    let mut paused = Paused::default();
    loop {
        heartbeats.tick().await;
        // Until what leases lead to is done, the time is that of their extension: a clock that is put forward meanwhile would
        // let them run out at once.
        let began_ms = now_ms();
        // Leases come first, because they are the most urgent.
        let (extended, ()) = tokio::join!(store.extend_leases(began_ms), write_heartbeat(&store, began_ms));
        if let Err(error) = extended {
            tracing::warn!(
                error = chain(&error),
                "Could not extend the leases of running deliveries; retrying"
            );
        }
        // The leases of other servers are checked even if extending our own failed.
        let retries = dispatcher.clone();
        let wait_ms = move |delivery, lost| retries.wait_after_loss_ms(delivery, lost);
        match store.reclaim(began_ms, wait_ms).await {
            Ok(Reclaimed { waiting: 0, .. }) => {}
            Ok(Reclaimed {
                waiting: deliveries, ..
            }) => {
                tracing::warn!(
                    deliveries,
                    "Reclaimed deliveries whose lease expired: a server was killed, or lost its database. They are retried after \
                     a backoff"
                );
                dispatcher.wake();
            }
            Err(error) => tracing::warn!(
                error = chain(&error),
                "Deliveries whose lease expired could not be reclaimed; retrying"
            ),
        }
        dispatcher.take_over_returns(began_ms).await;
        // The database may have been slow, and the clock put back: by its old time much would expire that is still wanted.
        let later_ms = now_ms();
        // Before anything expires, it must be known which plugins are paused.
        paused.look(&store, &dispatcher, later_ms).await;
        if store.doubted_clock(later_ms).is_none() && !dispatcher.is_loading() {
            expire(&store, &dispatcher, later_ms).await;
        }
        unloaded.look(&store, &dispatcher, later_ms).await;
        match store.reschedule(now_ms()).await {
            Ok(0) => {}
            Ok(deliveries) => {
                tracing::warn!(
                    deliveries,
                    "The clock was set back; deliveries scheduled by the old time were rescheduled"
                );
                dispatcher.wake();
            }
            Err(error) => tracing::warn!(
                error = chain(&error),
                "Could not look for deliveries that a wrong clock scheduled too late; retrying"
            ),
        }
    }
}

/// Ends expired deliveries, also for plugins that are not loaded: nothing else would.
async fn expire(store: &Store, dispatcher: &Dispatcher, now_ms: u64) {
    let mut expired = BTreeMap::<String, u64>::new();
    for _ in 0..EXPIRE_STEPS_MAX {
        match store.expire(now_ms).await {
            Ok(step) if step.is_empty() => break,
            Ok(step) => step.into_iter().for_each(|(plugin, deliveries)| {
                *expired.entry(plugin).or_default() += deliveries;
            }),
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "Could not expire deliveries past their age; retrying"
                );
                break;
            }
        }
    }
    if expired.is_empty() {
        return;
    }
    // Other deliveries may have waited for them, in order.
    dispatcher.wake();
    for (plugin, deliveries) in &expired {
        tracing::error!(
            plugin.name = plugin,
            deliveries,
            "Deliveries expired before they could be attempted; see them with `lark-callback deliveries list --state expired`"
        );
    }
}

/// Writes this server's heartbeat. Also needed before its first request: other servers take over the calls of a server
/// without a heartbeat.
pub async fn write_heartbeat(store: &Store, now_ms: u64) {
    if let Err(error) = store.heartbeat(now_ms).await {
        tracing::warn!(
            error = chain(&error),
            "Could not write this server's heartbeat; retrying"
        );
    }
}
