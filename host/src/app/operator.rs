//! Operator's listener: bound first, stopped last.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    admin::{self, AdminState},
    console::{self, Parts},
    listen::{self, Address, ServerSettings, Socket},
    telemetry::chain,
};

/// Maximum number of operator connections: enough for a monitor, a few commands, and browsers, which open six each.
const ADMIN_CONNECTIONS_MAX: usize = 192;

/// Number of connections each listener has closed for new ones, by listener name.
pub(super) fn closed(public: &ServerSettings) -> [(&'static str, Arc<AtomicU64>); 2] {
    [("public", Arc::clone(&public.closed)), ("operator", Arc::default())]
}

/// Serves the operator's requests. Returns the address as well.
pub(super) fn serve(
    socket: Socket,
    state: &Arc<AdminState>,
    parts: Parts,
    stop: CancellationToken,
) -> (Address, JoinHandle<()>) {
    let address = socket.address().clone();
    if let Err(error) = state.store.announce(&address.to_string()) {
        tracing::warn!(
            error = chain(&error),
            "Could not write the operator listener's address to the database's lock file, so `lark-callback` commands cannot \
             reach this server; check the permissions of the file and the disk, then restart"
        );
    }
    let console = state.settings.has_console.then(|| console::url(&address)).flatten();
    tracing::info!(%address, console.url = console, "Operator's listener ready");
    let [_, (_, closed)] = &state.closed;
    let settings = ServerSettings {
        name: "operator",
        connections_max: ADMIN_CONNECTIONS_MAX,
        closed: Arc::clone(closed),
        refusals: Arc::clone(&state.refusals),
        drain: Duration::from_secs(1),
        ..ServerSettings::default()
    };
    let mut router = admin::router(Arc::clone(state));
    if state.settings.has_console {
        router = console::mount(state, parts, router);
    }
    let router = router.into();
    (address, tokio::spawn(listen::serve(socket, router, settings, stop)))
}
