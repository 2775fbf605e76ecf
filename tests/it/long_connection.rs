//! Lark's long connection: the same promises without a public address.

mod bad_days;
mod gaps;
mod half_open;
mod refused;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lark_protocol::long_connection::{Frame, Header};
use serde_json::{Value, json};

use crate::support::{Endpoint, Place, Pushing, Refuse, Request, Scene, event_id, fake_lark::APP_ID, until};

fn place(endpoint: &Endpoint) -> Place {
    Place::new()
        .unset("LARK_VERIFICATION_TOKEN")
        .unset("LARK_ENCRYPT_KEY")
        .set("LARK_TRANSPORT", "long-connection")
        .set("LARK_API_BASE_URL", &endpoint.url())
        .set("LARK_ACCOUNTS_BASE_URL", &endpoint.url())
        .plugin("echo")
}

/// A server that is connected.
async fn connected() -> (Endpoint, Scene, Pushing) {
    let mut endpoint = Endpoint::start().await;
    let scene = place(&endpoint).serve().await;
    let pushing = endpoint.connection().await;
    (endpoint, scene, pushing)
}

fn click(event_id: &str, app_id: &str, says: &str) -> Vec<u8> {
    json!({
        "schema": "2.0",
        "header": {"event_id": event_id, "token": "nobody-checks-it-here", "create_time": "1790000000000000",
            "event_type": "card.action.trigger", "tenant_key": "tk_1", "app_id": app_id},
        "event": {"operator": {"open_id": "ou_1"}, "token": "c-1", "action": {"value": {"echo": says}, "tag": "button"},
            "host": "im_message", "context": {"open_message_id": "om_1", "open_chat_id": "oc_1"}},
    })
    .to_string()
    .into_bytes()
}

fn message(event_id: &str) -> Vec<u8> {
    json!({
        "schema": "2.0",
        "header": {"event_id": event_id, "create_time": "1790000000000", "event_type": "im.message.receive_v1",
            "tenant_key": "tk_1", "app_id": APP_ID},
        "event": {"sender": {"sender_id": {"open_id": "ou_1"}, "sender_type": "user", "tenant_key": "tk_1"},
            "message": {"message_id": format!("om_{event_id}"), "create_time": "1790000000000", "chat_id": "oc_1",
                "chat_type": "p2p", "message_type": "text", "content": "{\"text\":\"你好\"}"}},
    })
    .to_string()
    .into_bytes()
}

/// The frame of a push, with what Lark adds.
fn frame(kind: &str, part: (usize, usize), id: &str, payload: &[u8]) -> Frame {
    let (seq, sum) = (part.0.to_string(), part.1.to_string());
    let headers = [
        ("type", kind),
        ("message_id", id),
        ("sum", &sum),
        ("seq", &seq),
        ("trace_id", "20281127171727745C163486979700AC82"),
        ("instance_id", "Zm9yIHRoZSBjaGVja"),
    ];
    Frame {
        seq_id: 1,
        log_id: u64::MAX - 1,
        service: 33_554_678,
        method: 1,
        headers: headers
            .map(|(key, value)| Header {
                key: key.into(),
                value: value.into(),
            })
            .into(),
        payload: Some(payload.to_vec()),
        ..Frame::default()
    }
}

fn whole(kind: &str, payload: &[u8]) -> Frame {
    frame(kind, (0, 1), &event_id(), payload)
}

/// What a click's answer says.
fn toast(answer: &Value) -> String {
    assert_eq!(answer["code"], 200, "{answer}");
    let data = STANDARD.decode(answer["data"].as_str().expect("data")).unwrap();
    let reply: Value = serde_json::from_slice(&data).unwrap();
    reply["toast"]["content"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_click_is_answered_on_its_connection_with_everything_that_came() {
    let (_endpoint, scene, mut pushing) = connected().await;
    let push = whole("event", &click("e1", APP_ID, "hello"));
    pushing.send(&push).await;
    let (answer, said) = pushing.answer().await;
    assert_eq!(toast(&said), "hello");
    let (last, echoed) = answer.headers.split_last().unwrap();
    assert_eq!((echoed, answer.log_id), (&push.headers[..], push.log_id));
    assert!(last.key == "biz_rt" && last.value.parse::<u64>().is_ok());
    let line = scene.log.lines_with("card.action.trigger");
    assert!(
        line.iter()
            .any(|line| line.contains("20281127171727745C163486979700AC82")),
        "{line:?}"
    );
}

#[tokio::test]
async fn a_click_in_a_frame_of_the_type_card_is_answered_too() {
    let (_endpoint, _scene, mut pushing) = connected().await;
    pushing.send(&whole("card", &click("e1", APP_ID, "hello"))).await;
    assert_eq!(toast(&pushing.answer().await.1), "hello");
}

#[tokio::test]
async fn an_event_is_handled_once_however_often_and_wherever_it_comes() {
    let (mut endpoint, scene, mut pushing) = connected().await;
    for _ in 0..2 {
        pushing.send(&whole("event", &message("e1"))).await;
        assert_eq!(pushing.answer().await.1, json!({"code": 200}));
    }
    pushing.drop_now();
    let mut pushing = endpoint.connection().await;
    pushing.send(&whole("event", &message("e1"))).await;
    assert_eq!(pushing.answer().await.1, json!({"code": 200}));
    let said = || scene.log.lines_with("ou_1 said 你好").len();
    until("the plugin", async || (said() > 0).then_some(())).await;
    let scene = scene.restart().await;
    assert_eq!(scene.log.lines_with("ou_1 said 你好").len(), 0);
}

#[tokio::test]
async fn a_repeated_click_gets_its_first_reply() {
    let (_endpoint, _scene, mut pushing) = connected().await;
    pushing.send(&whole("event", &click("e1", APP_ID, "first"))).await;
    assert_eq!(toast(&pushing.answer().await.1), "first");
    pushing.send(&whole("event", &click("e1", APP_ID, "second"))).await;
    assert_eq!(toast(&pushing.answer().await.1), "first");
}

#[tokio::test]
async fn fragments_in_any_order_are_one_push_that_the_last_one_answers() {
    let (_endpoint, _scene, mut pushing) = connected().await;
    let body = click("e1", APP_ID, "你好");
    let (first, rest) = body.split_at(body.len() / 3 + 1);
    let (second, third) = rest.split_at(rest.len() / 2);
    for (seq, part) in [(2, third), (0, first), (0, first), (1, second)] {
        pushing.send(&frame("event", (seq, 3), "m1", part)).await;
    }
    let (answer, said) = pushing.answer().await;
    assert_eq!(toast(&said), "你好");
    assert_eq!(answer.header("seq"), Some("1"));
}

#[tokio::test]
async fn what_names_another_application_is_not_answered_and_what_cannot_be_read_is_answered_with_500() {
    let (_endpoint, scene, mut pushing) = connected().await;
    pushing
        .send(&whole("event", &click("e1", "cli_of_somebody", "hello")))
        .await;
    for payload in [
        &b"[]"[..],
        b"\xff",
        b"",
        br#"{"challenge":"x","type":"url_verification"}"#,
        br#"{"encrypt":"x"}"#,
    ] {
        pushing.send(&whole("event", payload)).await;
        assert_eq!(pushing.answer().await.1, json!({"code": 500}));
    }
    assert_eq!(scene.log.lines_with("names another application").len(), 1);
}

#[tokio::test]
async fn nothing_is_accepted_over_http_when_everything_comes_over_the_connection() {
    let (_endpoint, scene, _pushing) = connected().await;
    let mut forged = Request::post("/callback", click("e1", APP_ID, "hello"));
    forged = forged.header("content-type", "application/json");
    assert_eq!(scene.send(&forged).await.status, 404);
}

#[tokio::test]
async fn both_ways_are_one_inbox() {
    let mut endpoint = Endpoint::start().await;
    let scene = place(&endpoint)
        .set("LARK_TRANSPORT", "both")
        .set("LARK_VERIFICATION_TOKEN", "verification-token-of-the-tests")
        .set("LARK_ENCRYPT_KEY", "encrypt-key-of-the-tests")
        .serve()
        .await;
    let mut pushing = endpoint.connection().await;
    let posted = scene
        .send(&scene.place.lark.click_of("e1", json!({"echo": "posted"})))
        .await;
    assert_eq!(posted.toast(), "posted");
    pushing.send(&whole("event", &click("e1", APP_ID, "pushed"))).await;
    assert_eq!(toast(&pushing.answer().await.1), "posted");
}

#[tokio::test]
async fn a_refusal_is_told_with_its_remedy_and_a_passing_fault_is_tried_again() {
    let mut endpoint = Endpoint::start().await;
    for passing in [
        Refuse::Discovery(json!({"code": 1, "msg": "system busy"}).to_string()),
        Refuse::Discovery("garbage".into()),
        Refuse::Status(503, "oops".into()),
        Refuse::Upgrade(String::new()),
    ] {
        endpoint.refuse(passing);
    }
    let scene = place(&endpoint).serve().await;
    endpoint.connection().await;
    assert_eq!(scene.log.lines_with("No long connection: ").len(), 4);
    scene.stop().await;

    let endpoint = Endpoint::start().await;
    endpoint.refuse(Refuse::Discovery(
        json!({"code": 1_000_040_351, "msg": "Incorrect domain name", "data": {"URL": ""}}).to_string(),
    ));
    let scene = place(&endpoint).serve().await;
    let lines = until("the refusal", async || {
        let lines = scene.log.lines_with("Long connection refused");
        (!lines.is_empty()).then_some(lines)
    })
    .await;
    assert!(lines[0].contains("LARK_API_BASE_URL"), "{lines:?}");
}

#[tokio::test]
async fn no_secret_of_an_endpoint_is_logged() {
    let (_endpoint, scene, pushing) = connected().await;
    pushing.drop_now();
    until("the loss", async || {
        (!scene.log.lines_with("Long connection lost").is_empty()).then_some(())
    })
    .await;
    for secret in ["access_key", "ticket="] {
        assert_eq!(scene.log.lines_with(secret).len(), 0, "{secret}");
    }
}

#[tokio::test]
async fn a_stop_answers_what_is_in_work_and_closes_in_order() {
    let (_endpoint, scene, mut pushing) = connected().await;
    pushing.send(&whole("event", &message("e1"))).await;
    let (stopped, ()) = tokio::join!(scene.stop(), async {
        let mut has_answer = false;
        while let Some(message) = pushing.next().await {
            has_answer |= message.is_binary();
            if message.is_close() {
                break;
            }
        }
        assert!(has_answer);
    });
    drop(stopped);
}

#[tokio::test]
async fn a_server_without_its_connection_is_not_ready_and_says_why() {
    let endpoint = Endpoint::start().await;
    endpoint.refuse(Refuse::Discovery(
        json!({"code": 1_000_040_345, "msg": "app_id or app_secret is invalid"}).to_string(),
    ));
    let scene = place(&endpoint)
        .set("CALLBACK_ADMIN", "on")
        .set("CALLBACK_ADMIN_PORT", "0")
        .serve()
        .await;
    let operator = scene.operator();
    let ready = until("the refusal", async || {
        let answer = operator.send(&Request::get("/readyz")).await;
        (answer.status == 503 && answer.body.contains("1000040345")).then_some(answer.body)
    })
    .await;
    assert!(ready.contains(APP_ID) && ready.contains("LARK_APP_SECRET"), "{ready}");
    let connections = operator.send(&Request::get("/api/v1/connections")).await.json();
    assert_eq!(connections["connections"][0]["state"], "refused", "{connections}");
    let metrics = operator.send(&Request::get("/metrics")).await.body;
    assert!(
        metrics.contains(&format!(
            r#"long_connection{{app="{APP_ID}",connection="1",state="refused"}} 1"#
        )),
        "{metrics}"
    );
}
