//! Other clients of an application: Lark pushes to one of all open connections, so each of theirs takes a part.

use std::{collections::HashMap, sync::Arc, time::Duration};

use lark_callback_store::Store;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::{
    openapi::{Deadline, Openapi},
    telemetry::{ConnectionPhase, Connections},
};

/// Between two comparisons.
const EVERY: Duration = Duration::from_mins(5);

/// Time for the call.
const CALL_MAX: Duration = Duration::from_secs(10);

/// A connection that lives was recorded at most so long ago: a ping, its answer and the recording.
const ALIVE_MS: u64 = 45_000;

/// Parts that the comparison needs.
#[derive(Debug)]
pub(super) struct Others {
    pub(super) openapi: Openapi,
    pub(super) store: Store,
    pub(super) states: Connections,
    pub(super) now_ms: fn() -> u64,
}

/// Comparisons in a row that found more connections than ours, by application.
#[derive(Debug, Default)]
struct Found(HashMap<Arc<str>, u32>);

impl Found {
    /// Whether to tell of it: once, and not at the first sight, because Lark still counts those that died a while ago.
    fn is_told(&mut self, app_id: &Arc<str>, open: u64, ours: u64) -> bool {
        if open <= ours {
            self.0.remove(app_id);
            return false;
        }
        let times = self.0.entry(Arc::clone(app_id)).or_default();
        *times = times.saturating_add(1);
        *times == 2
    }
}

impl Others {
    /// Compares until the stop.
    pub(super) async fn watch(self, stop: CancellationToken) {
        let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut found = Found::default();
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => return,
            }
            tokio::select! {
                () = self.compare(&mut found) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn compare(&self, found: &mut Found) {
        let states = self.states.now();
        let mut own = HashMap::<Arc<str>, u64>::new();
        for state in states.iter().filter(|state| state.phase == ConnectionPhase::Connected) {
            own.entry(Arc::clone(&state.app_id)).or_default();
        }
        // Lark counts one that it has accepted, whether or not anything has come over it yet.
        let may_be_open = [ConnectionPhase::Connected, ConnectionPhase::Connecting];
        for state in states.iter().filter(|state| may_be_open.contains(&state.phase)) {
            own.entry(Arc::clone(&state.app_id)).and_modify(|own| *own += 1);
        }
        for (app_id, own) in own {
            let now_ms = (self.now_ms)();
            let deadline = Deadline::within(now_ms, CALL_MAX);
            // An application that may not ask has no warning; `doctor` says why.
            let Ok(Some(open)) = self.openapi.connections_open(&app_id, &deadline).await else {
                continue;
            };
            let alive = self.store.connections_alive(&app_id, now_ms.saturating_sub(ALIVE_MS));
            let Ok(alive) = alive.await else { continue };
            let ours = own.max(alive);
            if found.is_told(&app_id, open, ours) {
                tracing::warn!(
                    app.id = &*app_id,
                    open,
                    ours,
                    "Another client of this application is connected: Lark counts more connections than the servers of this \
                     database have. Lark sends each push to one of them, so a part never arrives here. Stop the other client: an \
                     old bot, a developer's machine, a test"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_client_is_told_of_once_and_not_while_it_may_be_a_dead_connection_of_ours() {
        let (mut found, app) = (Found::default(), Arc::from("cli_a"));
        let told: Vec<_> = [(1, 1), (2, 1), (2, 1), (3, 1), (1, 1), (2, 1), (2, 1)]
            .map(|(open, ours)| found.is_told(&app, open, ours))
            .into();
        assert_eq!(told, [false, false, true, false, false, false, true]);
    }
}
