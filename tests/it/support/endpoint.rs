//! Lark's end of the long connection: the discovery and the WebSocket, as strict as Lark is with both.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use futures_util::{SinkExt as _, StreamExt as _};
use lark_protocol::long_connection::Frame;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role},
    },
};

use super::{
    event_id,
    fake_lark::{APP_SECRET, FakeLark},
    wait::within,
};

/// The end that a server connects to.
#[derive(Debug)]
pub(crate) struct Endpoint {
    address: SocketAddr,
    refusals: Arc<Mutex<VecDeque<Refuse>>>,
    calls: Arc<Mutex<Option<SocketAddr>>>,
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

/// A connection of the server, seen from Lark.
#[derive(Debug)]
pub(crate) struct Pushing(WebSocketStream<TcpStream>);

impl Endpoint {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let refusals = Arc::<Mutex<VecDeque<Refuse>>>::default();
        let (made, connections) = mpsc::unbounded_channel();
        let queue = Arc::clone(&refusals);
        let calls = Arc::<Mutex<Option<SocketAddr>>>::default();
        let called = Arc::clone(&calls);
        let serving = tokio::spawn(async move {
            let tickets = Arc::<Mutex<Vec<String>>>::default();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (queue, tickets, made) = (Arc::clone(&queue), Arc::clone(&tickets), made.clone());
                let called = *called.lock().unwrap();
                tokio::spawn(async move {
                    if let Some(pushing) = answer(stream, address, called, &queue, &tickets).await {
                        let _ = made.send(pushing);
                    }
                });
            }
        });
        Self {
            address,
            refusals,
            calls,
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

    /// The next connection, after its first ping.
    pub(crate) async fn connection(&mut self) -> Pushing {
        let mut pushing = within("a connection", self.connections.recv()).await.unwrap();
        let ping = pushing.frame().await;
        assert_eq!((ping.method, ping.header("type")), (0, Some("ping")), "{ping:?}");
        assert_eq!((ping.seq_id, ping.log_id, ping.service), (0, 0, 33_554_678));
        pushing
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Pushing {
    pub(crate) async fn send(&mut self, frame: &Frame) {
        self.0.send(Message::Binary(frame.encode().into())).await.unwrap();
    }

    pub(crate) async fn try_send(&mut self, frame: &Frame) -> Result<(), tokio_tungstenite::tungstenite::Error> {
        self.0.send(Message::Binary(frame.encode().into())).await
    }

    /// Sends any message, as far as the other side takes it.
    pub(crate) async fn send_message(&mut self, message: Message) {
        let _ = self.0.send(message).await;
    }

    /// Sends the first bytes of a frame, and resets the connection.
    pub(crate) async fn send_beginning(self, frame: &Frame, bytes: usize) {
        let payload = frame.encode();
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        let message = [&[0x82, 126][..], &length, &payload].concat();
        let mut stream = self.0.into_inner();
        stream.write_all(&message[..bytes]).await.unwrap();
        rustix::net::sockopt::set_socket_linger(&stream, Some(std::time::Duration::ZERO)).unwrap();
    }

    /// Closes with a code, and waits for the other side's.
    pub(crate) async fn close(mut self, code: u16, reason: &'static str) {
        let close = CloseFrame {
            code: code.into(),
            reason: reason.into(),
        };
        self.0.send(Message::Close(Some(close))).await.unwrap();
        while self.next().await.is_some() {}
    }

    /// The `message_id` of the next answer.
    pub(crate) async fn answered_id(&mut self) -> String {
        let (frame, said) = self.answer().await;
        assert_eq!(said["code"], 200, "{said}");
        frame.header("message_id").unwrap().to_owned()
    }

    /// The same of all answers up to the end of the connection.
    pub(crate) async fn answered_ids_to_the_end(mut self) -> Vec<String> {
        let mut ids = Vec::new();
        while let Some(message) = self.next().await {
            let Message::Binary(bytes) = message else { continue };
            let frame = Frame::decode(&bytes).unwrap();
            ids.extend(frame.header("message_id").map(str::to_owned));
        }
        ids
    }

    pub(crate) async fn next(&mut self) -> Option<Message> {
        within("a message", self.0.next()).await.and_then(Result::ok)
    }

    /// The next frame.
    pub(crate) async fn frame(&mut self) -> Frame {
        loop {
            match self.next().await.expect("a frame") {
                Message::Binary(bytes) => return Frame::decode(&bytes).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The JSON of the next answer, with the frame that carried it.
    pub(crate) async fn answer(&mut self) -> (Frame, Value) {
        let frame = self.frame().await;
        let json = serde_json::from_slice(frame.payload.as_deref().unwrap()).unwrap();
        (frame, json)
    }

    /// Ends as a process that is killed.
    pub(crate) fn drop_now(self) {
        drop(self.0);
    }
}

/// Reads one request and answers it; a connection when it was upgraded.
async fn answer(
    mut stream: TcpStream,
    address: SocketAddr,
    called: Option<SocketAddr>,
    refusals: &Mutex<VecDeque<Refuse>>,
    tickets: &Mutex<Vec<String>>,
) -> Option<Pushing> {
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
        "ws://{address}/ws/v2?fpid=493&aid=552564&device_id=7600000000000000001&access_key={ticket}&service_id=33554678&ticket={ticket}"
    );
    tickets.lock().unwrap().push(ticket);
    let config = json!({"ReconnectCount": -1, "ReconnectInterval": 2, "ReconnectNonce": 0, "PingInterval": 120});
    let found = json!({"code": 0, "msg": "", "data": {"URL": url, "ClientConfig": config}});
    (200, found.to_string())
}

/// A URL is good once.
async fn upgrade(
    mut stream: TcpStream,
    head: &str,
    refusals: &Mutex<VecDeque<Refuse>>,
    tickets: &Mutex<Vec<String>>,
) -> Option<Pushing> {
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
    Some(Pushing(
        WebSocketStream::from_raw_socket(stream, Role::Server, None).await,
    ))
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.trim())
}
