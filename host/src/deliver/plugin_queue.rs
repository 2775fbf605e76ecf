//! The deliveries of one plugin that this server holds, and who works on them.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lark_callback_store::Delivery;
use tokio::time::Instant;

use super::suspects::Turn;
use crate::dispatch::Slot;

/// What one claim brings at most: as many rows as one commit has.
const CLAIM_MAX: usize = 256;

/// A server claims about what it makes in this time. More would wait here while another server has nothing to do; less would
/// be many commits.
const CLAIM_LASTS: Duration = Duration::from_millis(500);

/// A delivery that waits for a worker.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) delivery: Delivery,
    /// Given back when it begins.
    pub(super) slot: Option<Slot>,
    /// Of one that was lost: given back when its attempt has come to an end.
    pub(super) turn: Option<Turn>,
}

/// How busy a plugin is here.
#[derive(Debug)]
pub(super) struct PluginQueue {
    workers_max: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    workers: usize,
    waiting: VecDeque<Waiting>,
    /// More is due than there was room for.
    has_more: bool,
    /// How many the next claim asks for.
    claim: usize,
    claimed_at: Instant,
}

/// What a worker finds.
pub(super) struct Next {
    /// Nothing: the worker has left.
    pub(super) waiting: Option<Waiting>,
    /// There is room again for what waits in the database.
    pub(super) wants_more: bool,
}

impl PluginQueue {
    /// A queue with so many attempts at once.
    pub(super) fn new(workers_max: usize) -> Self {
        Self {
            workers_max,
            state: Mutex::new(State {
                workers: 0,
                waiting: VecDeque::new(),
                has_more: false,
                claim: workers_max.clamp(1, CLAIM_MAX),
                claimed_at: Instant::now(),
            }),
        }
    }

    /// Lets a delivery wait, and tells whether somebody is to be sent to work on it.
    pub(super) fn add(&self, waiting: Waiting) -> bool {
        let mut state = self.lock();
        state.waiting.push_back(waiting);
        let is_free = state.workers < self.workers_max;
        state.workers += usize::from(is_free);
        is_free
    }

    /// The next for a worker; without one it has left.
    pub(super) fn next(&self) -> Next {
        let mut state = self.lock();
        let waiting = state.waiting.pop_front();
        state.workers -= usize::from(waiting.is_none());
        let wants_more = state.has_more && state.waiting.len() <= state.claim / 2;
        state.has_more &= !wants_more;
        Next { waiting, wants_more }
    }

    /// A worker has broken off. Tells whether another is to be sent in its place: when one can be, and something waits.
    pub(super) fn lose_worker(&self, can_send: bool) -> bool {
        let mut state = self.lock();
        let is_needed = can_send && !state.waiting.is_empty();
        state.workers -= usize::from(!is_needed);
        is_needed
    }

    /// Whether enough wait; then it will be told when there is room again.
    pub(super) fn defer_if_full(&self) -> bool {
        let mut state = self.lock();
        let is_full = state.waiting.len() > state.claim / 2;
        state.has_more |= is_full;
        is_full
    }

    /// How many to claim, when it is not full.
    pub(super) fn next_claim(&self) -> usize {
        let mut state = self.lock();
        // It is asked for again when half of it is done.
        let lasted = state.claimed_at.elapsed();
        state.claimed_at = Instant::now();
        let claim = if lasted < CLAIM_LASTS {
            state.claim * 2
        } else {
            state.claim / 2
        };
        state.claim = claim.clamp(self.workers_max.clamp(1, CLAIM_MAX), CLAIM_MAX);
        state.claim
    }

    /// As much came as there was room for, so there may be more.
    pub(super) fn may_have_more(&self) {
        self.lock().has_more = true;
    }

    /// What was not begun.
    pub(super) fn leave(&self) -> Vec<Waiting> {
        self.lock().waiting.drain(..).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{PluginQueue, Waiting};
    use lark_callback_store::{Chain, Delivery, DeliveryKind, Work};

    fn waiting() -> Waiting {
        Waiting {
            delivery: Delivery {
                id: 1,
                event: None,
                kind: DeliveryKind::Task,
                app: String::new(),
                plugin: String::new(),
                attempt: 1,
                lost: 0,
                due_at_ms: 0,
                expires_at_ms: 0,
                ordering_key: None,
                chain: Chain::default(),
                work: Work::Gone,
            },
            slot: None,
            turn: None,
        }
    }

    #[tokio::test]
    async fn what_waits_behind_a_worker_that_breaks_off_is_given_to_another() {
        let queue = PluginQueue::new(1);
        assert!(queue.add(waiting()), "a worker is sent");
        assert!(!queue.add(waiting()), "no second one");
        assert!(queue.next().waiting.is_some());
        assert!(queue.lose_worker(true), "another in its place");
        assert!(queue.next().waiting.is_some() && queue.next().waiting.is_none());
        assert!(queue.add(waiting()), "the queue is free again");
        assert!(queue.next().waiting.is_some());
        assert!(!queue.lose_worker(true), "nothing waits");
        assert!(queue.add(waiting()), "the queue is free again");
    }
}
