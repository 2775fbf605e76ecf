//! Plugins that break, hang or take too much: the user gets a toast, the sender an answer in time, the neighbours nothing.

use serde_json::{Value, json};

use crate::support::{Place, Scene, event_id};

/// A server with a plugin that does whatever must not be done, and one that answers.
async fn scene() -> Scene {
    let place = Place::new().plugin("naughty").plugin("second").plugin("moody");
    // So much CPU time that whatever is to end otherwise does so on a busy machine, too.
    let place = place.file("naughty.toml", b"[limits]\ncpu_ms_max = 60000\n");
    place.set("CALLBACK_BUDGET_MS", "3000").serve().await
}

/// The same with little CPU for a call. There is time enough to use it on a machine that is busy.
async fn hasty() -> Scene {
    let place = Place::new().plugin("naughty").plugin("second").plugin("moody");
    let place = place.file("naughty.toml", b"[limits]\ncpu_ms_max = 20\n");
    place.set("CALLBACK_BUDGET_MS", "1500").serve().await
}

/// The log line of this event's end.
fn ending(scene: &Scene, id: &str) -> Value {
    let lines = scene.log.lines_with(id);
    let line = lines.iter().find(|line| line.contains(r#""outcome""#));
    serde_json::from_str(line.unwrap_or_else(|| panic!("no ending in {lines:?}"))).unwrap()
}

/// Clicks the button, and tells the id of the click.
async fn fails(scene: &Scene, deed: &str, outcome: &str, reason: &str) -> String {
    let id = event_id();
    let answer = scene.send(&scene.lark.click_of(&id, json!({"do": deed}))).await;
    assert!(answer.is_error_toast(), "{deed}: {answer:?}");
    assert_eq!(answer.toast(), "操作未能完成，请稍后重试");
    let ending = ending(scene, &id);
    assert_eq!(
        (&ending["outcome"], &ending["plugin.name"]),
        (&json!(outcome), &json!("naughty")),
        "{ending}"
    );
    let told = ending["error"].as_str().unwrap();
    assert!(told.contains(reason), "{deed}: {told}");
    assert!(!answer.body.contains(reason), "{deed}: {answer:?}");
    let neighbour = scene.click(json!({"second": deed})).await;
    assert_eq!(neighbour.toast(), format!("version 1 heard {deed}"));
    id
}

#[tokio::test]
async fn whatever_a_plugin_does_the_user_gets_a_toast_and_the_log_says_why() {
    let scene = scene().await;
    for (deed, outcome, reason) in [
        ("memory", "over_memory", "memory_bytes_max = 67108864"),
        ("trap", "trap", "it gave up"),
        ("stack", "trap", "recurse"),
        ("exit", "trap", "exit(0)"),
        ("retry", "retry", "asked for a retry: not now"),
        ("permanent", "permanent", "reported a permanent failure: never"),
        ("big-reply", "over_limit", "host_call_bytes_max = 2097152"),
        ("bad-reply", "bad_reply", "not a JSON object"),
        ("kv-big", "over_limit", "host_call_bytes_max"),
    ] {
        fails(&scene, deed, outcome, reason).await;
    }
}

#[tokio::test]
async fn a_plugin_that_takes_too_long_is_stopped() {
    let scene = hasty().await;
    fails(&scene, "spin", "over_cpu", "cpu_ms_max = 20").await;
    fails(&scene, "sleep", "over_budget", "did not answer within its time budget").await;
    let error = |outcome: &str| {
        let lines = scene.log.lines_with(&format!("\"outcome\":\"{outcome}\""));
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        line["error"].as_str().unwrap().to_owned()
    };
    let (loop_without_end, wait) = (error("over_cpu"), error("over_budget"));
    assert!(
        loop_without_end.contains("; it was in "),
        "the functions of the loop are named: {loop_without_end}"
    );
    assert!(!wait.contains("it was in"), "one that waits is in none: {wait}");
}

#[tokio::test]
async fn the_words_of_a_panic_are_in_the_log_with_plugin_and_event() {
    let scene = scene().await;
    let id = fails(&scene, "panic", "trap", "panicked at").await;
    let lines = scene.log.lines_with("as the button said");
    assert_eq!(lines.len(), 2);
    let told: Value = serde_json::from_str(&lines[1]).unwrap();
    let error = told["error"].as_str().unwrap();
    assert!(
        error.contains("naughty.rs:") && error.contains("as the button said"),
        "{error}"
    );
    assert!(!error.contains("_RN") && !error.contains("_ZN"), "{error}");
    let line: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(
        (&line["plugin.name"], &line["event.id"]),
        (&json!("naughty"), &json!(id))
    );
    assert_eq!(line["level"], "WARN");
}

#[tokio::test]
async fn a_flood_of_log_lines_is_cut() {
    let scene = scene().await;
    let id = event_id();
    let answer = scene.send(&scene.lark.click_of(&id, json!({"do": "log-flood"}))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(scene.log.lines_with("log truncated").len(), 1);
    assert!(scene.log.lines_with(&id).len() < 2_000);
}

#[tokio::test]
async fn what_a_plugin_prints_is_in_its_log_and_nowhere_else() {
    let scene = scene().await;
    assert_eq!(scene.click(json!({"do": "print"})).await.toast(), "ok");
    for stream in ["printed to the standard output", "printed to the standard error"] {
        let lines = scene.log.lines_with(stream);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains(r#""plugin.name":"naughty""#), "{}", lines[0]);
    }
}

#[tokio::test]
async fn neighbours_are_answered_while_a_plugin_spins() {
    let scene = scene().await;
    let (client, spin) = (scene.client(), scene.lark.click(json!({"do": "spin"})));
    let spinning = tokio::spawn(async move { client.send(&spin).await });
    for number in 0..5 {
        let answer = scene.click(json!({"second": number.to_string()})).await;
        assert_eq!(answer.toast(), format!("version 1 heard {number}"));
    }
    assert!(!spinning.is_finished(), "five answers came before the one that spins");
    assert!(spinning.await.unwrap().is_error_toast());
}

#[tokio::test]
async fn a_plugin_whose_calls_all_hang_leaves_room_for_its_neighbours() {
    // The neighbour is asked first: a click that has to go through the one that hangs waits with it.
    let place = Place::new()
        .plugin("naughty")
        .plugin_as("a", "second")
        .set("CALLBACK_INSTANCES_MAX", "4");
    let scene = place.set("CALLBACK_BUDGET_MS", "3000").serve().await;
    let mut hanging = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (client, sleep) = (scene.client(), scene.lark.click(json!({"do": "sleep"})));
        hanging.spawn(async move { client.send(&sleep).await });
    }
    for number in 0..5 {
        let answer = scene.click(json!({"second": number.to_string()})).await;
        assert_eq!(answer.toast(), format!("version 1 heard {number}"));
    }
    assert!(
        hanging.try_join_next().is_none(),
        "five answers came before any that hangs"
    );
    for answer in hanging.join_all().await {
        assert!(answer.is_error_toast(), "{answer:?}");
    }
    assert!(!scene.log.lines_with(r#""outcome":"busy""#).is_empty());
}

#[tokio::test]
async fn a_plugin_that_breaks_does_not_take_its_neighbours_clicks() {
    let scene = scene().await;
    for deed in ["trap", "memory", "exit"] {
        let answer = scene.click(json!({"do": deed, "second": deed})).await;
        assert_eq!(answer.toast(), format!("version 1 heard {deed}"));
    }
    let told = scene.log.lines_with("A plugin failed before another one answered");
    assert_eq!(told.len(), 3, "{told:?}");
}

#[tokio::test]
async fn a_plugin_that_says_it_could_not_has_taken_the_click() {
    let scene = scene().await;
    for deed in ["retry", "permanent"] {
        let answer = scene.click(json!({"do": deed, "second": deed})).await;
        assert!(answer.is_error_toast(), "{answer:?}");
    }
}

#[tokio::test]
async fn a_preview_that_fails_changes_nothing() {
    let scene = scene().await;
    let answer = scene.send(&scene.lark.preview("https://example.com")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
    assert_eq!(scene.log.lines_with("no preview today").len(), 1);
}

#[tokio::test]
async fn an_attempt_ends_at_the_time_limit_of_its_plugin_and_is_made_again() {
    let place = Place::new().plugin("moody").set("CALLBACK_RETRY_SECONDS", "1");
    let scene = place
        .file("moody.toml", b"[limits]\nattempt_ms_max = 200\n")
        .serve()
        .await;
    scene.send(&scene.lark.message("begun")).await;
    let line = scene.log.until("did not answer within its time budget").await;
    assert!(line.contains("`attempt_ms_max = 200` under [limits]"), "{line}");
    scene.log.until(r#""message":"Delivered""#).await;
}

#[tokio::test]
async fn a_sender_that_hangs_up_does_not_stop_what_was_begun() {
    let scene = Place::new().plugin("slow").serve().await;
    let click = scene.lark.click(json!({"sleep_ms": 100}));
    let mut connection = scene.connect().await;
    connection.write(&click.bytes()).await;
    scene.log.until("sleeps 100 ms").await;
    drop(connection);
    assert_eq!(scene.send(&click).await.toast(), "slept 100 ms");
    assert_eq!(scene.log.lines_with("sleeps 100 ms").len(), 1);
}
