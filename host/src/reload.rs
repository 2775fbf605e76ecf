//! Hot reload: follows the plugins folder and swaps the routing table as its files change.
//!
//! A file event only triggers a look at the folder. The result of a look passes four steps, the first three of which
//! are pure: `name` (does this file name mean a plugin?), `settle` (are its files stable?), `roster` (do they ask for
//! anything new?), and `reloader`, which loads and swaps. A bad file never disturbs the plugins that serve.

mod at_start;
mod check;
mod digest;
mod file;
mod folder;
mod load;
mod name;
mod order;
mod reloader;
mod report;
mod roster;
mod secrets;
mod served;
mod settle;
mod slow;
mod status;
mod underway;
mod watch;

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};

use bytes::Bytes;
use tokio::sync::watch::{Receiver, channel};

use crate::{
    codes::{Text, both},
    plugin::{SignatureError, TrustedKeys, Variables},
};

pub use at_start::{Lying, lying, with_canary, with_canary_published};
pub use check::{FolderCheck, check_folder};
pub use file::read_component;
pub use order::{AllOrders, Instead, Order, Unfit};
pub use reloader::Reloader;
pub use served::{Served, ServedBoard};
pub use status::{Active, CanaryStatus, Held, PluginStatus};

/// Settings of the reloader.
#[derive(Debug, Clone)]
pub struct ReloadSettings {
    /// Plugins folder: `<name>.wasm` is a plugin, `<name>.toml` its settings from the operator. Created at the first
    /// load if missing.
    pub dir: PathBuf,
    /// Time without changes before a file is read. A copy over a network writes at least every 150 ms.
    pub settle_ms: u64,
    /// Maximum time that a stable plugin waits for others that are still changing, so that plugins deployed together
    /// switch together.
    pub settle_cap_ms: u64,
    /// Maximum time that loaded plugins wait for others of the same turn that are still being read or loaded; after it,
    /// the late ones switch individually.
    pub together_ms_max: u64,
    /// The same for the first load after a start, when requests are waiting for the plugins.
    pub first_together_ms_max: u64,
    /// Interval between looks without events: network mounts send none, and events can be lost.
    pub rescan_ms: u64,
    /// Interval at which every file is read again, for file systems whose timestamps are too coarse or wrong to show a
    /// change.
    pub reread_ms: u64,
    /// Time that a file may be missing before its plugin is removed: `git pull` and editors delete before they create.
    pub vanish_ms: u64,
    /// Variables for secrets in plugins' settings; a change has all settings read again.
    pub variables: Receiver<Arc<Variables>>,
    /// Keys of which one must have signed each file; none are asked for if there are none.
    pub keys: TrustedKeys,
}

impl ReloadSettings {
    /// Default settings for a folder.
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
            variables: channel(Arc::default()).1,
            keys: TrustedKeys::default(),
        }
    }
}

/// Plugin inside the binary. A file of the same name replaces it for as long as that file exists.
#[derive(Clone)]
pub struct BuiltIn {
    /// Name, as that of a file without its extension.
    pub name: String,
    /// The component.
    pub wasm: Bytes,
    /// Configuration values for keys that the operator's `[config]` does not set; they also apply to a file of this
    /// name.
    pub config: BTreeMap<String, String>,
    /// Permissions by kind, for kinds that the operator's `[grant]` does not list; they also apply to a file of this
    /// name.
    pub grant: BTreeMap<String, Vec<String>>,
    /// Whether it is off until its settings file says `enabled = true`.
    pub is_on_request: bool,
}

/// Prints the configuration keys without the values, which may be secret.
impl fmt::Debug for BuiltIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuiltIn")
            .field("name", &self.name)
            .field("wasm_bytes", &self.wasm.len())
            .field("config", &self.config.keys())
            .field("grant", &self.grant)
            .field("is_on_request", &self.is_on_request)
            .finish()
    }
}

/// Plugin published to all servers. A local file of the same name takes precedence over it, and it over a built-in
/// plugin.
#[derive(Clone, PartialEq, Eq)]
pub struct Published {
    /// Name, as that of a file without its extension.
    pub name: String,
    /// The component.
    pub wasm: Bytes,
    /// Settings from the operator, for servers without a settings file of this name.
    pub settings: Option<String>,
    /// Signature of the component.
    pub signature: Option<Bytes>,
    /// Why the component may not be used, if nobody vouches for it.
    pub fault: Option<SignatureError>,
}

/// All published plugins.
pub type AllPublished = Arc<[Published]>;

/// Leaves out the settings, which may contain secrets.
impl fmt::Debug for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Published")
            .field("name", &self.name)
            .field("wasm_bytes", &self.wasm.len())
            .finish_non_exhaustive()
    }
}

/// SHA-256 of a component as 64 hex digits.
pub fn hash(wasm: &[u8]) -> String {
    digest::Digest::of(wasm).to_string()
}

/// Checks whether a plugin may have this name.
///
/// # Errors
/// The reason, as a sentence for the operator.
pub fn check_name(name: &str) -> Result<(), Text> {
    match name::classify(format!("{name}.wasm").as_ref()) {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(error.text()),
        None => Err(both(
            "a plugin's name does not begin with a dot",
            "插件名称不能以点开头",
        )),
    }
}

#[cfg(test)]
mod tests;
