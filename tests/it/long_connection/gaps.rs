//! Time without a connection: recorded whatever ended it, shown, and its messages fetched into the same inbox.

use std::time::Duration;

use serde_json::{Value, json};

use super::{message, place, whole};
use crate::support::{
    Endpoint, Place, Pushing, Request, Scene, clock,
    fake_lark::{
        FakeLark,
        history::{BOT, listed},
    },
    until,
};

/// A Lark that pushes over a connection, and that keeps what was written.
struct Both {
    endpoint: Endpoint,
    lark: FakeLark,
}

impl Both {
    async fn start() -> (Self, Place) {
        let (endpoint, lark) = (Endpoint::start().await, FakeLark::start().await);
        endpoint.calls(&lark);
        let place = place(&endpoint)
            .set("CALLBACK_ADMIN", "on")
            .set("CALLBACK_ADMIN_PORT", "0");
        (Self { endpoint, lark }, place)
    }

    async fn serve(&mut self, place: Place) -> (Scene, Pushing) {
        let scene = place.serve().await;
        let pushing = self.endpoint.connection().await;
        (scene, pushing)
    }

    /// Stops the server for ten minutes. Returns the time at their middle.
    async fn ten_minutes_without(&mut self, scene: Scene, pushing: Pushing) -> (Place, u64) {
        let stopping = scene.stop();
        let (place, ()) = tokio::join!(stopping, leave(pushing));
        clock::advance(Duration::from_mins(5));
        let middle = clock::now_ms();
        clock::advance(Duration::from_mins(5));
        (place, middle)
    }
}

/// Answers the close of a server that stops.
async fn leave(mut pushing: Pushing) {
    while pushing.next().await.is_some() {}
}

pub(super) async fn gaps(scene: &Scene) -> Vec<Value> {
    let listed = scene.operator().send(&Request::get("/api/v1/gaps")).await.json();
    listed["gaps"].as_array().unwrap().clone()
}

async fn catch_up(scene: &Scene, asked: Value) -> Value {
    let request = Request::post("/api/v1/catch-up", asked.to_string().into_bytes());
    let answer = scene
        .operator()
        .send(&request.header("content-type", "application/json"))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["caught_up"].clone()
}

pub(super) async fn recorded(scene: &Scene) -> Vec<Value> {
    until("the gap", async || {
        let gaps = gaps(scene).await;
        let is_over = gaps.first().is_some_and(|gap| gap["until_ms"].is_u64());
        is_over.then_some(gaps)
    })
    .await
}

#[tokio::test]
async fn a_stop_is_a_gap_that_is_told_and_shown() {
    let (mut both, place) = Both::start().await;
    let (scene, pushing) = both.serve(place).await;
    assert_eq!(gaps(&scene).await, [] as [Value; 0], "the first connection ends no gap");
    let (place, middle) = both.ten_minutes_without(scene, pushing).await;
    let (scene, _pushing) = both.serve(place).await;
    let found = recorded(&scene).await;
    let gap = &found[0];
    let (from, until) = (gap["from_ms"].as_u64().unwrap(), gap["until_ms"].as_u64().unwrap());
    assert!(from < middle && middle < until, "{gap}");
    assert!((600..660).contains(&gap["seconds"].as_u64().unwrap()), "{gap}");
    scene
        .log
        .until("Nothing was heard from Lark over the long connection")
        .await;
    let metrics = scene.operator().send(&Request::get("/metrics")).await.body;
    assert!(metrics.contains("long_connection_gap_seconds{app="), "{metrics}");
}

#[tokio::test]
async fn a_crash_is_a_gap_too() {
    let (mut both, place) = Both::start().await;
    let mut program = place.run(&[]);
    program.until_logged("Long connection established").await;
    let pushing = both.endpoint.connection().await;
    until("a record", async || (spans(&place) > 0).then_some(())).await;
    program.signal(rustix::process::Signal::KILL);
    program.finished().await;
    pushing.drop_now();
    clock::advance(Duration::from_mins(10));
    let (scene, _pushing) = both.serve(place).await;
    let found = recorded(&scene).await;
    assert!(found[0]["seconds"].as_u64().unwrap() >= 600, "{found:?}");
}

/// Spans that the database of a running server has.
fn spans(place: &Place) -> usize {
    let file = place.path("data/config.db");
    let counted = std::process::Command::new("sqlite3")
        .args(["-readonly", file.to_str().unwrap(), "select count(*) from connected"])
        .output()
        .unwrap();
    String::from_utf8_lossy(&counted.stdout).trim().parse().unwrap_or(0)
}

#[tokio::test]
async fn messages_of_a_gap_are_counted_then_fetched_once_and_marked() {
    let (mut both, place) = Both::start().await;
    let (scene, mut pushing) = both.serve(place).await;
    // A chat of two, which Lark does not list.
    pushing.send(&whole("event", &message("e1"))).await;
    pushing.answer().await;
    let (place, middle) = both.ten_minutes_without(scene, pushing).await;
    both.lark.add_to_group("oc_group");
    for message in [
        listed("om_p1", "oc_1", middle, "ou_1", &[]),
        listed("om_p2", "oc_1", middle + 1, "ou_1", &[]),
        listed("om_own", "oc_1", middle + 2, "cli_of_the_tests", &[]),
        listed("om_e1", "oc_1", middle + 3, "ou_1", &[]),
        listed("om_late", "oc_1", middle + 3_600_000, "ou_1", &[]),
        listed("om_g1", "oc_group", middle, "ou_2", &[]),
        listed("om_g2", "oc_group", middle, "ou_2", &["ou_3", BOT]),
    ] {
        both.lark.keep_message(message);
    }
    let (scene, mut pushing) = both.serve(place).await;
    recorded(&scene).await;
    let counted = catch_up(&scene, json!({"dry_run": true})).await;
    let numbers = |fetched: &Value| ["found", "known", "added"].map(|name| fetched[name].as_u64().unwrap());
    assert_eq!(numbers(&counted), [4, 1, 3], "{counted}");
    assert_eq!(gaps(&scene).await[0]["caught_up_ms"], Value::Null);
    let fetched = catch_up(&scene, json!({})).await;
    assert_eq!(numbers(&fetched), [4, 1, 3], "{fetched}");
    for id in ["om_p1", "om_p2", "om_g2"] {
        scene.log.until(&format!("said missed {id}")).await;
    }
    assert!(gaps(&scene).await[0]["caught_up_ms"].is_u64());
    let events = scene.operator().send(&Request::get("/api/v1/events")).await.json();
    let ways: Vec<_> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["transport"])
        .collect();
    assert_eq!(
        ways,
        ["catch_up", "catch_up", "catch_up", "long_connection"],
        "{events}"
    );
    // Nothing is left, and what is asked for once more is known.
    assert_eq!(catch_up(&scene, json!({})).await["spans"], json!([]));
    let again = catch_up(&scene, json!({"from_ms": middle - 1_000})).await;
    assert_eq!(numbers(&again), [4, 4, 0], "{again}");
    // Lark pushes one of them after all.
    let late = json!({
        "schema": "2.0",
        "header": {"event_id": "e9", "create_time": middle.to_string(), "event_type": "im.message.receive_v1",
            "tenant_key": "tk_1", "app_id": crate::support::fake_lark::APP_ID},
        "event": {"sender": {"sender_id": {"open_id": "ou_1"}, "sender_type": "user", "tenant_key": "tk_1"},
            "message": {"message_id": "om_p1", "chat_id": "oc_1", "chat_type": "p2p", "message_type": "text",
                "content": "{\"text\":\"missed om_p1\"}"}},
    });
    pushing.send(&whole("event", late.to_string().as_bytes())).await;
    assert_eq!(pushing.answer().await.1, json!({"code": 200}));
    scene.log.until(r#""outcome":"duplicate""#).await;
    assert_eq!(scene.log.lines_with("said missed om_p1").len(), 1);
}

#[tokio::test]
async fn a_plugin_that_wants_nothing_old_gets_nothing_old() {
    let (mut both, place) = Both::start().await;
    let place = place.file("echo.toml", b"[limits]\nevent_age_ms_max = 60000\n");
    let (scene, pushing) = both.serve(place).await;
    let (place, middle) = both.ten_minutes_without(scene, pushing).await;
    both.lark.keep_message(listed("om_p1", "oc_1", middle, "ou_1", &[]));
    let (scene, _pushing) = both.serve(place).await;
    recorded(&scene).await;
    let fetched = catch_up(&scene, json!({"chats": ["oc_1"], "all_messages": true})).await;
    assert_eq!(fetched["added"], 1, "{fetched}");
    scene.log.until(r#""outcome":"too_old""#).await;
}

#[tokio::test]
async fn a_chat_that_cannot_be_read_is_named_and_its_gap_stays_open() {
    let (mut both, place) = Both::start().await;
    let (scene, pushing) = both.serve(place).await;
    let (place, _middle) = both.ten_minutes_without(scene, pushing).await;
    both.lark.add_to_group("oc_gone");
    both.lark.close_chat("oc_gone");
    let (scene, _pushing) = both.serve(place).await;
    recorded(&scene).await;
    let fetched = catch_up(&scene, json!({})).await;
    assert!(
        fetched["failed"]["oc_gone"].as_str().unwrap().contains("230002"),
        "{fetched}"
    );
    assert_eq!(gaps(&scene).await[0]["caught_up_ms"], Value::Null);
    let request = Request::post("/api/v1/catch-up", br#"{"app": "nobody"}"#.to_vec());
    let refused = scene
        .operator()
        .send(&request.header("content-type", "application/json"))
        .await;
    assert_eq!(refused.status, 404, "{}", refused.body);
}
