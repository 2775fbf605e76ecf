//! Counters of alerts for the operator's metrics.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Alerts as this server knows them; of several servers only the one that sends knows any.
#[derive(Debug, Default)]
pub struct AlertCounts {
    /// Messages sent.
    pub sent: AtomicU64,
    /// Attempts to send that failed.
    pub failed: AtomicU64,
    /// Messages that wait to be sent.
    pub unsent: AtomicU64,
    active: Mutex<BTreeMap<&'static str, bool>>,
}

impl AlertCounts {
    /// Sets which kinds are open.
    pub fn activate(&self, kinds: &[(&'static str, bool)]) {
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        *active = kinds.iter().copied().collect();
    }

    /// Forgets what another server knows now.
    pub fn forget(&self) {
        self.unsent.store(0, Ordering::Relaxed);
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        active.clear();
    }

    /// Each kind, and whether a card of it is open.
    pub fn active(&self) -> BTreeMap<&'static str, bool> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
