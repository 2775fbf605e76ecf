//! Bad days of the long connection: nothing that was answered is lost, no click is left without an answer, and afterwards it
//! goes on.

use std::{collections::BTreeSet, time::Duration};

use rustix::process::Signal;
use serde_json::json;
use test_guests::postgres::Cluster;
use tokio_tungstenite::tungstenite::Message;

use super::{click, connected, frame, message, place, toast, whole};
use crate::support::{Base, Endpoint, Place, Program, Pushing, Refuse, clock, event_id, fake_lark::APP_ID, until};

/// A click on this connection is answered.
async fn assert_answers(pushing: &mut Pushing, says: &str) {
    pushing.send(&whole("event", &click(&event_id(), APP_ID, says))).await;
    assert_eq!(toast(&pushing.answer().await.1), says);
}

#[tokio::test]
async fn a_flood_of_unfinished_messages_leaves_room_for_clicks() {
    let (_endpoint, scene, mut pushing) = connected().await;
    for number in 0..500 {
        let part = vec![b'x'; 16 * 1024];
        pushing
            .send(&frame("event", (0, 1_000), &format!("m{number}"), &part))
            .await;
    }
    assert_answers(&mut pushing, "hello").await;
    let lines = scene.log.lines_with("was not handled, and not answered");
    assert_eq!(lines.len(), 1, "one line a minute: {lines:?}");
}

#[tokio::test]
async fn a_message_of_three_mebibytes_ends_its_connection_and_the_next_one_is_well() {
    let (mut endpoint, scene, mut pushing) = connected().await;
    let large = Message::Binary(vec![0x0a; 3 << 20].into());
    pushing.send_message(large).await;
    while pushing.next().await.is_some_and(|message| !message.is_close()) {}
    let mut pushing = endpoint.connection().await;
    assert_answers(&mut pushing, "hello").await;
    scene.log.until("larger than 2097152 bytes").await;
}

#[tokio::test]
async fn a_reset_after_any_byte_of_a_frame_is_followed_by_a_connection_that_is_well() {
    let (mut endpoint, _scene, mut pushing) = connected().await;
    for bytes in [0, 1, 2, 9, 60] {
        pushing.send_beginning(&whole("event", &click(&event_id(), APP_ID, "lost")), bytes);
        pushing = endpoint.connection().await;
    }
    assert_answers(&mut pushing, "hello").await;
}

#[tokio::test]
async fn each_close_code_is_followed_by_a_connection_that_is_well_or_by_a_pause_that_is_told() {
    let (mut endpoint, scene, mut pushing) = connected().await;
    for code in [1000, 1001, 1008, 1011, 4000] {
        pushing.close(code, "bye").await;
        pushing = endpoint.connection().await;
        assert_answers(&mut pushing, "hello").await;
    }
    pushing.close(3001, "too many conns").await;
    let line = scene.log.until("Long connection refused").await;
    assert!(line.contains("3001 too many conns; stop other clients"), "{line}");
}

#[tokio::test]
async fn too_many_connections_at_the_discovery_are_told_with_what_to_do() {
    let endpoint = Endpoint::start().await;
    let body = json!({"code": 1_000_040_350, "msg": "the number of connections exceeded the limit"});
    endpoint.refuse(Refuse::Discovery(body.to_string()));
    let scene = place(&endpoint).serve().await;
    let line = scene.log.until("Long connection refused").await;
    assert!(
        line.contains("1000040350") && line.contains("LARK_LONG_CONNECTIONS"),
        "{line}"
    );
}

#[tokio::test]
async fn a_discovery_that_hangs_is_given_up_and_tried_again() {
    let mut endpoint = Endpoint::start().await;
    endpoint.refuse(Refuse::Hang);
    let scene = place(&endpoint).serve().await;
    let mut pushing = endpoint.connection().await;
    assert_answers(&mut pushing, "hello").await;
    let line = scene.log.until("No long connection").await;
    // What is left of ten seconds when the request leaves.
    let within = line.split("no response from Lark within ").nth(1).unwrap();
    let within: u32 = within.split(' ').next().unwrap().parse().unwrap();
    assert!((9_000..=10_000).contains(&within), "{line}");
}

#[tokio::test]
async fn while_the_database_is_away_events_are_refused_and_clicks_get_a_toast() {
    let Some(cluster) = Cluster::start() else { return };
    let mut endpoint = Endpoint::start().await;
    let place = place(&endpoint).set("DATABASE_URL", &cluster.database());
    let mut program = place.run(&[]);
    program.until_logged("Long connection established").await;
    let mut pushing = endpoint.connection().await;
    cluster.kill();
    for _ in 0..3 {
        pushing.send(&whole("event", &message(&event_id()))).await;
        assert_eq!(pushing.answer().await.1, json!({"code": 500}));
        pushing
            .send(&whole("event", &click(&event_id(), APP_ID, "hello")))
            .await;
        let said = toast(&pushing.answer().await.1);
        assert!(!said.is_empty() && said != "hello", "{said}");
    }
    cluster.resume();
    until("an event to be taken", async || {
        pushing.send(&whole("event", &message("after"))).await;
        (pushing.answer().await.1["code"] == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn no_event_that_was_answered_is_lost_in_a_loop_of_crashes() {
    const EVENTS: usize = 40;
    let mut endpoint = Endpoint::start().await;
    let place = place(&endpoint);
    let base = Base::file_of(&place);
    let mut answered = BTreeSet::new();
    for round in 0..6 {
        let mut program = place.run(&[]);
        program.until_logged("Long connection established").await;
        let mut pushing = endpoint.connection().await;
        for number in 0..EVENTS {
            let id = format!("{round}-{number}");
            pushing.send(&frame("event", (0, 1), &id, &message(&id))).await;
        }
        // Killed between a frame and its answer, each time somewhere else.
        for _ in 0..round * 6 + 1 {
            answered.insert(pushing.answered_id().await);
        }
        program.signal(Signal::KILL);
        // What is on its way arrives.
        answered.extend(pushing.answered_ids_to_the_end().await);
        program.finished().await;
    }
    let kept: BTreeSet<_> = base.receipts().await.into_iter().collect();
    let lost: Vec<_> = answered.difference(&kept).collect();
    assert!(answered.len() >= 6 && lost.is_empty(), "{lost:?}");
}

#[tokio::test]
async fn a_clock_that_jumps_ends_no_connection() {
    let (_endpoint, scene, mut pushing) = connected().await;
    clock::advance(Duration::from_hours(9));
    assert_answers(&mut pushing, "ahead").await;
    clock::put_back(Duration::from_hours(30));
    assert_answers(&mut pushing, "behind").await;
    assert_eq!(scene.log.lines_with("Long connection lost").len(), 0);
}

#[tokio::test]
async fn a_process_that_was_stopped_answers_what_came_meanwhile() {
    let mut endpoint = Endpoint::start().await;
    let place = place(&endpoint);
    let mut program = place.run(&[]);
    program.until_logged("All plugins are loaded").await;
    let mut pushing = endpoint.connection().await;
    program.signal(Signal::STOP);
    pushing
        .send(&whole("event", &click(&event_id(), APP_ID, "hello")))
        .await;
    program.signal(Signal::CONT);
    assert_eq!(toast(&pushing.answer().await.1), "hello");
}

/// A server on this database.
async fn started(endpoint: &mut Endpoint, url: &str) -> (Place, Program, Pushing) {
    let place = place(endpoint).set("DATABASE_URL", url);
    let mut program = place.run(&[]);
    program.until_logged("All plugins are loaded").await;
    let pushing = endpoint.connection().await;
    (place, program, pushing)
}

/// Pushes clicks, each after the answer to the one before, until the other side closes; returns how many were pushed and how
/// many were answered.
async fn click_until_closed(mut pushing: Pushing) -> (u32, u32) {
    let (mut pushed, mut answered) = (0, 0);
    loop {
        let frame = whole("event", &click(&event_id(), APP_ID, "hello"));
        if pushing.try_send(&frame).await.is_err() {
            return (pushed, answered);
        }
        pushed += 1;
        loop {
            match pushing.next().await {
                Some(Message::Binary(bytes)) => {
                    pushing.expected(&bytes);
                    answered += 1;
                    break;
                }
                // A close is the end of pushing: Lark takes another connection for what comes then.
                Some(Message::Close(_)) | None => return (pushed - 1, answered),
                Some(_) => {}
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_is_replaced_under_load_loses_no_click_and_the_other_goes_on() {
    let Some(cluster) = Cluster::shared() else { return };
    let (mut endpoint, url) = (Endpoint::start().await, cluster.database());
    let (_one, old, old_line) = started(&mut endpoint, &url).await;
    let load = tokio::spawn(click_until_closed(old_line));
    let (_other, _new, mut new_line) = started(&mut endpoint, &url).await;
    assert_answers(&mut new_line, "both are up").await;
    old.signal(Signal::TERM);
    let finished = old.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let (pushed, answered) = load.await.unwrap();
    assert!(pushed == answered && pushed > 0, "{answered} of {pushed}");
    assert_answers(&mut new_line, "the new one goes on").await;
}

#[tokio::test]
async fn a_repeat_that_comes_to_another_server_gets_the_first_reply() {
    let Some(cluster) = Cluster::shared() else { return };
    let (mut endpoint, url) = (Endpoint::start().await, cluster.database());
    let (_one, old, mut old_line) = started(&mut endpoint, &url).await;
    let id = event_id();
    old_line.send(&whole("event", &click(&id, APP_ID, "first"))).await;
    assert_eq!(toast(&old_line.answer().await.1), "first");
    let (_other, _new, mut new_line) = started(&mut endpoint, &url).await;
    old.signal(Signal::KILL);
    old.finished().await;
    new_line.send(&whole("event", &click(&id, APP_ID, "second"))).await;
    assert_eq!(toast(&new_line.answer().await.1), "first");
}
