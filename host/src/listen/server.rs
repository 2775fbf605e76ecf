//! Listener: accepts connections up to a limit, serves HTTP/1.1 on each, and drains without cutting anybody off.
//!
//! Generic over the router, so that all listeners of the process share it.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    task::Poll,
    time::Duration,
};

use hyper::{
    body::Incoming,
    header::{CONNECTION, HeaderValue},
    server::conn::http1,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{
    body::Marked,
    connection::{Patience, Patient, Phase},
    room::Room,
    routes::Routes,
    socket::Socket,
    stream::{Peer, Stream},
};
use crate::{
    codes,
    telemetry::{Beat, LineLimit, Refusals, Refused, Rejected, chain},
};

/// Grace period at a stop for a request that may be on its way: the first one of a connection that was just accepted, or
/// the next one of a connection that is idle. A proxy sends within a millisecond or two of connecting.
const NEXT_REQUEST: Duration = Duration::from_millis(500);

/// Read buffer of hyper per connection. Its default of 400 KiB exceeds most bodies, and a stranger could fill it on
/// every connection.
const READ_BYTES_MAX: usize = 32 * 1024;

/// Interval of the warning that the process is out of file descriptors.
const NO_FILES_EVERY: Duration = Duration::from_secs(10);

/// Value of the header `Connection` of the last answer.
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// Interval between two looks at the accept queue of a listener that is being closed.
const QUEUE_EVERY: Duration = Duration::from_millis(5);

/// Interval of the accept loop's heartbeat while nobody connects.
const BEAT_EVERY: Duration = Duration::from_secs(1);

/// Settings of a listener.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Name of the listener in the log.
    pub name: &'static str,
    /// Maximum number of open connections; beyond it, those idle longest are closed for new ones. Lark's gateways and a
    /// reverse proxy use dozens; the rest is headroom for a burst, well below the usual limit of open files.
    pub connections_max: usize,
    /// Number of connections closed for new ones.
    pub closed: Arc<AtomicU64>,
    /// Counts peers that do not speak HTTP/1.1.
    pub refusals: Arc<Refusals>,
    /// Heartbeat of the accept loop.
    pub beat: Arc<Beat>,
    /// Timeouts of a connection.
    pub patience: Patience,
    /// Maximum header size of one request. Lark sends about 600 bytes; hyper answers 431 beyond the limit.
    pub header_bytes_max: usize,
    /// Time for open requests after the stop signal: Lark's answer budget plus a second.
    pub drain: Duration,
    /// Grace period at a stop for a request that may be on its way on an idle or new connection.
    pub next_request: Duration,
    /// Cancelled when a stop is near: from then on each answer closes its connection, so that the next request of a proxy
    /// goes to another server.
    pub leaving: CancellationToken,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            name: "public",
            connections_max: 4096,
            closed: Arc::default(),
            refusals: Arc::default(),
            beat: Arc::default(),
            patience: Patience {
                idle: Duration::from_secs(75),
                header: Duration::from_secs(5),
            },
            header_bytes_max: 16 * 1024,
            drain: Duration::from_secs(4),
            next_request: NEXT_REQUEST,
            leaving: CancellationToken::new(),
        }
    }
}

/// Serves until `stop` is cancelled, then drains the requests in flight and returns.
///
/// While connections are idle it goes on accepting for a moment, with answers that close: a request that crosses the end of
/// its connection is lost, and its sender cannot tell whether it was handled.
pub async fn serve(socket: Socket, routes: Routes, settings: ServerSettings, stop: CancellationToken) {
    let room = Room::new(settings.name, settings.connections_max, Arc::clone(&settings.closed));
    let connections = Connections::new(routes, &settings);
    let accepting = Accepting::new(&room, &connections, &settings.beat);
    accepting.until(&socket, stop.cancelled()).await;
    settings.leaving.cancel();
    let idle = tokio::time::timeout(settings.next_request, room.until_none_idle());
    accepting.until(&socket, idle).await;
    connections.closing.cancel();
    // What waits at a socket of systemd's is served by the next process.
    if !socket.outlives_us()
        && let Err(error) = serve_queued(socket, &connections, &room).await
    {
        tracing::debug!(
            error = chain(&error),
            "Connections still waiting to be accepted were closed at the stop"
        );
    }
    if tokio::time::timeout(settings.drain, room.until_empty()).await.is_err() {
        tracing::warn!(
            drain_ms = settings.drain.as_millis(),
            "Some requests were still open at the end of the drain time and were closed"
        );
    }
}

/// Serves the connections in the system's accept queue before closing the listener: closing would reset them, and their
/// requests may already have been sent.
async fn serve_queued(socket: Socket, connections: &Connections, room: &Arc<Room>) -> io::Result<()> {
    let closing = socket.close()?;
    let handshakes_end = Instant::now() + closing.handshakes();
    loop {
        while let Some(permit) = room.try_place() {
            let (stream, peer) = match closing.next() {
                Ok(accepted) => accepted,
                Err(error) if is_about_one_peer(&error) => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            };
            connections.begin(stream, peer, room, permit);
        }
        if Instant::now() >= handshakes_end {
            return Ok(());
        }
        tokio::time::sleep(QUEUE_EVERY).await;
    }
}

/// Per-connection service.
struct Connections {
    listener: &'static str,
    http: http1::Builder,
    routes: Routes,
    patience: Patience,
    refusals: Arc<Refusals>,
    /// Cancelled when each connection shall end with its next answer.
    leaving: CancellationToken,
    /// Cancelled when those end on which no request has begun.
    closing: CancellationToken,
    next_request: Duration,
}

impl Connections {
    fn new(routes: Routes, settings: &ServerSettings) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            // `Patient` has its own timeout.
            .header_read_timeout(None)
            .max_header_size(settings.header_bytes_max)
            .max_buf_size(READ_BYTES_MAX)
            .half_close(true);
        Self {
            listener: settings.name,
            http,
            routes,
            patience: settings.patience,
            refusals: Arc::clone(&settings.refusals),
            leaving: settings.leaving.clone(),
            closing: CancellationToken::new(),
            next_request: settings.next_request,
        }
    }

    fn begin(&self, stream: Stream, peer: Peer, room: &Arc<Room>, permit: OwnedSemaphorePermit) {
        let (stream, phase) = Patient::new(stream, self.patience);
        let (routes, marked) = (self.routes.clone(), phase.clone());
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            marked.answering();
            let (router, phase) = (routes.now(), marked.clone());
            async move {
                let request = request.map(|body| axum::body::Body::new(Marked::new(body, phase.clone())));
                let mut response = router.oneshot(request).await;
                if let Ok(response) = &mut response
                    && let Some(written) = response.extensions_mut().remove()
                {
                    phase.when_written(written);
                }
                match &mut response {
                    Ok(response) if response.headers().contains_key(CONNECTION) => phase.leaving(),
                    Ok(response) if phase.ends_soon() => {
                        response.headers_mut().insert(CONNECTION, CLOSE);
                        phase.idle();
                    }
                    _ => phase.idle(),
                }
                response.map_err(|never: Infallible| never)
            }
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        let (listener, refusals) = (self.listener, Arc::clone(&self.refusals));
        let (leaving, closing, next_request) = (self.leaving.clone(), self.closing.clone(), self.next_request);
        let of_room = phase.clone();
        let serve = |place| async move {
            let mut connection = pin!(connection);
            // Biased, so that already the first answer of a connection that comes then is its last.
            let ended = tokio::select! {
                biased;
                () = leaving.cancelled() => match begun(connection.as_mut(), &phase, closing, next_request).await {
                    Some(ended) => ended,
                    None => {
                        connection.as_mut().graceful_shutdown();
                        connection.await
                    }
                },
                ended = connection.as_mut() => ended,
            };
            if let Err(error) = ended {
                ended_early(listener, peer, &error, &refusals);
            }
            drop(place);
        };
        room.begin(permit, of_room, |place| {
            tokio::spawn(peer.during(serve(place))).abort_handle()
        });
    }
}

/// Tells the operator when a proxy in front speaks something other than HTTP/1.1, because no handler ever sees such a
/// request.
fn ended_early(listener: &'static str, peer: Peer, error: &hyper::Error, refusals: &Refusals) {
    let reason = if error.is_parse_too_large() {
        "header_too_large"
    } else if error.is_parse() {
        "not_http"
    } else {
        // The peer went away or was too slow; nothing for an operator to do.
        tracing::debug!(%peer, error = chain(&error), "A connection ended early");
        return;
    };
    let app = Arc::default();
    let refused = Refused { app, reason };
    if refusals.add(refused.clone()) {
        let hint = codes::refusal(reason).map(ToString::to_string).unwrap_or_default();
        tracing::warn!(listener, %peer, reason, "Request refused: {hint}");
        refusals.keep(Rejected {
            at: Instant::now(),
            refused,
            method: "-",
            path: format!("({listener} listener)"),
            peer: peer.to_string(),
            request_id: None,
            log_id: None,
            // hyper's answers: 400, or 431 for a header that is too large.
            status: if reason == "not_http" { 400 } else { 431 },
            body_bytes: None,
            diagnosis: None,
        });
    }
}

/// Runs until a last request is being answered, or until `closing` on a connection that is idle. hyper closes connections
/// on which nothing, or only part of a header, was read, although the request may have been sent before. Returns the
/// result if the connection ends first.
async fn begun<T>(
    mut connection: Pin<&mut impl Future<Output = T>>,
    phase: &Phase,
    closing: CancellationToken,
    next_request: Duration,
) -> Option<T> {
    phase.end_soon();
    let mut idle = pin!(closing.cancelled());
    let mut fresh = pin!(async {
        closing.cancelled().await;
        tokio::time::sleep(next_request).await;
    });
    poll_fn(|context| {
        if let Poll::Ready(ended) = connection.as_mut().poll(context) {
            return Poll::Ready(Some(ended));
        }
        let settled = if phase.is_reading() {
            Poll::Pending
        } else if phase.is_fresh() {
            fresh.as_mut().poll(context)
        } else if phase.is_idle() {
            idle.as_mut().poll(context)
        } else {
            Poll::Ready(())
        };
        settled.map(|()| None)
    })
    .await
}

/// State of the accept loop.
struct Accepting<'a> {
    room: &'a Arc<Room>,
    connections: &'a Connections,
    beat: &'a Beat,
    complaints: Mutex<LineLimit>,
}

impl<'a> Accepting<'a> {
    fn new(room: &'a Arc<Room>, connections: &'a Connections, beat: &'a Beat) -> Self {
        Self {
            room,
            connections,
            beat,
            complaints: Mutex::new(LineLimit::new(1, NO_FILES_EVERY)),
        }
    }

    /// Accepts connections and begins to serve them until `end`.
    async fn until(&self, socket: &Socket, end: impl Future) {
        let mut end = pin!(end);
        loop {
            let (stream, peer) = tokio::select! {
                accepted = self.beating(self.next(socket)) => accepted,
                _ = end.as_mut() => return,
            };
            // A connection accepted at the moment of the end is still served.
            let (permit, is_end) = tokio::select! {
                biased;
                permit = self.beating(self.room.place()) => (permit, false),
                _ = end.as_mut() => (self.room.try_place(), true),
            };
            let Some(permit) = permit else { return };
            self.connections.begin(stream, peer, self.room, permit);
            if is_end {
                return;
            }
        }
    }

    /// Waits for `work` with a heartbeat, because waiting is no hang.
    async fn beating<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            self.beat.beat();
            tokio::select! {
                biased;
                done = work.as_mut() => return done,
                () = tokio::time::sleep(BEAT_EVERY) => {}
            }
        }
    }

    /// Accepts the next connection. Errors of a single peer are skipped. Without free file descriptors the connection
    /// idle longest is closed, and the loop waits for that instead of spinning.
    async fn next(&self, socket: &Socket) -> (Stream, Peer) {
        loop {
            match socket.accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_about_one_peer(&error) => {}
                Err(error) => {
                    self.room.make_room();
                    if self.complaints.lock().unwrap_or_else(PoisonError::into_inner).admits() {
                        tracing::error!(
                            error = chain(&error),
                            "Cannot accept connections; check the limit of open files (LimitNOFILE)"
                        );
                    }
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
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

#[cfg(test)]
mod tests;
