//! A start: the port is open before plugins are loaded, and nothing that comes meanwhile is lost.

use std::fs;

use serde_json::json;

use super::executable;
use crate::support::{Place, Request, event_id, until};

const LOADING: &str = "服务正在启动，请稍后再试";

/// Compiles when the file `gate` is there, and not before.
fn compiled_at_the_gate(place: Place) -> Place {
    let (program, gate) = (place.path("compiler"), place.path("gate"));
    let compiler = env!("CARGO_BIN_EXE_lark-callback");
    let script = format!(
        "#!/bin/sh\nwhile [ ! -e {} ]; do sleep 0.05; done\nexec {compiler} \"$@\"\n",
        gate.display()
    );
    fs::write(&program, script).unwrap();
    executable(&program);
    place.compiled_by(program)
}

fn open_the_gate(place: &Place) {
    fs::write(place.path("gate"), "").unwrap();
}

/// As after an update of the server: it knows its plugins, and their code does not fit.
fn outdated(place: Place) -> Place {
    for entry in fs::read_dir(place.path("cache")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "code") {
            fs::remove_file(path).unwrap();
        }
    }
    place
}

#[tokio::test]
async fn an_event_for_a_plugin_that_is_known_and_still_loading_is_stored_and_delivered() {
    let place = Place::new().own_cache().plugin("echo").serve().await.stop().await;
    let scene = compiled_at_the_gate(outdated(place)).serve_at_once().await;
    let answer = scene.send(&scene.place.lark.message("hello")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(scene.log.lines_with("said hello").is_empty());
    open_the_gate(&scene.place);
    scene.log.until("said hello").await;
}

#[tokio::test]
async fn an_event_of_which_nobody_knows_yet_who_takes_it_is_stored_and_told_once_to_each_taker() {
    let scene = compiled_at_the_gate(Place::new().own_cache().plugin("echo").plugin("catch_all"))
        .serve_at_once()
        .await;
    let message = scene.place.lark.message_of(&event_id(), &event_id(), "hello");
    assert_eq!(scene.send(&message).await.status, 200);
    assert_eq!(
        scene.send(&message).await.status,
        200,
        "Lark has not heard the first answer"
    );
    let other = scene.place.lark.event("im.chat.updated_v1", json!({}));
    assert_eq!(scene.send(&other).await.status, 200);
    open_the_gate(&scene.place);
    scene.server().loaded().await;
    assert_eq!(scene.send(&message).await.status, 200);
    scene.log.until("said hello").await;
    scene.log.until("caught im.chat.updated_v1").await;
    assert_eq!(scene.log.lines_with("said hello").len(), 1);
    assert!(
        scene.log.lines_with("caught im.message.receive_v1").is_empty(),
        "echo takes it by name"
    );
}

#[tokio::test]
async fn an_event_that_waits_for_its_takers_survives_the_end_of_the_server() {
    let scene = compiled_at_the_gate(Place::new().own_cache().plugin("echo"))
        .serve_at_once()
        .await;
    assert_eq!(scene.send(&scene.place.lark.message("hello")).await.status, 200);
    let place = scene.stop().await;
    open_the_gate(&place);
    let scene = place.serve_at_once().await;
    scene.log.until("said hello").await;
}

#[tokio::test]
async fn a_plugin_that_names_an_event_is_told_while_another_one_takes_long_to_load() {
    let place = Place::new().own_cache().plugin("echo").serve().await.stop().await;
    let scene = compiled_at_the_gate(place.plugin("second")).serve_at_once().await;
    assert_eq!(scene.send(&scene.place.lark.message("hello")).await.status, 200);
    scene.log.until("said hello").await;
    open_the_gate(&scene.place);
    scene.server().loaded().await;
    assert_eq!(scene.log.lines_with("said hello").len(), 1);
}

#[tokio::test]
async fn a_click_waits_for_its_plugin_as_long_as_its_budget_lasts_and_is_told_so_then() {
    let place = Place::new().own_cache().plugin("echo").serve().await.stop().await;
    let scene = compiled_at_the_gate(outdated(place)).serve_at_once().await;
    let answer = scene.click(json!({"echo": "hello"})).await;
    assert_eq!((answer.status, answer.toast().as_str()), (200, LOADING));
    let (answer, ()) = tokio::join!(scene.click(json!({"echo": "hello"})), async {
        open_the_gate(&scene.place);
    });
    assert_eq!(answer.toast(), "hello");
}

#[tokio::test]
async fn whoever_asks_whether_it_is_ready_is_told_that_it_is_loading() {
    let place = Place::new()
        .own_cache()
        .plugin("echo")
        .set("CALLBACK_ADMIN", "on")
        .set("CALLBACK_ADMIN_PORT", "0");
    let scene = compiled_at_the_gate(place).serve_at_once().await;
    let operator = scene.operator();
    let answer = operator.send(&Request::get("/readyz")).await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("still loading plugins"), "{answer:?}");
    open_the_gate(&scene.place);
    until("the server to be ready", async || {
        let answer = operator.send(&Request::get("/readyz")).await;
        (answer.status == 200).then_some(())
    })
    .await;
}
