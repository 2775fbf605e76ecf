//! What is sent, and what becomes of what the receiver answers.

use std::time::Duration;

use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::testing::{FakeHost, FakeResponse};
use lark_plugin_sdk::{HttpError, Reply};
use serde_json::{Value, json};

use crate::Forward;

const ORIGIN: &str = "https://bot.example.com";

fn host() -> FakeHost {
    FakeHost::new().with_config("url", format!("{ORIGIN}/lark"))
}

fn message() -> Event {
    Event::text_message("ou_anna", "hello")
}

fn click() -> Event {
    Event::card_action("ou_anna", json!({"approve": true}))
}

#[test]
fn an_event_is_sent_as_lark_writes_it_and_signed() {
    let host = host();
    host.next_response(ORIGIN, FakeResponse::text(204, ""));
    let event = message();
    assert_eq!(Forward.handle(&host, &event).expect("an outcome"), Outcome::done());
    let [request] = host.requests().try_into().expect("one request");
    assert_eq!(
        (request.method, request.url.as_str()),
        ("POST", "https://bot.example.com/lark")
    );
    assert_eq!(request.webhook_id.as_deref(), Some(event.id.as_str()));
    assert_eq!(request.header("x-lark-callback-attempt"), Some("1"));
    let body: Value = serde_json::from_str(&request.text()).expect("JSON");
    assert_eq!(body["schema"], "2.0");
    assert_eq!(body["header"]["event_type"], "im.message.receive_v1");
    assert_eq!(body["header"]["event_id"], event.id);
    assert_eq!(body["header"]["create_time"], "1704067200000");
    assert_eq!(
        body["event"],
        serde_json::from_str::<Value>(&event.payload).expect("JSON")
    );
}

#[test]
fn what_the_receiver_does_not_accept_is_retried() {
    for status in [301, 400, 401, 404, 429, 500, 503] {
        let host = host();
        host.next_response(ORIGIN, FakeResponse::text(status, "about Anna"));
        let failure = Forward.handle(&host, &message()).expect_err("a failure");
        assert!(matches!(failure, Failure::Retry { after: None, .. }), "{status}");
        assert!(!failure.message().contains("Anna"), "{failure}");
    }
    let host = host();
    host.next_response(ORIGIN, FakeResponse::text(503, "").header("Retry-After", "600"));
    let failure = Forward.handle(&host, &message()).expect_err("a failure");
    let ten_minutes = Some(Duration::from_secs(600));
    assert!(matches!(failure, Failure::Retry { after, .. } if after == ten_minutes));
}

#[test]
fn a_receiver_that_is_away_for_minutes_does_not_use_up_the_attempts_in_seconds() {
    for seconds in ["0", "1", "30"] {
        let host = host();
        host.next_response(ORIGIN, FakeResponse::text(503, "").header("Retry-After", seconds));
        let failure = Forward.handle(&host, &message()).expect_err("a failure");
        assert!(matches!(failure, Failure::Retry { after: None, .. }), "{seconds}");
    }
}

#[test]
fn a_receiver_that_is_away_or_not_granted_yet_loses_nothing() {
    for error in [
        HttpError::Unreachable("down".to_owned()),
        HttpError::Interrupted("slow".to_owned()),
        HttpError::NotGranted("the line".to_owned()),
        HttpError::Failed("no secret".to_owned()),
    ] {
        let host = host();
        host.next_request_fails(ORIGIN, error);
        let failure = Forward.handle(&host, &message()).expect_err("a failure");
        assert!(matches!(failure, Failure::Retry { .. }), "{failure}");
    }
}

#[test]
fn what_the_receiver_wants_no_more_is_given_up() {
    let host = host();
    host.next_response(ORIGIN, FakeResponse::text(410, "about Anna"));
    let failure = Forward.handle(&host, &message()).expect_err("a failure");
    assert!(matches!(failure, Failure::Permanent { .. }), "{failure}");
    assert!(!failure.message().contains("Anna"), "{failure}");
}

#[test]
fn the_reply_to_a_click_is_what_the_receiver_says() {
    let host = host();
    let toast = json!({"toast": {"type": "success", "content": "approved"}});
    host.next_response(ORIGIN, FakeResponse::json(200, &toast));
    let outcome = Forward.handle(&host, &click()).expect("an outcome");
    assert_eq!(outcome.reply_json(), Some(toast));
    for empty in [FakeResponse::text(204, ""), FakeResponse::text(200, " \n")] {
        host.next_response(ORIGIN, empty);
        let outcome = Forward.handle(&host, &click()).expect("an outcome");
        assert_eq!(outcome.reply, Reply::None);
    }
    host.next_response(ORIGIN, FakeResponse::text(500, "{}"));
    assert!(Forward.handle(&host, &click()).is_err());
}

#[test]
fn only_the_types_that_are_listed_are_sent() {
    let host = host().with_config("events", "[\"card.action.trigger\"]");
    assert_eq!(Forward.handle(&host, &message()).expect("an outcome"), Outcome::pass());
    host.next_response(ORIGIN, FakeResponse::text(204, ""));
    assert_eq!(Forward.handle(&host, &click()).expect("an outcome"), Outcome::done());
    let host = self::host().with_config("events", "card.action.trigger");
    let failure = Forward.handle(&host, &message()).expect_err("a failure");
    assert!(failure.message().contains("must be a list"), "{failure}");
}

#[test]
fn the_return_of_a_browser_is_for_others() {
    let outcome = Forward.handle(&host(), &Event::oauth_redirect("state"));
    assert_eq!(outcome.expect("an outcome"), Outcome::pass());
}
