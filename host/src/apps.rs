//! Applications served by this server: paths, keys and latencies.
//!
//! Tested with the public endpoints in `tests/it/http`, and where keys are replaced in `tests/it/cli/hangup.rs`.

mod about;
mod keys;

use std::{ops::Deref, sync::Arc};

use crate::telemetry::Latencies;

pub use about::{About, Chat};
pub use keys::LiveKeys;

/// Application served by this server.
#[derive(Debug)]
pub struct App {
    /// Name in the settings and for the operator; empty for the application from the environment.
    pub name: String,
    /// `cli_…`; identifies the application in the database.
    pub app_id: Arc<str>,
    /// Path of its callbacks, without a trailing slash; unique.
    pub path: String,
    /// Its keys and its time window.
    pub keys: LiveKeys,
    /// Name and chat link for pages shown to people.
    pub about: About,
    /// Request latencies.
    pub latencies: Latencies,
}

/// All applications, the one from the environment first; clones share them.
#[derive(Debug, Clone)]
pub struct Apps(Arc<[Arc<App>]>);

impl Apps {
    /// Application with this name.
    pub fn named(&self, name: &str) -> Option<&Arc<App>> {
        self.iter().find(|app| app.name == name)
    }

    /// Application with this name or id; without either, the one from the environment, or else the first.
    pub fn find(&self, name_or_id: Option<&str>) -> Option<&Arc<App>> {
        let Some(wanted) = name_or_id else {
            return self.first();
        };
        self.named(wanted)
            .or_else(|| self.iter().find(|app| &*app.app_id == wanted))
    }
}

impl FromIterator<App> for Apps {
    fn from_iter<I: IntoIterator<Item = App>>(apps: I) -> Self {
        Self(apps.into_iter().map(Arc::new).collect())
    }
}

impl Deref for Apps {
    type Target = [Arc<App>];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
