//! Orders for plugins: what is to serve, whatever the files say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use bytes::Bytes;

use crate::codes::Text;

/// Order for one plugin, from the operator or from a probation that was failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Nothing serves, and nothing is stored for it.
    pub is_disabled: bool,
    /// Events are stored and wait.
    pub is_paused: bool,
    /// Version that serves instead of the files.
    pub instead: Option<Instead>,
    /// Version that was ordered to serve and cannot.
    pub unfit: Option<Unfit>,
    /// Components that were sent back, by hash, with the reason; they are not tried again.
    pub returned: BTreeMap<String, Text>,
    /// Components that have passed their probation, by hash, as far as it matters for a canary.
    pub trusted: BTreeSet<String>,
    /// Versions that can serve beside a canary after a start, the last one first.
    pub before: Vec<Instead>,
    /// Versions for when neither the files nor the order have one that can be used, and nothing serves or what was sent back
    /// does; the best first.
    pub last: Vec<Instead>,
}

/// Kept version that was ordered to serve and cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Its number in the history.
    pub number: u64,
    /// SHA-256 of the component, 64 hex digits; absent when nothing of it is kept.
    pub hash: Option<String>,
    /// Why not, and what to do.
    pub reason: Text,
}

/// Orders for all plugins, by name.
pub type AllOrders = Arc<BTreeMap<String, Order>>;

/// Kept version that serves instead of the files.
#[derive(Clone, PartialEq, Eq)]
pub struct Instead {
    /// Its number in the history.
    pub number: u64,
    /// The author's version.
    pub version: String,
    /// The component.
    pub wasm: Bytes,
    /// SHA-256 of the component, 64 hex digits; compared with the bytes by whoever made this.
    pub hash: String,
    /// Settings as they were; none if they cannot be read any more.
    pub settings: Option<String>,
    /// Why they cannot be read.
    pub unreadable: Option<Text>,
    /// SHA-256 of the settings, or empty without any, with which the component has served on some server, if it is published. A
    /// server with a file of its own that says one of these keeps it, and gets no permission that its file does not give.
    pub served_with: BTreeSet<String>,
    /// Whether it serves with the settings as they were, rather than with the current ones.
    pub has_settings: bool,
    /// Whether it came after the order, from the files, and serves in the place of the ordered one.
    pub has_come_since: bool,
    /// Whether settings as they were give way to the current ones when these grant less: nobody but the operator gives a
    /// permission back.
    pub gives_nothing_back: bool,
    /// Whether it serves although the files are good; otherwise only as long as they hold what was sent back.
    pub is_pinned: bool,
}

impl Instead {
    /// The version as it serves when there is no better one: with the settings that it had, as far as they give no permission
    /// back, and as a canary if it was one.
    pub fn as_last_resort(self) -> Self {
        Self {
            has_settings: self.unreadable.is_none(),
            has_come_since: true,
            gives_nothing_back: true,
            is_pinned: false,
            ..self
        }
    }
}

/// Leaves out the settings, which may contain secrets.
impl fmt::Debug for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instead")
            .field("number", &self.number)
            .field("hash", &self.hash)
            .field("is_pinned", &self.is_pinned)
            .finish_non_exhaustive()
    }
}
