//! The stop, as an operator asks for it: what was begun is brought to an end, and nobody is cut off.

use rustix::process::Signal;
use serde_json::json;
use sqlx::Connection as _;

use crate::support::{Base, Place, Request, until};

#[tokio::test]
async fn told_to_stop_it_answers_what_is_in_flight_and_takes_nothing_new() {
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::new().plugin("slow");
        let mut program = place.run(&[]);
        let client = program.serving().await;
        let mut idle = client.connect().await;
        assert_eq!(idle.send(&Request::get("/health")).await.status, 200);
        let mut running = client.connect().await;
        running.write(&place.lark.click(json!({"sleep_ms": 700})).bytes()).await;
        program.until_logged("sleeps 700 ms").await;
        program.signal(signal);
        idle.until_closed().await;
        assert_eq!(running.answer().await.toast(), "slept 700 ms");
        running.until_closed().await;
        let finished = program.finished().await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(finished.stderr.contains(r#""message":"Stopped""#), "{finished:?}");
    }
}

#[tokio::test]
async fn who_was_connected_before_the_stop_is_answered() {
    let place = Place::new().plugin("echo");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    // The system goes on to connect for a process that sleeps.
    program.signal(Signal::STOP);
    let mut waiting = Vec::new();
    for number in 0..30 {
        let mut connection = client.connect().await;
        connection
            .write(&place.lark.click(json!({"number": number})).bytes())
            .await;
        waiting.push(connection);
    }
    program.signal(Signal::TERM);
    program.signal(Signal::CONT);
    for connection in &mut waiting {
        assert_eq!(connection.answer().await.status, 200);
    }
    assert_eq!(program.finished().await.code, Some(0));
}

#[tokio::test]
async fn nobody_who_is_slow_holds_up_the_stop() {
    let place = Place::new().plugin("moody").set("CALLBACK_DRAIN_MS_MAX", "100");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let mut header = client.connect().await;
    header.write(b"POST /callback HTTP/1.1\r\nhost:").await;
    let mut body = client.connect().await;
    body.write(b"POST /callback HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{")
        .await;
    assert_eq!(client.health().await["status"], "ok");
    program.signal(Signal::TERM);
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains("Stopped"), "{finished:?}");
}

/// The server would wait five seconds for the lock at each commit.
#[tokio::test]
async fn a_database_that_another_program_holds_locked_does_not_hold_up_the_stop() {
    let place = Place::new().plugin("counter");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    assert_eq!(
        client.click(json!({"count": "clicks"})).await.toast(),
        "1",
        "the database works"
    );
    let mut shell = Base::file_of(&place).connect().await;
    sqlx::query("begin immediate").execute(&mut shell).await.unwrap();
    let answer = client.send(&place.lark.message("unheard")).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    program.signal(Signal::TERM);
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let unanswered = "The database did not answer while it was being closed";
    assert!(finished.stderr.contains(unanswered), "{finished:?}");
    shell.close().await.unwrap();
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let place = Place::new().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let mut connection = client.connect().await;
    connection.write(&place.lark.message("begun").bytes()).await;
    program.until_logged("try 1 of").await;
    program.signal(Signal::TERM);
    program.until_logged("Stopping").await;
    program.signal(Signal::TERM);
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("stopped by a second signal"), "{finished:?}");
}

/// Dead letters with their events, older than anything is kept.
const OLD: &str = "
    with recursive n (n) as (select 1 union all select n + 1 from n where n < 100000)
    insert into events (app, event_id, event_type, kind, schema, tenant_key, create_time_ms, received_at_ms, node)
    select 'cli_a', 'old' || n, 'x', 'event', '2.0', 't', 0, 0, '' from n;
    insert into deliveries (event, kind, app, plugin, state, attempt, due_at_ms, next_at_ms, created_at_ms, expires_at_ms,
                            finished_at_ms)
    select id, 'event', app, 'p', 'dead', 1, 0, 0, 0, 0, 0 from events;";

#[tokio::test]
async fn what_is_too_old_does_not_hold_up_the_stop_however_much_it_is() {
    let place = Place::new();
    let base = Base::file_of(&place);
    let mut program = place.run(&[]);
    program.serving().await;
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
    let mut connection = base.connect().await;
    sqlx::raw_sql(OLD).execute(&mut connection).await.unwrap();
    let mut left = async || -> i64 {
        let rows = sqlx::query_scalar("select count(*) from deliveries");
        rows.fetch_one(&mut connection).await.unwrap()
    };
    let all = left().await;
    let mut program = place.run(&[]);
    program.serving().await;
    until("the first old rows to be deleted", async || {
        (left().await < all).then_some(())
    })
    .await;
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
    assert!(left().await > 1_000, "the stop waited for nearly all of it");
}

#[tokio::test]
async fn with_a_delay_it_is_not_ready_and_still_answers_whoever_comes() {
    let place = Place::new()
        .plugin("echo")
        .set("CALLBACK_ADMIN", "on")
        .set("CALLBACK_ADMIN_PORT", "0")
        .set("CALLBACK_STOP_DELAY_MS", "60000");
    let mut program = place.run(&[]);
    let door = program.serving().await;
    let admin = crate::admin::admin(&mut program, &place).await;
    assert_eq!(admin.send(&Request::get("/readyz")).await.status, 200);
    program.signal(Signal::TERM);
    program.until_logged("no longer ready").await;
    let ready = admin.send(&Request::get("/readyz")).await;
    assert_eq!(ready.status, 503, "{ready:?}");
    assert_eq!(door.click(json!({"echo": "late"})).await.toast(), "late");
    program.signal(Signal::TERM);
    assert_eq!(
        program.finished().await.code,
        Some(1),
        "the second signal does not wait"
    );
}

#[tokio::test]
async fn after_the_delay_it_stops_as_without_one() {
    let place = Place::new().set("CALLBACK_STOP_DELAY_MS", "50");
    let mut program = place.run(&[]);
    program.serving().await;
    program.signal(Signal::TERM);
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.contains("accepting no new connections"), "{finished:?}");
}
