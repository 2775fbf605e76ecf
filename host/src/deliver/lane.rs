//! The attempts of one plugin.

use std::collections::VecDeque;

use crate::store::{Delivery, Hold};

/// How many deliveries wait here for each attempt that may run: a claim is a commit, and brings as many as it can.
const WAITING_PER_ATTEMPT: usize = 4;

/// How busy a plugin is here.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Attempts that run.
    pub(super) running: usize,
    /// Held, and begun when there is room.
    waiting: VecDeque<Delivery>,
    /// More was due than there was room for.
    pub(super) has_more: bool,
}

impl Lane {
    /// Where the next delivery finds room.
    pub(super) fn place(&self, attempts_max: usize) -> Place {
        if self.running < attempts_max {
            Place::Now
        } else if self.waiting.len() < attempts_max * WAITING_PER_ATTEMPT {
            Place::Waiting
        } else {
            Place::Elsewhere
        }
    }

    pub(super) fn wait(&mut self, delivery: Delivery) {
        self.waiting.push_back(delivery);
    }

    /// The next to begin, when there is room.
    pub(super) fn next(&mut self, attempts_max: usize) -> Option<Delivery> {
        (self.running < attempts_max)
            .then(|| self.waiting.pop_front())
            .flatten()
    }

    /// How many to claim. None while enough wait: many single claims would cost more than the attempts.
    pub(super) fn room(&self, attempts_max: usize) -> usize {
        if self.waiting.len() >= attempts_max {
            return 0;
        }
        let all = attempts_max.saturating_mul(1 + WAITING_PER_ATTEMPT);
        all.saturating_sub(self.running + self.waiting.len())
    }

    /// What was not begun.
    pub(super) fn leave(&mut self) -> impl Iterator<Item = Delivery> + '_ {
        self.waiting.drain(..)
    }
}

/// Where a delivery finds room.
pub(super) enum Place {
    /// It begins.
    Now,
    /// It begins when another one has ended.
    Waiting,
    /// So many wait that others may have it.
    Elsewhere,
}

/// An attempt that ended.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Others waited for it, or follow from it.
    pub(super) frees_others: bool,
    /// It was not made after all, and is to be given back.
    pub(super) unbegun: Option<Hold>,
}
