//! What runs in this process right now, so that a repeat waits for the first instead of running it again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::Answer;

/// The answer of the first, when it is there.
pub(super) type Waiting = watch::Receiver<Option<Answer>>;

#[derive(Debug, Clone, Default)]
pub(super) struct Running(Arc<Mutex<HashMap<Key, Waiting>>>);

/// Application and event id.
type Key = (Box<str>, Box<str>);

/// Whether somebody was here before.
pub(super) enum Entered {
    First(Guard),
    Running(Waiting),
}

/// Keeps the event's place; gives it back when dropped, also by a panic, and whoever waits is told.
pub(super) struct Guard {
    running: Running,
    key: Key,
    answer: watch::Sender<Option<Answer>>,
}

impl Running {
    /// Takes the place of an event, or tells who has it.
    pub(super) fn enter(&self, app_id: &str, event_id: &str) -> Entered {
        let key: Key = (app_id.into(), event_id.into());
        let mut calls = self.lock();
        if let Some(waiting) = calls.get(&key) {
            return Entered::Running(waiting.clone());
        }
        let (answer, waiting) = watch::channel(None);
        calls.insert(key.clone(), waiting);
        Entered::First(Guard {
            running: self.clone(),
            key,
            answer,
        })
    }

    /// The running call of an event, if there is one.
    pub(super) fn find(&self, app_id: &str, event_id: &str) -> Option<Waiting> {
        self.lock().get(&(app_id.into(), event_id.into())).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guard {
    /// Hands the answer to everybody who waits and gives the place back. By now it is on record, so that whoever comes
    /// after finds it there.
    pub(super) fn finish(self, answer: Answer) {
        self.answer.send_replace(Some(answer));
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.running.lock().remove(&self.key);
    }
}
