//! The state of the long connections: for the operator, for readiness and for `/metrics`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use crate::codes::Text;

/// Phase of a long connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionPhase {
    /// Asks for an endpoint, makes the connection, or waits for the first sign of life over it: one that was only accepted may
    /// be half open.
    Connecting,
    /// Receives: something came over it.
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
    /// The last sign of life, or since when there should be one.
    pub heard_at: Instant,
    /// Whether it was connected once.
    pub was_connected: bool,
    /// Lark's name of the connection; empty before the first one.
    pub device_id: String,
    /// The same in milliseconds since 1970.
    pub heard_ms: u64,
    /// Beginning and last sign of life of connections that ended, in milliseconds since 1970, until they are recorded.
    pub ended: Vec<(u64, u64)>,
    /// Milliseconds since 1970; absent before the first frame.
    pub last_frame_ms: Option<u64>,
    /// Milliseconds since 1970; absent before the first push.
    pub last_push_ms: Option<u64>,
    /// Milliseconds since 1970; absent while connected.
    pub next_try_ms: Option<u64>,
    /// Why the last connection or attempt ended.
    pub reason: Option<Text>,
    /// Connections over which something came.
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
pub struct Connections(Arc<Mutex<Inner>>, Arc<Notify>);

#[derive(Debug, Default)]
struct Inner {
    all: Vec<Connection>,
    /// How long each application was without any.
    gaps: BTreeMap<Arc<str>, Without>,
    /// Connections that ended with their application, until they are recorded.
    ended: Vec<(Arc<str>, u64, u64)>,
}

/// Time of an application without a connection of this server, since its start.
#[derive(Debug, Clone, Copy, Default)]
struct Without {
    since: Option<Instant>,
    before: Duration,
}

/// Time without a connection, for `/metrics`.
#[derive(Debug, Clone)]
pub struct TimeWithout {
    /// `cli_…`.
    pub app_id: Arc<str>,
    /// Now; zero while there is one.
    pub now: Duration,
    /// Since the start of the server, the present included.
    pub total: Duration,
}

/// Span of a connection, from its beginning to its last sign of life so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeardSpan {
    /// `cli_…`.
    pub app_id: Arc<str>,
    /// Milliseconds since 1970.
    pub from_ms: u64,
    /// Milliseconds since 1970.
    pub until_ms: u64,
}

/// Ended connections kept until they are recorded. More of them are not worth the memory; the database is away.
const ENDED_MAX: usize = 1_000;

impl ConnectionState {
    /// Notes a sign of life.
    pub fn hear(&mut self, at: Instant, now_ms: u64) {
        self.heard_at = at;
        self.heard_ms = now_ms;
    }

    /// Notes the end of a connection, if it was one.
    pub fn end_span(&mut self) {
        if self.phase == ConnectionPhase::Connected {
            if self.ended.len() == ENDED_MAX {
                self.ended.remove(0);
            }
            self.ended.push((self.since_ms, self.heard_ms.max(self.since_ms)));
        }
    }
}

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
            heard_at: Instant::now(),
            was_connected: false,
            device_id: String::new(),
            heard_ms: now_ms,
            ended: Vec::new(),
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
        let inner = &mut *self.lock();
        inner.all.push(connection.clone());
        inner.gaps.entry(Arc::clone(app_id)).or_insert(Without {
            since: Some(Instant::now()),
            before: Duration::ZERO,
        });
        connection
    }

    /// Removes the connections of an application that is not served any more.
    pub fn end(&self, app_id: &str) {
        let inner = &mut *self.lock();
        for connection in inner
            .all
            .iter()
            .filter(|connection| &*connection.lock().app_id == app_id)
        {
            let state = &mut *connection.lock();
            state.end_span();
            let ended = std::mem::take(&mut state.ended).into_iter();
            let app_id = &state.app_id;
            inner
                .ended
                .extend(ended.map(|(from, until)| (Arc::clone(app_id), from, until)));
        }
        inner.all.retain(|connection| &*connection.lock().app_id != app_id);
        inner.gaps.remove(app_id);
    }

    /// Returns the state of all, in the order in which they began.
    pub fn now(&self) -> Vec<ConnectionState> {
        self.lock().all.iter().map(Connection::now).collect()
    }

    /// Notes that an application has a connection now, or has none since the last sign of life.
    pub fn look(&self, app_id: &Arc<str>) {
        let inner = &mut *self.lock();
        let (mut has_one, mut heard_at) = (false, None);
        for connection in &inner.all {
            let state = connection.lock();
            if state.app_id == *app_id {
                has_one |= state.phase == ConnectionPhase::Connected;
                heard_at = heard_at.max(Some(state.heard_at));
            }
        }
        self.1.notify_one();
        let Some(without) = inner.gaps.get_mut(app_id) else {
            return;
        };
        match (has_one, without.since) {
            (true, Some(since)) => {
                without.before += since.elapsed();
                without.since = None;
            }
            (false, None) => without.since = heard_at.or_else(|| Some(Instant::now())),
            _ => {}
        }
    }

    /// Waits until a connection is made or ends.
    pub async fn changed(&self) {
        self.1.notified().await;
    }

    /// Returns how long each application was without a connection.
    pub fn time_without(&self) -> Vec<TimeWithout> {
        let inner = self.lock();
        let times = inner.gaps.iter().map(|(app_id, without)| {
            let now = without.since.map(|since| since.elapsed()).unwrap_or_default();
            TimeWithout {
                app_id: Arc::clone(app_id),
                now,
                total: without.before + now,
            }
        });
        times.collect()
    }

    /// Takes the spans to be recorded: those that ended, and those that go on, which are returned each time.
    pub fn take_spans(&self) -> Vec<HeardSpan> {
        let inner = &mut *self.lock();
        let span = |app_id: &Arc<str>, (from_ms, until_ms): (u64, u64)| HeardSpan {
            app_id: Arc::clone(app_id),
            from_ms,
            until_ms,
        };
        let ended = std::mem::take(&mut inner.ended).into_iter();
        let mut spans: Vec<_> = ended
            .map(|(app_id, from, until)| span(&app_id, (from, until)))
            .collect();
        for connection in &inner.all {
            let state = &mut *connection.lock();
            let ended = std::mem::take(&mut state.ended);
            spans.extend(ended.into_iter().map(|ended| span(&state.app_id, ended)));
            if state.phase == ConnectionPhase::Connected {
                let until_ms = state.heard_ms.max(state.since_ms);
                spans.push(span(&state.app_id, (state.since_ms, until_ms)));
            }
        }
        spans
    }

    /// Gives back spans that could not be recorded; those that go on come again by themselves.
    pub fn give_back(&self, spans: Vec<HeardSpan>) {
        let inner = &mut *self.lock();
        let room = ENDED_MAX.saturating_sub(inner.ended.len());
        let spans = spans.into_iter().take(room);
        inner
            .ended
            .extend(spans.map(|span| (span.app_id, span.from_ms, span.until_ms)));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
