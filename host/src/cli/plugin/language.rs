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

/// Files of which a project has at least one.
pub(super) const MANIFESTS: [&str; 3] = ["Cargo.toml", "package.json", "pyproject.toml"];

/// Folder of a project with the finished files, ready to be copied into a plugins folder.
pub(super) const DIST: &str = "dist";
