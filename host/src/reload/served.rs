//! Versions that have begun to serve, for whoever keeps them.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::plugin::Plugin;

/// Version that has begun to serve.
#[derive(Clone)]
pub struct Served {
    /// The loaded plugin, which counts its calls.
    pub plugin: Arc<Plugin>,
    /// The component.
    pub wasm: Bytes,
    /// Settings as text; none without a file.
    pub settings: Option<String>,
    /// Signature of the component, if it was checked.
    pub signature: Option<Bytes>,
    /// The version that serves what a canary does not get.
    pub rest: Option<Arc<Plugin>>,
}

/// Leaves out the settings, which may contain secrets.
impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served")
            .field("plugin", &self.plugin)
            .finish_non_exhaustive()
    }
}

/// The last version of each plugin that has begun to serve and was not taken yet.
///
/// Of versions that follow each other faster than they are taken only the last is kept: there is never more than one of each plugin in memory.
#[derive(Debug, Default)]
pub struct ServedBoard {
    waiting: Mutex<BTreeMap<String, Option<Served>>>,
    changed: Notify,
}

impl ServedBoard {
    /// A version serves.
    pub(super) fn serves(&self, served: Served) {
        let name = served.plugin.name().to_owned();
        self.lock().insert(name, Some(served));
        self.changed.notify_one();
    }

    /// Nothing serves any more under this name.
    pub(super) fn stopped(&self, plugin: &str) {
        self.lock().insert(plugin.to_owned(), None);
        self.changed.notify_one();
    }

    /// Puts back what could not be kept, unless another version serves meanwhile.
    pub fn put_back(&self, served: Served) {
        self.lock()
            .entry(served.plugin.name().to_owned())
            .or_insert(Some(served));
    }

    /// Takes all that wait: plugins by name with what serves, none for one that has stopped.
    pub fn take(&self) -> BTreeMap<String, Option<Served>> {
        std::mem::take(&mut *self.lock())
    }

    /// Waits for the next one.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Option<Served>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
