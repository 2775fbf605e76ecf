//! Operator's listener: bound first, stopped last.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    admin::{self, AdminState},
    console::{self, ClickSender, History, Parts, Workshop},
    listen::{self, Address, ServerSettings, Socket},
    telemetry::chain,
};

/// Maximum number of operator connections: enough for a monitor, a few commands, and browsers, which open six each.
const ADMIN_CONNECTIONS_MAX: usize = 192;

/// Number of connections each listener has closed for new ones, by listener name.
pub(super) fn closed(public: &ServerSettings) -> [(&'static str, Arc<AtomicU64>); 2] {
    [("public", Arc::clone(&public.closed)), ("operator", Arc::default())]
}

/// Listener and works of the operator that run.
pub(super) struct Operated {
    /// Address of the listener, if there is one.
    pub(super) address: Option<Address>,
    /// URL of the console, if it is served over TCP.
    pub(super) console_url: Option<String>,
    /// Given the sender of clicks when the server runs as `dev`.
    pub(super) clicks: ClickSender,
    /// The listener, and the counts over time, which are recorded without it, too.
    pub(super) serving: Vec<JoinHandle<()>>,
}

/// Starts the listener and the recording of counts.
pub(super) fn start(
    socket: Option<Socket>,
    state: &Arc<AdminState>,
    workshop: Workshop,
    stop: &CancellationToken,
) -> Operated {
    let history = Arc::new(History::new(Arc::clone(state)));
    let clicks = ClickSender::default();
    let parts = Parts {
        history: Arc::clone(&history),
        workshop,
        clicks: clicks.clone(),
    };
    let mut serving = vec![tokio::spawn(history.record(stop.clone()))];
    let address = socket.map(|socket| {
        let (address, listener) = serve(socket, state, parts, stop.clone());
        serving.push(listener);
        address
    });
    let with_console = address.as_ref().filter(|_| state.settings.has_console);
    Operated {
        console_url: with_console.and_then(console::url),
        address,
        clicks,
        serving,
    }
}

/// Serves the operator's requests. Returns the address as well.
fn serve(socket: Socket, state: &Arc<AdminState>, parts: Parts, stop: CancellationToken) -> (Address, JoinHandle<()>) {
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
