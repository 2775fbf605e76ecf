//! Open connections of a listener. At the limit, those that have kept the server waiting longest are closed, so that
//! silent connections keep nobody out.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::AbortHandle,
    time::sleep,
};

use super::connection::Phase;
use crate::telemetry::LineLimit;

/// Fraction closed at once when the limit is reached, so that a flood pays for one scan of all connections with many of
/// its own.
const PART: usize = 64;

/// Delay before another attempt when every connection is busy with a request; one of them will be idle soon.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// One line per interval reports the limit; the metric has the numbers.
const WARN_EVERY: Duration = Duration::from_mins(1);

/// Set of open connections with a limit.
#[derive(Debug)]
pub(super) struct Room {
    listener: &'static str,
    connections_max: usize,
    places: Arc<Semaphore>,
    open: Mutex<Open>,
    closed: Arc<AtomicU64>,
    warnings: Mutex<LineLimit>,
}

#[derive(Debug, Default)]
struct Open {
    last: u64,
    connections: HashMap<u64, (Phase, AbortHandle)>,
}

/// Slot of one connection; freed when dropped.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    room: Arc<Room>,
    number: u64,
    _permit: OwnedSemaphorePermit,
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.room.lock().connections.remove(&self.number);
    }
}

impl Room {
    pub(super) fn new(listener: &'static str, connections_max: usize, closed: Arc<AtomicU64>) -> Arc<Self> {
        Arc::new(Self {
            listener,
            connections_max,
            places: Arc::new(Semaphore::new(connections_max)),
            open: Mutex::default(),
            closed,
            warnings: Mutex::new(LineLimit::new(1, WARN_EVERY)),
        })
    }

    /// Takes a slot for one more connection, closing others if necessary.
    pub(super) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        if let Some(permit) = self.try_place() {
            return Some(permit);
        }
        loop {
            self.make_room();
            tokio::select! {
                permit = Arc::clone(&self.places).acquire_owned() => return permit.ok(),
                () = sleep(LOOK_AGAIN) => {}
            }
        }
    }

    pub(super) fn try_place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Waits until all connections have ended.
    pub(super) async fn until_empty(&self) {
        let all = u32::try_from(self.connections_max).unwrap_or(u32::MAX);
        // The semaphore is never closed, so this cannot fail.
        let _ = self.places.acquire_many(all).await;
    }

    /// Waits until no connection is idle between two requests.
    pub(super) async fn until_none_idle(&self) {
        while self.is_any_idle() {
            sleep(LOOK_AGAIN).await;
        }
    }

    fn is_any_idle(&self) -> bool {
        self.lock().connections.values().any(|(phase, _)| phase.is_idle())
    }

    /// Starts a connection; `serve` turns the slot into the connection's task.
    pub(super) fn begin(
        self: &Arc<Self>,
        permit: OwnedSemaphorePermit,
        phase: Phase,
        serve: impl FnOnce(ConnectionSlot) -> AbortHandle,
    ) {
        // Holding the lock keeps the task from ending before it is registered.
        let mut open = self.lock();
        open.last += 1;
        let number = open.last;
        let place = ConnectionSlot {
            room: Arc::clone(self),
            number,
            _permit: permit,
        };
        let task = serve(place);
        open.connections.insert(number, (phase, task));
    }

    /// Closes the small fraction of connections that have kept the server waiting longest.
    pub(super) fn make_room(&self) {
        let wanted = (self.connections_max / PART).max(1);
        let longest = {
            let mut open = self.lock();
            let mut waiting: Vec<_> = open
                .connections
                .iter()
                .filter_map(|(number, (phase, _))| Some((phase.kept_waiting()?, *number)))
                .collect();
            waiting.sort_unstable_by_key(|(waited, number)| (Reverse(*waited), *number));
            let longest = waiting.into_iter().take(wanted);
            let tasks = longest.filter_map(|(_, number)| Some(open.connections.remove(&number)?.1));
            tasks.collect::<Vec<_>>()
        };
        // Outside the lock, because each task takes it when it ends.
        for task in &longest {
            task.abort();
        }
        let closed = longest.len() as u64;
        let closed_total = self.closed.fetch_add(closed, Ordering::Relaxed) + closed;
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if closed > 0 && warnings.admits() {
            tracing::warn!(
                listener = self.listener,
                connections_max = self.connections_max,
                closed_total,
                "The limit of open connections is reached; those idle longest are closed to make room for new ones. It may \
                 be a flood: raise CALLBACK_CONNECTIONS_MAX, or have the proxy limit the connections of one address"
            );
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
