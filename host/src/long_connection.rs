//! Lark's long connection: a WebSocket that this server opens, and over which Lark pushes what it would post over HTTP.
//!
//! A push goes through the same dispatch, the same receipts and the same commit before its answer. Each connection is owned by
//! one task, which never gives up: what cannot be connected is shown as such, and tried again.

mod connect;
mod live;
mod pacing;
mod push;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lark_protocol::long_connection::Pace;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{
    apps::{App, Transport},
    openapi::Openapi,
    telemetry::{Connection, ConnectionPhase, ConnectionState, Connections, chain},
};
use connect::{connect, told};
use live::{Live, Lost};
use pacing::{Backoff, Ended};

pub use push::Receiver;

/// Connections of several applications and servers begin spread over this time.
const SPREAD: Duration = Duration::from_secs(1);

/// The long connections of all applications.
#[derive(Debug)]
pub struct LongConnections {
    receiver: Receiver,
    openapi: Openapi,
    states: Connections,
    /// Connections of each application on this server.
    each: u32,
    now_ms: fn() -> u64,
    stop: CancellationToken,
    running: Mutex<BTreeMap<Arc<str>, Running>>,
}

/// The connections of one application.
#[derive(Debug)]
struct Running {
    transport: Transport,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

/// One connection, made again for as long as the server runs.
struct Kept {
    app_id: Arc<str>,
    receiver: Receiver,
    openapi: Openapi,
    state: Connection,
    now_ms: fn() -> u64,
    stop: CancellationToken,
}

impl LongConnections {
    /// Prepares the connections. Nothing is connected yet.
    pub fn new(
        receiver: Receiver,
        openapi: Openapi,
        states: Connections,
        each: u32,
        now_ms: fn() -> u64,
        stop: CancellationToken,
    ) -> Self {
        Self {
            receiver,
            openapi,
            states,
            each,
            now_ms,
            stop,
            running: Mutex::default(),
        }
    }

    /// Connects the applications that want it, and ends the connections of those that do no more. Others keep theirs.
    pub fn follow(&self, apps: &[Arc<App>]) {
        let wanted: BTreeMap<_, _> = apps
            .iter()
            .filter(|app| app.transport != Transport::Webhook)
            .map(|app| (Arc::clone(&app.app_id), app.transport))
            .collect();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|app_id, running| {
            let stays = wanted.get(app_id) == Some(&running.transport);
            if !stays {
                running.stop.cancel();
                self.states.end(app_id);
            }
            stays
        });
        for (app_id, transport) in wanted {
            running
                .entry(Arc::clone(&app_id))
                .or_insert_with(|| self.begin(&app_id, transport));
        }
    }

    /// Connects, until the stop; the task ends when all connections have ended.
    pub fn serve(self: Arc<Self>, apps: &[Arc<App>]) -> JoinHandle<()> {
        self.follow(apps);
        tokio::spawn(self.ended())
    }

    async fn ended(self: Arc<Self>) {
        self.stop.cancelled().await;
        let running = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        for task in running.into_values().flat_map(|running| running.tasks) {
            // A panic was logged by the hook.
            let _ = task.await;
        }
    }

    fn begin(&self, app_id: &Arc<str>, transport: Transport) -> Running {
        let stop = self.stop.child_token();
        let is_only_way = transport == Transport::LongConnection;
        let tasks = (1..=self.each).map(|number| {
            let kept = Kept {
                app_id: Arc::clone(app_id),
                receiver: self.receiver.clone(),
                openapi: self.openapi.clone(),
                state: self.states.begin(app_id, number, is_only_way, (self.now_ms)()),
                now_ms: self.now_ms,
                stop: stop.clone(),
            };
            tokio::spawn(kept.run())
        });
        Running {
            transport,
            tasks: tasks.collect(),
            stop,
        }
    }
}

impl Kept {
    async fn run(self) {
        let (mut backoff, mut pace, mut wait) = (Backoff::default(), Pace::default(), SPREAD.mul_f64(random()));
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                () = sleep(wait) => {}
            }
            let Some(ended) = self.once(&mut pace).await else {
                return;
            };
            wait = backoff.after(ended, &pace, random());
            self.note_pause(ended, wait);
        }
    }

    /// Connects once, and lives until the connection is lost. None when the server stops.
    async fn once(&self, pace: &mut Pace) -> Option<Ended> {
        self.enter(ConnectionPhase::Connecting, |_| {});
        let connecting = connect(&self.openapi, &self.app_id, *pace, (self.now_ms)());
        let connected = tokio::select! {
            biased;
            () = self.stop.cancelled() => return None,
            connected = connecting => connected,
        };
        let (socket, endpoint) = match connected {
            Ok(connected) => connected,
            Err(error) => {
                self.state.change(|state| {
                    state.failures += 1;
                    state.reason = Some(told(&error));
                });
                return Some(error.ended());
            }
        };
        *pace = endpoint.pace;
        let began = Instant::now();
        self.connected(&endpoint.host, &endpoint.device_id);
        let handle = |push, arrival| {
            self.receiver
                .clone()
                .handle(Arc::clone(&self.app_id), self.state.clone(), push, arrival)
        };
        let (lost, now) = Live::run(socket, &endpoint, &self.state, handle, self.now_ms, &self.stop).await;
        *pace = now;
        if matches!(lost, Lost::Stopped) {
            return None;
        }
        self.state.change(|state| {
            state.failures += 1;
            state.deaf_since = Instant::now();
            state.reason = Some(chain(&lost));
        });
        Some(Ended::Lost(began.elapsed()))
    }

    fn connected(&self, host: &str, device_id: &str) {
        let is_first = !self.state.now().was_connected;
        self.enter(ConnectionPhase::Connected, |state| {
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
        let next_ms = (self.now_ms)().saturating_add(wait_ms);
        self.enter(phase, |state| state.next_try_ms = Some(next_ms));
        let reason = self.state.now().reason.unwrap_or_default();
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
        let now_ms = (self.now_ms)();
        self.state.change(|state| {
            state.phase = phase;
            state.since_ms = now_ms;
            state.next_try_ms = None;
            change(state);
        });
    }
}

/// Returns a random number from 0 to below 1. Without random bytes there is no jitter, which is no reason to stop.
fn random() -> f64 {
    let mut bytes = [0; 4];
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}
