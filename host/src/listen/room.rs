//! The open connections of a listener, and who has to go when there are too many: whoever has kept the server waiting
//! longest. Silent connections must not keep anybody out.

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

/// When the limit is reached, so large a part of it is closed at once: a flood then costs one look at all connections for
/// many of its own.
const PART: usize = 64;

/// When every connection is being answered, there is nobody to close; one of them waits soon.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// One line tells of the limit; the metric tells the rest.
const WARN_EVERY: Duration = Duration::from_mins(1);

/// The open connections, up to a limit.
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

/// A place of one connection; it is free again when this is dropped.
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

    /// A place for one more, if need be by closing others.
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
        // The semaphore is never closed.
        let _ = self.places.acquire_many(all).await;
    }

    /// Begins a connection: `serve` makes its task of the place.
    pub(super) fn begin(
        self: &Arc<Self>,
        permit: OwnedSemaphorePermit,
        phase: Phase,
        serve: impl FnOnce(ConnectionSlot) -> AbortHandle,
    ) {
        // The task cannot end before it is noted: it would wait for the lock.
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

    /// Closes those that have kept the server waiting longest, a small part of all.
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
        // Outside the lock, which each of them takes when it goes.
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
