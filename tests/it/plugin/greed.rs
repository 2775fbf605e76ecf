//! Requests of plugins that last are checked like what comes from the network: nothing of it is done when something is
//! not as it must be, and the log says which limit it was.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Place, Scene, event_id};

fn place() -> Place {
    Place::new().plugin("greedy")
}

/// The log line of a click on this value.
async fn ending(scene: &Scene, value: Value) -> Value {
    let id = event_id();
    scene.send(&scene.lark.click_of(&id, value)).await;
    let line = scene.log.until(&id).await;
    serde_json::from_str(&line).unwrap()
}

/// The click fails, and its line has this outcome and these words.
async fn fails(scene: &Scene, value: Value, outcome: &str, told: &str) {
    let line = ending(scene, value.clone()).await;
    assert_eq!(line["outcome"], outcome, "{line}");
    let error = line["error"].as_str().unwrap();
    assert!(error.contains(told), "{value}: {error}");
}

async fn done(scene: &Scene) -> u64 {
    scene.click(json!({"done": true})).await.toast().parse().unwrap()
}

#[tokio::test]
async fn tasks_that_cannot_be_are_not_taken_and_nothing_of_their_outcome_is_done() {
    let scene = place().serve().await;
    let wishes = |wish: Value| json!({"tasks": [{}, wish]});
    let long = "x".repeat(4_096);
    for (wish, outcome, told) in [
        (json!({"times": 16}), "over_limit", "`tasks_max = 16` under [limits]"),
        (
            json!({"times": 20_000}),
            "over_limit",
            "`tasks_max = 16` under [limits]",
        ),
        (
            json!({"delay_ms": 9_000_000_000_000_000_u64}),
            "over_limit",
            "`task_delay_ms_max = 2592000000` under [limits]",
        ),
        (
            json!({"payload": format!("\"{}\"", "x".repeat(300_000))}),
            "over_limit",
            "`task_bytes_max = 262144` under [limits]",
        ),
        (
            json!({"payload": "not json"}),
            "bad_task",
            "the payload of its task `wish` is not JSON",
        ),
        (json!({"payload": "{}{}"}), "bad_task", "is not JSON (line 1, column 3)"),
        (json!({"payload": ""}), "bad_task", "is not JSON"),
        (json!({"name": ""}), "bad_task", "one line of 1 to 128 bytes"),
        (json!({"name": "two\nlines"}), "bad_task", "`two\\nlines`"),
        (json!({"name": long}), "bad_task", "… (4032 bytes more)`"),
        (json!({"plugin": long}), "bad_task", "not a valid name: 1 to 64"),
        (json!({"plugin": ""}), "bad_task", "not a valid name"),
        (json!({"plugin": "../x"}), "bad_task", "not a valid name"),
    ] {
        fails(&scene, wishes(wish), outcome, told).await;
    }
    assert_eq!(done(&scene).await, 0);
    assert_eq!(scene.click(json!({"tasks": [{"times": 16}]})).await.toast(), "asked");
    scene.until_click_says(json!({"done": true}), "16").await;
}

#[tokio::test]
async fn the_work_of_another_plugin_needs_the_operators_word() {
    let revoke =
        json!({"tasks": [{"plugin": "card-auth", "name": "revoke", "payload": "{\"open_id\":\"ou_victim\"}"}]});
    let scene = place().serve().await;
    let line = r#"add `tasks = ["card-auth/revoke"]` under [grant] in greedy.toml"#;
    fails(&scene, revoke.clone(), "not_granted", line).await;
    let own = json!({"tasks": [{"plugin": "greedy"}]});
    assert_eq!(scene.click(own).await.toast(), "asked");
    scene.until_click_says(json!({"done": true}), "1").await;

    for (grant, outcome) in [
        ("card-auth/request", "not_granted"),
        ("card-auth/revoke", "ok"),
        ("card-auth/*", "ok"),
    ] {
        let toml = format!("[grant]\ntasks = ['{grant}']");
        let scene = place().file("greedy.toml", toml.as_bytes()).serve().await;
        assert_eq!(ending(&scene, revoke.clone()).await["outcome"], outcome, "{grant}");
    }
}

#[tokio::test]
async fn a_task_for_a_plugin_that_is_not_loaded_is_not_taken() {
    let scene = place()
        .file("greedy.toml", b"[grant]\ntasks = ['nobody/*']")
        .serve()
        .await;
    let wish = json!({"tasks": [{"plugin": "nobody"}]});
    fails(
        &scene,
        wish,
        "no_plugin",
        "for the plugin `nobody`, which is not loaded",
    )
    .await;
}

#[tokio::test]
async fn tasks_that_ask_for_tasks_come_to_an_end_however_they_branch() {
    let toml = b"[limits]\nchain_tasks_max = 30\ntask_generations_max = 5";
    let scene = place().file("greedy.toml", toml).serve().await;
    scene.click(json!({"tasks": [{"times": 3, "again": 1000}]})).await;
    let line = scene.log.until("`chain_tasks_max = 30` under [limits]").await;
    assert!(line.contains("Delivery failed for good"), "{line}");
    scene.click(json!({"tasks": [{"again": 1000}]})).await;
    scene.log.until("`task_generations_max = 5` under [limits]").await;
    let mut before = u64::MAX;
    while before != done(&scene).await {
        before = done(&scene).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(before <= 35, "{before}");
}

#[tokio::test]
async fn what_waits_of_a_plugin_has_a_quota_and_its_neighbours_have_their_own() {
    let toml = b"[limits]\nwaiting_tasks_max = 20\nwaiting_bytes_max = 1000";
    let scene = place()
        .plugin_as("other", "counter")
        .file("greedy.toml", toml)
        .serve()
        .await;
    let later = |times: usize| json!({"tasks": [{"times": times, "delay_ms": 3_600_000}]});
    assert_eq!(ending(&scene, later(16)).await["outcome"], "ok");
    assert_eq!(ending(&scene, later(4)).await["outcome"], "ok");
    fails(
        &scene,
        later(1),
        "over_quota",
        "`waiting_tasks_max = 20` under [limits]",
    )
    .await;
    assert_eq!(scene.click(json!({"later": ["tasks", 0]})).await.toast(), "later");
    scene.until_click_says(json!({"read": "tasks"}), "1").await;

    // It holds across a restart: what waits is counted in the database.
    let scene = scene.stop().await.serve().await;
    fails(&scene, later(1), "over_quota", "`waiting_tasks_max = 20`").await;
    let large = json!({"tasks": [{"payload": format!("\"{}\"", "x".repeat(1_000))}]});
    fails(&scene, large, "over_quota", "waiting").await;
}

#[tokio::test]
async fn a_plugins_words_are_cut_where_they_come_in() {
    let scene = place().serve().await;
    let line = ending(&scene, json!({"fail": 100_000})).await;
    let error = line["error"].as_str().unwrap();
    assert!(
        error.len() < 4_300 && error.ends_with("x… (95904 bytes more)"),
        "{}",
        error.len()
    );
}

#[tokio::test]
async fn a_reply_that_lark_would_not_take_shows_the_user_a_toast_and_the_author_the_place() {
    let scene = place().serve().await;
    for (reply, told) in [
        (
            r#"{"tost":{"type":"info","content":"hi"}}"#,
            "`tost` is not a field of a reply; the nearest one is `toast`",
        ),
        (r#"{"toast":{"type":null,"content":null}}"#, "`toast.type`"),
        (r#"{"toast":{"type":"info","content":null}}"#, "`toast.content`"),
        (r#"{"toast":{"type":"warn"}}"#, "`toast.type` is not"),
    ] {
        fails(&scene, json!({"reply": reply}), "bad_reply", told).await;
        assert!(scene.click(json!({"reply": reply})).await.is_error_toast(), "{reply}");
    }
    let card = format!(r#"{{"card":{{"type":"raw","data":{{"a":"{}"}}}}}}"#, "x".repeat(40_000));
    fails(
        &scene,
        json!({"reply": card}),
        "bad_reply",
        "`card.data` has 40008 bytes, and at most 30720 can be sent",
    )
    .await;
}

#[tokio::test]
async fn half_an_emoji_in_a_reply_is_an_unreadable_character_to_the_user() {
    let scene = place().serve().await;
    let answer = scene
        .click(json!({"reply": r#"{"toast":{"type":"info","content":"so \ud83d"}}"#}))
        .await;
    assert_eq!(answer.toast(), "so \u{fffd}");
}
