//! The memory of all calls together, and of one plugin's.
//!
//! As with the places for calls, a plugin may take more while it has less than there is left: half of all when it is alone,
//! and never what the others need to begin.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// The memory budget of all calls.
#[derive(Debug)]
pub(in crate::plugin) struct Budget {
    bytes_max: u64,
    used: AtomicU64,
}

/// The memory used by the calls of one plugin.
#[derive(Debug)]
pub(in crate::plugin) struct Share {
    all: Arc<Budget>,
    used: AtomicU64,
}

/// The reason a call gets no more memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the memory budget of all plugin calls is used up: calls of this plugin use {own_bytes} bytes, those of all \
      plugins {used_bytes} of {bytes_max}; the setting is CALLBACK_PLUGIN_MEMORY_BYTES_MAX, and one plugin may use at \
      most as much as it leaves free"
)]
pub(in crate::plugin) struct Exhausted {
    own_bytes: u64,
    used_bytes: u64,
    bytes_max: u64,
}

impl Budget {
    pub(in crate::plugin) fn new(bytes_max: u64) -> Arc<Self> {
        Arc::new(Self {
            bytes_max,
            used: AtomicU64::new(0),
        })
    }

    /// The share of a plugin that is loaded now.
    pub(in crate::plugin) fn share(self: &Arc<Self>) -> Arc<Share> {
        Arc::new(Share {
            all: Arc::clone(self),
            used: AtomicU64::new(0),
        })
    }

    /// Returns the memory in use, for tests.
    #[cfg(test)]
    pub(in crate::plugin) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }
}

impl Share {
    /// Takes bytes, or nothing at all. They are taken before it is known whether they are there, so that no two calls take
    /// the same.
    pub(in crate::plugin) fn take(&self, bytes: u64) -> Result<(), Exhausted> {
        let used = self.all.used.fetch_add(bytes, Ordering::AcqRel).saturating_add(bytes);
        let own = self.used.fetch_add(bytes, Ordering::AcqRel).saturating_add(bytes);
        if own <= self.all.bytes_max.saturating_sub(used) {
            return Ok(());
        }
        self.give_back(bytes);
        Err(Exhausted {
            own_bytes: own.saturating_sub(bytes),
            used_bytes: used.saturating_sub(bytes),
            bytes_max: self.all.bytes_max,
        })
    }

    pub(in crate::plugin) fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::AcqRel);
        self.all.used.fetch_sub(bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn a_plugin_takes_no_more_than_it_leaves_to_others() {
        let budget = Budget::new(1_200);
        let [one, two, three] = [(); 3].map(|()| budget.share());
        while one.take(10).is_ok() {}
        assert_eq!(budget.used(), 600);
        while two.take(10).is_ok() {}
        assert_eq!(budget.used(), 900);
        assert!(three.take(100).is_ok(), "a third one gets what it needs");
    }

    #[test]
    fn what_is_refused_is_not_counted_and_what_is_given_back_can_be_taken_again() {
        let budget = Budget::new(100);
        let share = budget.share();
        let refused = share.take(51).expect_err("more than half");
        assert!(refused.to_string().contains("CALLBACK_PLUGIN_MEMORY_BYTES_MAX"));
        assert_eq!(budget.used(), 0);
        assert!(share.take(50).is_ok() && share.take(1).is_err());
        share.give_back(50);
        assert_eq!(budget.used(), 0);
        assert!(share.take(50).is_ok());
    }
}
