//! Unauthenticated senders and what they can do to a server: nothing that lasts, and nothing that keeps others out.

use std::time::Duration;

use serde_json::json;

use crate::support::{Answer, Client, Connection, Place, Request, Scene, until};

fn place() -> Place {
    Place::new().plugin("catch_all")
}

/// A server that holds eight connections.
async fn small() -> Scene {
    place().set("CALLBACK_CONNECTIONS_MAX", "8").serve().await
}

async fn assert_click_is_answered(client: &Client) {
    let answer = client.click(json!({})).await;
    assert_eq!(answer.json(), json!({"caught": "card.action.trigger"}));
}

/// Fills the server with connections that have sent this much.
async fn fill(scene: &Scene, sent: &[u8]) -> Vec<Connection> {
    let mut connections = Vec::new();
    for _ in 0..20 {
        let mut connection = scene.connect().await;
        connection.write(sent).await;
        connections.push(connection);
    }
    connections
}

#[tokio::test]
async fn connections_that_send_nothing_or_not_enough_keep_nobody_out() {
    let scene = small().await;
    let click = scene.lark.click(json!({})).bytes();
    for sent in [
        &b""[..],
        b"POST /callb",
        b"POST /callback HTTP/1.1\r\nhost: localhost\r\n",
        &click[..click.len() - 1],
        &Request::get("/health").bytes(),
    ] {
        let held = fill(&scene, sent).await;
        for _ in 0..20 {
            assert_click_is_answered(&scene).await;
        }
        drop(held);
    }
    let warned = scene.log.lines_with("The limit of open connections is reached");
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].contains("CALLBACK_CONNECTIONS_MAX"), "{}", warned[0]);
}

#[tokio::test]
async fn the_connection_that_is_idle_longest_is_closed_and_the_others_are_not() {
    let scene = small().await;
    let mut connections = Vec::new();
    for _ in 0..8 {
        let mut connection = scene.connect().await;
        assert_eq!(connection.send(&Request::get("/health")).await.status, 200);
        connections.push(connection);
        // So that one is older than the next.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The first is used again, so the second is idle longest.
    assert_eq!(connections[0].send(&Request::get("/health")).await.status, 200);
    assert_click_is_answered(&scene).await;
    assert!(connections[1].until_closed().await.is_empty());
    for number in [0, 2, 3, 4, 5, 6, 7] {
        let answer = connections[number].send(&Request::get("/health")).await;
        assert_eq!(answer.status, 200, "{number}");
    }
}

#[tokio::test]
async fn the_first_byte_must_come_within_the_time_for_a_header() {
    let scene = place().set("CALLBACK_HEADER_READ_MS_MAX", "100").serve().await;
    let mut silent = scene.connect().await;
    assert!(silent.until_closed().await.is_empty());
}

async fn refused(scene: &Scene, request: &Request) -> (u16, String) {
    let answer = scene.send(request).await;
    (answer.status, answer.json()["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn of_a_body_without_a_signature_only_as_much_is_read_as_a_challenge_can_have() {
    let scene = place().serve().await;
    let head = Request::post("/callback", "").head();
    let mut connection = scene.connect().await;
    connection
        .write(format!("{head}content-length: 1048576\r\n\r\n{{").as_bytes())
        .await;
    let answer = connection.answer().await;
    assert_eq!((answer.status, answer.header("connection")), (401, Some("close")));
    let mut connection = scene.connect().await;
    connection
        .write(format!("{head}transfer-encoding: chunked\r\n\r\n4000\r\n").as_bytes())
        .await;
    connection.write(&[b' '; 0x2100]).await;
    assert_eq!(connection.answer().await.status, 401);
    assert_eq!(scene.log.lines_with(r#""reason":"missing_headers""#).len(), 2);
    assert_eq!(scene.send(&scene.lark.challenge("x")).await.json()["challenge"], "x");
}

#[tokio::test]
async fn bodies_that_are_never_finished_take_a_bounded_part_of_the_memory_and_clicks_go_on() {
    let scene = place().set("CALLBACK_BODIES_BYTES_MAX", "1048576").serve().await;
    let large = scene.lark.sign("1700000000", vec![b' '; 1_000_000]);
    let begun = &large.bytes()[..600_000];
    let mut first = scene.connect().await;
    first.write(begun).await;
    let busy = until("the budget to be used up", async || {
        let mut other = scene.connect().await;
        let _ = other.try_write(begun).await;
        let answer = tokio::time::timeout(Duration::from_millis(500), other.answer()).await;
        answer.ok()
    })
    .await;
    assert_eq!(busy.status, 503, "{busy:?}");
    assert_eq!(busy.json()["code"], "too_many_bodies");
    assert_eq!(busy.header("retry-after"), Some("15"));
    assert_eq!(scene.log.lines_with("CALLBACK_BODIES_BYTES_MAX").len(), 1);
    assert_click_is_answered(&scene).await;
    // The first one has its share still, and is heard to its end.
    first.write(&large.bytes()[600_000..]).await;
    assert_eq!(first.answer().await.status, 400);
}

#[tokio::test]
async fn a_compressed_body_is_refused_by_the_name_of_its_encoding() {
    let scene = place().serve().await;
    let click = scene.lark.click(json!({}));
    for encoding in ["gzip", "br", "deflate, gzip"] {
        let answer = scene.send(&click.clone().header("content-encoding", encoding)).await;
        assert_eq!(answer.status, 415, "{encoding}");
        assert_eq!(answer.json()["code"], "content_encoding");
        assert!(answer.json()["msg"].as_str().unwrap().contains(encoding), "{answer:?}");
        let lines = scene.log.lines_with(&format!("Content-Encoding is {encoding}"));
        assert_eq!(lines.len(), 1, "{encoding}");
    }
    let mut connection = scene.connect().await;
    let on_the_way = format!("{}transfer-encoding: gzip, chunked\r\n\r\n", click.head());
    connection.write(on_the_way.as_bytes()).await;
    let answer = connection.answer().await;
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (415, &json!("content_encoding"))
    );
    assert_eq!(scene.log.lines_with("Transfer-Encoding is gzip, chunked").len(), 1);
    let identity = click.clone().header("content-encoding", "identity");
    assert_eq!(scene.send(&identity).await.status, 200);
    let gbk = click.header("content-type", "application/json; charset=gbk");
    assert_eq!(refused(&scene, &gbk).await, (415, "charset".to_owned()));
}

#[tokio::test]
async fn what_is_no_http_is_told_with_what_a_proxy_must_send() {
    let scene = place().serve().await;
    let too_large = format!("GET / HTTP/1.1\r\ncookie: {}\r\n\r\n", "x".repeat(40_000));
    let (no_http, header) = (
        "speaks TLS, HTTP/2 or the PROXY protocol",
        "the header is larger than 16 KiB",
    );
    for (sent, reason, hint) in [
        (
            &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
            "not_http",
            no_http,
        ),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "not_http", no_http),
        (b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nPOST", "not_http", no_http),
        (too_large.as_bytes(), "header_too_large", header),
    ] {
        let told = scene.log.lines_with(hint).len();
        let mut connection = scene.connect().await;
        let _ = connection.try_write(sent).await;
        connection.until_closed().await;
        let lines = until("the line about it", async || {
            Some(scene.log.lines_with(hint)).filter(|lines| lines.len() > told)
        })
        .await;
        let line = lines.last().unwrap();
        for part in [format!(r#""reason":"{reason}""#), r#""listener":"public""#.to_owned()] {
            assert!(line.contains(&part), "{line}");
        }
    }
}

#[tokio::test]
async fn a_flood_of_refused_requests_writes_a_few_lines() {
    let scene = place().serve().await;
    let mut connection = scene.connect().await;
    let forged = scene.lark.click(json!({})).header("x-lark-signature", "00");
    for _ in 0..500 {
        for (request, status) in [
            (&forged, 401),
            (&Request::post("/callback", "not json"), 400),
            (&Request::post("/webhook/event", "{}"), 404),
            (&Request::get("/callback?state=s&code=c"), 503),
            (&Request::get("/wp-login.php"), 404),
            (&Request::new("PUT", "/callback"), 405),
        ] {
            let answer: Answer = connection.send(request).await;
            assert_eq!(answer.status, status, "{request:?}");
        }
    }
    let lines = scene.log.lines_with("refused").len();
    assert!((10..200).contains(&lines), "{lines}");
    assert_eq!(scene.log.lines_with("wp-login"), Vec::<String>::new());
    let log = scene.log.clone();
    scene.stop().await;
    let summed = log.lines_with("counted here instead of logged one by one");
    let reasons = ["signature", "not_json", "not_found", "return_not_set_up"];
    for reason in reasons {
        let of_reason = summed
            .iter()
            .filter(|line| line.contains(&format!(r#""reason":"{reason}""#)));
        assert!(of_reason.count() >= 1, "{reason}: {summed:?}");
    }
}

#[tokio::test]
async fn a_refusal_names_the_application_and_the_path() {
    let scene = place()
        .settings_file(
            "[apps.second]\napp_id = 'cli_second'\napp_secret = 's'\nverification_token = 't'\nencrypt_key = 'k'\n",
        )
        .serve()
        .await;
    let click = scene.lark.click(json!({}));
    assert_eq!(scene.send(&click.to("/callback/second?code=secret")).await.status, 401);
    let line = scene.log.lines_with("Callback refused").pop().unwrap();
    for part in [
        r#""app.id":"cli_second""#,
        r#""path":"/callback/second""#,
        r#""reason":"signature""#,
    ] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!line.contains("secret"), "{line}");
}

#[tokio::test]
async fn the_operator_is_answered_although_somebody_fills_the_listener_and_sees_what_was_refused() {
    let place = crate::operate::place();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let admin = crate::admin::admin(&mut program, &place).await;
    let forged = place.lark.click(json!({})).header("x-lark-signature", "00");
    for _ in 0..20 {
        assert_eq!(client.send(&forged).await.status, 401);
    }
    client.send(&Request::post("/webhook/event", "{}")).await;
    let mut held = Vec::new();
    for sent in [&b""[..], b"GET /api/v1/sta", &Request::get("/livez").bytes()] {
        for _ in 0..150 {
            let mut connection = admin.connect().await;
            connection.write(sent).await;
            held.push(connection);
        }
        for path in ["/livez", "/readyz", "/metrics", "/api/v1/status"] {
            assert_eq!(admin.send(&Request::get(path)).await.status, 200, "{path}");
        }
    }
    let metrics = admin.send(&Request::get("/metrics")).await.body;
    let app = &place.lark.app_id;
    for line in [
        format!(r#"lark_callback_refused_total{{app="{app}",reason="signature"}} 20"#),
        r#"lark_callback_refused_total{app="",reason="not_found"} 1"#.to_owned(),
        r#"lark_callback_connections_closed_total{listener="public"} 0"#.to_owned(),
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} in {metrics}");
    }
    let closed = r#"lark_callback_connections_closed_total{listener="operator"} "#;
    let closed = metrics.lines().find_map(|line| line.strip_prefix(closed)).unwrap();
    assert!(closed.parse::<u64>().unwrap() >= 200, "{closed}");
}
