//! The heartbeat: it shows that this server lives, keeps what it holds, and finds what others have let go.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::{dispatch::Dispatcher, store::Store, telemetry::chain};

/// Beats for ever, beside the deliver loop and not in it: that one waits for the database many times in a turn, and leases
/// would run out meanwhile.
pub(super) async fn beat(store: Store, dispatcher: Dispatcher, every: Duration, now_ms: fn() -> u64) {
    let mut heartbeats = interval(every);
    heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        heartbeats.tick().await;
        let now_ms = now_ms();
        // Leases are what is short: they come first.
        let (extended, ()) = tokio::join!(store.extend_leases(now_ms), show_life(&store, now_ms));
        match extended {
            Ok(0) => {}
            Ok(deliveries) => {
                tracing::warn!(deliveries, "Deliveries that no server holds any more are made again");
                dispatcher.wake();
            }
            Err(error) => tracing::warn!(error = chain(&error), "Leases were not extended; tried again"),
        }
        dispatcher.take_over_returns(now_ms).await;
        match store.plan_anew(now_ms).await {
            Ok(0) => {}
            Ok(deliveries) => {
                tracing::warn!(
                    deliveries,
                    "The clock was put back; deliveries that it had planned for a later time are planned anew"
                );
                dispatcher.wake();
            }
            Err(error) => tracing::warn!(
                error = chain(&error),
                "What is planned too late was not found; tried again"
            ),
        }
    }
}

/// Shows that this server lives. To be done before its first request too: a call is lost to others whose server does not live
/// as far as the database tells, and they would make it again.
pub async fn show_life(store: &Store, now_ms: u64) {
    if let Err(error) = store.show_life(now_ms).await {
        tracing::warn!(
            error = chain(&error),
            "That this server lives was not shown; tried again"
        );
    }
}
