//! Shared work for concurrent callers: the first starts it, and all get its result.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::trace;

type Flights<K, V> = Arc<Mutex<HashMap<K, watch::Receiver<Option<V>>>>>;

/// Shared work by key. It runs in its own task: a caller that stops waiting does not cancel it.
pub struct SingleFlight<K, V> {
    flights: Flights<K, V>,
    running: TaskTracker,
}

impl<K, V> SingleFlight<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Joins the running work for this key, or starts it. `None` when it panicked or the runtime shut down.
    ///
    /// Results are not cached: a caller that comes later starts again, so the work should first check whether it was just
    /// done.
    pub async fn join<F>(&self, key: K, work: impl FnOnce() -> F) -> Option<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut result = self.enter(key, work);
        let result = result.wait_for(Option::is_some).await;
        result.ok().and_then(|value| value.clone())
    }

    /// Waits for the running work; later requests still start.
    pub async fn drain(&self) {
        self.running.close();
        self.running.wait().await;
        self.running.reopen();
    }

    fn enter<F>(&self, key: K, work: impl FnOnce() -> F) -> watch::Receiver<Option<V>>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(result) = flights.get(&key) {
            return result.clone();
        }
        let (send, result) = watch::channel(None);
        flights.insert(key.clone(), result.clone());
        let landing = Landing {
            flights: Arc::clone(&self.flights),
            key,
        };
        // It belongs to the trace of whoever began it.
        let work = trace::carried(work());
        self.running.spawn(async move {
            let value = work.await;
            // Remove it first, so that later callers do not get this result.
            drop(landing);
            // Every caller may have stopped waiting.
            let _ = send.send(Some(value));
        });
        result
    }
}

impl<K, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self {
            flights: Arc::default(),
            running: TaskTracker::new(),
        }
    }
}

impl<K, V> fmt::Debug for SingleFlight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleFlight").finish_non_exhaustive()
    }
}

/// Removes a flight from the map, also when its work panics.
struct Landing<K: Eq + Hash, V> {
    flights: Flights<K, V>,
    key: K,
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        flights.remove(&self.key);
    }
}

#[cfg(test)]
mod tests;
