//! Warm mode: instances that are kept between calls, for languages that take long to start.
//!
//! A kept instance serves one call at a time, and only those of the application and tenant of its first call. It is taken out
//! while it serves and comes back only from a call that ended well: after a trap, a time-out or a cancelled call there is
//! nothing to bring back.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until},
};
use wasmtime::{Store, component::Instance};

use crate::plugin::{
    imports::{CallState, CallSubject, Owner},
    limits::Limits,
};

/// The kept instances of one loaded plugin. They end with it: other settings or another version begin with none.
pub(super) struct Warm {
    calls_max: u64,
    instances_max: usize,
    bytes_max: u64,
    handles_max: usize,
    idle_max: Duration,
    /// Places for the kept instances of all plugins.
    slots: Arc<Semaphore>,
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    /// The one that was used last is at the end, and is used first.
    kept: VecDeque<Kept>,
    /// Whether a task removes those that wait too long.
    is_swept: bool,
}

/// An instance that has served calls.
pub(super) struct Kept {
    pub(super) store: Store<CallState>,
    pub(super) instance: Instance,
    owner: Owner,
    calls: u64,
    since: Instant,
    /// Its place; it has none before it is kept for the first time.
    slot: Option<OwnedSemaphorePermit>,
}

impl Kept {
    /// An instance after its first call.
    pub(super) fn first(store: Store<CallState>, instance: Instance) -> Self {
        Self {
            owner: store.data().owner(),
            store,
            instance,
            calls: 0,
            since: Instant::now(),
            slot: None,
        }
    }
}

impl fmt::Debug for Warm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warm")
            .field("calls_max", &self.calls_max)
            .finish_non_exhaustive()
    }
}

impl Warm {
    /// Returns the kept instances of a plugin whose settings ask for them.
    pub(super) fn of(limits: &Limits, slots: &Arc<Semaphore>) -> Option<Arc<Self>> {
        let three_quarters = limits.memory_bytes_max / 4 * 3;
        Some(Arc::new(Self {
            calls_max: limits.reuse?,
            instances_max: usize::try_from(limits.reuse_instances_max).unwrap_or(usize::MAX),
            bytes_max: limits.reuse_bytes_max.unwrap_or(three_quarters),
            // A call that leaves more open than half of what one may open would soon end at its limit.
            handles_max: usize::try_from(limits.handles_max / 2).unwrap_or(usize::MAX),
            idle_max: Duration::from_millis(limits.reuse_idle_ms_max),
            slots: Arc::clone(slots),
            idle: Mutex::default(),
        }))
    }

    /// Takes an instance that may serve this call.
    pub(super) fn take(&self, subject: &CallSubject) -> Option<Kept> {
        let mut idle = self.lock();
        let at = idle.kept.iter().rposition(|kept| kept.owner.is_of(subject))?;
        idle.kept.remove(at)
    }

    /// Keeps an instance after a call that ended well, unless it is used up.
    pub(super) fn keep(self: &Arc<Self>, mut kept: Kept) {
        kept.calls += 1;
        let state = kept.store.data_mut();
        state.log.finish();
        state.memory.host_lets_go();
        if kept.calls >= self.calls_max || !state.may_be_kept(self.bytes_max, self.handles_max) {
            return;
        }
        let slot = kept
            .slot
            .take()
            .or_else(|| Arc::clone(&self.slots).try_acquire_owned().ok());
        let (Some(slot), Ok(runtime)) = (slot, Handle::try_current()) else {
            return;
        };
        kept.slot = Some(slot);
        kept.since = Instant::now();
        let mut idle = self.lock();
        idle.kept.push_back(kept);
        let oldest = if idle.kept.len() > self.instances_max {
            idle.kept.pop_front()
        } else {
            None
        };
        if !std::mem::replace(&mut idle.is_swept, true) {
            runtime.spawn(sweep(Arc::downgrade(self), self.idle_max));
        }
        drop(idle);
        // Giving its memory back takes longer than others should wait for the lock.
        drop(oldest);
    }

    /// Removes those that waited too long. Returns when to look again; `None` when none is left.
    fn remove_old(&self) -> Option<Instant> {
        let mut idle = self.lock();
        let now = Instant::now();
        let (old, young) = std::mem::take(&mut idle.kept)
            .into_iter()
            .partition::<VecDeque<_>, _>(|kept| now.saturating_duration_since(kept.since) >= self.idle_max);
        idle.kept = young;
        let next = idle.kept.iter().map(|kept| kept.since).min();
        idle.is_swept = next.is_some();
        drop(idle);
        drop(old);
        next.map(|since| since + self.idle_max)
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes instances that wait too long, until none is left or their plugin is gone.
async fn sweep(warm: Weak<Warm>, first: Duration) {
    let mut next = Instant::now() + first;
    loop {
        sleep_until(next).await;
        let Some(at) = warm.upgrade().and_then(|warm| warm.remove_old()) else {
            return;
        };
        next = at;
    }
}
