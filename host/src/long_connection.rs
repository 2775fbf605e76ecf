//! Lark's long connection: a WebSocket that this server opens, and over which Lark pushes what it would post over HTTP.
//!
//! A push goes through the same dispatch, the same receipts and the same commit before its answer. Each connection is owned by
//! one task, which never gives up: what cannot be connected is shown as such, and tried again.

mod catch_up;
mod connect;
mod live;
mod others;
mod pacing;
mod push;

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lark_callback_store::Store;
use lark_protocol::long_connection::Pace;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    apps::{App, Transport},
    codes::both,
    openapi::Openapi,
    telemetry::{Connection, ConnectionPhase, ConnectionState, Connections, panic_text},
};
use connect::{connect, told};
use live::{End, Live, Lost};
use others::Others;
use pacing::{Backoff, Ended};

pub use catch_up::{CatchUp, CatchUpError, Fetched, Missing, Span};
pub use push::Receiver;

/// Connections of several applications and servers begin spread over this time.
const SPREAD: Duration = Duration::from_secs(1);

/// Parts that all connections share.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Handles the pushes.
    pub receiver: Receiver,
    /// Discovers the endpoints.
    pub openapi: Openapi,
    /// Has the connections of other servers.
    pub store: Store,
    /// States of the connections, for the operator.
    pub states: Connections,
    /// The time in milliseconds since 1970.
    pub now_ms: fn() -> u64,
}

/// The long connections of all applications.
#[derive(Debug)]
pub struct LongConnections {
    parts: Parts,
    /// Connections of each application on this server.
    each: u32,
    stop: CancellationToken,
    running: Mutex<BTreeMap<Arc<str>, Running>>,
    /// Also those that are ending because their application is gone.
    tasks: TaskTracker,
}

/// Facts of an application that its connections are made with, once and for all.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    transport: Transport,
    /// Where the endpoint is discovered.
    url: String,
}

/// The connections of one application.
#[derive(Debug)]
struct Running {
    wanted: Wanted,
    stop: CancellationToken,
    reloaded: watch::Sender<()>,
}

/// One connection, made again for as long as the server runs.
#[derive(Debug)]
struct Kept {
    parts: Parts,
    app_id: Arc<str>,
    state: Connection,
    stop: CancellationToken,
}

impl LongConnections {
    /// Prepares the connections. Nothing is connected yet.
    pub fn new(parts: Parts, each: u32, stop: CancellationToken) -> Self {
        Self {
            parts,
            each,
            stop,
            running: Mutex::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// Connects the applications that want it, and ends the connections of those that do no more. Others keep theirs, and those
    /// that are waiting try at once: the operator may have corrected what kept them from connecting, here or in the console.
    pub fn follow(&self, apps: &[Arc<App>]) {
        let mut wanted: BTreeMap<_, _> = apps
            .iter()
            .filter(|app| app.transport != Transport::Webhook)
            .map(|app| {
                let url = self.parts.openapi.discovery_url(&app.app_id);
                let transport = app.transport;
                (Arc::clone(&app.app_id), Wanted { transport, url })
            })
            .collect();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|app_id, running| {
            let stays = wanted.get(app_id) == Some(&running.wanted);
            if stays {
                wanted.remove(app_id);
                running.reloaded.send_replace(());
            } else {
                running.stop.cancel();
                self.parts.states.end(app_id);
            }
            stays
        });
        for (app_id, wanted) in wanted {
            let begun = self.begin(&app_id, wanted);
            running.insert(app_id, begun);
        }
    }

    /// Connects, until the stop; the task ends when all connections have ended.
    pub fn serve(self: Arc<Self>, apps: &[Arc<App>]) -> JoinHandle<()> {
        self.follow(apps);
        let Parts {
            openapi,
            store,
            states,
            now_ms,
            ..
        } = self.parts.clone();
        let others = Others {
            openapi,
            store,
            states,
            now_ms,
        };
        self.tasks.spawn(others.watch(self.stop.clone()));
        tokio::spawn(async move {
            self.stop.cancelled().await;
            self.tasks.close();
            self.tasks.wait().await;
        })
    }

    fn begin(&self, app_id: &Arc<str>, wanted: Wanted) -> Running {
        let (stop, reloaded) = (self.stop.child_token(), watch::Sender::new(()));
        let is_only_way = wanted.transport == Transport::LongConnection;
        for number in 1..=self.each {
            let now_ms = (self.parts.now_ms)();
            let kept = Kept {
                parts: self.parts.clone(),
                app_id: Arc::clone(app_id),
                state: self.parts.states.begin(app_id, number, is_only_way, now_ms),
                stop: stop.clone(),
            };
            self.tasks.spawn(Arc::new(kept).run(reloaded.subscribe()));
        }
        Running { wanted, stop, reloaded }
    }
}

impl Kept {
    async fn run(self: Arc<Self>, mut reloaded: watch::Receiver<()>) {
        let (mut backoff, mut pace, mut wait) = (Backoff::default(), Pace::default(), SPREAD.mul_f64(random()));
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                Ok(()) = reloaded.changed() => {}
                () = sleep(wait) => {}
            }
            reloaded.mark_unchanged();
            let ended = match caught(Arc::clone(&self).once(pace)).await {
                Ok((ended, now)) => {
                    pace = now;
                    ended
                }
                Err(panic) => Some(self.failed(&panic)),
            };
            let Some(ended) = ended else { return };
            if matches!(ended, Ended::Lost(_)) {
                // What was reloaded while it was connected is no reason to hurry.
                reloaded.mark_unchanged();
            }
            wait = backoff.after(ended, &pace, random());
            self.note_pause(ended, wait);
        }
    }

    /// Connects once, and lives until the connection is lost. Returns why it ended, None when the server stops, and the
    /// intervals that hold now.
    async fn once(self: Arc<Self>, pace: Pace) -> (Option<Ended>, Pace) {
        let Parts { openapi, now_ms, .. } = &self.parts;
        self.enter(ConnectionPhase::Connecting, |_| {});
        let connecting = connect(openapi, &self.app_id, pace, now_ms());
        let connected = tokio::select! {
            biased;
            () = self.stop.cancelled() => return (None, pace),
            connected = connecting => connected,
        };
        let (socket, endpoint) = match connected {
            Ok(connected) => connected,
            Err(error) => {
                self.state.change(|state| {
                    state.failures += 1;
                    state.reason = Some(told(&error));
                });
                return (Some(error.ended()), pace);
            }
        };
        let proved = Box::new(|| self.connected(&endpoint.host, &endpoint.device_id));
        let handle = |push, arrival| {
            let receiver = self.parts.receiver.clone();
            receiver.handle(Arc::clone(&self.app_id), self.state.clone(), push, arrival)
        };
        let living = Live::run(socket, &endpoint, &self.state, handle, proved, *now_ms, &self.stop);
        let End { lost, lived, pace } = living.await;
        self.state.change(|state| {
            if matches!(lost, Lost::Stopped) && lived.is_some() {
                state.hear(Instant::now(), now_ms());
            }
            state.end_span();
            state.phase = ConnectionPhase::Waiting;
        });
        self.parts.states.look(&self.app_id);
        if self.stop.is_cancelled() {
            return (None, pace);
        }
        self.state.change(|state| {
            state.failures += 1;
            state.reason = Some(lost.text());
        });
        let ended = match (lost, lived) {
            (Lost::TooMany(_), _) => Ended::TooMany,
            (_, Some(lived)) => Ended::Lost(lived),
            // Accepted is not connected: nothing was heard over it.
            (_, None) => Ended::Failed,
        };
        (Some(ended), pace)
    }

    /// Notes an attempt, or a connection, that ended because of a bug.
    fn failed(&self, panic: &str) -> Ended {
        tracing::error!(
            app.id = &*self.app_id,
            panic,
            "A long connection ended because of a bug in the server; please report it"
        );
        self.state.change(|state| {
            state.failures += 1;
            state.end_span();
            state.phase = ConnectionPhase::Waiting;
            state.reason = Some(both("a bug in the server ended it", "因服务自身的缺陷（bug）而中断"));
        });
        Ended::Failed
    }

    /// Notes that the first sign of life came over a connection.
    fn connected(&self, host: &str, device_id: &str) {
        let is_first = !self.state.now().was_connected;
        self.enter(ConnectionPhase::Connected, |state| {
            state.hear(Instant::now(), state.since_ms);
            device_id.clone_into(&mut state.device_id);
            state.was_connected = true;
            state.connects += 1;
            state.reason = None;
        });
        tracing::info!(
            app.id = &*self.app_id,
            host,
            device_id,
            "{}",
            if is_first {
                "Long connection established. If it is not chosen yet: in the developer console choose \"long connection\" \
                 under event configuration and under callback configuration while this server runs, then publish a version"
            } else {
                "Long connection established again"
            }
        );
    }

    /// Notes and logs that it is not connected, why, and when it is tried again.
    fn note_pause(&self, ended: Ended, wait: Duration) {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let phase = match ended {
            Ended::Refused | Ended::TooMany => ConnectionPhase::Refused,
            Ended::Lost(_) | Ended::Failed => ConnectionPhase::Waiting,
        };
        let next_ms = (self.parts.now_ms)().saturating_add(wait_ms);
        self.enter(phase, |state| state.next_try_ms = Some(next_ms));
        let reason = self.state.now().reason;
        let reason = reason.as_deref().unwrap_or_default();
        let app_id = &*self.app_id;
        match ended {
            Ended::Lost(lived) => tracing::warn!(
                app.id = app_id,
                seconds = lived.as_secs(),
                retry_in_ms = wait_ms,
                "Long connection lost: {reason}. Connecting again"
            ),
            Ended::Failed => tracing::warn!(
                app.id = app_id,
                retry_in_ms = wait_ms,
                "No long connection: {reason}. Trying again"
            ),
            Ended::Refused | Ended::TooMany => tracing::error!(
                app.id = app_id,
                retry_in_ms = wait_ms,
                "Long connection refused: {reason}. Trying again"
            ),
        }
    }

    fn enter(&self, phase: ConnectionPhase, change: impl FnOnce(&mut ConnectionState)) {
        let now_ms = (self.parts.now_ms)();
        self.state.change(|state| {
            state.phase = phase;
            state.since_ms = now_ms;
            state.next_try_ms = None;
            change(state);
        });
        self.parts.states.look(&self.app_id);
    }
}

/// Runs work as a task of its own, and returns the text of its panic: whoever keeps a connection must not end with it.
async fn caught<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Result<T, String> {
    let done = tokio::spawn(work).await;
    done.map_err(|error| match error.try_into_panic() {
        Ok(panic) => panic_text(panic.as_ref()).to_owned(),
        Err(error) => error.to_string(),
    })
}

/// Returns a random number from 0 to below 1. Without random bytes there is no jitter, which is no reason to stop.
fn random() -> f64 {
    let mut bytes = [0; 4];
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::caught;

    #[tokio::test]
    async fn a_panic_is_an_end_like_any_other() {
        assert_eq!(caught(async { 1 }).await, Ok(1));
        let panicked: Result<(), _> = caught(async { panic!("no such frame") }).await;
        assert_eq!(panicked, Err("no such frame".to_owned()));
    }
}
