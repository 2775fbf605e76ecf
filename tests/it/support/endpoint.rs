//! Lark's end of the long connection: the discovery and the WebSocket, as strict as Lark is with both.

mod pushing;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};

use super::{
    event_id,
    fake_lark::{APP_SECRET, FakeLark},
    wait::within,
};
pub(crate) use pushing::Pushing;

/// The `service_id` of all connections.
const SERVICE: i32 = 33_554_678;

/// The end that a server connects to.
#[derive(Debug)]
pub(crate) struct Endpoint {
    address: SocketAddr,
    refusals: Arc<Mutex<VecDeque<Refuse>>>,
    calls: Arc<Mutex<Option<SocketAddr>>>,
    is_silent: Arc<AtomicBool>,
    connections: mpsc::UnboundedReceiver<Pushing>,
    serving: JoinHandle<()>,
}

/// Answer that the next attempt gets in place of a connection.
#[derive(Debug, Clone)]
pub(crate) enum Refuse {
    /// A body of the discovery.
    Discovery(String),
    /// A status of the discovery, with its body.
    Status(u16, String),
    /// Silence, for as long as the client waits.
    Hang,
    /// Lines of the header with which the upgrade is refused.
    Upgrade(String),
}

impl Endpoint {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let refusals = Arc::<Mutex<VecDeque<Refuse>>>::default();
        let (made, connections) = mpsc::unbounded_channel();
        let queue = Arc::clone(&refusals);
        let calls = Arc::<Mutex<Option<SocketAddr>>>::default();
        let called = Arc::clone(&calls);
        let is_silent = Arc::<AtomicBool>::default();
        let silence = Arc::clone(&is_silent);
        let serving = tokio::spawn(async move {
            let tickets = Arc::<Mutex<Vec<String>>>::default();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (queue, tickets, made) = (Arc::clone(&queue), Arc::clone(&tickets), made.clone());
                let (called, silence) = (*called.lock().unwrap(), Arc::clone(&silence));
                tokio::spawn(async move {
                    if let Some(socket) = answer(stream, address, called, &queue, &tickets).await {
                        let _ = made.send(if silence.load(Ordering::Relaxed) {
                            Pushing::silent(socket)
                        } else {
                            Pushing::lively(socket)
                        });
                    }
                });
            }
        });
        Self {
            address,
            refusals,
            calls,
            is_silent,
            connections,
            serving,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Has another Lark answer all other calls.
    pub(crate) fn calls(&self, lark: &FakeLark) {
        *self.calls.lock().unwrap() = Some(lark.address);
    }

    /// Refuses the next attempt.
    pub(crate) fn refuse(&self, refuse: Refuse) {
        self.refusals.lock().unwrap().push_back(refuse);
    }

    /// Whether connections that are made from now on are accepted, and then neither read nor answered.
    pub(crate) fn keep_silent(&self, is_silent: bool) {
        self.is_silent.store(is_silent, Ordering::Relaxed);
    }

    /// The next connection, which both sides know to be one.
    pub(crate) async fn connection(&mut self) -> Pushing {
        let mut pushing = self.accepted().await;
        pushing.settled().await;
        pushing
    }

    /// The next connection, over which nothing may have come yet.
    pub(crate) async fn accepted(&mut self) -> Pushing {
        within("a connection", self.connections.recv()).await.unwrap()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Reads one request and answers it; a connection when it was upgraded.
async fn answer(
    mut stream: TcpStream,
    address: SocketAddr,
    called: Option<SocketAddr>,
    refusals: &Mutex<VecDeque<Refuse>>,
    tickets: &Mutex<Vec<String>>,
) -> Option<WebSocketStream<TcpStream>> {
    let mut bytes = Vec::new();
    let (head, body) = loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = header(head, "content-length").map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            break (head.to_owned(), body.to_owned());
        }
    };
    if head.starts_with("GET /ws/v2?") {
        return upgrade(stream, &head, refusals, tickets).await;
    }
    let is_hanging = matches!(refusals.lock().unwrap().front(), Some(Refuse::Hang));
    if is_hanging {
        refusals.lock().unwrap().pop_front();
        // Until the client goes.
        while stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {}
        return None;
    }
    if let (Some(called), false) = (called, head.contains(" /callback/ws/endpoint ")) {
        forward(stream, called, &bytes).await;
        return None;
    }
    let (status, body) = discover(&head, &body, address, refusals, tickets);
    let answer = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    None
}

/// One request for each connection: the next one may be for the endpoint.
async fn forward(mut stream: TcpStream, called: SocketAddr, request: &[u8]) {
    let Ok(mut lark) = TcpStream::connect(called).await else {
        return;
    };
    let line = request.windows(2).position(|two| two == b"\r\n").unwrap();
    let (line, rest) = request.split_at(line);
    let request = [line, b"\r\nconnection: close", rest].concat();
    if lark.write_all(&request).await.is_ok() {
        let _ = tokio::io::copy(&mut lark, &mut stream).await;
    }
}

fn discover(
    head: &str,
    body: &str,
    address: SocketAddr,
    refusals: &Mutex<VecDeque<Refuse>>,
    tickets: &Mutex<Vec<String>>,
) -> (u16, String) {
    if !head.starts_with("POST /callback/ws/endpoint HTTP/1.1") {
        return (404, "404 page not found".into());
    }
    assert_eq!(header(head, "locale"), Some("zh"), "{head}");
    assert!(header(head, "content-type").is_some_and(|kind| kind.starts_with("application/json")));
    let asked: Value = serde_json::from_str(body).unwrap();
    let Some(app_id) = asked["AppID"].as_str() else {
        return (400, json!({"code": 9499, "msg": "Bad Request", "data": {}}).to_string());
    };
    let first = refusals.lock().unwrap().front().cloned();
    match first {
        Some(Refuse::Discovery(body)) => {
            refusals.lock().unwrap().pop_front();
            return (200, body);
        }
        Some(Refuse::Status(status, body)) => {
            refusals.lock().unwrap().pop_front();
            return (status, body);
        }
        Some(Refuse::Upgrade(_) | Refuse::Hang) | None => {}
    }
    if asked["AppSecret"] != APP_SECRET || !app_id.starts_with("cli_") {
        let refused = json!({"code": 1_000_040_345, "msg": "app_id or app_secret is invalid", "data": {"URL": ""}});
        return (200, refused.to_string());
    }
    let ticket = event_id();
    let url = format!(
        "ws://{address}/ws/v2?fpid=493&aid=552564&device_id=7600000000000000001&access_key={ticket}&service_id={SERVICE}&ticket={ticket}"
    );
    tickets.lock().unwrap().push(ticket);
    let found = json!({"code": 0, "msg": "", "data": {"URL": url, "ClientConfig": config()}});
    (200, found.to_string())
}

/// The configuration that a discovery and a pong carry.
fn config() -> Value {
    json!({"ReconnectCount": -1, "ReconnectInterval": 2, "ReconnectNonce": 0, "PingInterval": 120})
}

/// A URL is good once.
async fn upgrade(
    mut stream: TcpStream,
    head: &str,
    refusals: &Mutex<VecDeque<Refuse>>,
    tickets: &Mutex<Vec<String>>,
) -> Option<WebSocketStream<TcpStream>> {
    let refuse = refusals.lock().unwrap().pop_front();
    if let Some(Refuse::Upgrade(lines)) = refuse {
        let answer = format!("HTTP/1.1 401 X\r\n{lines}content-length: 0\r\n\r\n");
        let _ = stream.write_all(answer.as_bytes()).await;
        return None;
    }
    let ticket = head
        .split("ticket=")
        .nth(1)
        .and_then(|rest| rest.split([' ', '&']).next());
    let place = tickets
        .lock()
        .unwrap()
        .iter()
        .position(|known| Some(known.as_str()) == ticket);
    tickets
        .lock()
        .unwrap()
        .remove(place.expect("a ticket that was not used"));
    assert_eq!(header(head, "upgrade"), Some("websocket"), "{head}");
    assert_eq!(header(head, "sec-websocket-version"), Some("13"), "{head}");
    assert_eq!(header(head, "sec-websocket-extensions"), None, "{head}");
    let accept = derive_accept_key(header(head, "sec-websocket-key").unwrap().as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await.ok()?;
    Some(WebSocketStream::from_raw_socket(stream, Role::Server, None).await)
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.trim())
}
