//! State of each plugin, for display.

use std::collections::BTreeMap;

use tokio::time::Instant;

use crate::{
    codes::Text,
    plugin::{Canary, Difference, Grants, Source},
};

/// State of one plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginStatus {
    /// File name without the extension.
    pub name: String,
    /// Version that serves, if any.
    pub active: Option<Active>,
    /// File that cannot be used, if any.
    pub held: Option<Held>,
    /// Its settings say `enabled = false`, or the operator has disabled it with a command.
    pub disabled: bool,
    /// Whether a command disables it.
    pub disabled_by_command: bool,
    /// Whether its settings disable it, whatever is ordered.
    pub disabled_by_settings: bool,
    /// Whether a command pauses it.
    pub paused_by_command: bool,
    /// Whether its settings pause it, whatever is ordered.
    pub paused_by_settings: bool,
    /// Whether a component is being loaded for it.
    pub loading: bool,
    /// SHA-256 of the component that lies in the folder, is published or built in, whether it serves or not; absent when it
    /// cannot be read.
    pub component: Option<String>,
    /// Component in the folder, published or built in, that was sent back and is not tried again: its SHA-256.
    pub sent_back: Option<String>,
}

impl PluginStatus {
    /// A plugin of which nothing is known but its name.
    pub(super) fn of(name: String) -> Self {
        Self {
            name,
            active: None,
            held: None,
            disabled: false,
            disabled_by_command: false,
            disabled_by_settings: false,
            paused_by_command: false,
            paused_by_settings: false,
            loading: false,
            component: None,
            sent_back: None,
        }
    }

    /// Whether there is a file that cannot be used. One that is not used because of an order (pin, rollback, a probation that
    /// was failed) is not meant.
    pub fn is_held(&self) -> bool {
        self.held.as_ref().is_some_and(|held| !held.is_ordered)
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
    /// What it gets as long as it is a canary; absent: everything.
    pub canary: Option<CanaryStatus>,
    /// Applications that it is bound to, as in its settings; absent: all.
    pub apps: Option<Vec<String>>,
    /// Keys of its configuration, each with where the value stands; never a value.
    pub config: BTreeMap<String, String>,
}

/// New version that gets only some events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanaryStatus {
    /// The operator's choice of events.
    pub canary: Canary,
    /// Version that serves the rest.
    pub rest_version: String,
    /// SHA-256 of its component, 64 hex digits.
    pub rest_hash: String,
}

/// File that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Origin: the component or the settings beside it.
    pub source: Source,
    /// SHA-256 of the refused component, 64 hex digits; none when it could not be read.
    pub hash: Option<String>,
    /// Reason, and what to do.
    pub reason: Text,
    /// Wants and types compared with the version that serves, when it wants more than it may have.
    pub difference: Option<Difference>,
    /// Whether it is not used because of an order, rather than for a fault.
    pub is_ordered: bool,
    /// Time of the refusal.
    pub since: Instant,
}
