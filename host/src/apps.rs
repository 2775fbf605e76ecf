//! Applications served by this server: paths, keys and latencies.
//!
//! Tested with the public endpoints in `tests/it/http`, and where keys are replaced in `tests/it/cli/hangup.rs`.

mod about;
mod retired;

use std::sync::Arc;

use arc_swap::ArcSwap;
use lark_protocol::Keys;

use crate::telemetry::Latencies;

pub use about::{About, Chat};
pub use retired::Retired;

/// Way on which Lark pushes to an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    /// Requests to a public address.
    #[default]
    Webhook,
    /// A WebSocket that this server opens; no keys are needed, and nothing is accepted over HTTP.
    LongConnection,
    /// Both: for moving over, and for an application that takes events one way and callbacks the other.
    Both,
}

/// Application served by this server.
#[derive(Debug)]
pub struct App {
    /// Name in the settings and for the operator; empty for the application from the environment.
    pub name: String,
    /// `cli_…`; identifies the application in the database.
    pub app_id: Arc<str>,
    /// Path of its callbacks, without a trailing slash; unique.
    pub path: String,
    /// Way on which Lark pushes.
    pub transport: Transport,
    /// Its keys and its time window.
    pub keys: Keys,
    /// Secrets that it had before its settings were reloaded.
    pub retired: Retired,
    /// Name and chat link for pages shown to people.
    pub about: About,
    /// Request latencies; kept when its settings are reloaded.
    pub latencies: Arc<Latencies>,
}

impl App {
    /// The same with the time window of another one. The window belongs together with the lifetime of receipts, which is
    /// fixed at the start.
    #[must_use]
    pub fn within_window_of(mut self, other: &Self) -> Self {
        self.keys.window = other.keys.window;
        self
    }
}

/// All applications, the one from the environment first; clones share them, and see it when they are replaced.
#[derive(Debug, Clone)]
pub struct Apps(Arc<ArcSwap<Vec<Arc<App>>>>);

impl Apps {
    /// All applications as they are at this moment.
    pub fn now(&self) -> Arc<Vec<Arc<App>>> {
        self.0.load_full()
    }

    /// Application with this name.
    pub fn named(&self, name: &str) -> Option<Arc<App>> {
        self.0.load().iter().find(|app| app.name == name).cloned()
    }

    /// Application with this id.
    pub fn with_id(&self, app_id: &str) -> Option<Arc<App>> {
        self.0.load().iter().find(|app| &*app.app_id == app_id).cloned()
    }

    /// Application with this name or id; without either, the one from the environment, or else the first.
    pub fn find(&self, name_or_id: Option<&str>) -> Option<Arc<App>> {
        match name_or_id {
            None => self.0.load().first().cloned(),
            Some(wanted) => self.named(wanted).or_else(|| self.with_id(wanted)),
        }
    }

    /// Replaces all applications at once. A request that has begun keeps the one that it began with.
    pub fn replace(&self, apps: impl IntoIterator<Item = App>) {
        self.0.store(Arc::new(apps.into_iter().map(Arc::new).collect()));
    }
}

impl FromIterator<App> for Apps {
    fn from_iter<I: IntoIterator<Item = App>>(apps: I) -> Self {
        let apps = apps.into_iter().map(Arc::new).collect();
        Self(Arc::new(ArcSwap::from_pointee(apps)))
    }
}
