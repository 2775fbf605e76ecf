//! Slots for deliveries that begin on this server without a query.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lark_callback_store::Delivery;
use tokio::sync::Notify;

/// Deliveries of one plugin that may wait in memory for their first attempt: two commits of a busy server. Without a slot they
/// wait in the database, for any server with room; a slow plugin takes no slots from others.
const SLOTS: u32 = 128;

/// The used slots, by plugin.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    taken: Arc<Mutex<HashMap<String, Taken>>>,
    /// Notified when there is room for deliveries that found no slot and wait in the database.
    wake: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Taken {
    count: u32,
    /// Whether deliveries wait in the database until half of the slots are free.
    has_more: bool,
}

/// A slot, released when dropped.
#[derive(Debug)]
pub struct Slot {
    slots: Slots,
    plugin: String,
}

/// A delivery that this server holds but has not begun.
#[derive(Debug)]
pub struct Fresh {
    /// The delivery.
    pub delivery: Delivery,
    /// Its slot, dropped when the attempt begins.
    pub slot: Slot,
}

impl Slots {
    /// Creates the slots, all free; `wake` notifies the loop that claims from the database.
    pub(super) fn new(wake: Arc<Notify>) -> Self {
        Self {
            taken: Arc::default(),
            wake,
        }
    }

    /// Takes a slot of this plugin, if one is free.
    pub(super) fn take(&self, plugin: &str) -> Option<Slot> {
        let mut slots = self.lock();
        match slots.get_mut(plugin) {
            Some(taken) if taken.count >= SLOTS => return None,
            Some(taken) => taken.count += 1,
            None => {
                let taken = Taken {
                    count: 1,
                    has_more: false,
                };
                slots.insert(plugin.to_owned(), taken);
            }
        }
        drop(slots);
        Some(Slot {
            slots: self.clone(),
            plugin: plugin.to_owned(),
        })
    }

    /// Notes a delivery that found no slot and is now in the database: it is claimed as soon as there is room. Waking the loop
    /// for each one would only repeat queries for deliveries that cannot begin.
    pub(super) fn note_waiting(&self, plugin: &str) {
        let mut slots = self.lock();
        match slots.get_mut(plugin) {
            Some(taken) if taken.count > SLOTS / 2 => taken.has_more = true,
            Some(_) | None => self.wake.notify_one(),
        }
    }

    fn give_back(&self, plugin: &str) {
        if let Some(taken) = self.lock().get_mut(plugin) {
            taken.count = taken.count.saturating_sub(1);
            if taken.has_more && taken.count <= SLOTS / 2 {
                taken.has_more = false;
                self.wake.notify_one();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.give_back(&self.plugin);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future as _,
        pin::pin,
        sync::Arc,
        task::{Context, Waker},
    };

    use tokio::sync::Notify;

    use super::{SLOTS, Slots};

    #[test]
    fn a_plugin_that_takes_all_its_places_takes_none_of_its_neighbours() {
        let slots = Slots::new(Arc::default());
        let mut taken: Vec<_> = (0..SLOTS).filter_map(|_| slots.take("slow")).collect();
        assert!(slots.take("slow").is_none());
        assert!(slots.take("other").is_some());
        taken.pop();
        assert!(slots.take("slow").is_some(), "one was given back");
    }

    #[test]
    fn what_found_no_place_is_claimed_when_half_of_the_places_are_free() {
        let wake = Arc::new(Notify::new());
        let is_rung = || {
            let mut context = Context::from_waker(Waker::noop());
            pin!(wake.notified()).poll(&mut context).is_ready()
        };
        let slots = Slots::new(Arc::clone(&wake));
        let mut taken: Vec<_> = (0..SLOTS).filter_map(|_| slots.take("slow")).collect();
        slots.note_waiting("slow");
        taken.truncate(SLOTS as usize / 2 + 1);
        assert!(!is_rung(), "there is no room yet");
        taken.pop();
        assert!(is_rung());
        taken.pop();
        assert!(!is_rung(), "nothing waits any more");
        slots.note_waiting("slow");
        assert!(is_rung(), "there was room when it was stored");
    }
}
