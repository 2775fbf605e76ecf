//! Spans in which Lark was heard over a long connection, recorded while they last: what lies between is a gap, whatever ended
//! the connection or this process.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use lark_callback_store::{ConnectedSpan, Store};
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::telemetry::{ConnectionPhase, Connections, HeardSpan, chain};

/// Between two recordings. A crash makes a gap look longer by this, and by the age of the last answer to a ping.
const EVERY: Duration = Duration::from_secs(5);

/// Between two looks at a stop whether the connections have ended, and how long they may take.
const STOPPING_EVERY: Duration = Duration::from_millis(50);
const STOPPING_MAX: Duration = Duration::from_secs(8);

/// Gaps from this length on are told in the log; shorter ones are listed only.
const TOLD_MS_MIN: u64 = 10_000;

/// Records until the stop, and then what the connections that end with it were.
pub(super) fn record(
    connections: Connections,
    store: Store,
    now_ms: fn() -> u64,
    stop: &CancellationToken,
) -> JoinHandle<()> {
    let recorder = Recorder {
        connections,
        store,
        now_ms,
        recorded: BTreeMap::new(),
    };
    tokio::spawn(recorder.run(stop.clone()))
}

struct Recorder {
    connections: Connections,
    store: Store,
    now_ms: fn() -> u64,
    /// Until when each span is recorded, by application and beginning.
    recorded: BTreeMap<(Arc<str>, u64), u64>,
}

impl Recorder {
    async fn run(mut self, stop: CancellationToken) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.connections.changed() => {}
                () = stop.cancelled() => break,
            }
            self.look().await;
        }
        let ended = async {
            while self.is_connected() {
                sleep(STOPPING_EVERY).await;
            }
        };
        let _ = tokio::time::timeout(STOPPING_MAX, ended).await;
        self.look().await;
    }

    fn is_connected(&self) -> bool {
        let connections = self.connections.now();
        connections
            .iter()
            .any(|state| state.phase == ConnectionPhase::Connected)
    }

    async fn look(&mut self) {
        let spans = self.connections.take_spans();
        let key = |span: &HeardSpan| (Arc::clone(&span.app_id), span.from_ms);
        let new: Vec<_> = spans
            .iter()
            .filter(|span| {
                self.recorded
                    .get(&key(span))
                    .is_none_or(|until_ms| *until_ms < span.until_ms)
            })
            .cloned()
            .collect();
        if new.is_empty() {
            return;
        }
        let rows = new.iter().map(|span| ConnectedSpan {
            app: span.app_id.to_string(),
            from_ms: span.from_ms,
            until_ms: span.until_ms,
        });
        if let Err(error) = self.store.keep_connected(rows.collect()).await {
            tracing::warn!(
                error = chain(&error),
                "Could not record when Lark was heard over the long connection; retrying"
            );
            self.connections.give_back(new);
            return;
        }
        let begun: Vec<_> = new
            .iter()
            .filter(|span| !self.recorded.contains_key(&key(span)))
            .collect();
        for span in begun {
            self.tell_of_gap(span).await;
        }
        self.recorded = spans.iter().map(|span| (key(span), span.until_ms)).collect();
    }

    /// Tells of the gap that a new connection ends, if no other server was connected.
    async fn tell_of_gap(&self, span: &HeardSpan) {
        let gaps = self.store.gaps(Some(&span.app_id), span.from_ms, (self.now_ms)()).await;
        let Ok(gaps) = gaps else { return };
        let ended = gaps.iter().find(|gap| gap.until_ms == Some(span.from_ms));
        let Some(gap) = ended else { return };
        let ms = span.from_ms.saturating_sub(gap.from_ms);
        if ms >= TOLD_MS_MIN {
            tracing::warn!(
                app.id = &*span.app_id,
                seconds = ms / 1_000,
                "Nothing was heard from Lark over the long connection for a while. Lark pushes events of that time again for some \
                 hours; clicks were lost. Messages can be fetched: lark-callback events catch-up --dry-run"
            );
        }
    }
}
