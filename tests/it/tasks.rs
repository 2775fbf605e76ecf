//! What a plugin asks for beside its reply.

use rustix::process::Signal;
use serde_json::json;

use crate::support::Place;

#[tokio::test]
async fn a_task_is_done_once_after_the_reply() {
    let scene = Place::new().plugin("counter").serve().await;
    assert_eq!(scene.click(json!({"later": ["tasks", 0]})).await.toast(), "later");
    scene.log.until("Task done").await;
    scene.until_click_says(json!({"read": "tasks"}), "1").await;
}

#[tokio::test]
async fn a_task_that_is_not_due_does_not_hold_up_the_stop_and_is_not_lost_in_silence() {
    let place = Place::new().plugin("counter");
    let mut program = place.run(&[]);
    let door = program.serving().await;
    assert_eq!(
        door.click(json!({"later": ["tasks", 3_600_000]})).await.toast(),
        "later"
    );
    program.signal(Signal::TERM);
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(
        finished.stderr.contains("stops before this task is due"),
        "{finished:?}"
    );
}
