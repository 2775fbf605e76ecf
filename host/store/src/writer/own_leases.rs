//! The leases of this server: the attempts that it makes and whose leases it extends.
//!
//! The database may name more of them as this server's. Their commit was not known to succeed, so nobody here makes them,
//! and their leases expire.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::rows::deliveries::Hold;

/// Of each delivery only the last attempt is held.
#[derive(Debug, Default)]
pub(crate) struct OwnLeases(Mutex<HashMap<i64, u32>>);

impl OwnLeases {
    pub(crate) fn keep(&self, holds: impl IntoIterator<Item = Hold>) {
        let holds = holds.into_iter().map(|hold| (hold.delivery, hold.attempt));
        self.lock().extend(holds);
    }

    pub(crate) fn forget_lease(&self, hold: Hold) {
        let mut held = self.lock();
        if held.get(&hold.delivery) == Some(&hold.attempt) {
            held.remove(&hold.delivery);
        }
    }

    pub(crate) fn has(&self, hold: Hold) -> bool {
        self.lock().get(&hold.delivery) == Some(&hold.attempt)
    }

    pub(crate) fn all(&self) -> Vec<Hold> {
        let held = self.lock();
        let holds = held.iter().map(|(&delivery, &attempt)| Hold { delivery, attempt });
        holds.collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
