//! The applications that this server serves: where, with which keys, and how long their requests take.

mod about;
mod keys;

use std::{ops::Deref, sync::Arc};

use crate::telemetry::Latencies;

pub use about::{About, Chat};
pub use keys::LiveKeys;

/// One application.
#[derive(Debug)]
pub struct App {
    /// What the settings and the operator call it; empty for the application of the environment.
    pub name: String,
    /// `cli_…`; names the application in the database.
    pub app_id: Arc<str>,
    /// Where its callbacks come to, without a slash at its end; no two applications have the same.
    pub path: String,
    /// Its keys and its time window.
    pub keys: LiveKeys,
    /// What people are told about it.
    pub about: About,
    /// How long its requests took.
    pub latencies: Latencies,
}

/// All applications, that of the environment first; clones are the same ones.
#[derive(Debug, Clone)]
pub struct Apps(Arc<[Arc<App>]>);

impl Apps {
    /// The application with this name.
    pub fn named(&self, name: &str) -> Option<&Arc<App>> {
        self.iter().find(|app| app.name == name)
    }

    /// The application with this name or this id; without one that of the environment, or else the first.
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
