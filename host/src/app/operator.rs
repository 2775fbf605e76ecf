//! Operator's listener: bound first, stopped last.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::StartError;
use crate::{
    admin::{self, AdminSettings, AdminState},
    listen::{self, ServerSettings},
    telemetry::chain,
};

/// Maximum number of operator connections: enough for a monitor and a few commands.
const ADMIN_CONNECTIONS_MAX: usize = 64;

/// Binds the operator's listener. The default port may belong to another server on this machine; an explicitly set one
/// must be free.
pub(super) async fn listen_admin(settings: &AdminSettings) -> Result<Option<(SocketAddr, TcpListener)>, StartError> {
    if !settings.is_on {
        return Ok(None);
    }
    let listener = TcpListener::bind((settings.host.as_str(), settings.port)).await;
    match listener.and_then(|listener| Ok((listener.local_addr()?, listener))) {
        Ok(found) => Ok(Some(found)),
        Err(error) if settings.is_usual_port => {
            tracing::warn!(
                error = chain(&error),
                "{}:{} is in use, so this server runs without the operator's listener; set CALLBACK_ADMIN_PORT to a \
                 free port, or \
                 CALLBACK_ADMIN=off",
                settings.host,
                settings.port
            );
            Ok(None)
        }
        Err(source) => Err(StartError::ListenAdmin {
            host: settings.host.clone(),
            port: settings.port,
            source,
        }),
    }
}

/// Number of connections each listener has closed for new ones, by listener name.
pub(super) fn closed(public: &ServerSettings) -> [(&'static str, Arc<AtomicU64>); 2] {
    [("public", Arc::clone(&public.closed)), ("operator", Arc::default())]
}

/// Serves the operator's requests.
pub(super) fn serve(
    listener: TcpListener,
    address: SocketAddr,
    state: AdminState,
    stop: CancellationToken,
) -> JoinHandle<()> {
    if let Err(error) = state.store.announce(&address.to_string()) {
        tracing::warn!(
            error = chain(&error),
            "Could not write the operator listener's address to the database's lock file; `lark-callback` commands \
              will not find this server by themselves"
        );
    }
    tracing::info!(%address, "Operator's listener ready");
    let [_, (_, closed)] = &state.closed;
    let settings = ServerSettings {
        name: "operator",
        connections_max: ADMIN_CONNECTIONS_MAX,
        closed: Arc::clone(closed),
        refusals: Arc::clone(&state.refusals),
        drain: Duration::from_secs(1),
        ..ServerSettings::default()
    };
    tokio::spawn(listen::serve(listener, admin::router(Arc::new(state)), settings, stop))
}
