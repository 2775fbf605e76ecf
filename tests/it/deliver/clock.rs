//! The clock is put forward and back by a day while events come and deliveries wait: nothing is lost, nothing is answered in
//! vain, and nothing waits for a time that was never meant.

use std::time::Duration;

use serde_json::json;
use sqlx::Connection as _;

use crate::support::{Answer, Base, Place, Scene, clock, event_id, until};

const DAY: Duration = Duration::from_hours(24);

/// An hour passes before a second try; up to a fifth is added.
const RETRY_SECONDS: &str = "3600,3600";
const RETRY_MAX: Duration = Duration::from_mins(73);

/// A server with one plugin that fails at first and one that counts, and for which a delivery is of use for some days.
fn place() -> Place {
    let days = b"[limits]\ndelivery_age_ms_max = 400000000\n";
    Place::new()
        .plugin("moody")
        .file("moody.toml", days)
        .plugin("counter")
        .file("counter.toml", days)
        .set("CALLBACK_RETRY_SECONDS", RETRY_SECONDS)
        // A heartbeat a second; a busy machine must not make a lease run out.
        .set("CALLBACK_LEASE_MS", "3000")
}

/// Sends a message, which is taken, and tells its id.
async fn message(scene: &Scene, text: &str) -> String {
    let id = event_id();
    let answer = scene.send(&scene.lark.message_of(&id, &event_id(), text)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    id
}

/// One whose first try has failed, and which waits for the second in the database: the line in the log comes before that.
async fn waiting(scene: &Scene, base: &Base) -> String {
    let id = message(scene, "twice").await;
    scene.log.until(&format!("try 1 of {id}")).await;
    until("a delivery that waits", async || {
        kept(base).await.0.contains("retry_wait").then_some(())
    })
    .await;
    id
}

#[tokio::test]
async fn what_waits_is_done_when_the_clock_is_put_forward_and_what_comes_then_too() {
    let place = place();
    let base = Base::file_of(&place);
    let scene = place.serve().await;
    let before = waiting(&scene, &base).await;
    clock::advance(DAY);
    scene.log.until(&format!("try 2 of {before}")).await;
    let meanwhile = message(&scene, "fine").await;
    scene.log.until(&format!("try 1 of {meanwhile}")).await;
    clock::put_back(DAY);
    let after = message(&scene, "fine").await;
    scene.log.until(&format!("try 1 of {after}")).await;
    assert_eq!(base.until_at_rest().await, 0);
}

#[tokio::test]
async fn what_was_planned_by_a_clock_that_was_ahead_is_done_at_its_time_when_it_is_put_back() {
    let place = place();
    let base = Base::file_of(&place);
    let scene = place.serve().await;
    clock::advance(DAY);
    // The one before had read the clock earlier, and would find that it was put back.
    until_heartbeat_by_this_clock(&base).await;
    let id = waiting(&scene, &base).await;
    let hour_ms = 3_600_000;
    assert_eq!(scene.click(json!({"later": ["tasks", hour_ms]})).await.toast(), "later");
    let behind_it = message(&scene, "fine").await;
    clock::put_back(DAY);
    scene.log.until("The clock was set back").await;
    assert!(scene.log.lines_with(&format!("try 2 of {id}")).is_empty(), "too early");
    clock::advance(RETRY_MAX);
    scene.log.until(&format!("try 2 of {id}")).await;
    scene.log.until(&format!("try 1 of {behind_it}")).await;
    scene.until_click_says(json!({"read": "tasks"}), "1").await;
    assert_eq!(base.until_at_rest().await, 0);
}

#[tokio::test]
async fn what_runs_while_the_clock_is_put_forward_or_back_is_done_once() {
    let place = place();
    let base = Base::file_of(&place);
    let scene = place.serve().await;
    for turn in [clock::advance, clock::put_back, clock::put_back, clock::advance] {
        let id = message(&scene, "slowly").await;
        scene.log.until(&format!("try 1 of {id}")).await;
        turn(DAY);
        assert_eq!(base.until_at_rest().await, 0);
        assert!(scene.log.lines_with(&format!("try 2 of {id}")).is_empty());
    }
}

#[tokio::test]
async fn what_comes_again_is_recognised_by_either_clock() {
    let scene = place().serve().await;
    let (click, id, message_id) = (event_id(), event_id(), event_id());
    for turn in [clock::advance, clock::put_back, clock::put_back] {
        let answer = scene
            .send(&scene.lark.click_of(&click, json!({"count": "clicks"})))
            .await;
        assert_eq!(answer.toast(), "1");
        let answer = scene.send(&scene.lark.message_of(&id, &message_id, "fine")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        turn(DAY);
    }
    scene.until_click_says(json!({"read": message_id}), "1").await;
}

#[tokio::test]
async fn what_was_sent_by_the_right_clock_is_refused_by_a_wrong_one_and_taken_afterwards() {
    for (wrong, right) in [
        (clock::advance as fn(_), clock::put_back as fn(_)),
        (clock::put_back, clock::advance),
    ] {
        let scene = place().serve().await;
        let (id, message_id) = (event_id(), event_id());
        let request = scene.lark.message_of(&id, &message_id, "fine");
        wrong(DAY);
        assert_eq!(scene.send(&request).await.status, 401);
        right(DAY);
        assert_eq!(scene.send(&request).await.status, 200);
        scene.log.until(&format!("try 1 of {id}")).await;
    }
}

#[tokio::test]
async fn what_the_clock_makes_too_old_is_not_done_but_is_there() {
    let place = Place::new()
        .plugin("moody")
        .set("CALLBACK_RETRY_SECONDS", RETRY_SECONDS);
    let base = Base::file_of(&place);
    let scene = place.serve().await;
    let id = waiting(&scene, &base).await;
    clock::advance(DAY);
    // A worker or the heartbeat ends it, whichever is first.
    until_expired(&base).await;
    clock::put_back(DAY);
    assert_eq!(base.until_at_rest().await, 1, "for the operator to replay");
    assert!(scene.log.lines_with(&format!("try 2 of {id}")).is_empty());
}

const DOUBTED: &str = "The clock is more than an hour ahead of the newest row";
const TRUSTED: &str = "The clock is trusted again";

/// A delivery that waits in the database of a server that is started again with its clock two days ahead.
async fn waiting_over_a_start_two_days_ahead() -> (Base, Scene, String) {
    let place = Place::new()
        .plugin("moody")
        .plugin("counter")
        .set("CALLBACK_RETRY_SECONDS", RETRY_SECONDS)
        // A heartbeat a second; a busy machine must not make a lease run out.
        .set("CALLBACK_LEASE_MS", "3000");
    let base = Base::file_of(&place);
    let scene = place.serve().await;
    let id = waiting(&scene, &base).await;
    let place = scene.stop().await;
    clock::advance(2 * DAY);
    (base, place.serve().await, id)
}

/// Until when the newest heartbeat holds.
async fn heartbeat_ms(base: &Base) -> i64 {
    let mut connection = base.connect().await;
    let until_ms = sqlx::query_scalar("select max(until_ms) from leases where name like 'node/%'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    until_ms
}

async fn until_heartbeat_after(base: &Base, ms: i64) {
    until("a heartbeat", async || (heartbeat_ms(base).await > ms).then_some(())).await;
}

/// Waits until the clock that was put forward is the one that the heartbeat goes by.
async fn until_heartbeat_by_this_clock(base: &Base) {
    until_heartbeat_after(base, i64::try_from(clock::now_ms()).unwrap()).await;
}

/// Waits for some heartbeats. What they and the claims between them would do has been done by then.
async fn heartbeats(base: &Base) {
    for _ in 0..6 {
        let before = heartbeat_ms(base).await;
        until_heartbeat_after(base, before).await;
    }
}

/// In which states deliveries are that are not done, and how many receipts there are.
async fn kept(base: &Base) -> (String, i64) {
    let mut connection = base.connect().await;
    let kept = sqlx::query_as(
        "select (select coalesce(group_concat(state), '') from deliveries where state <> 'done'), (select count(*) from receipts)",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    kept
}

/// Waits for the end of the only delivery.
async fn until_expired(base: &Base) {
    until("the end of what waited", async || {
        (kept(base).await.0 == "expired").then_some(())
    })
    .await;
}

/// A click that Lark made now.
async fn click_made_now(scene: &Scene) -> Answer {
    let mut body = scene.lark.click_body(&event_id(), json!({"count": "clicks"}));
    body["header"]["create_time"] = json!((clock::now_ms() * 1000).to_string());
    scene.send(&scene.lark.seal(&body)).await
}

#[tokio::test]
async fn a_clock_that_is_days_ahead_at_the_start_ends_and_deletes_nothing_until_lark_agrees_with_it() {
    let (base, scene, id) = waiting_over_a_start_two_days_ahead().await;
    scene.log.until(DOUBTED).await;
    assert_eq!(scene.click(json!({"count": "clicks"})).await.toast(), "1");
    heartbeats(&base).await;
    // Of the event's id, of its message's, and of the click.
    assert_eq!(kept(&base).await, ("retry_wait".to_owned(), 3));
    // Written by the doubted clock, and yet no reason to believe it.
    let scene = scene.restart().await;
    scene.log.until(DOUBTED).await;
    heartbeats(&base).await;
    assert_eq!(kept(&base).await, ("retry_wait".to_owned(), 3));
    assert!(scene.log.lines_with(TRUSTED).is_empty());
    assert_eq!(click_made_now(&scene).await.toast(), "2");
    scene.log.until(TRUSTED).await;
    // It is two days old by a clock that is right.
    until_expired(&base).await;
    assert!(scene.log.lines_with(&format!("try 2 of {id}")).is_empty());
    assert_eq!(scene.log.lines_with(DOUBTED).len(), 1);
    assert_eq!(scene.log.lines_with(TRUSTED).len(), 1);
}

#[tokio::test]
async fn what_waits_is_done_when_a_clock_that_was_ahead_at_the_start_is_put_back() {
    let (base, scene, id) = waiting_over_a_start_two_days_ahead().await;
    scene.log.until(DOUBTED).await;
    heartbeats(&base).await;
    clock::put_back(2 * DAY);
    scene.log.until(TRUSTED).await;
    assert!(scene.log.lines_with(&format!("try 2 of {id}")).is_empty(), "too early");
    clock::advance(RETRY_MAX);
    scene.log.until(&format!("try 2 of {id}")).await;
    assert_eq!(base.until_at_rest().await, 0);
}
