//! The story of an authorization, from the request to the revocation: how it goes well, and each way it can go wrong.

mod console;
mod counts;
mod crash;
mod people;
mod refused;
mod takeover;
mod tenant;
mod trouble;
mod whole;

use std::{fs, ops::Deref, path::Path, time::Duration};

use lark_callback::{moment::Moment, plugin::Task};
use serde_json::{Value, json};

use crate::support::{
    OPERATOR, Place, Scene, clock, event_id,
    fake_lark::{FakeLark, REDIRECT_URI},
};
use people::{Card, People};

const KEY: &str = "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=";
/// The settings file beside the plugin `asks`.
const ASKS: &[u8] = b"[grant]\ntasks = ['card-auth/request']";
const AUTHORIZED: &str = "授权成功";
const REQUESTED: &str = "用户授权请求";
const CANCELLED: &str = "已取消授权";
const FAILED: &str = "授权未成功";
const EXPIRED: &str = "授权已过期";
const SUPERSEDED: &str = "授权请求已更新";

const SEND: &str = "/open-apis/im/v1/messages";
const TOKEN: &str = "/open-apis/authen/v2/oauth/token";
const USER_INFO: &str = "/open-apis/authen/v1/user_info";

/// A server in this process, and the people around it.
struct Story {
    people: People,
    scene: Scene,
}

impl Deref for Story {
    type Target = People;

    fn deref(&self) -> &People {
        &self.people
    }
}

/// A server that calls this Lark.
fn place(lark: &FakeLark) -> Place {
    Place::new()
        .set("LARK_API_BASE_URL", &lark.url())
        .set("LARK_ACCOUNTS_BASE_URL", &lark.url())
        .set("LARK_CONFIG_ENCRYPTION_KEY", KEY)
        .set("OAUTH_REDIRECT_URI", REDIRECT_URI)
        .set("CALLBACK_RETRY_SECONDS", "0,0,0")
}

/// The same with two guests: one asks for authorizations, the other calls Lark as the user.
fn place_with_guests(lark: &FakeLark) -> Place {
    place(lark)
        .plugin("asks")
        .file("asks.toml", ASKS)
        .plugin("lark_calls")
        .file(
            "lark_calls.toml",
            b"[grant]\nopenapi_as_user = ['GET /open-apis/contact/**']",
        )
}

impl Story {
    async fn begin() -> Self {
        let lark = FakeLark::start().await;
        Self::at(place(&lark), lark).await
    }

    async fn at(place: Place, lark: FakeLark) -> Self {
        let scene = place.serve().await;
        Self {
            people: People::new(lark, scene.client()),
            scene,
        }
    }

    /// A task of the built-in plugin, done now.
    async fn task(&self, name: &str, payload: Value) -> Value {
        let task = Task {
            id: event_id(),
            name: name.to_owned(),
            payload: payload.to_string(),
            requested_by: String::new(),
            app_id: self.scene.lark.app_id.clone(),
            scheduled_at_ms: None,
        };
        let arrival = Moment::now(clock::now_ms());
        let done = self.scene.server().dispatcher.run_task("card-auth", task, arrival);
        let reply = done.await.unwrap();
        reply.map_or(Value::Null, |reply| serde_json::from_str(&reply).unwrap())
    }

    /// Has the operator's user asked, and finds the card.
    async fn asked(&self) -> Card {
        let reply = self.task("request", json!({"open_id": OPERATOR})).await;
        let [message_id, session_id] = ["message_id", "session_id"]
            .map(|name| reply[name].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned());
        Card { message_id, session_id }
    }

    /// The same up to the link.
    async fn linked(&self) -> (Card, String) {
        let card = self.asked().await;
        let link = self.link(&card).await;
        (card, link)
    }

    async fn is_authorized(&self) -> bool {
        self.task("status", json!({"open_id": OPERATOR})).await["authorized"] == true
    }

    /// Time passes for everybody.
    fn pass(&self, time: Duration) {
        clock::advance(time);
        self.lark.advance(u64::try_from(time.as_millis()).unwrap());
    }

    /// The part of the stored data that consists of codes, tokens, verifiers and secrets in clear: nothing.
    fn assert_clean_at_rest(&self) {
        assert_clean_at_rest(&self.people.lark, &self.scene.place.path("data"));
    }

    /// Stops, and looks for secrets in everything that was written and said.
    async fn end(self) {
        let Self { people, scene } = self;
        let log = scene.log.clone();
        let place = scene.stop().await;
        people.assert_silent(&[&log.text()]);
        assert_clean_at_rest(&people.lark, &place.path("data"));
    }
}

/// No file of the database holds a code, a token, a verifier or the application's secret.
fn assert_clean_at_rest(lark: &FakeLark, folder: &Path) {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let bytes: Vec<u8> = files.flat_map(|file| fs::read(file).unwrap()).collect();
    assert!(has(&bytes, OPERATOR), "the rows are there");
    for secret in lark.secrets().iter().map(String::as_str).chain([KEY]) {
        assert!(!has(&bytes, secret), "{secret} at rest");
    }
}

fn has(bytes: &[u8], text: &str) -> bool {
    let (first, rest) = (text.as_bytes()[0], &text.as_bytes()[1..]);
    let mut left = bytes;
    while let Some(at) = left.iter().position(|byte| *byte == first) {
        left = &left[at + 1..];
        if left.starts_with(rest) {
            return true;
        }
    }
    false
}
