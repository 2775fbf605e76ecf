//! State of each plugin, for display.

use std::collections::BTreeMap;

use tokio::time::Instant;

use crate::plugin::{Grants, Source};

/// State of one plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginStatus {
    /// File name without the extension.
    pub name: String,
    /// Version that serves, if any.
    pub active: Option<Active>,
    /// File that cannot be used, if any.
    pub held: Option<Held>,
    /// Its settings say `enabled = false`.
    pub disabled: bool,
}

impl PluginStatus {
    /// Whether there is a file that is not used.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }
}

/// Version of a plugin that serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Active {
    /// SHA-256 of the component, 64 hex digits.
    pub hash: String,
    /// Version string from the plugin's manifest.
    pub version: String,
    /// Origin of the component.
    pub source: Source,
    /// Event types that it takes.
    pub event_types: Vec<String>,
    /// Its grants.
    pub grants: Grants,
    /// Deliveries wait until its settings no longer say `paused = true`.
    pub paused: bool,
    /// Applications that it is bound to, as in its settings; absent: all.
    pub apps: Option<Vec<String>>,
    /// Keys of its configuration, each with where the value stands; never a value.
    pub config: BTreeMap<String, String>,
}

/// File that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Origin: the component or the settings beside it.
    pub source: Source,
    /// SHA-256 of the refused component, 64 hex digits; none when it could not be read.
    pub hash: Option<String>,
    /// Reason, and what to do.
    pub reason: String,
    /// Time of the refusal.
    pub since: Instant,
}
