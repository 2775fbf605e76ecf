//! The long connection of the simulated Lark: discovery, the WebSocket, and the pushes that `send --long-connection` asks for.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::Duration,
};

use axum::{
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use lark_protocol::long_connection::{Answered, Frame, MESSAGE_BYTES_MAX, OutgoingPush};
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

use super::{Memory, Shared, history, json_of, new_id, query, say};
use crate::cli::pushed::{Push, Then};

/// The `service_id` that all public samples have.
const SERVICE: i32 = 33_554_678;

/// Lark waits so long for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// How long a silent connection stays open. A client should have given it up long before.
const SILENCE: Duration = Duration::from_mins(3);

/// Pushes that wait for a connection's turn.
const WAITING_MAX: usize = 64;

/// Tickets that nobody used yet; older ones are forgotten.
const TICKETS_MAX: usize = 64;

/// Connections that are open, and tickets for those to come.
#[derive(Debug, Default)]
pub(super) struct Lines {
    open: Vec<Line>,
    tickets: Vec<String>,
    made: u64,
}

/// One open connection.
#[derive(Debug)]
struct Line {
    device_id: String,
    pushes: mpsc::Sender<Asked>,
}

/// A push on its way to a connection.
#[derive(Debug)]
struct Asked {
    frames: Vec<Frame>,
    message_id: String,
    then: Then,
    answer: oneshot::Sender<Frame>,
}

impl Lines {
    /// Connections that are open.
    pub(super) fn count(&self) -> usize {
        self.open.len()
    }
}

fn config() -> Value {
    json!({"ReconnectCount": -1, "ReconnectInterval": 10, "ReconnectNonce": 1, "PingInterval": 30})
}

/// Names an endpoint, which is good once.
pub(super) async fn discover(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| asked.get(name).and_then(Value::as_str);
    let refused =
        |code: i64, msg: &str| json_of(StatusCode::OK, &json!({"code": code, "msg": msg, "data": {"URL": ""}}));
    match (text("AppID"), text("AppSecret")) {
        (None, _) => {
            return json_of(
                StatusCode::BAD_REQUEST,
                &json!({"code": 9_499, "msg": "Bad Request", "data": {}}),
            );
        }
        (Some(app_id), _) if app_id != shared.app_id => return refused(1_000_040_346, "app_id is invalid"),
        (_, None | Some("")) => return refused(1_000_040_344, "app_secret is missing"),
        (Some(_), Some(_)) => {}
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.unwrap_or("127.0.0.1");
    let ticket = new_id("");
    let memory = &mut shared.memory();
    memory.lines.made += 1;
    let device_id = 7_600_000_000_000_000_000 + memory.lines.made;
    if memory.lines.tickets.len() == TICKETS_MAX {
        memory.lines.tickets.remove(0);
    }
    memory.lines.tickets.push(ticket.clone());
    let url = format!(
        "ws://{host}/ws/v2?fpid=493&aid=552564&device_id={device_id}&access_key={ticket}&service_id={SERVICE}&ticket={ticket}"
    );
    let found = json!({"code": 0, "msg": "", "data": {"URL": url, "ClientConfig": config()}});
    json_of(StatusCode::OK, &found)
}

/// Takes a client with a ticket that was not used.
pub(super) async fn upgrade(State(shared): State<Arc<Shared>>, mut request: Request) -> Response {
    let asked = query(request.uri().query().unwrap_or_default());
    let ticket = asked.get("ticket").map_or("", String::as_str);
    let is_known = {
        let tickets = &mut shared.memory().lines.tickets;
        let place = tickets.iter().position(|known| known == ticket);
        place.map(|place| tickets.remove(place)).is_some()
    };
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY).cloned();
    let (true, Some(key)) = (is_known, key) else {
        return (
            StatusCode::UNAUTHORIZED,
            [
                ("handshake-status", "403"),
                ("handshake-msg", "the ticket is not known"),
            ],
        )
            .into_response();
    };
    let accept = derive_accept_key(key.as_bytes());
    let device_id = asked.get("device_id").cloned().unwrap_or_default();
    let upgrading = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrading.await {
            live(&shared, upgraded, device_id).await;
        }
    });
    let accept = HeaderValue::from_str(&accept).unwrap_or(HeaderValue::from_static(""));
    (
        StatusCode::SWITCHING_PROTOCOLS,
        [
            (header::CONNECTION, HeaderValue::from_static("Upgrade")),
            (header::UPGRADE, HeaderValue::from_static("websocket")),
            (header::SEC_WEBSOCKET_ACCEPT, accept),
        ],
    )
        .into_response()
}

/// Pushes to one of the open connections, and tells what was answered.
pub(super) async fn push(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let failed = |status, text: &str| json_of(status, &json!({"code": "refused", "msg": text}));
    let push: Push = match serde_json::from_slice(&body) {
        Ok(push) => push,
        Err(error) => return failed(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let picked = {
        let memory = &mut shared.memory();
        history::keep_pushed(memory, &serde_json::from_str(&push.body).unwrap_or_default());
        memory.pick()
    };
    let Some((device_id, pushes)) = picked else {
        return failed(
            StatusCode::CONFLICT,
            "no long connection is open: the server is not connected (yet), or runs without --long-connection. A message is              in its chat all the same: `events catch-up` fetches it",
        );
    };
    let message_id = new_id("");
    let frames = OutgoingPush {
        message_id: &message_id,
        trace_id: &message_id,
        service: SERVICE,
        body: push.body.as_bytes(),
    }
    .frames(push.fragments);
    let (answer, answered) = oneshot::channel();
    let asked = Asked {
        frames,
        message_id,
        then: push.then,
        answer,
    };
    let began = Instant::now();
    if pushes.send(asked).await.is_err() {
        return failed(StatusCode::CONFLICT, "the long connection was just lost; send it again");
    }
    let read = |frame: Frame| Answered::read(frame.payload.as_deref().unwrap_or_default());
    let told = match timeout(ANSWER_MAX, answered).await {
        Ok(Ok(frame)) => match read(frame) {
            Some(answered) => {
                let reply = answered.reply.map(|reply| String::from_utf8_lossy(&reply).into_owned());
                json!({"code": answered.code, "reply": reply})
            }
            None => json!({"outcome": "the answer has no code, or data that is no base64"}),
        },
        Ok(Err(_closed)) => json!({"outcome": match push.then {
            Then::Wait => "the connection was lost before the answer",
            Then::Drop => "dropped before the answer, as asked",
            Then::FallSilent => "silent from now on, as asked: no answer is heard",
        }}),
        Err(_elapsed) => json!({"outcome": "no answer within 3 s"}),
    };
    let mut told = told;
    if let Some(fields) = told.as_object_mut() {
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        fields.insert("took_ms".to_owned(), json!(ms));
        fields.insert("device_id".to_owned(), json!(device_id));
    }
    json_of(StatusCode::OK, &told)
}

impl Memory {
    /// One of the open connections, at random as Lark does; the time of the day is random enough here.
    fn pick(&self) -> Option<(String, mpsc::Sender<Asked>)> {
        let open = &self.lines.open;
        let turn = usize::try_from(crate::app::now_ms()).unwrap_or_default();
        let line = open.get(turn.checked_rem(open.len())?)?;
        Some((line.device_id.clone(), line.pushes.clone()))
    }
}

async fn live(shared: &Shared, upgraded: Upgraded, device_id: String) {
    let limits = WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES_MAX));
    let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(limits)).await;
    let (pushes, mut asked) = mpsc::channel(WAITING_MAX);
    let line = Line {
        device_id: device_id.clone(),
        pushes,
    };
    let lines = |change: &mut dyn FnMut(&mut Vec<Line>)| {
        let mut memory = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut memory.lines.open);
    };
    let mut line = Some(line);
    lines(&mut |open| open.extend(line.take()));
    let ended = serve(&mut socket, &mut asked).await;
    lines(&mut |open| open.retain(|line| line.device_id != device_id));
    // Answers that were waited for do not come any more.
    drop(asked);
    match ended {
        Ended::Gone => {}
        Ended::Drop => say(&format!("dropped the long connection {device_id}"), &[]),
        Ended::Silent => {
            say(&format!("the long connection {device_id} is silent from now on"), &[]);
            sleep(SILENCE).await;
        }
    }
}

/// Reason why a connection is not used any more.
enum Ended {
    Gone,
    Drop,
    Silent,
}

async fn serve(socket: &mut WebSocketStream<TokioIo<Upgraded>>, asked: &mut mpsc::Receiver<Asked>) -> Ended {
    let mut waiting = HashMap::<String, oneshot::Sender<Frame>>::new();
    loop {
        tokio::select! {
            Some(push) = asked.recv() => {
                for frame in &push.frames {
                    if socket.send(Message::Binary(frame.encode().into())).await.is_err() {
                        return Ended::Gone;
                    }
                }
                match push.then {
                    Then::Drop => return Ended::Drop,
                    Then::FallSilent => return Ended::Silent,
                    Then::Wait => {
                        waiting.retain(|_, answer| !answer.is_closed());
                        waiting.insert(push.message_id, push.answer);
                    }
                }
            }
            message = socket.next() => match message {
                Some(Ok(Message::Binary(bytes))) => {
                    let Ok(frame) = Frame::decode(&bytes) else { continue };
                    if frame.header("type") == Some("ping") {
                        let pong = Frame::pong(SERVICE, &config()).encode();
                        if socket.send(Message::Binary(pong.into())).await.is_err() {
                            return Ended::Gone;
                        }
                    } else if let Some(answer) = frame.header("message_id").and_then(|id| waiting.remove(id)) {
                        let _ = answer.send(frame);
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ended::Gone,
            },
        }
    }
}
