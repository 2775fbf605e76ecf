//! Duplicates get the first reply, and are handled once.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Client, Lark, Place, Scene, event_id};

/// How often the counter has counted under this key.
async fn counted(client: &Client, key: &str) -> String {
    client.click(json!({"read": key})).await.toast()
}

/// The one delivery of a message is made, and there is no other.
async fn counts_once(scene: &Scene, message_id: &str) {
    scene.log.until("Delivered").await;
    assert_eq!(counted(scene, message_id).await, "1");
    assert_eq!(scene.log.lines_with("Delivered").len(), 1);
}

fn count() -> Value {
    json!({"count": "clicks"})
}

#[tokio::test]
async fn a_click_that_comes_again_gets_the_first_reply() {
    let scene = Place::new().plugin("counter").serve().await;
    let (first, again) = (event_id(), event_id());
    for _ in 0..3 {
        assert_eq!(scene.send(&scene.lark.click_of(&first, count())).await.toast(), "1");
    }
    // The same text under another id is another click.
    assert_eq!(scene.send(&scene.lark.click_of(&again, count())).await.toast(), "2");
    assert_eq!(scene.log.lines_with(r#""outcome":"duplicate""#).len(), 2);
}

#[tokio::test]
async fn the_id_decides_and_not_what_is_clicked() {
    let scene = Place::new().plugin("echo").serve().await;
    let id = event_id();
    assert_eq!(
        scene
            .send(&scene.lark.click_of(&id, json!({"echo": "first"})))
            .await
            .toast(),
        "first"
    );
    assert_eq!(
        scene
            .send(&scene.lark.click_of(&id, json!({"echo": "second"})))
            .await
            .toast(),
        "first"
    );
}

#[tokio::test]
async fn a_click_that_comes_a_hundred_times_at_once_is_handled_once() {
    let scene = Place::new().plugin("counter").serve().await;
    let id = event_id();
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (client, click) = (scene.client(), scene.lark.click_of(&id, count()));
        senders.spawn(async move { client.send(&click).await.toast() });
    }
    let replies = senders.join_all().await;
    assert_eq!(replies, vec!["1"; 100]);
    assert_eq!(counted(&scene, "clicks").await, "1");
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let scene = Place::new().plugin("counter").serve().await;
    let id = event_id();
    assert_eq!(scene.send(&scene.lark.click_of(&id, count())).await.toast(), "1");
    let scene = scene.restart().await;
    assert_eq!(scene.send(&scene.lark.click_of(&id, count())).await.toast(), "1");
    assert_eq!(counted(&scene, "clicks").await, "1");
    assert_eq!(scene.click(count()).await.toast(), "2");
}

#[tokio::test]
async fn a_kill_forgets_nothing_that_was_answered() {
    let place = Place::new().plugin("counter");
    let id = event_id();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    assert_eq!(client.send(&place.lark.click_of(&id, count())).await.toast(), "1");
    program.signal(Signal::KILL);
    assert_eq!(program.finished().await.code, None);

    let mut program = place.run(&[]);
    let client = program.serving().await;
    assert_eq!(client.send(&place.lark.click_of(&id, count())).await.toast(), "1");
    assert_eq!(counted(&client, "clicks").await, "1");
}

#[tokio::test]
async fn a_message_under_two_event_ids_is_handled_once() {
    let scene = Place::new().plugin("counter").serve().await;
    let message_id = event_id();
    for _ in 0..2 {
        let answer = scene
            .send(&scene.lark.message_of(&event_id(), &message_id, "hello"))
            .await;
        assert_eq!(answer.status, 200);
    }
    counts_once(&scene, &message_id).await;
}

#[tokio::test]
async fn a_message_that_comes_a_hundred_times_at_once_is_handled_once_with_equal_answers() {
    let scene = Place::new().plugin("counter").serve().await;
    let (id, message_id) = (event_id(), event_id());
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (client, message) = (scene.client(), scene.lark.message_of(&id, &message_id, "hello"));
        senders.spawn(async move { client.send(&message).await.without_date() });
    }
    let answers = senders.join_all().await;
    assert_eq!(answers[0].status, 200);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    counts_once(&scene, &message_id).await;
}

#[tokio::test]
async fn a_message_under_many_event_ids_at_once_is_handled_once() {
    let scene = Place::new().plugin("counter").serve().await;
    let message_id = event_id();
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (client, message) = (scene.client(), scene.lark.message_of(&event_id(), &message_id, "hello"));
        senders.spawn(async move { client.send(&message).await.status });
    }
    assert_eq!(senders.join_all().await, vec![200; 100]);
    counts_once(&scene, &message_id).await;
}

#[tokio::test]
async fn two_applications_may_use_the_same_id() {
    let second = Lark {
        app_id: "cli_second".to_owned(),
        ..Place::new().lark
    };
    let place = Place::new().plugin("counter").settings_file(&format!(
        "[apps.second]\napp_id = '{}'\napp_secret = 's'\nverification_token = '{}'\nencrypt_key = '{}'\n",
        second.app_id, second.token, second.encrypt_key
    ));
    let scene = place.serve().await;
    let id = event_id();
    assert_eq!(scene.send(&scene.lark.click_of(&id, count())).await.toast(), "1");
    assert_eq!(
        scene
            .send(&second.click_of(&id, count()).to("/callback/second"))
            .await
            .toast(),
        "2"
    );
    assert_eq!(scene.send(&scene.lark.click_of(&id, count())).await.toast(), "1");
}

#[tokio::test]
async fn a_flat_card_of_old_is_known_by_its_signature() {
    let scene = Place::new().plugin("counter").serve().await;
    let (one, other) = (scene.lark.card_v1(count()), scene.lark.card_v1(count()));
    for (click, number) in [(&one, "1"), (&one, "1"), (&other, "2"), (&one, "1")] {
        assert_eq!(scene.send(click).await.toast(), number);
    }
}

#[tokio::test]
async fn a_click_that_failed_gets_the_same_toast_again_and_is_not_tried_again() {
    let scene = Place::new().plugin("naughty").serve().await;
    let id = event_id();
    for _ in 0..2 {
        let answer = scene.send(&scene.lark.click_of(&id, json!({"do": "panic"}))).await;
        assert!(answer.is_error_toast(), "{answer:?}");
    }
    assert_eq!(scene.log.lines_with(r#""outcome":"trap""#).len(), 1);
}

#[tokio::test]
async fn a_refused_copy_does_not_use_up_the_id() {
    let scene = Place::new().plugin("counter").serve().await;
    let click = scene.lark.click_of(&event_id(), count());
    assert_eq!(
        scene
            .send(&click.clone().header("x-lark-signature", &"0".repeat(64)))
            .await
            .status,
        401
    );
    assert_eq!(scene.send(&click).await.toast(), "1");
}

#[tokio::test]
async fn without_receipts_only_what_still_runs_is_recognised() {
    let scene = Place::new()
        .plugin("counter")
        .plugin("slow")
        .set("CALLBACK_RECEIPTS", "off")
        .serve()
        .await;
    let id = event_id();
    assert_eq!(scene.send(&scene.lark.click_of(&id, count())).await.toast(), "1");
    assert_eq!(scene.send(&scene.lark.click_of(&id, count())).await.toast(), "2");
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (client, click) = (scene.client(), scene.lark.click_of(&id, json!({"sleep_ms": 300})));
        senders.spawn(async move { client.send(&click).await.toast() });
    }
    assert_eq!(senders.join_all().await, vec!["slept 300 ms"; 10]);
    assert!(!scene.log.lines_with(r#""outcome":"duplicate""#).is_empty());
}

#[tokio::test]
async fn without_receipts_an_old_click_is_refused_and_an_old_event_is_taken_once() {
    let scene = Place::new()
        .plugin("counter")
        .set("CALLBACK_RECEIPTS", "off")
        .serve()
        .await;
    let an_hour_ago = lark_callback::app::now_ms() / 1000 - 3600;
    let mut body = scene.lark.click_body(&event_id(), count());
    assert_eq!(scene.send(&scene.lark.seal_at(an_hour_ago, &body)).await.status, 401);
    let message_id = event_id();
    body["header"]["event_type"] = json!("im.message.receive_v1");
    body["event"] = json!({
        "sender": {"sender_id": {"open_id": "ou_anna"}, "sender_type": "user"},
        "message": {"message_id": message_id, "chat_id": "oc_1", "message_type": "text", "content": "{\"text\":\"a\"}"},
    });
    for _ in 0..3 {
        assert_eq!(scene.send(&scene.lark.seal_at(an_hour_ago, &body)).await.status, 200);
    }
    counts_once(&scene, &message_id).await;
}
