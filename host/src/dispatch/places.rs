//! Room in memory for deliveries that begin on this server without a look into the database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::store::Delivery;

/// Deliveries of one plugin that may wait here for their first attempt: two commits of a busy server. What finds no place
/// waits in the database, for whichever server has room; a slow plugin takes no places of others.
const PLACES: u32 = 128;

/// The places that are taken, by plugin.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(Arc<Mutex<HashMap<String, u32>>>);

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
    /// A place for this plugin, when there is one.
    pub(super) fn take(&self, plugin: &str) -> Option<Place> {
        let mut taken = self.lock();
        match taken.get_mut(plugin) {
            Some(taken) if *taken >= PLACES => return None,
            Some(taken) => *taken += 1,
            None => {
                taken.insert(plugin.to_owned(), 1);
            }
        }
        drop(taken);
        Some(Place {
            places: self.clone(),
            plugin: plugin.to_owned(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(taken) = self.places.lock().get_mut(&self.plugin) {
            *taken = taken.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PLACES, Places};

    #[test]
    fn a_plugin_that_takes_all_its_places_takes_none_of_its_neighbours() {
        let places = Places::default();
        let mut taken: Vec<_> = (0..PLACES).filter_map(|_| places.take("slow")).collect();
        assert!(places.take("slow").is_none());
        assert!(places.take("other").is_some());
        taken.pop();
        assert!(places.take("slow").is_some(), "one was given back");
    }
}
