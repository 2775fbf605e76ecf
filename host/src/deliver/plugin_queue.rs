//! The queue of one plugin's deliveries that this server holds, and its workers.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lark_callback_store::Delivery;
use tokio::time::Instant;

use super::suspects::Turn;
use crate::dispatch::Slot;

/// The limit of one claim: as many as the rows of one commit.
const CLAIM_MAX: usize = 256;

/// A server claims about as much as it can process in this time. More would wait here while another server is idle; less
/// would take many commits.
const CLAIM_LASTS: Duration = Duration::from_millis(500);

/// A delivery waiting for a worker.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) delivery: Delivery,
    /// Released when the attempt begins.
    pub(super) slot: Option<Slot>,
    /// For a delivery lost in a crash: released when its attempt ends.
    pub(super) turn: Option<Turn>,
}

/// The load of a plugin on this server.
#[derive(Debug)]
pub(super) struct PluginQueue {
    workers_max: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    workers: usize,
    waiting: VecDeque<Waiting>,
    /// Whether more is due than there was room for.
    has_more: bool,
    /// The size of the next claim.
    claim: usize,
    claimed_at: Instant,
}

/// The result of asking for the next delivery.
pub(super) struct Next {
    /// `None`: the worker stops.
    pub(super) waiting: Option<Waiting>,
    /// Whether there is room again for deliveries in the database.
    pub(super) wants_more: bool,
}

impl PluginQueue {
    /// Creates a queue with this many concurrent attempts.
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

    /// Queues a delivery, and returns whether to start a worker for it.
    pub(super) fn add(&self, waiting: Waiting) -> bool {
        let mut state = self.lock();
        state.waiting.push_back(waiting);
        let is_free = state.workers < self.workers_max;
        state.workers += usize::from(is_free);
        is_free
    }

    /// Returns the next delivery for a worker; without one the worker counts as stopped.
    pub(super) fn next(&self) -> Next {
        let mut state = self.lock();
        let waiting = state.waiting.pop_front();
        state.workers -= usize::from(waiting.is_none());
        let wants_more = state.has_more && state.waiting.len() <= state.claim / 2;
        state.has_more &= !wants_more;
        Next { waiting, wants_more }
    }

    /// Removes a worker that panicked, and returns whether to start another: if that is possible and something waits.
    pub(super) fn lose_worker(&self, can_send: bool) -> bool {
        let mut state = self.lock();
        let is_needed = can_send && !state.waiting.is_empty();
        state.workers -= usize::from(!is_needed);
        is_needed
    }

    /// Returns whether the queue is full; a worker then reports when there is room again.
    pub(super) fn defer_if_full(&self) -> bool {
        let mut state = self.lock();
        let is_full = state.waiting.len() > state.claim / 2;
        state.has_more |= is_full;
        is_full
    }

    /// Returns how many to claim, if the queue is not full.
    pub(super) fn next_claim(&self) -> usize {
        let mut state = self.lock();
        // The next claim follows when half of this one is done.
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

    /// Notes that a claim was filled completely, so there may be more.
    pub(super) fn may_have_more(&self) {
        self.lock().has_more = true;
    }

    /// Removes and returns the deliveries that were not begun.
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
                is_replay: false,
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
