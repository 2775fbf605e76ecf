//! Requests that are not Lark's, or not well-formed: rejected with a status, a constant body and nothing internal.

use serde_json::{Value, json};

use crate::support::{Answer, Lark, Place, Request, Scene, event_id};

/// Seconds since 1970, so long from now.
fn seconds(from_now: i64) -> u64 {
    (lark_callback::app::now_ms() / 1000)
        .checked_add_signed(from_now)
        .unwrap()
}

async fn scene() -> Scene {
    Place::new().plugin("catch_all").serve().await
}

/// A click that would be answered.
fn body(lark: &Lark) -> Value {
    lark.click_body(&event_id(), json!({}))
}

/// Changes one character of a header.
fn spoiled(request: Request, name: &str) -> Request {
    let (_, value) = request.headers.iter().find(|(other, _)| other == name).unwrap().clone();
    let last = if value.ends_with('0') { '1' } else { '0' };
    request.header(name, &format!("{}{last}", &value[..value.len() - 1]))
}

/// Every way in which a sender can fail to prove that it is Lark.
fn unproved(lark: &Lark) -> Vec<(&'static str, Request)> {
    let [stranger_key, stranger_token] = lark.strangers();
    let click = || lark.seal(&body(lark));
    let (now, plain) = (seconds(0).to_string(), body(lark).to_string());
    // The border between timestamp and nonce moved by one digit: the text that is signed stays the same.
    let shifted = |request: Request| {
        let value = |name: &str| {
            request
                .headers
                .iter()
                .find(|(other, _)| other == name)
                .unwrap()
                .1
                .clone()
        };
        let (timestamp, nonce) = (value("x-lark-request-timestamp"), value("x-lark-request-nonce"));
        let (short, digit) = timestamp.split_at(9);
        request
            .header("x-lark-request-timestamp", short)
            .header("x-lark-request-nonce", &format!("{digit}{nonce}"))
    };
    vec![
        ("signature", spoiled(click(), "x-lark-signature")),
        ("signature", spoiled(click(), "x-lark-request-nonce")),
        ("signature", click().header("x-lark-signature", "not hex")),
        ("signature", stranger_key.seal(&body(lark))),
        ("signature", spoiled(lark.card_v1(json!({})), "x-lark-signature")),
        ("stale", lark.seal_at(seconds(-9 * 3600), &body(lark))),
        ("future", lark.seal_at(seconds(600), &body(lark))),
        ("timestamp_format", shifted(click())),
        ("nonce_format", click().header("x-lark-request-nonce", &"n".repeat(65))),
        ("token", lark.seal(&body(&stranger_token))),
        (
            "token",
            lark.seal(&json!({"schema": "2.0", "header": {"event_type": "x", "token": "x"}, "event": {}})),
        ),
        ("decrypt", lark.sign(&now, r#"{"encrypt":"bm90IGVuY3J5cHRlZA=="}"#)),
        ("decrypt", lark.sign(&now, r#"{"encrypt":"?"}"#)),
        ("plain_body", lark.sign(&now, plain.clone())),
        ("plain_body", Request::post("/callback", plain)),
        ("missing_headers", click().without("x-lark-signature")),
        (
            "missing_headers",
            click()
                .without("x-lark-request-nonce")
                .without("x-lark-request-timestamp"),
        ),
    ]
}

#[tokio::test]
async fn whatever_proof_is_missing_the_answer_is_the_same_to_the_byte() {
    let scene = scene().await;
    let mut first: Option<Answer> = None;
    for (number, (reason, request)) in unproved(&scene.lark).into_iter().enumerate() {
        let answer = scene.send(&request).await.without_date();
        assert_eq!(answer.status, 401, "{number}: {reason}");
        assert_eq!(
            &answer,
            first.get_or_insert_with(|| answer.clone()),
            "{number}: {reason}"
        );
        let told = scene.log.lines_with("Callback refused").len();
        assert_eq!(told, number + 1, "one line each: {reason}");
        let wanted = format!(r#""reason":"{reason}""#);
        let line = scene.log.lines_with("Callback refused").pop().unwrap();
        assert!(line.contains(&wanted), "{number}: {line}");
    }
    let first = first.unwrap();
    assert_eq!(
        first.body,
        r#"{"code":"unauthenticated","msg":"the request is not authenticated"}"#
    );
    assert!(scene.log.lines_with("caught").is_empty(), "no plugin was called");
}

#[tokio::test]
async fn the_last_moment_inside_the_window_is_accepted() {
    let scene = scene().await;
    for from_now in [-8 * 3600 + 60, 290] {
        let answer = scene
            .send(&scene.lark.seal_at(seconds(from_now), &body(&scene.lark)))
            .await;
        assert_eq!(answer.status, 200, "{from_now}");
    }
}

#[tokio::test]
async fn what_has_no_shape_of_larks_is_refused_as_malformed() {
    let scene = scene().await;
    let sealed = String::from_utf8(scene.lark.click(json!({})).body).unwrap();
    let with_sibling = sealed.replacen('{', r#"{"challenge":"x","#, 1);
    let bodies: [Vec<u8>; 13] = [
        b"".into(),
        b"not json".into(),
        b"[]".into(),
        b"null".into(),
        b"{}".into(),
        b"{\"encrypt\":7}".into(),
        b"{\"schema\":\"2.0\"}".into(),
        b"\xff\xfe{}".into(),
        b"{\"type\":\"url_verification\",\"type\":\"x\"}".into(),
        vec![b'['; 100_000],
        format!("{sealed}{{}}").into(),
        format!("{sealed}\0").into(),
        with_sibling.into(),
    ];
    for body in bodies {
        // Signed rightly: it is the form that is wrong.
        let request = scene.lark.sign(&seconds(0).to_string(), body.clone());
        let answer = scene.send(&request).await;
        assert_eq!(
            answer.status,
            400,
            "{:?}",
            String::from_utf8_lossy(&body[..body.len().min(80)])
        );
        assert_eq!(
            answer.body,
            r#"{"code":"malformed","msg":"the body is not a Lark callback"}"#
        );
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_by_its_length_and_by_its_bytes() {
    let scene = scene().await;
    let spaces = |bytes| scene.lark.sign(&seconds(0).to_string(), vec![b' '; bytes]);
    let [large, larger] = [1024 * 1024 + 1, 5 << 20].map(spaces);
    for bytes in [
        large.bytes(),
        large.chunked(64 * 1024),
        larger.bytes(),
        larger.chunked(64 * 1024),
    ] {
        let mut connection = scene.connect().await;
        connection.write(&bytes).await;
        let answer = connection.answer().await;
        assert_eq!((answer.status, answer.header("connection")), (413, Some("close")));
        assert_eq!(answer.body, r#"{"code":"too_large","msg":"the body is too large"}"#);
    }
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_the_body_is_sent() {
    let scene = scene().await;
    let head = Request::new("POST", "/callback").head();
    for asked in ["", "expect: 100-continue\r\n"] {
        let mut connection = scene.connect().await;
        let head = format!("{head}{asked}content-length: 1048577\r\n\r\n");
        connection.write(head.as_bytes()).await;
        assert_eq!(connection.answer().await.status, 413);
        connection.finish_writing().await;
        connection.until_closed().await;
    }
}

#[tokio::test]
async fn a_click_of_the_largest_size_is_answered() {
    let scene = scene().await;
    // Base64 makes four characters of three bytes.
    let text = "x".repeat(780_000);
    let click = scene.lark.click(json!({"text": text}));
    assert!(click.body.len() > 1024 * 1024 - 8_192 && click.body.len() <= 1024 * 1024);
    assert_eq!(scene.send(&click).await.status, 200);
}

#[tokio::test]
async fn a_body_in_chunks_is_as_good_as_one_with_a_length() {
    let scene = scene().await;
    let mut connection = scene.connect().await;
    for chunk_bytes in [1, 16, 100_000] {
        connection
            .write(&scene.lark.click(json!({})).chunked(chunk_bytes))
            .await;
        assert_eq!(
            connection.answer().await.json(),
            json!({"caught": "card.action.trigger"})
        );
    }
}

#[tokio::test]
async fn paths_and_methods_that_do_not_exist_are_refused_in_json() {
    let scene = scene().await;
    let cases = [
        ("GET", "/", 404, None),
        ("POST", "/", 404, None),
        ("GET", "//callback", 404, None),
        ("POST", "/callback/a/b", 404, None),
        ("GET", "/health/", 404, None),
        ("GET", "/../etc/passwd", 404, None),
        ("PUT", "/callback", 405, Some("GET, HEAD, POST")),
        ("OPTIONS", "/callback", 405, Some("GET, HEAD, POST")),
        ("POST", "/health", 405, Some("GET, HEAD")),
        ("DELETE", "/health", 405, Some("GET, HEAD")),
        ("BREW", "/callback", 405, Some("GET, HEAD, POST")),
    ];
    for (method, path, status, allow) in cases {
        let answer = scene.send(&Request::new(method, path)).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (status, allow),
            "{method} {path}"
        );
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
        if method != "HEAD" {
            assert!(answer.json()["code"].is_string(), "{method} {path}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn an_application_that_is_not_configured_is_refused() {
    let scene = scene().await;
    for path in [
        "/callback/nobody",
        "/callback/%00",
        "/callback/%ff",
        "/callback/..%2fhealth",
    ] {
        let answer = scene.send(&scene.lark.click(json!({})).to(path)).await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
        assert!(answer.json()["code"].is_string(), "{path}: {answer:?}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/json; charset=utf-8"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_query_after_the_path_changes_nothing() {
    let scene = scene().await;
    let answer = scene.send(&scene.lark.click(json!({})).to("/callback?a=b&c")).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn health_has_the_shape_that_monitoring_reads() {
    let scene = Place::new().plugin("preview").serve().await;
    let answer = scene.send(&Request::get("/health")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(
        answer.body,
        concat!(
            r#"{"status":"ok","message":"Lark Callback Server is running","#,
            r#""registered_handlers":["card_action_trigger","oauth_redirect","url_preview_get"]}"#,
        )
    );
    let head = scene.send(&Request::new("HEAD", "/health")).await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, answer.header("content-length"))
    );
}

#[tokio::test]
async fn without_an_encrypt_key_the_token_alone_decides_and_the_log_warns() {
    let scene = Place::new().plugin("catch_all").unset("LARK_ENCRYPT_KEY").serve().await;
    let plain = |lark: &Lark| Request::post("/callback", body(lark).to_string());
    assert_eq!(scene.send(&plain(&scene.lark)).await.status, 200);
    let stranger = Lark {
        token: "another".into(),
        ..scene.lark.clone()
    };
    assert_eq!(scene.send(&plain(&stranger)).await.status, 401);
    assert_eq!(scene.send(&scene.lark.click(json!({}))).await.status, 401);
    assert_eq!(scene.log.lines_with("LARK_ENCRYPT_KEY is not set").len(), 1);
}
