//! Plugins beside each other: what one of them does to its own calls is not felt by the others.

use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Place, until};

#[tokio::test]
async fn plugins_whose_calls_all_hang_leave_places_for_a_third() {
    let scene = Place::new()
        .plugin_as("a", "hesitates")
        .plugin_as("b", "hesitates")
        .plugin_as("c", "echo")
        .set("CALLBACK_INSTANCES_MAX", "6")
        .set("CALLBACK_BUDGET_MS", "1000")
        .serve()
        .await;
    let mut hanging = JoinSet::new();
    for _ in 0..24 {
        let (client, click) = (scene.client(), scene.lark.click(json!({"hesitate_ms": 20_000})));
        hanging.spawn(async move { client.send(&click).await });
    }
    let hanging = hanging.join_all().await;
    assert!(hanging.iter().all(|answer| answer.status == 200));
    // Those of the first and the second still hang, behind their answers.
    for number in 0..5 {
        let said = format!("click {number}");
        assert_eq!(scene.click(json!({"echo": said})).await.toast(), said);
    }
}

#[tokio::test]
async fn a_call_over_the_memory_of_all_calls_is_told_what_to_raise_and_the_next_one_is_served() {
    let scene = Place::new()
        .plugin("naughty")
        .plugin("echo")
        .set("CALLBACK_PLUGIN_MEMORY_BYTES_MAX", "33554432")
        .serve()
        .await;
    assert_eq!(scene.click(json!({"do": "memory"})).await.status, 200);
    let line = scene
        .log
        .until("the memory budget of all plugin calls is used up")
        .await;
    assert!(line.contains("no_memory") && line.contains("of 33554432"), "{line}");
    assert_eq!(
        scene.click(json!({"do": "ok"})).await.toast(),
        "ok",
        "it was given back"
    );
}

#[tokio::test]
async fn clicks_are_answered_beside_plugins_that_spin_bomb_and_flood() {
    let attack = |attack: &str| format!("[config]\nattack = \"{attack}\"").into_bytes();
    let mut place = Place::new().plugin("echo");
    for name in ["spin", "many", "memory", "log", "metrics", "keys"] {
        place = place
            .plugin_as(name, "attacks")
            .file(&format!("{name}.toml"), &attack(name));
    }
    let scene = place.serve().await;
    let mut attackers = JoinSet::new();
    for name in [
        "spin", "spin", "spin", "spin", "many", "memory", "log", "metrics", "keys",
    ] {
        let (client, lark) = (scene.client(), scene.lark.clone());
        attackers.spawn(async move {
            loop {
                client.send(&lark.click(json!({"attack": name}))).await;
            }
        });
    }
    until("the attacks to begin", async || {
        (!scene.log.lines_with("of the flood").is_empty()).then_some(())
    })
    .await;
    for number in 0..20 {
        let said = format!("click {number}");
        assert_eq!(scene.click(json!({"echo": said})).await.toast(), said);
    }
    attackers.abort_all();
}
