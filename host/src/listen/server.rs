//! The listener: accepts connections up to a limit, serves HTTP/1.1 on each, and ends without cutting anybody off.
//!
//! Generic over the router, so that other listeners of the process are served with the same care.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper::{body::Incoming, header::CONNECTION, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::connection::{Patience, Patient};

/// What the listener allows.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Open connections; beyond that new ones wait in the system's backlog. Lark's gateways and a reverse proxy use
    /// dozens; the rest is room for a burst, well below the usual limit of open files.
    pub connections_max: usize,
    /// How long a peer may be silent.
    pub patience: Patience,
    /// Header bytes of one request. Lark sends about 600; hyper answers 431 beyond.
    pub header_bytes_max: usize,
    /// How long open requests may take after the signal to stop: the answer budget of Lark and a second.
    pub drain: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            patience: Patience {
                idle: Duration::from_secs(75),
                header: Duration::from_secs(5),
            },
            header_bytes_max: 16 * 1024,
            drain: Duration::from_secs(4),
        }
    }
}

/// Serves until `stop` is cancelled, then answers what is in flight and returns.
pub async fn serve(listener: TcpListener, router: Router, settings: ServerSettings, stop: CancellationToken) {
    let permits = Arc::new(Semaphore::new(settings.connections_max));
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        // The clock of `Patient` takes its place.
        .header_read_timeout(None)
        .max_header_size(settings.header_bytes_max)
        .half_close(true);

    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&permits).acquire_owned() => permit,
            () = stop.cancelled() => break,
        };
        let Ok(permit) = permit else { break };
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = stop.cancelled() => break,
        };
        let (stream, phase) = Patient::new(stream, settings.patience);
        let router = router.clone();
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            phase.answering();
            let (router, phase) = (router.clone(), phase.clone());
            async move {
                let mut response = router.oneshot(request.map(axum::body::Body::new)).await;
                if let Ok(response) = &mut response
                    && let Some(written) = response.extensions_mut().remove()
                {
                    phase.when_written(written);
                }
                match &response {
                    Ok(response) if response.headers().contains_key(CONNECTION) => phase.leaving(),
                    _ => phase.idle(),
                }
                response.map_err(|never: Infallible| never)
            }
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                // A peer that went away or was too slow; nothing for an operator to do.
                tracing::debug!(%peer, %error, "A connection ended early");
            }
            drop(permit);
        });
    }

    drop(listener);
    if tokio::time::timeout(settings.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(
            drain_ms = settings.drain.as_millis(),
            "Some requests were still open when the time to finish them was over"
        );
    }
}

/// Accepts the next connection. An error of one peer is skipped; when the process has no file descriptor left, the loop
/// waits for one instead of spinning.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are small and complete; waiting to fill a segment would only delay them.
                if stream.set_nodelay(true).is_ok() {
                    return (stream, peer);
                }
            }
            Err(error) if is_about_one_peer(&error) => {}
            Err(error) => {
                tracing::error!(%error, "No connection can be accepted; check the limit of open files (LimitNOFILE)");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

fn is_about_one_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}
