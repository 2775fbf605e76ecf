//! The state of the long connections: for the operator, for readiness and for `/metrics`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

/// Phase of a long connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionPhase {
    /// Asks for an endpoint, or makes the connection.
    Connecting,
    /// Receives.
    Connected,
    /// Waits before the next attempt.
    Waiting,
    /// Lark refused it for a reason that an operator has to remove. It is tried again at a slow pace.
    Refused,
}

impl ConnectionPhase {
    /// All phases.
    pub const ALL: [Self; 4] = [Self::Connecting, Self::Connected, Self::Waiting, Self::Refused];

    /// Stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
        }
    }
}

/// Facts known of one connection.
#[derive(Debug, Clone)]
pub struct ConnectionState {
    /// `cli_…`.
    pub app_id: Arc<str>,
    /// Number among the connections of the application on this server, from 1.
    pub number: u32,
    /// Whether the application receives only here, so that a server without a connection is deaf for it.
    pub is_only_way: bool,
    /// Phase.
    pub phase: ConnectionPhase,
    /// Milliseconds since 1970 at which the phase began.
    pub since_ms: u64,
    /// When the application was last connected, or since when it should be.
    pub deaf_since: Instant,
    /// Whether it was connected once.
    pub was_connected: bool,
    /// Lark's name of the connection; empty before the first one.
    pub device_id: String,
    /// Milliseconds since 1970; absent before the first frame.
    pub last_frame_ms: Option<u64>,
    /// Milliseconds since 1970; absent before the first push.
    pub last_push_ms: Option<u64>,
    /// Milliseconds since 1970; absent while connected.
    pub next_try_ms: Option<u64>,
    /// Why the last connection or attempt ended.
    pub reason: Option<String>,
    /// Connections made.
    pub connects: u64,
    /// Attempts that failed, and connections that were lost.
    pub failures: u64,
    /// Pushes that were answered, by their result.
    pub pushes: BTreeMap<&'static str, u64>,
    /// Frames that were not handled, by the reason.
    pub refused_frames: BTreeMap<&'static str, u64>,
    /// Messages that wait for fragments.
    pub unfinished: usize,
}

/// The state of one connection; clones share it.
#[derive(Debug, Clone)]
pub struct Connection(Arc<Mutex<ConnectionState>>);

/// All connections of this server.
#[derive(Debug, Clone, Default)]
pub struct Connections(Arc<Mutex<Vec<Connection>>>);

impl Connection {
    /// Changes it.
    pub fn change(&self, change: impl FnOnce(&mut ConnectionState)) {
        change(&mut self.lock());
    }

    /// Returns it as it is.
    pub fn now(&self) -> ConnectionState {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, ConnectionState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    /// Adds a connection that is about to be made.
    pub fn begin(&self, app_id: &Arc<str>, number: u32, is_only_way: bool, now_ms: u64) -> Connection {
        let connection = Connection(Arc::new(Mutex::new(ConnectionState {
            app_id: Arc::clone(app_id),
            number,
            is_only_way,
            phase: ConnectionPhase::Connecting,
            since_ms: now_ms,
            deaf_since: Instant::now(),
            was_connected: false,
            device_id: String::new(),
            last_frame_ms: None,
            last_push_ms: None,
            next_try_ms: None,
            reason: None,
            connects: 0,
            failures: 0,
            pushes: BTreeMap::new(),
            refused_frames: BTreeMap::new(),
            unfinished: 0,
        })));
        self.lock().push(connection.clone());
        connection
    }

    /// Removes the connections of an application that is not served any more.
    pub fn end(&self, app_id: &str) {
        self.lock().retain(|connection| &*connection.lock().app_id != app_id);
    }

    /// Returns the state of all, in the order in which they began.
    pub fn now(&self) -> Vec<ConnectionState> {
        self.lock().iter().map(Connection::now).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
