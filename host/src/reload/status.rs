//! How each plugin is, for others to show.

use tokio::time::Instant;

use crate::plugin::Source;

/// One plugin as the reloader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginStatus {
    /// The name of its file without the ending.
    pub name: String,
    /// What serves, if anything does.
    pub active: Option<Active>,
    /// What the folder holds instead, if it cannot be used.
    pub held: Option<Held>,
    /// Its settings say `enabled = false`.
    pub disabled: bool,
}

/// A plugin that serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Active {
    /// SHA-256 of the component, 64 hex digits.
    pub hash: String,
    /// What the plugin calls its version.
    pub version: String,
    /// Where it came from.
    pub source: Source,
}

/// A file that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The file: the component or the settings beside it.
    pub source: Source,
    /// SHA-256 of the component that was refused, 64 hex digits; nothing when it could not even be read.
    pub hash: Option<String>,
    /// What happened and what to do.
    pub reason: String,
    /// Since when.
    pub since: Instant,
}
