//! Requests of a handler against services that a test plays.

use std::time::Duration;

use serde_json::{Value, json};

use crate::testing::{FakeHost, FakeResponse, Trouble};
use crate::{Failure, Host, HttpError};

const API: &str = "https://api.example.com";

fn http(host: &FakeHost) -> crate::Http<'_> {
    (host as &dyn Host).http()
}

#[test]
fn a_request_is_built_and_its_response_read() {
    let host = FakeHost::new();
    host.next_response(API, FakeResponse::json(201, &json!({"id": 7})).header("ETag", "\"a\""));
    let response = http(&host)
        .post(format!("{API}/v1/items"))
        .query("q", "汉 &=")
        .query("page", "2")
        .header("X-Trace", "t")
        .json(&json!({"a": 1}))
        .timeout(Duration::from_secs(2))
        .send()
        .expect("a response");
    assert_eq!((response.status(), response.header("etag")), (201, Some("\"a\"")));
    assert_eq!(response.json::<Value>().expect("JSON"), json!({"id": 7}));
    let [request] = host.requests().try_into().expect("one request");
    assert_eq!(request.method, "POST");
    assert_eq!(
        request.url,
        "https://api.example.com/v1/items?q=%E6%B1%89%20%26%3D&page=2"
    );
    assert_eq!(request.text(), "{\"a\":1}");
    assert_eq!(request.header("Content-Type"), Some("application/json"));
    assert_eq!(request.timeout_ms, Some(2000));
}

#[test]
fn a_body_comes_in_parts_and_may_break_off() {
    let host = FakeHost::new();
    host.next_response(API, FakeResponse::text(200, "").part("one ").part("two"));
    let response = http(&host).get(API).send().expect("a response");
    assert_eq!(response.text().expect("a text"), "one two");
    host.next_response(API, FakeResponse::text(200, "").part("one").breaks());
    let mut response = http(&host).get(API).send().expect("a response");
    assert_eq!(response.read().expect("a part"), b"one");
    assert!(matches!(response.read(), Err(HttpError::Interrupted(_))));
    assert!(
        matches!(response.read(), Err(HttpError::Interrupted(_))),
        "and stays so"
    );
}

#[test]
fn events_are_read_as_they_come() {
    let host = FakeHost::new();
    host.next_response(API, FakeResponse::events(["a", "b"]).breaks());
    let mut events = http(&host).get(API).send().expect("a response").events();
    assert_eq!(events.next().expect("one").expect("an event").data, "a");
    assert_eq!(events.next().expect("one").expect("an event").data, "b");
    assert!(events.next().expect("an error").is_err());
    assert!(events.next().is_none());
}

#[test]
fn an_error_becomes_the_failure_that_fits() {
    let failure = |error: HttpError| Failure::from(error);
    let retry = |failure: Failure| matches!(failure, Failure::Retry { .. });
    assert!(retry(failure(HttpError::Unreachable("gone".to_owned()))));
    assert!(retry(failure(HttpError::Interrupted("slow".to_owned()))));
    assert!(!retry(failure(HttpError::NotGranted("line".to_owned()))));
    assert!(!retry(failure(HttpError::OverLimit("limit".to_owned()))));
    let host = FakeHost::new();
    for (status, again) in [
        (500, true),
        (429, true),
        (408, true),
        (400, false),
        (404, false),
        (302, false),
    ] {
        host.next_response(API, FakeResponse::text(status, "no\n such  thing"));
        let error = http(&host)
            .get(API)
            .send()
            .expect("a response")
            .success()
            .expect_err("an error");
        assert_eq!(error.status(), Some(status));
        assert!(error.to_string().ends_with("no such thing"), "{error}");
        assert_eq!(retry(failure(error)), again, "{status}");
    }
    host.next_response(API, FakeResponse::text(429, "").header("Retry-After", "7"));
    let error = http(&host)
        .get(API)
        .send()
        .expect("a response")
        .success()
        .expect_err("an error");
    let wanted = Some(Duration::from_secs(7));
    assert!(matches!(failure(error), Failure::Retry { after, .. } if after == wanted));
}

#[test]
fn a_service_that_the_test_does_not_play_answers_as_one_that_is_not_there() {
    let host = FakeHost::new();
    host.next_response(API, FakeResponse::text(200, "ok"));
    let other = http(&host)
        .get("https://other.example/a?b=c")
        .send()
        .expect("a response");
    assert_eq!(
        other.success().expect_err("an error").to_string(),
        "the service answered with status 404: no answer for `GET https://other.example/a` in this test; give one with \
         `respond`"
    );
    host.fail_requests("https://other.example", Trouble::NotGranted);
    let refused = http(&host).get("https://other.example/a").send().expect_err("an error");
    assert_eq!(
        refused.to_string(),
        "the operator has not granted this request: GET https://other.example is not granted; add `http = [\"GET \
         https://other.example/**\"]` under [grant] in lark-plugin-sdk.toml"
    );
    host.next_request_fails(API, HttpError::Unreachable("down".to_owned()));
    assert!(http(&host).get(API).send().is_ok(), "in their order");
    assert!(http(&host).get(API).send().is_err());
}
