//! A Lark that accepts connections and says nothing over them: they count as none, until the first word.

use std::time::Duration;

use lark_protocol::long_connection::Frame;
use serde_json::{Value, json};

use super::{
    gaps::{gaps, recorded},
    place,
};
use crate::support::{Endpoint, Request, Scene, clock, fake_lark::APP_ID, until};

/// A server that connects to a silent Lark, with its operator's listener.
async fn server(endpoint: &Endpoint) -> Scene {
    let place = place(endpoint)
        .set("CALLBACK_ADMIN", "on")
        .set("CALLBACK_ADMIN_PORT", "0");
    place.serve().await
}

async fn connection(scene: &Scene) -> Value {
    let listed = scene.operator().send(&Request::get("/api/v1/connections")).await;
    listed.json()["connections"][0].clone()
}

/// Waits for a line of `/metrics` about the one connection, or about the application.
async fn assert_metric(scene: &Scene, name: &str, labels: &str, is_right: fn(f64) -> bool) {
    let line = format!("lark_callback_long_connection{name}{{app=\"{APP_ID}\"{labels}}} ");
    until(&line, async || {
        let page = scene.operator().send(&Request::get("/metrics")).await.body;
        let value = page.lines().find_map(|found| found.strip_prefix(&line))?;
        is_right(value.parse().unwrap()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_server_is_ready_when_the_first_word_has_come_and_not_when_it_is_accepted() {
    let mut endpoint = Endpoint::start().await;
    endpoint.keep_silent(true);
    let scene = server(&endpoint).await;
    let mut accepted = endpoint.accepted().await;
    // The server has the upgrade, too, when its first ping is on its way.
    until("plugins", async || {
        let ready = scene.operator().send(&Request::get("/readyz")).await;
        assert_eq!(ready.status, 503, "{}", ready.body);
        (ready.body.contains("has no long connection") && !ready.body.contains("plugins")).then_some(())
    })
    .await;
    assert_eq!(connection(&scene).await["state"], "connecting");
    assert_metric(&scene, "", r#",connection="1",state="connected""#, |value| value == 0.0).await;
    assert_eq!(scene.log.lines_with("Long connection established").len(), 0);
    accepted.send_control(&Frame::pong(33_554_678, &json!({}))).await;
    until("readiness", async || {
        let ready = scene.operator().send(&Request::get("/readyz")).await;
        (ready.status == 200).then_some(())
    })
    .await;
    assert_eq!(connection(&scene).await["state"], "connected");
    scene.log.until("Long connection established").await;
}

#[tokio::test]
async fn connections_that_are_accepted_and_lost_in_silence_are_one_gap() {
    let mut endpoint = Endpoint::start().await;
    let scene = server(&endpoint).await;
    let pushing = endpoint.connection().await;
    let heard = clock::now_ms();
    endpoint.keep_silent(true);
    pushing.drop_now();
    for _ in 0..3 {
        let accepted = endpoint.accepted().await;
        clock::advance(Duration::from_mins(5));
        accepted.drop_now();
    }
    scene.log.until("No long connection: ").await;
    let open = gaps(&scene).await;
    assert!(open.len() == 1 && open[0]["until_ms"].is_null(), "{open:?}");
    assert_metric(&scene, "_gap_seconds", "", |seconds| seconds > 0.0).await;
    endpoint.keep_silent(false);
    let _pushing = endpoint.connection().await;
    let found = recorded(&scene).await;
    assert_eq!(found.len(), 1, "{found:?}");
    let (from, until) = (found[0]["from_ms"].as_u64(), found[0]["until_ms"].as_u64());
    assert!(from.unwrap() <= heard + 1_000, "{found:?}");
    assert!(until.unwrap() >= heard + 15 * 60_000, "{found:?}");
    assert_metric(&scene, "_gap_seconds", "", |seconds| seconds == 0.0).await;
    assert_metric(&scene, "_connects_total", r#",connection="1",result="made""#, |made| {
        made == 2.0
    })
    .await;
    assert_eq!(scene.log.lines_with("Long connection established again").len(), 1);
    assert_eq!(scene.log.lines_with("Long connection lost").len(), 1);
    let told = scene
        .log
        .until("Nothing was heard from Lark over the long connection")
        .await;
    assert!(told.contains(APP_ID), "{told}");
}
