//! Alerts into a chat: what Lark gets when the server needs a person, and when it does not any more.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use test_guests::postgres::Cluster;

use crate::support::{
    Place, Request, Scene, clock, event_id,
    fake_lark::{FakeLark, Fault},
    until, wasm,
};

const CHAT: &str = "oc_of_the_operators";
const MESSAGES: &str = "/open-apis/im/v1/messages";
const MINUTE: Duration = Duration::from_mins(1);

/// A place whose server looks every second, and says something about the same every second at most.
fn place(lark: &FakeLark) -> Place {
    Place::new()
        .set("LARK_API_BASE_URL", &lark.url())
        .set("LARK_ACCOUNTS_BASE_URL", &lark.url())
        .set("CALLBACK_ALERT_CHAT", CHAT)
        .set("CALLBACK_ALERT_LANGUAGE", "en")
        .set("CALLBACK_ALERT_SECONDS", "1")
        .set("CALLBACK_ALERT_GAP_SECONDS", "1")
        // The disk of the machine that runs the tests may be nearly full, which is another alert.
        .set("CALLBACK_ALERT_DATABASE_PERCENT", "0")
}

/// The titles of all cards in the chat.
fn titles(lark: &FakeLark) -> Vec<String> {
    let messages = lark.messages();
    let mut titles: Vec<_> = messages
        .values()
        .map(|message| {
            assert_eq!((message.to.as_str(), message.kind.as_str()), (CHAT, "interactive"));
            let title = &message.content["header"]["title"]["content"];
            title.as_str().unwrap().to_owned()
        })
        .collect();
    titles.sort();
    titles
}

async fn until_titles(lark: &FakeLark, wanted: &[&str]) {
    until(&format!("{wanted:?}"), async || (titles(lark) == wanted).then_some(())).await;
}

/// The text of the card with this title.
fn text(lark: &FakeLark, title: &str) -> String {
    let card = lark
        .messages()
        .into_values()
        .map(|message| message.content)
        .find(|card| card["header"]["title"]["content"] == title)
        .unwrap();
    card["body"]["elements"].to_string()
}

async fn give_up(scene: &Scene) {
    let message = scene.place.lark.message_of(&event_id(), &event_id(), "never");
    assert_eq!(scene.send(&message).await.status, 200);
}

/// A plugin file that cannot be used is told, so the first look is over.
async fn looked(lark: &FakeLark) -> Scene {
    let scene = place(lark)
        .plugin("moody")
        .file("broken.wasm", b"no component")
        .serve()
        .await;
    until_titles(lark, &["1 plugin not loaded"]).await;
    scene
}

#[tokio::test]
async fn a_plugin_that_is_held_is_told_with_its_reason_until_it_is_loaded() {
    let lark = FakeLark::start().await;
    let scene = looked(&lark).await;
    let card = text(&lark, "1 plugin not loaded");
    assert!(
        card.contains("broken: ") && card.contains("lark-callback plugin list"),
        "{card}"
    );
    scene.place.put("broken.wasm", &wasm("echo"));
    // A card of its own, and the old one is closed as well.
    until_titles(&lark, &["All plugins are loaded", "All plugins are loaded"]).await;
}

#[tokio::test]
async fn dead_letters_are_one_card_that_counts_until_an_hour_has_brought_no_more() {
    let lark = FakeLark::start().await;
    let scene = looked(&lark).await;
    give_up(&scene).await;
    until_titles(&lark, &["1 new dead letter", "1 plugin not loaded"]).await;
    let card = text(&lark, "1 new dead letter");
    assert!(
        card.contains("moody: permanent × 1") && card.contains("lark-callback dead list"),
        "{card}"
    );
    assert!(
        !card.contains("not today"),
        "an error of a plugin may hold anything: {card}"
    );
    give_up(&scene).await;
    give_up(&scene).await;
    until_titles(&lark, &["1 plugin not loaded", "3 new dead letters"]).await;
    scene.place.put("broken.wasm", &wasm("echo"));
    clock::advance(61 * MINUTE);
    let over = ["All plugins are loaded", "All plugins are loaded"];
    let over = [&over[..], &["No new dead letters", "No new dead letters"]].concat();
    until_titles(&lark, &over).await;
}

#[tokio::test]
async fn a_restart_says_nothing_again_and_closes_what_is_over() {
    let lark = FakeLark::start().await;
    let scene = looked(&lark).await;
    give_up(&scene).await;
    until_titles(&lark, &["1 new dead letter", "1 plugin not loaded"]).await;
    let place = scene.stop().await;
    place.remove("broken.wasm");
    let _scene = place.serve().await;
    until_titles(
        &lark,
        &["1 new dead letter", "All plugins are loaded", "All plugins are loaded"],
    )
    .await;
}

#[tokio::test]
async fn a_chat_that_cannot_be_reached_is_logged_once_and_gets_everything_later() {
    let lark = FakeLark::start().await;
    lark.keeps_failing(MESSAGES, &Fault::code(400, 230_002));
    let scene = place(&lark).file("broken.wasm", b"no component").serve().await;
    scene.log.until("Could not send an alert").await;
    for attempts in 2..5 {
        clock::advance(31 * MINUTE);
        until("another attempt", async || {
            (lark.requests_to(MESSAGES).len() >= attempts).then_some(())
        })
        .await;
    }
    let told = scene.log.lines_with("Could not send an alert");
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("230002"), "{told:?}");
    lark.recovers(MESSAGES);
    clock::advance(31 * MINUTE);
    until_titles(&lark, &["1 plugin not loaded"]).await;
    scene.log.until("Alerts reach the chat again").await;
    let uuids: Vec<Value> = lark
        .requests_to(MESSAGES)
        .into_iter()
        .map(|seen| seen.body["uuid"].clone())
        .collect();
    assert!(uuids.iter().all(|uuid| *uuid == uuids[0]), "one message: {uuids:?}");
}

#[tokio::test]
async fn refused_requests_are_told_by_reason_in_the_language_that_is_set() {
    let lark = FakeLark::start().await;
    let place = place(&lark)
        .set("CALLBACK_ALERT_LANGUAGE", "zh")
        .set("CALLBACK_ALERT_REFUSALS", "3")
        .file("broken.wasm", b"no component");
    let scene = place.serve().await;
    until_titles(&lark, &["1 个插件未能加载"]).await;
    for path in ["/callback", "/callback", "/callback", "/nothing", "/wp-login.php"] {
        scene.send(&Request::post(path, "{\"encrypt\":\"x\"}")).await;
    }
    until_titles(&lark, &["1 个插件未能加载", "10 分钟内拒绝了 3 个请求"]).await;
    let card = text(&lark, "10 分钟内拒绝了 3 个请求");
    assert!(card.contains("decrypt × 3"), "{card}");
}

#[tokio::test]
async fn what_waits_for_a_paused_plugin_is_not_late_until_the_plugin_is_gone() {
    let lark = FakeLark::start().await;
    let place = place(&lark)
        .plugin("moody")
        .file("moody.toml", b"paused = true\n")
        .set("CALLBACK_ADMIN", "on")
        .set("CALLBACK_ADMIN_PORT", "0");
    let scene = place.serve().await;
    scene.log.until("Plugin moody is paused").await;
    give_up(&scene).await;
    let hour = 60 * MINUTE;
    clock::advance(hour);
    let operator = scene.operator();
    let lag = async || {
        let page = operator.send(&Request::get("/metrics")).await.body;
        let line = page
            .lines()
            .find(|line| line.starts_with("lark_callback_delivery_lag_seconds "))?;
        line.rsplit_once(' ')?.1.parse::<f64>().ok()
    };
    assert!(lag().await.unwrap() < 60.0);
    scene.place.put("broken.wasm", b"no component");
    until_titles(&lark, &["1 plugin not loaded"]).await;
    scene.place.remove("moody.wasm");
    until("the lag", async || {
        lag().await.filter(|seconds| *seconds >= hour.as_secs_f64())
    })
    .await;
    until("a card about it", async || {
        titles(&lark)
            .iter()
            .find(|title| title.starts_with("Deliveries are "))
            .cloned()
    })
    .await;
}

#[tokio::test]
async fn without_a_chat_nothing_is_sent() {
    let lark = FakeLark::start().await;
    let place = place(&lark)
        .unset("CALLBACK_ALERT_CHAT")
        .file("broken.wasm", b"no component");
    let scene = place.serve().await;
    scene.log.until("broken").await;
    scene.stop().await;
    assert!(lark.requests().is_empty());
}

#[tokio::test]
async fn two_servers_say_it_once_and_the_other_misses_the_one_that_was_killed() {
    let Some(cluster) = Cluster::shared() else { return };
    let (lark, database) = (FakeLark::start().await, cluster.database());
    let server = || {
        place(&lark)
            .set("DATABASE_URL", &database)
            .file("broken.wasm", b"no component")
    };
    let (one, other) = (server(), server());
    let (mut first, mut second) = (one.run(&[]), other.run(&[]));
    tokio::join!(first.serving(), second.serving());
    until_titles(&lark, &["1 plugin not loaded"]).await;
    let third = server();
    let mut stopped = third.run(&[]);
    stopped.serving().await;
    stopped.signal(Signal::TERM);
    assert_eq!(stopped.finished().await.code, Some(0));
    first.signal(Signal::KILL);
    until_titles(&lark, &["1 plugin not loaded", "1 server without a heartbeat"]).await;
}
