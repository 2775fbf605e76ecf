//! Simulated Lark on loopback: answers the calls that the server and its plugins make most, prints messages that a bot
//! sends, and reports calls that it does not support. All state is in memory.

mod authorize;
mod cards;
mod connection;
mod console;
mod form;
mod history;
mod media;
mod messages;

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Write as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use lark_protocol::long_connection::DISCOVERY_PATH;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};

use crate::{
    cli::{Exit, Stopped, client::event_id, payload, pushed::PUSH_PATH},
    telemetry::escaped_lines,
};
use connection::{Lines, discover, push, upgrade};
use messages::Message;

/// Tenant of all users; the same as in the requests of `send`.
const TENANT_KEY: &str = "736588c9260f175e";

/// Chat of all users; the same as in the requests of `send`.
const CHAT_ID: &str = "oc_e4d2605ca917e695f54f11aaf56351fa";

/// A server connects within a second.
const CONNECTED_MAX: Duration = Duration::from_secs(10);

/// Between two looks at whether it is connected.
const CONNECTED_EVERY: Duration = Duration::from_millis(20);

/// Lark's "Invalid access token for authorization".
const TOKEN_INVALID: i64 = 99_991_663;

/// Maximum size of a request: the largest file, with its form.
const REQUEST_BYTES_MAX: usize = media::FILE_BYTES_MAX + (64 << 10);

/// Maximum number of messages kept; a person looks at the last ones.
const MESSAGES_MAX: usize = 1_000;

/// Simulated Lark that answers until the process ends.
#[derive(Debug)]
pub(super) struct Lark {
    /// Value for `LARK_API_BASE_URL` and `LARK_ACCOUNTS_BASE_URL`.
    pub(super) url: String,
    shared: Arc<Shared>,
}

/// State of the simulated Lark.
#[derive(Debug)]
struct Shared {
    app_id: &'static str,
    state: Mutex<Memory>,
}

/// State built up by requests.
#[derive(Debug, Default)]
struct Memory {
    messages: BTreeMap<String, Message>,
    /// Message ids by the `uuid` of their request: repeating a request does not send a second message.
    by_uuid: HashMap<String, String>,
    /// Images and files.
    files: media::Files,
    /// Cards that are kept apart from messages.
    cards: cards::Cards,
    /// Registered redirect URL of the authorize page.
    redirect_uri: String,
    codes: HashMap<String, authorize::Code>,
    /// Owners of user tokens and refresh tokens.
    tokens: HashMap<String, String>,
    /// Long connections.
    lines: Lines,
    /// Whether the console says that everything goes over them.
    is_long_connection: bool,
    /// Recipient of the last message.
    latest: Option<String>,
}

/// Request to the simulated Lark.
struct Request<'a> {
    query: BTreeMap<String, String>,
    headers: &'a HeaderMap,
    body: Value,
    raw: &'a [u8],
}

impl Request<'_> {
    fn query(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    fn field(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn bearer(&self) -> &str {
        let value = self
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        value
            .and_then(|value| value.strip_prefix("Bearer "))
            .unwrap_or_default()
    }
}

impl Lark {
    pub(super) async fn start(app_id: &'static str) -> Result<Self, Stopped> {
        let failed = |error: io::Error| Stopped::new(Exit::Failed, &error);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let shared = Arc::new(Shared {
            app_id,
            state: Mutex::new(Memory {
                messages: BTreeMap::from([(payload::MESSAGE_ID.to_owned(), Message::of_the_examples())]),
                ..Memory::default()
            }),
        });
        let router = Router::new()
            .route(DISCOVERY_PATH, post(discover))
            .route("/ws/v2", get(upgrade))
            .route(PUSH_PATH, post(push))
            .fallback(answer)
            .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move {
            // Ends with the process; later callers see a refused connection.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, shared })
    }

    /// Chooses the long connection, as in the console.
    pub(super) fn push_over_long_connection(&self) {
        self.shared.memory().is_long_connection = true;
    }

    /// Waits for a client; gives up after a while, and what is pushed then says that there is none.
    pub(super) async fn connected(&self) {
        let connecting = async {
            while self.shared.memory().lines.count() == 0 {
                sleep(CONNECTED_EVERY).await;
            }
        };
        let _ = timeout(CONNECTED_MAX, connecting).await;
    }

    /// Registers the redirect URL of the authorize page, as the console does.
    pub(super) fn register(&self, redirect_uri: &str) {
        redirect_uri.clone_into(&mut self.shared.memory().redirect_uri);
    }
}

impl Shared {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = Request {
        query: query(uri.query().unwrap_or_default()),
        headers: &headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
        raw: &body,
    };
    let path: Vec<&str> = uri.path().trim_start_matches('/').split('/').collect();
    let memory = &mut shared.memory();
    match (method.as_str(), path.as_slice()) {
        (
            "POST",
            [
                "open-apis",
                "auth",
                "v3",
                "tenant_access_token" | "app_access_token",
                ..,
            ],
        ) => app_token(shared.app_id, &request),
        ("GET", ["open-apis", "authen", "v1", "authorize"]) => authorize::page(memory, shared.app_id, &request),
        // `doctor` asks for the time.
        ("GET", [""]) => json_of(StatusCode::OK, &json!({})),
        ("GET", ["dev", "authorize"]) => authorize::decide(memory, &request),
        ("POST", ["open-apis", "authen", "v2", "oauth", "token"] | ["oauth", "v3", "token"]) => {
            authorize::token(memory, &request)
        }
        ("GET", ["open-apis", "authen", "v1", "user_info"]) => authorize::user_info(memory, &request),
        (_, ["open-apis", rest @ ..]) if ["t-", "u-"].iter().any(|kind| request.bearer().starts_with(kind)) => {
            call(memory, method.as_str(), rest, &request).unwrap_or_else(|| not_played(&method, &uri))
        }
        (_, ["open-apis", ..]) => refused(
            TOKEN_INVALID,
            "Invalid access token for authorization. Please make a test with correct token.",
        ),
        _ => not_played(&method, &uri),
    }
}

/// Calls that require a token.
fn call(memory: &mut Memory, method: &str, path: &[&str], request: &Request<'_>) -> Option<Response> {
    let answer = match (method, path) {
        ("POST", ["im", "v1", "messages"]) => messages::send(memory, request),
        ("GET", ["im", "v1", "messages"]) => history::list(memory, request),
        ("POST", ["im", "v1", "messages", id, "reply"]) => messages::reply(memory, id, request),
        ("PATCH" | "PUT", ["im", "v1", "messages", id]) => messages::change(memory, id, request),
        ("GET", ["im", "v1", "messages", id]) => messages::read(memory, id),
        ("DELETE", ["im", "v1", "messages", id]) => messages::recall(memory, id),
        ("POST", ["interactive", "v1", "card", "update"]) => messages::update_of_click(request),
        ("GET", ["im", "v1", "chats"]) => {
            let chats: Vec<_> = memory.groups().map(chat).collect();
            data(&json!({"items": chats, "has_more": false, "page_token": ""}))
        }
        ("GET", ["im", "v1", "chats", id]) => data(&chat(id)),
        (_, ["im", "v1", rest @ ..]) => return media::call(memory, method, rest, request),
        (_, ["cardkit", "v1", rest @ ..]) => return memory.cards.call(method, rest, request),
        ("GET", ["contact", "v3", "users", id]) => data(&json!({"user": user(id)})),
        ("GET", ["application", "v6", rest @ ..]) => return console::call(memory, rest),
        ("GET", ["event", "v1", "connection"]) => data(&json!({"online_instance_cnt": memory.lines.count()})),
        ("GET", ["bot", "v3", "info"]) => {
            let bot =
                json!({"activate_status": 2, "app_name": "dev", "open_id": "ou_84aad35d084aa403a838cf73ee18467b"});
            json_of(StatusCode::OK, &json!({"code": 0, "msg": "ok", "bot": bot}))
        }
        _ => return None,
    };
    Some(answer)
}

/// Issues the application's token without checking its secret, which is random anyway.
fn app_token(app_id: &str, request: &Request<'_>) -> Response {
    let asked = request.field("app_id");
    if !asked.is_empty() && asked != app_id {
        return refused(10_003, "invalid param: there is only the application of dev");
    }
    let token = "t-of-dev";
    json_of(
        StatusCode::OK,
        &json!({"code": 0, "msg": "ok", "tenant_access_token": token, "app_access_token": token, "expire": 7200}),
    )
}

fn chat(id: &str) -> Value {
    json!({"chat_id": id, "name": "dev", "description": "", "tenant_key": TENANT_KEY, "chat_status": "normal"})
}

fn user(open_id: &str) -> Value {
    json!({"open_id": open_id, "union_id": "on_8ed6aa67826108097d9ee143816345", "name": "Somebody", "tenant_key": TENANT_KEY})
}

fn not_played(method: &Method, uri: &Uri) -> Response {
    let path = uri.path();
    say(
        &format!("{method} {path} is not supported here: answered 404"),
        &["supported are messages and their lists, replies, card updates, cards that are written into, images, files, chats, users and card authorization".to_owned()],
    );
    let text = format!("{method} {path} is not supported by the simulated Lark of dev");
    json_of(StatusCode::NOT_FOUND, &json!({"code": 404, "msg": text}))
}

fn data(data: &Value) -> Response {
    json_of(StatusCode::OK, &json!({"code": 0, "msg": "success", "data": data}))
}

fn refused(code: i64, text: &str) -> Response {
    say(&format!("a call was refused with code {code}"), &[text.to_owned()]);
    json_of(StatusCode::BAD_REQUEST, &json!({"code": code, "msg": text}))
}

fn json_of(status: StatusCode, body: &Value) -> Response {
    const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
    (status, [(header::CONTENT_TYPE, JSON)], body.to_string()).into_response()
}

/// Prints to the terminal; a closed terminal is ignored.
fn say(what: &str, lines: &[String]) {
    let mut out = io::stdout().lock();
    // Escaped, so that a plugin's text cannot move the cursor.
    let _ = writeln!(out, "[Lark] {}", escaped_lines(what));
    for line in lines {
        let _ = writeln!(out, "       {}", escaped_lines(line));
    }
}

/// Generates a unique id.
fn new_id(prefix: &str) -> String {
    // Without random bytes the server could not have started.
    format!("{prefix}{}", event_id().unwrap_or_default())
}

fn query(text: &str) -> BTreeMap<String, String> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text)
            .decode_utf8_lossy()
            .into_owned()
    };
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}
