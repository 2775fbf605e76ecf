//! Deliveries whose last attempt was lost in a crash: one of them may have caused it.
//!
//! They are attempted a few at a time, more with each one that ends, and those lost again one by one. So a delivery that
//! crashes the server every time takes the same neighbours with it at most once more, and after an ordinary crash everything
//! is soon running again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lark_callback_store::Lost;
use tokio::sync::Notify;

/// The limiter for their concurrent attempts.
#[derive(Debug)]
pub(super) struct Suspects {
    at_once_max: u32,
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Debug)]
struct State {
    running: u32,
    /// Whether one that was lost again is being attempted.
    is_alone: bool,
    /// The number that may run at once.
    window: u32,
    /// The plugin that is served first; plugins take turns.
    first: usize,
}

/// A permit, held during the attempt.
#[derive(Debug)]
pub(super) struct Turn {
    suspects: Arc<Suspects>,
    came_to_an_end: bool,
}

impl Suspects {
    pub(super) fn new(at_once_max: usize) -> Self {
        Self {
            at_once_max: u32::try_from(at_once_max).unwrap_or(u32::MAX),
            state: Mutex::new(State {
                running: 0,
                is_alone: false,
                window: 1,
                first: 0,
            }),
            ended: Notify::new(),
        }
    }

    /// Rotates the order of plugins on each call. Those lost again come last.
    pub(super) fn in_turn(&self, mut due: Vec<(String, Lost)>) -> Vec<(String, Lost)> {
        if !due.is_empty() {
            let mut state = self.lock();
            let plugins = due.len();
            due.rotate_left(state.first % plugins);
            state.first = state.first.wrapping_add(1);
            drop(state);
        }
        due.sort_by_key(|(_, lost)| *lost == Lost::Again);
        due
    }

    /// Returns how many more may begin.
    pub(super) fn room(&self, lost: Lost) -> u32 {
        let state = self.lock();
        match lost {
            _ if state.is_alone => 0,
            Lost::Again => u32::from(state.running == 0),
            Lost::Once | Lost::Never => state.window.saturating_sub(state.running),
        }
    }

    pub(super) fn begin(self: &Arc<Self>, lost: Lost) -> Turn {
        let mut state = self.lock();
        state.running += 1;
        state.is_alone = lost == Lost::Again;
        drop(state);
        Turn {
            suspects: Arc::clone(self),
            came_to_an_end: false,
        }
    }

    /// Waits until one ends, so that there is room for another.
    pub(super) async fn ended(&self) {
        self.ended.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Notes that the attempt ended without crashing the server.
    pub(super) fn end(mut self) {
        self.came_to_an_end = true;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let suspects = &self.suspects;
        let mut state = suspects.lock();
        state.running = state.running.saturating_sub(1);
        state.is_alone &= state.running > 0;
        if self.came_to_an_end {
            state.window = state.window.saturating_mul(2).min(suspects.at_once_max);
        }
        drop(state);
        suspects.ended.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_are_attempted_at_once_with_each_that_comes_to_an_end() {
        let suspects = Arc::new(Suspects::new(5));
        for room in [1, 2, 4, 5, 5] {
            assert_eq!(suspects.room(Lost::Once), room);
            suspects.begin(Lost::Once).end();
        }
        drop(suspects.begin(Lost::Once));
        assert_eq!(suspects.room(Lost::Once), 5);
    }

    #[test]
    fn one_that_was_lost_again_is_attempted_beside_no_other() {
        let suspects = Arc::new(Suspects::new(5));
        (0..3).for_each(|_| suspects.begin(Lost::Once).end());
        let other = suspects.begin(Lost::Once);
        assert_eq!(suspects.room(Lost::Again), 0);
        drop(other);
        assert_eq!(suspects.room(Lost::Again), 1);
        let alone = suspects.begin(Lost::Again);
        assert_eq!((suspects.room(Lost::Once), suspects.room(Lost::Again)), (0, 0));
        drop(alone);
        assert_eq!(suspects.room(Lost::Once), 5);
    }

    #[test]
    fn plugins_take_turns_and_what_was_lost_again_comes_last() {
        let suspects = Suspects::new(5);
        let due = ["a", "b", "c"].map(|plugin| (plugin.to_owned(), Lost::Once));
        let mut due = Vec::from(due);
        due.insert(1, ("a".to_owned(), Lost::Again));
        let mut firsts = Vec::new();
        for _ in 0..4 {
            let order = suspects.in_turn(due.clone());
            assert_eq!(order[3].1, Lost::Again);
            firsts.push(order[0].0.clone());
        }
        for plugin in ["a", "b", "c"] {
            assert!(firsts.iter().any(|first| first == plugin), "{firsts:?}");
        }
    }
}
