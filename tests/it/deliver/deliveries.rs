//! Events after their answer: told to every plugin that wants them, tried again, given up aloud.

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Place, Scene, event_id};

/// A server whose plugin is moody and which does not wait long before it tries again.
fn impatient() -> Place {
    Place::new().plugin("moody").set("CALLBACK_RETRY_SECONDS", "0,0")
}

/// Sends a message and tells its id.
async fn message(scene: &Scene, text: &str) -> String {
    let id = event_id();
    let answer = scene.send(&scene.lark.message_of(&id, &event_id(), text)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"msg":"success"}"#));
    id
}

#[tokio::test]
async fn an_event_is_answered_before_a_plugin_has_seen_it() {
    let place = Place::new().plugin("moody").set("CALLBACK_BUDGET_MS", "500");
    let scene = place.serve().await;
    let id = message(&scene, "begun").await;
    scene.log.until(&format!("try 1 of {id}")).await;
    assert!(scene.log.lines_with("Delivered").is_empty());
}

#[tokio::test]
async fn an_event_that_may_work_later_is_tried_again() {
    let scene = impatient().serve().await;
    let id = message(&scene, "twice").await;
    scene.log.until("Delivered").await;
    assert_eq!(scene.log.lines_with(&format!("try 2 of {id}")).len(), 1);
    assert_eq!(scene.log.lines_with("Delivery failed; it will be retried").len(), 1);
}

#[tokio::test]
async fn an_event_that_never_works_is_given_up_when_the_ladder_is_at_its_end() {
    let scene = impatient().serve().await;
    let id = message(&scene, "panic").await;
    scene.log.until("Delivery failed for good").await;
    for (attempt, times) in [(1, 1), (2, 1), (3, 1), (4, 0)] {
        let tries = scene.log.lines_with(&format!("try {attempt} of {id}"));
        assert_eq!(tries.len(), times, "{tries:?}");
    }
}

#[tokio::test]
async fn what_fails_for_good_is_not_tried_again() {
    let scene = impatient().serve().await;
    let id = message(&scene, "never").await;
    let line = scene.log.until("Delivery failed for good").await;
    assert!(line.contains("not today, not tomorrow"), "{line}");
    assert!(scene.log.lines_with(&format!("try 2 of {id}")).is_empty());
}

#[tokio::test]
async fn the_messages_of_a_chat_wait_for_the_one_before_them() {
    let scene = impatient().serve().await;
    let first = message(&scene, "twice").await;
    let second = message(&scene, "fine").await;
    scene.log.until(&format!("try 1 of {second}")).await;
    let tries = scene.log.lines_with("try ");
    let position = |text: &str| tries.iter().position(|line| line.contains(text)).unwrap();
    assert!(
        position(&format!("try 2 of {first}")) < position(&format!("try 1 of {second}")),
        "{tries:?}"
    );
}

#[tokio::test]
async fn one_plugins_failure_does_not_keep_an_event_from_the_others() {
    let place = Place::new().plugin_as("a", "moody").plugin_as("b", "echo");
    let scene = place.serve().await;
    message(&scene, "panic").await;
    scene.log.until("said panic").await;
    scene.log.until("Delivery failed; it will be retried").await;
}

#[tokio::test]
async fn an_event_that_a_kill_interrupted_is_handled_by_the_next_server() {
    let place = Place::new().plugin("moody");
    let id = event_id();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let answer = client.send(&place.lark.message_of(&id, &event_id(), "begun")).await;
    assert_eq!(answer.status, 200);
    program.until_logged(&format!("try 1 of {id}")).await;
    program.signal(Signal::KILL);
    program.finished().await;

    let mut program = place.run(&[]);
    program.serving().await;
    program.until_logged(&format!("try 2 of {id}")).await;
    program.until_logged("Delivered").await;
}

#[tokio::test]
async fn a_task_is_done_once_after_the_reply() {
    let scene = Place::new().plugin("counter").serve().await;
    assert_eq!(scene.click(json!({"later": ["tasks", 0]})).await.toast(), "later");
    scene.log.until("Delivered").await;
    scene.until_click_says(json!({"read": "tasks"}), "1").await;
}

#[tokio::test]
async fn a_task_that_is_not_due_waits_for_its_time_across_a_restart() {
    let place = Place::new().plugin("counter");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    assert_eq!(client.click(json!({"later": ["tasks", 2_000]})).await.toast(), "later");
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));

    let mut program = place.run(&[]);
    let client = program.serving().await;
    program.until_logged("Delivered").await;
    client.until_click_says(json!({"read": "tasks"}), "1").await;
}
