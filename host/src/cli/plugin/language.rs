//! The languages that there is an SDK for.

use clap::ValueEnum;

/// Language of a plugin's project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PluginLanguage {
    /// Rust
    Rust,
    /// TypeScript
    Ts,
    /// Python
    Python,
}
