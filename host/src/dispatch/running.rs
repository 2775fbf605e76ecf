//! What runs in this process right now, so that a repeat waits for the first instead of running it again.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::SetOnce;

use super::Answer;

/// What whoever comes again waits for.
pub(super) type Waiting = Arc<First>;

/// The first of its kind, as long as it runs.
#[derive(Debug, Default)]
pub(super) struct First {
    /// None when the first broke off.
    answer: SetOnce<Option<Answer>>,
    /// How often it came again meanwhile, in this process.
    repeats: AtomicU64,
}

impl First {
    /// The answer of the first, when it is there.
    pub(super) async fn answer(&self) -> Option<Answer> {
        self.answer.wait().await.clone()
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Running(Arc<Mutex<HashMap<Key, Waiting>>>);

/// Application and event id.
type Key = (Arc<str>, Arc<str>);

/// Whether somebody was here before.
pub(super) enum Entered {
    First(Guard),
    Running(Waiting),
}

/// Keeps the event's place; gives it back when dropped, also by a panic, and whoever waits is told.
pub(super) struct Guard {
    running: Running,
    key: Key,
    first: Waiting,
}

impl Running {
    /// Takes the place of an event, or tells who has it.
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

    /// The running call of an event, if there is one.
    pub(super) fn find(&self, app_id: &Arc<str>, event_id: &str) -> Option<Waiting> {
        self.lock().get(&(Arc::clone(app_id), event_id.into())).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guard {
    /// Hands the answer to everybody who waits and gives the place back. By now it is on record, so that whoever comes
    /// after finds it there. Tells how often it came again meanwhile.
    pub(super) fn finish(self, answer: Answer) -> u64 {
        let first = Arc::clone(&self.first);
        // Nobody else sets it.
        let _ = first.answer.set(Some(answer));
        drop(self);
        // Nobody finds it any more, so this is all of them.
        first.repeats.load(Ordering::Relaxed)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.running.lock().remove(&self.key);
        // Already set, unless the first broke off.
        let _ = self.first.answer.set(None);
    }
}
