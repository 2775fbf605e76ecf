//! The live overview: counts that arrive while one looks, survive a restart, and do not keep a server from stopping.

use rustix::process::Signal;
use serde_json::json;

use super::{TOKEN, guarded, login, running};
use crate::{
    operate::{ask, place},
    support::{Connection, Request, until},
};

/// The number that a tile or a chart shows beside its name.
async fn counted(console: &crate::support::Client, kind: &str) -> u64 {
    let summary = console.send(&Request::get("/api/v1/summary?span=1h")).await.json();
    let counts = summary["counts"].as_array().unwrap().iter();
    counts
        .filter(|count| count["kind"] == kind)
        .map(|count| count["number"].as_u64().unwrap())
        .sum()
}

#[tokio::test]
async fn what_happens_is_on_the_page_at_once_and_after_a_restart() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let console = crate::admin::admin(&mut program, &place).await;
    for n in 0..3 {
        client.send(&place.lark.message(&format!("{n}"))).await;
    }
    let page = console.send(&Request::get("/console/?span=1h")).await;
    let events = page
        .body
        .split("Events<span class=\"sum\">")
        .nth(1)
        .unwrap_or_else(|| panic!("{page:?}"));
    assert!(events.starts_with('3'), "{events}");
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
    let (_program, console) = running(&place).await;
    assert_eq!(counted(&console, "event").await, 3, "written at the stop");
    assert!(counted(&console, "took_event").await >= 3);
    let wrong = console.send(&Request::get("/api/v1/summary?span=2h")).await;
    assert_eq!(
        (wrong.status, wrong.json()["code"].clone()),
        (400, json!("bad_request"))
    );
}

#[tokio::test]
async fn a_browser_that_watches_gets_what_changes_and_does_not_keep_the_server() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let console = crate::admin::admin(&mut program, &place).await;
    let mut watching = Connection::open(console.address).await;
    watching
        .write(b"GET /console/live/overview?span=1h HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    let head = watching.answer().await;
    assert_eq!(head.header("content-type"), Some("text/event-stream"), "{head:?}");
    client.send(&place.lark.message("one")).await;
    // Reads what the stream reads, after it.
    console.send(&Request::get("/console/?span=1h")).await;
    program.signal(Signal::TERM);
    let (finished, seen) = tokio::join!(program.finished(), watching.until_closed());
    assert!(
        String::from_utf8_lossy(&seen).contains("event: part\n"),
        "the state was sent"
    );
    assert_eq!(finished.code, Some(0));
}

#[tokio::test]
async fn a_viewer_reads_no_crash_on_the_overview_that_an_operator_has_open() {
    const VIEWER: &str = "planted-viewer-token";
    let place = guarded()
        .set("CALLBACK_ADMIN_VIEWER_TOKEN", VIEWER)
        .plugin_as("second", "second_v3")
        .file("second.toml", b"[config]\ngreeting = \"Hello\"\n");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    let (operator, viewer) = (login(&console, TOKEN).await, login(&console, VIEWER).await);
    let overview = async |cookie: &str| {
        let page = console.send(&Request::get("/console/").header("cookie", cookie)).await;
        page.body.contains("did not expect planted")
    };
    until("a crash to be told", async || {
        client.click(json!({"second": "planted"})).await;
        overview(&operator).await.then_some(())
    })
    .await;
    assert!(!overview(&viewer).await);
}

#[tokio::test]
async fn what_needs_attention_is_told_in_words() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let console = crate::admin::admin(&mut program, &place).await;
    let page = console.send(&Request::get("/console/")).await;
    assert!(page.body.contains("All is well"), "{page:?}");
    crate::operate::give_up(&place, &client).await;
    place.write("broken.wasm", b"\0asm");
    until("the dead letter and the broken file on the page", async || {
        let page = console.send(&Request::get("/console/")).await.body;
        (page.contains("1 dead letter:") && page.contains("Plugin broken: a file is not used")).then_some(())
    })
    .await;
    assert_eq!(
        ask(&place, &["dead", "list"]).await["dead"].as_array().unwrap().len(),
        1
    );
}
