//! Facts that only one server knows, and tells the others.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::window::Window;
use crate::{
    reload::PluginStatus,
    telemetry::{on_one_line, shortened},
};

/// Part of a reason that is shown.
const REASON_BYTES_MAX: usize = 300;

/// Held plugins that a server reports.
const HELD_MAX: usize = 20;

/// Readings that only one server has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Own {
    /// When it said so, in milliseconds since 1970.
    pub(super) at_ms: u64,
    /// Plugins that are not loaded, and why.
    pub(super) held: BTreeMap<String, String>,
    /// Unverified requests within the window, by reason.
    pub(super) refused: BTreeMap<String, u64>,
}

/// Facts that this server knows of itself.
pub(super) fn own(plugins: &[PluginStatus], refused: &Window, now_ms: u64) -> Own {
    let held = plugins.iter().filter_map(|plugin| {
        let held = plugin.held.as_ref().filter(|_| plugin.is_held())?;
        let reason = shortened(on_one_line(&held.reason), REASON_BYTES_MAX);
        Some((plugin.name.clone(), reason))
    });
    Own {
        at_ms: now_ms,
        held: held.take(HELD_MAX).collect(),
        refused: refused.counts(),
    }
}

/// Plugins whose deliveries wait because somebody wants it so.
pub(super) fn paused(plugins: &[PluginStatus]) -> BTreeSet<String> {
    let is_paused = |plugin: &&PluginStatus| plugin.active.as_ref().is_some_and(|active| active.paused);
    plugins
        .iter()
        .filter(is_paused)
        .map(|plugin| plugin.name.clone())
        .collect()
}
