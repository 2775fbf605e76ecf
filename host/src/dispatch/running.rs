//! The calls running in this process, so that a repeat waits for the first one instead of running again.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::SetOnce;

use super::Answer;

/// The call that a repeat waits for.
pub(super) type Waiting = Arc<First>;

/// The first call of an event, while it runs.
#[derive(Debug, Default)]
pub(super) struct First {
    /// `None` when the first call was aborted.
    answer: SetOnce<Option<Answer>>,
    /// The number of repeats meanwhile, in this process.
    repeats: AtomicU64,
}

impl First {
    /// Waits for the answer of the first call.
    pub(super) async fn answer(&self) -> Option<Answer> {
        self.answer.wait().await.clone()
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Running(Arc<Mutex<HashMap<Key, Waiting>>>);

/// Application and event id.
type Key = (Arc<str>, Arc<str>);

/// The result of entering an event.
pub(super) enum Entered {
    First(Guard),
    Running(Waiting),
}

/// The event's entry; dropping it, also in a panic, removes it and wakes the repeats.
pub(super) struct Guard {
    running: Running,
    key: Key,
    first: Waiting,
}

impl Running {
    /// Enters an event, or returns its running call.
    pub(super) fn enter(&self, app_id: &Arc<str>, event_id: &Arc<str>) -> Entered {
        let key = (Arc::clone(app_id), Arc::clone(event_id));
        let first = match self.lock().entry(key.clone()) {
            Entry::Occupied(running) => {
                running.get().repeats.fetch_add(1, Ordering::Relaxed);
                return Entered::Running(Arc::clone(running.get()));
            }
            Entry::Vacant(place) => Arc::clone(place.insert(Waiting::default())),
        };
        Entered::First(Guard {
            running: self.clone(),
            key,
            first,
        })
    }

    /// Returns the running call of an event, if there is one.
    pub(super) fn find(&self, app_id: &Arc<str>, event_id: &str) -> Option<Waiting> {
        self.lock().get(&(Arc::clone(app_id), event_id.into())).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guard {
    /// Passes the answer to all waiting repeats and removes the entry. The answer is stored by now, so later repeats find it
    /// in the database. Returns the number of repeats meanwhile.
    pub(super) fn finish(self, answer: Answer) -> u64 {
        let first = Arc::clone(&self.first);
        // Nobody else sets it.
        let _ = first.answer.set(Some(answer));
        drop(self);
        // No repeat can find it any more, so the count is complete.
        first.repeats.load(Ordering::Relaxed)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.running.lock().remove(&self.key);
        // Already set, unless the first call was aborted.
        let _ = self.first.answer.set(None);
    }
}
