//! Hot reload: follows the folder of plugins and swaps the routing table as its files change.
//!
//! A file event is only a reason to look. What a look shows goes through four steps, of which the first three are pure:
//! `name` (does this name mean a plugin?), `settle` (have its files come to rest?), `roster` (do they ask for anything
//! new?), and `reloader`, which loads and swaps. A bad file never disturbs what serves.

mod digest;
mod file;
mod folder;
mod load;
mod name;
mod reloader;
mod report;
mod roster;
mod settle;
mod slow;
mod status;
mod underway;
mod watch;

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};

use bytes::Bytes;

pub use reloader::Reloader;
pub use status::{Active, Held, PluginStatus};

/// What the reloader is told.
#[derive(Debug, Clone)]
pub struct ReloadSettings {
    /// The folder: `<name>.wasm` is a plugin, `<name>.toml` the operator's side of it. Made at the first load if missing.
    pub dir: PathBuf,
    /// How long a file must look the same before it is read. A copy over a network writes more often than every 150 ms.
    pub settle_ms: u64,
    /// How long a plugin that is at rest waits for others that are not, so that what is deployed together switches
    /// together.
    pub settle_cap_ms: u64,
    /// How long plugins that are ready wait for others that came to rest together with them and are still being read or
    /// loaded; then these switch later, each on its own.
    pub together_ms_max: u64,
    /// The same for the first load after a start, when somebody waits for each of them.
    pub first_together_ms_max: u64,
    /// How often the folder is looked at when no event comes: network mounts send none, and events can be lost.
    pub rescan_ms: u64,
    /// How often every file is read again, for file systems whose times are too coarse or wrong to show a change.
    pub reread_ms: u64,
    /// How long a file may be missing before its plugin is removed: `git pull` and editors delete before they create.
    pub vanish_ms: u64,
}

impl ReloadSettings {
    /// The defaults for a folder.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            settle_ms: 150,
            settle_cap_ms: 1_000,
            together_ms_max: 5_000,
            first_together_ms_max: 500,
            rescan_ms: 2_000,
            reread_ms: 30_000,
            vanish_ms: 2_000,
        }
    }
}

/// A plugin inside the binary. A file of the same name replaces it for as long as that file is there.
#[derive(Clone)]
pub struct BuiltIn {
    /// As a file's name without its ending.
    pub name: String,
    /// The component.
    pub wasm: Bytes,
    /// Values for keys that the operator's `[config]` does not set; they also hold for a file of this name.
    pub config: BTreeMap<String, String>,
    /// What it may do, by kind, where the operator's `[grant]` does not name the kind; also for a file of this name.
    pub grant: BTreeMap<String, Vec<String>>,
}

/// Tells the keys of the configuration, not the values: they may be secret.
impl fmt::Debug for BuiltIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuiltIn")
            .field("name", &self.name)
            .field("wasm_bytes", &self.wasm.len())
            .field("config", &self.config.keys())
            .field("grant", &self.grant)
            .finish()
    }
}

/// A plugin that was published for all servers. A file of the same name wins here, a built-in plugin does not.
#[derive(Clone, PartialEq, Eq)]
pub struct Published {
    /// As a file's name without its ending.
    pub name: String,
    /// The component.
    pub wasm: Bytes,
    /// The operator's side, where there is no file for it.
    pub settings: Option<String>,
}

/// All that is published.
pub type AllPublished = Arc<[Published]>;

/// Its settings may hold what is secret.
impl fmt::Debug for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Published")
            .field("name", &self.name)
            .field("wasm_bytes", &self.wasm.len())
            .finish_non_exhaustive()
    }
}

/// The SHA-256 of a component, 64 hex digits.
pub fn hash(wasm: &[u8]) -> String {
    digest::Digest::of(wasm).to_string()
}

/// Whether a plugin may have this name; why not, if not.
///
/// # Errors
/// A sentence for the operator.
pub fn check_name(name: &str) -> Result<(), String> {
    match name::classify(format!("{name}.wasm").as_ref()) {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("a plugin's name does not begin with a dot".to_owned()),
    }
}

#[cfg(test)]
mod tests;
