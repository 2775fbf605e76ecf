//! Alerts into a chat, if one is set.

use std::{fs, sync::Arc};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    admin::AdminState,
    alerts::{AlertSettings, Alerts},
    telemetry::AlertCounts,
};

/// A machine's name that is longer says nothing to a person.
const HOST_CHARS_MAX: usize = 64;

/// Starts them. They look at what the operator's listener shows too.
pub(super) fn watch(
    settings: Option<AlertSettings>,
    state: &AdminState,
    address: &str,
    stop: &CancellationToken,
) -> Option<JoinHandle<()>> {
    let alerts = Alerts {
        store: state.store.clone(),
        tokens: state.tokens.clone(),
        plugins: state.plugins.clone(),
        refusals: Arc::clone(&state.refusals),
        server: server_name(address),
        settings: settings?,
        counts: state.alerts.as_ref().map_or_else(Arc::default, Arc::clone),
        now_ms: state.now_ms,
    };
    Some(tokio::spawn(alerts.run(stop.clone())))
}

/// Counters, if there are alerts.
pub(super) fn counts(settings: Option<&AlertSettings>) -> Option<Arc<AlertCounts>> {
    settings.map(|_| Arc::default())
}

/// This server for people: its machine, and its address there.
fn server_name(address: &str) -> String {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let is_plain = |symbol: &char| symbol.is_ascii_alphanumeric() || matches!(symbol, '-' | '.' | '_');
    let host: String = host.trim().chars().filter(is_plain).take(HOST_CHARS_MAX).collect();
    if host.is_empty() {
        return address.to_owned();
    }
    format!("{host} {address}")
}
