//! The ids under which Lark and the proxies log a request, and the sender behind a proxy: in the log, and with the event.

use serde_json::{Value, json};

use crate::{
    operate::{ask, place},
    support::{Place, Request, event_id},
};

const REQUEST_ID: &str = "6f1b2c3d-0000-4000-8000-abcdef012345";
const LOG_ID: &str = "20261129102030ABCDEF0123456789ABCD";

fn with_ids(request: Request) -> Request {
    request.header("x-request-id", REQUEST_ID).header("x-tt-logid", LOG_ID)
}

fn only_line(lines: &[String]) -> Value {
    let [line] = lines else {
        panic!("one line is expected: {lines:?}")
    };
    serde_json::from_str(line).unwrap()
}

#[tokio::test]
async fn the_line_of_an_answered_request_has_its_ids_and_the_sender_behind_the_proxy() {
    let scene = Place::new()
        .plugin("counter")
        .set("CALLBACK_TRUSTED_PROXIES", "127.0.0.0/8")
        .serve()
        .await;
    let click = with_ids(scene.lark.click(json!({}))).header("x-forwarded-for", "203.0.113.7");
    assert_eq!(scene.send(&click).await.status, 200);
    let challenge = with_ids(scene.lark.challenge("abc")).header("x-forwarded-for", "2001:db8::7");
    assert_eq!(scene.send(&challenge).await.status, 200);
    for (text, peer) in [
        ("Callback answered", "203.0.113.7"),
        ("URL verification challenge answered", "2001:db8::7"),
    ] {
        let line = only_line(&scene.log.lines_with(text));
        assert_eq!(line["request.id"], REQUEST_ID, "{line}");
        assert_eq!(line["lark.log_id"], LOG_ID, "{line}");
        assert_eq!(line["peer"], peer, "{line}");
    }
}

#[tokio::test]
async fn a_line_without_them_has_no_empty_fields() {
    let scene = Place::new().plugin("counter").serve().await;
    let click = scene.lark.click(json!({})).header("x-forwarded-for", "203.0.113.7");
    assert_eq!(scene.send(&click).await.status, 200);
    let line = only_line(&scene.log.lines_with("Callback answered"));
    for field in ["request.id", "lark.log_id", "peer"] {
        assert!(line.get(field).is_none(), "{line}");
    }
}

#[tokio::test]
async fn the_ids_of_a_stranger_are_escaped_and_bounded() {
    let scene = Place::new().serve().await;
    let request = Request::post("/callback", "{}")
        .header("x-request-id", "\u{e9}\"a\tb")
        .header("x-tt-logid", &"x".repeat(4_000));
    assert_eq!(scene.send(&request).await.status, 400);
    let line = only_line(&scene.log.lines_with("Callback refused"));
    assert_eq!(line["request.id"], r#"\xc3\xa9\"a\tb"#, "{line}");
    assert_eq!(line["lark.log_id"], format!("{}…", "x".repeat(128)), "{line}");
}

#[tokio::test]
async fn they_are_kept_with_the_event_and_with_a_refusal() {
    let place = place().plugin("counter");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let (event, other) = (event_id(), event_id());
    let message = |id: &str| place.lark.message_of(id, &event_id(), "hello");
    assert_eq!(client.send(&with_ids(message(&event))).await.status, 200);
    assert_eq!(client.send(&message(&other)).await.status, 200);
    let shown = ask(&place, &["events", "show", &event]).await;
    assert_eq!(
        (&shown["request_id"], &shown["log_id"]),
        (&json!(REQUEST_ID), &json!(LOG_ID)),
        "{shown}"
    );
    let shown = ask(&place, &["events", "show", &other]).await;
    assert_eq!(
        (&shown["request_id"], &shown["log_id"]),
        (&json!(null), &json!(null)),
        "{shown}"
    );

    let refused = with_ids(Request::post("/callback", "{}"));
    assert_eq!(client.send(&refused).await.status, 400);
    let refused = &ask(&place, &["rejected"]).await["rejected"][0];
    assert_eq!(
        (&refused["request_id"], &refused["log_id"]),
        (&json!(REQUEST_ID), &json!(LOG_ID)),
        "{refused}"
    );
}
