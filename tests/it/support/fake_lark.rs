//! A Lark to test against: behaves as documented, checks what Lark checks, and fails the test when it had to refuse.

mod app_tokens;
mod card_schema;
mod cards;
mod console;
mod console_calls;
mod fault;
pub(crate) mod history;
mod media;
mod oauth;
mod people;
mod refusal;
mod request;

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Response, body::Incoming};
use serde_json::{Value, json};

pub(crate) use cards::Message;
pub(crate) use fault::{Fault, Held};
pub(crate) use people::Decision;
use refusal::Refusal;
pub(crate) use request::Seen;

use super::stand_in::StandIn;

/// The time at which the clock of a new Lark stands.
pub(crate) const START_MS: u64 = 1_790_000_000_000;

pub(crate) const APP_ID: &str = "cli_of_the_tests";
pub(crate) const APP_SECRET: &str = "app-secret-of-the-tests";
pub(crate) const REDIRECT_URI: &str = "https://callback.example.com/callback";

/// Another application of the same company, served as `[apps.hr]`.
pub(crate) const OTHER_APP_ID: &str = "cli_of_the_others";
pub(crate) const OTHER_APP_SECRET: &str = "app-secret-of-the-others";
pub(crate) const OTHER_REDIRECT_URI: &str = "https://callback.example.com/callback/hr";

/// A Lark that listens. When it goes, nothing may be left that it refused and nobody expected.
#[derive(Debug)]
pub(crate) struct FakeLark {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: StandIn,
}

/// The state of the simulated Lark.
#[derive(Debug)]
struct State {
    now_ms: u64,
    made: u64,
    applications: Vec<console::Application>,
    app: app_tokens::AppTokens,
    oauth: oauth::Oauth,
    people: Vec<people::Person>,
    cards: cards::Cards,
    files: media::Files,
    seen: Vec<Seen>,
    refused: Vec<Refusal>,
    /// Long connections that it counts.
    connections: u64,
    /// Groups of the bot, chats that it was removed from, and all messages.
    groups: Vec<String>,
    closed_chats: HashSet<String>,
    history: Vec<Value>,
    faults: HashMap<String, VecDeque<Fault>>,
    /// Paths that meet the same fault each time.
    outages: HashMap<String, Fault>,
}

impl State {
    /// An id or a token that nobody had before and nobody can guess.
    fn make(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}{}-{}", self.made, super::event_id())
    }
}

/// An answer.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), "application/json; charset=utf-8".into())],
            body: body.to_string(),
        }
    }

    fn data(data: &Value) -> Self {
        Self::json(200, &json!({"code": 0, "msg": "success", "data": data}))
    }
}

impl FakeLark {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            now_ms: START_MS,
            made: 0,
            applications: console::applications(),
            app: app_tokens::AppTokens::default(),
            oauth: oauth::Oauth::default(),
            people: people::everybody(),
            cards: cards::Cards::default(),
            files: media::Files::default(),
            seen: Vec::new(),
            refused: Vec::new(),
            connections: 0,
            groups: Vec::new(),
            closed_chats: HashSet::new(),
            history: Vec::new(),
            faults: HashMap::new(),
            outages: HashMap::new(),
        }));
        let answering = Arc::clone(&state);
        let server = StandIn::start(move |request| {
            let state = Arc::clone(&answering);
            async move { answer(&state, request).await }
        })
        .await;
        Self {
            address: server.address,
            state,
            server,
        }
    }

    /// For `LARK_API_BASE_URL` and `LARK_ACCOUNTS_BASE_URL`.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.state().now_ms
    }

    pub(crate) fn advance(&self, ms: u64) {
        self.state().now_ms += ms;
    }

    /// Everything that arrived, in order.
    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// The requests that arrived at one route: a path or the beginning of one.
    pub(crate) fn requests_to(&self, route: &str) -> Vec<Seen> {
        let seen = self.requests();
        seen.into_iter().filter(|seen| seen.path.starts_with(route)).collect()
    }

    /// What was uploaded, by its key.
    pub(crate) fn uploaded(&self) -> BTreeMap<String, media::Uploaded> {
        self.state().files.uploaded.clone()
    }

    /// Puts an image or a file into a message.
    pub(crate) fn put_resource(&self, message: &str, key: &str, kind: &str, content: &str) {
        let place = (message.to_owned(), key.to_owned(), kind.to_owned());
        self.state().files.resources.insert(place, content.to_owned());
    }

    /// The secrets between Lark and the server: codes, tokens, verifiers and the application's secret.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let state = self.state();
        let given = state.oauth.given().chain(state.app.given()).cloned();
        let verifiers = state.seen.iter().filter_map(|seen| seen.body["code_verifier"].as_str());
        let mut secrets: Vec<String> = given.chain(verifiers.map(str::to_owned)).collect();
        secrets.extend([APP_SECRET, OTHER_APP_SECRET].map(str::to_owned));
        secrets
    }

    /// The secrets of links, which only their users may know.
    pub(crate) fn states(&self) -> Vec<String> {
        self.state().oauth.states.clone()
    }

    /// Has somebody write a message, while nobody is told.
    pub(crate) fn keep_message(&self, message: Value) {
        self.state().history.push(message);
    }

    /// Adds the bot to a group.
    pub(crate) fn add_to_group(&self, chat: &str) {
        self.state().groups.push(chat.to_owned());
    }

    /// Removes the bot from a group, which still is listed.
    pub(crate) fn close_chat(&self, chat: &str) {
        self.state().closed_chats.insert(chat.to_owned());
    }

    /// Has Lark count so many long connections.
    pub(crate) fn counts_connections(&self, connections: u64) {
        self.state().connections = connections;
    }

    /// The rejections since the last time, by code. A test that means it takes it; what is left fails the test.
    pub(crate) fn take_refusals(&self) -> Vec<i64> {
        let refused = std::mem::take(&mut self.state().refused);
        refused.into_iter().map(|refusal| refusal.code).collect()
    }

    /// The next request to this path meets this fault; several are met one after the other.
    pub(crate) fn fault(&self, path: &str, fault: Fault) {
        let mut state = self.state();
        state.faults.entry(path.to_owned()).or_default().push_back(fault);
    }

    /// Every request to this path meets this fault, until it recovers.
    pub(crate) fn keeps_failing(&self, path: &str, fault: &Fault) {
        self.state().outages.insert(path.to_owned(), fault.clone());
    }

    /// The end of an outage.
    pub(crate) fn recovers(&self, path: &str) {
        self.state().outages.remove(path);
    }

    /// The next request to this path is not answered before it is released.
    pub(crate) fn hold(&self, path: &str) -> Held {
        let held = Held::default();
        self.fault(path, Fault::Hold(held.clone()));
        held
    }

    /// The next request to this path is done at once, and not answered before it is released.
    pub(crate) fn hold_answer(&self, path: &str) -> Held {
        let held = Held::default();
        self.fault(path, Fault::HoldAnswer(held.clone()));
        held
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Drop for FakeLark {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let refused = std::mem::take(&mut self.state().refused);
            assert!(
                refused.is_empty(),
                "Lark had to refuse what nobody expected: {refused:#?}"
            );
        }
    }
}

/// An error drops the connection without an answer.
async fn answer(state: &Mutex<State>, request: hyper::Request<Incoming>) -> Result<Response<Full<Bytes>>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let seen = Seen::new(&head, &body);
    let (fault, number) = {
        let mut state = state.lock().unwrap();
        state.seen.push(seen.clone());
        let fault = state.faults.get_mut(&seen.path).and_then(VecDeque::pop_front);
        let fault = fault.or_else(|| state.outages.get(&seen.path).cloned());
        (fault, state.seen.len())
    };
    let dropped = || io::Error::other("dropped on purpose");
    let reply = match fault {
        Some(Fault::Drop) => return Err(dropped()),
        Some(Fault::LoseAnswer) => {
            route(&mut state.lock().unwrap(), &seen);
            return Err(dropped());
        }
        Some(Fault::Answer { status, headers, body }) => Reply { status, headers, body },
        Some(Fault::StillSending) => {
            route(&mut state.lock().unwrap(), &seen);
            Reply::json(400, &json!({"code": 230_049, "msg": "The message is being sent."}))
        }
        Some(Fault::Hold(held)) => {
            held.wait().await;
            route(&mut state.lock().unwrap(), &seen)
        }
        Some(Fault::HoldAnswer(held)) => {
            let reply = route(&mut state.lock().unwrap(), &seen);
            held.wait().await;
            reply
        }
        None => route(&mut state.lock().unwrap(), &seen),
    };
    if reply.status == 200 {
        app_tokens::pushes_ticket(state, &seen);
    }
    let mut response = Response::builder()
        .status(reply.status)
        .header("x-tt-logid", format!("logid-{number}"));
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::new(reply.body.into())).unwrap())
}

fn route(state: &mut State, seen: &Seen) -> Reply {
    let path: Vec<_> = seen.path.split('/').skip(1).collect();
    let result = match (seen.method.as_str(), path.as_slice()) {
        ("POST", ["open-apis", "auth", "v3", call @ ..]) => app_tokens::call(state, seen, call),
        ("GET", ["open-apis", "application", "v6", call @ ..]) => console_calls::call(state, seen, call),
        ("GET", ["open-apis", "bot", "v3", "info"]) => history::bot(state, seen),
        ("GET", ["open-apis", "im", "v1", "chats"]) => history::chats(state, seen),
        ("GET", ["open-apis", "im", "v1", "messages"]) => history::messages(state, seen),
        ("GET", ["open-apis", "event", "v1", "connection"]) => seen
            .check_tenant(state)
            .map(|_| Reply::data(&json!({"online_instance_cnt": state.connections}))),
        // For its clock.
        ("GET", [""]) => Ok(Reply::json(200, &Value::Null)),
        // Browsers ask for it.
        ("GET", ["favicon.ico"]) => Ok(Reply::json(404, &Value::Null)),
        ("GET", ["open-apis", "authen", "v1", "authorize"]) => people::authorize(state, seen),
        ("POST", ["open-apis", "authen", "v2", "oauth", "token"]) => oauth::token(state, seen, oauth::Version::V2),
        ("POST", ["oauth", "v3", "token"]) => oauth::token(state, seen, oauth::Version::V3),
        ("GET", ["open-apis", "authen", "v1", "user_info"]) => people::user_info(state, seen),
        ("GET", ["open-apis", "contact", "v3", "users", id]) => people::contact(state, seen, id),
        ("POST", ["open-apis", "im", "v1", "messages"]) => cards::send(state, seen, None),
        ("POST", ["open-apis", "im", "v1", "messages", id, "reply"]) => cards::send(state, seen, Some(id)),
        ("POST", ["open-apis", "im", "v1", "images"]) => media::image(state, seen),
        ("GET", ["open-apis", "im", "v1", "images", key]) => media::own(state, seen, "img_", key),
        ("GET", ["open-apis", "im", "v1", "files", key]) => media::own(state, seen, "file_", key),
        ("POST", ["open-apis", "im", "v1", "files"]) => media::file(state, seen),
        ("GET", ["open-apis", "im", "v1", "messages", id, "resources", key]) => media::resource(state, seen, id, key),
        ("PATCH", ["open-apis", "im", "v1", "messages", id]) => cards::patch(state, seen, id),
        ("POST", ["open-apis", "interactive", "v1", "card", "update"]) => cards::delayed_update(state, seen),
        _ => Err(Refusal::new(404, 99_991_600, "there is no such call")),
    };
    result.unwrap_or_else(|refusal| {
        let reply = refusal.reply(seen);
        if !refusal.is_expected {
            state.refused.push(refusal.at(seen));
        }
        reply
    })
}
