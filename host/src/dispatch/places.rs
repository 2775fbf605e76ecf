//! Room in memory for deliveries that begin on this server without a look into the database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::store::Delivery;

/// Deliveries of one plugin that may wait here for their first attempt: two commits of a busy server. What finds no place
/// waits in the database, for whichever server has room; a slow plugin takes no places of others.
const PLACES: u32 = 128;

/// The places that are taken, by plugin.
#[derive(Debug, Clone)]
pub(super) struct Places {
    taken: Arc<Mutex<HashMap<String, Taken>>>,
    /// Rung when there is room for what found no place and waits in the database.
    wake: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Taken {
    count: u32,
    /// Something waits in the database until half of the places are free.
    has_more: bool,
}

/// A place; dropping it gives it back.
#[derive(Debug)]
pub struct Place {
    places: Places,
    plugin: String,
}

/// A delivery that this server holds and has not begun.
#[derive(Debug)]
pub struct Fresh {
    /// What is to be delivered.
    pub delivery: Delivery,
    /// To be dropped when it begins.
    pub place: Place,
}

impl Places {
    /// All of them free; `wake` is who claims what waits in the database.
    pub(super) fn new(wake: Arc<Notify>) -> Self {
        Self {
            taken: Arc::default(),
            wake,
        }
    }

    /// A place for this plugin, when there is one.
    pub(super) fn take(&self, plugin: &str) -> Option<Place> {
        let mut places = self.lock();
        match places.get_mut(plugin) {
            Some(taken) if taken.count >= PLACES => return None,
            Some(taken) => taken.count += 1,
            None => {
                let taken = Taken {
                    count: 1,
                    has_more: false,
                };
                places.insert(plugin.to_owned(), taken);
            }
        }
        drop(places);
        Some(Place {
            places: self.clone(),
            plugin: plugin.to_owned(),
        })
    }

    /// A delivery that found no place is in the database now: it is claimed as soon as there is room. Ringing for each one
    /// would have the database asked again and again for what cannot be begun.
    pub(super) fn wait(&self, plugin: &str) {
        let mut places = self.lock();
        match places.get_mut(plugin) {
            Some(taken) if taken.count > PLACES / 2 => taken.has_more = true,
            Some(_) | None => self.wake.notify_one(),
        }
    }

    fn give_back(&self, plugin: &str) {
        if let Some(taken) = self.lock().get_mut(plugin) {
            taken.count = taken.count.saturating_sub(1);
            if taken.has_more && taken.count <= PLACES / 2 {
                taken.has_more = false;
                self.wake.notify_one();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.give_back(&self.plugin);
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

    use super::{PLACES, Places};

    #[test]
    fn a_plugin_that_takes_all_its_places_takes_none_of_its_neighbours() {
        let places = Places::new(Arc::default());
        let mut taken: Vec<_> = (0..PLACES).filter_map(|_| places.take("slow")).collect();
        assert!(places.take("slow").is_none());
        assert!(places.take("other").is_some());
        taken.pop();
        assert!(places.take("slow").is_some(), "one was given back");
    }

    #[test]
    fn what_found_no_place_is_claimed_when_half_of_the_places_are_free() {
        let wake = Arc::new(Notify::new());
        let is_rung = || {
            let mut context = Context::from_waker(Waker::noop());
            pin!(wake.notified()).poll(&mut context).is_ready()
        };
        let places = Places::new(Arc::clone(&wake));
        let mut taken: Vec<_> = (0..PLACES).filter_map(|_| places.take("slow")).collect();
        places.wait("slow");
        taken.truncate(PLACES as usize / 2 + 1);
        assert!(!is_rung(), "there is no room yet");
        taken.pop();
        assert!(is_rung());
        taken.pop();
        assert!(!is_rung(), "nothing waits any more");
        places.wait("slow");
        assert!(is_rung(), "there was room when it was stored");
    }
}
