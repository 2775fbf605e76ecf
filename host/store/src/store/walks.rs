//! How far each walk of the retention has come.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

/// After this everything is looked at again: a dead letter that was dropped has let go of what it needed.
const ANEW_MS: u64 = 3_600_000;

/// Progress of the walks.
#[derive(Debug, Default)]
pub(crate) struct Walks {
    places: [AtomicI64; 3],
    begun_at_ms: Mutex<u64>,
}

impl Walks {
    /// Everything is looked at again.
    pub(crate) fn begin_anew(&self, now_ms: u64) {
        *self.begun_at_ms.lock().unwrap_or_else(PoisonError::into_inner) = now_ms;
        self.places.iter().for_each(|place| place.store(0, Ordering::Relaxed));
    }

    pub(crate) fn begin_anew_now_and_then(&self, now_ms: u64) {
        let begun_at_ms = *self.begun_at_ms.lock().unwrap_or_else(PoisonError::into_inner);
        if now_ms.abs_diff(begun_at_ms) >= ANEW_MS {
            self.begin_anew(now_ms);
        }
    }

    /// Where the walk of this number goes on.
    pub(crate) fn place(&self, walk: usize) -> i64 {
        self.places.get(walk).map_or(0, |place| place.load(Ordering::Relaxed))
    }

    pub(crate) fn set(&self, walk: usize, place: i64) {
        if let Some(at) = self.places.get(walk) {
            at.store(place, Ordering::Relaxed);
        }
    }
}
