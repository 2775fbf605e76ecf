//! Senders that take their time, send too much or stop in the middle: none of them keeps a connection, or a neighbour.

use serde_json::json;

use crate::support::{Connection, Place, Request, Scene, until};

/// The shortest patience that can be set.
async fn impatient() -> Scene {
    Place::new()
        .plugin("echo")
        .set("CALLBACK_HEADER_READ_MS_MAX", "100")
        .set("CALLBACK_BODY_READ_MS_MAX", "100")
        .serve()
        .await
}

/// Goes on sending this until the server hangs up.
async fn drip(connection: &mut Connection, bytes: &[u8]) {
    until("the server to hang up", async || {
        connection.try_write(bytes).await.err()
    })
    .await;
}

#[tokio::test]
async fn a_header_that_never_ends_is_cut() {
    let scene = impatient().await;
    let mut connection = scene.connect().await;
    connection
        .write(b"POST /callback HTTP/1.1\r\nhost: localhost\r\nx-header: ")
        .await;
    assert!(connection.until_closed().await.is_empty());

    let mut connection = scene.connect().await;
    connection
        .write(b"POST /callback HTTP/1.1\r\nhost: localhost\r\nx-header: ")
        .await;
    drip(&mut connection, b"x").await;
}

#[tokio::test]
async fn a_second_header_that_never_ends_is_cut_too() {
    let scene = impatient().await;
    let mut connection = scene.connect().await;
    assert_eq!(connection.send(&Request::get("/health")).await.status, 200);
    connection.write(b"GET /hea").await;
    assert!(connection.until_closed().await.is_empty());
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut() {
    let scene = impatient().await;
    let head = Request::new("POST", "/callback").head();
    let mut connection = scene.connect().await;
    connection
        .write(format!("{head}content-length: 1000\r\n\r\n{{").as_bytes())
        .await;
    let answer = connection.answer().await;
    assert_eq!((answer.status, answer.header("connection")), (408, Some("close")));
    assert_eq!(
        answer.body,
        r#"{"code":"too_slow","msg":"the body did not arrive in time"}"#
    );
    connection.until_closed().await;

    let mut connection = scene.connect().await;
    connection
        .write(format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes())
        .await;
    drip(&mut connection, b"1\r\n{\r\n").await;
}

#[tokio::test]
async fn a_sender_that_gives_up_in_the_middle_of_a_body_harms_nobody() {
    let scene = impatient().await;
    let click = scene.lark.click(json!({"echo": "whole"}));
    let bytes = click.bytes();
    let mut connection = scene.connect().await;
    connection.write(&bytes[..bytes.len() - 10]).await;
    connection.finish_writing().await;
    connection.until_closed().await;
    assert_eq!(scene.send(&click).await.toast(), "whole");
}

#[tokio::test]
async fn a_sender_that_has_said_all_it_has_to_say_is_still_answered() {
    let scene = impatient().await;
    let mut connection = scene.connect().await;
    connection
        .write(&scene.lark.click(json!({"echo": "over"})).bytes())
        .await;
    connection.finish_writing().await;
    assert_eq!(connection.answer().await.toast(), "over");
    connection.until_closed().await;
}

#[tokio::test]
async fn an_idle_connection_outlives_the_patience_for_headers() {
    let scene = impatient().await;
    let mut used = scene.connect().await;
    assert_eq!(used.send(&Request::get("/health")).await.status, 200);
    for _ in 0..3 {
        let mut slow = scene.connect().await;
        slow.write(b"GET ").await;
        slow.until_closed().await;
    }
    assert_eq!(used.send(&Request::get("/health")).await.status, 200);
}

#[tokio::test]
async fn an_idle_connection_ends_with_its_own_patience() {
    let scene = Place::new().set("CALLBACK_IDLE_MS_MAX", "1000").serve().await;
    let mut fresh = scene.connect().await;
    let mut used = scene.connect().await;
    assert_eq!(used.send(&Request::get("/health")).await.status, 200);
    assert!(fresh.until_closed().await.is_empty());
    assert!(used.until_closed().await.is_empty());
}

#[tokio::test]
async fn a_peer_that_never_reads_its_answers_is_cut() {
    let scene = Place::new().set("CALLBACK_IDLE_MS_MAX", "1000").serve().await;
    let mut connection = scene.connect().await;
    let requests = Request::get("/health").bytes().repeat(1_000);
    drip(&mut connection, &requests).await;
}

#[tokio::test]
async fn one_connection_serves_many_requests_also_when_they_come_at_once() {
    let scene = impatient().await;
    let mut connection = scene.connect().await;
    let clicks: Vec<_> = (0..5)
        .map(|n| scene.lark.click(json!({"echo": n.to_string()})))
        .collect();
    for (n, click) in clicks.iter().enumerate() {
        assert_eq!(connection.send(click).await.toast(), n.to_string());
    }
    let together: Vec<u8> = (5..10)
        .flat_map(|n| scene.lark.click(json!({"echo": n.to_string()})).bytes())
        .collect();
    connection.write(&together).await;
    for n in 5..10 {
        assert_eq!(connection.answer().await.toast(), n.to_string());
    }
}

#[tokio::test]
async fn a_sender_that_asks_before_it_sends_is_told_to_go_on() {
    let scene = impatient().await;
    let click = scene
        .lark
        .click(json!({"echo": "asked"}))
        .header("expect", "100-continue");
    let bytes = click.bytes();
    let (head, body) = bytes.split_at(bytes.len() - click.body.len());
    let mut connection = scene.connect().await;
    connection.write(head).await;
    assert_eq!(connection.answer().await.status, 100);
    connection.write(body).await;
    assert_eq!(connection.answer().await.toast(), "asked");
}

#[tokio::test]
async fn a_flood_of_headers_is_refused() {
    let scene = impatient().await;
    let one_large = Request::get("/health").header("x-large", &"x".repeat(20_000));
    let many = (0..200).fold(Request::get("/health"), |request, n| {
        request.header(&format!("x-{n}"), "x")
    });
    for flood in [one_large, many] {
        let mut connection = scene.connect().await;
        let _ = connection.try_write(&flood.bytes()).await;
        assert_eq!(connection.answer().await.status, 431);
        connection.until_closed().await;
    }
}

#[tokio::test]
async fn what_is_not_http_is_refused() {
    let scene = impatient().await;
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 as TLS begins\r\n\r\n";
    for bytes in [
        &b"\0\0\0\0\r\n\r\n"[..],
        hello,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /health\r\n\r\n",
    ] {
        let mut connection = scene.connect().await;
        let _ = connection.try_write(bytes).await;
        let said = connection.until_closed().await;
        assert!(
            said.is_empty() || said.starts_with(b"HTTP/1.1 400"),
            "{}",
            String::from_utf8_lossy(&said)
        );
    }
}

#[tokio::test]
async fn two_lengths_for_one_body_are_refused() {
    let scene = impatient().await;
    let head = Request::new("POST", "/callback").head();
    for lengths in [
        "content-length: 1\r\ncontent-length: 2",
        "content-length: 1\r\ntransfer-encoding: chunked, x",
    ] {
        let mut connection = scene.connect().await;
        connection.write(format!("{head}{lengths}\r\n\r\n").as_bytes()).await;
        assert_eq!(connection.answer().await.status, 400, "{lengths}");
    }
}

#[tokio::test]
async fn a_connection_that_is_being_answered_is_not_closed_for_a_new_one() {
    let place = Place::new().plugin("slow").set("CALLBACK_CONNECTIONS_MAX", "1");
    let scene = place.serve().await;
    let mut first = scene.connect().await;
    first.write(&scene.lark.click(json!({"sleep_ms": 300})).bytes()).await;
    scene.log.until("sleeps 300 ms").await;
    let mut second = scene.connect().await;
    second.write(&Request::get("/health").bytes()).await;
    assert_eq!(first.answer().await.status, 200);
    assert_eq!(second.answer().await.status, 200, "it waited for its turn");
}
