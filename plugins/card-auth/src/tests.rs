//! The decision table as data, and the stories that a table cannot tell.

mod link;
mod request;

use std::time::Duration;

use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::testing::FakeHost;
use lark_plugin_sdk::{Level, Reply};
use serde_json::{Value, json};

use crate::CardAuth;

const MINUTE: Duration = Duration::from_secs(60);
const REDIRECT: &str = "https://bot.example.com/callback?app=1";

fn host() -> FakeHost {
    FakeHost::new().with_config("oauth_redirect_uri", REDIRECT)
}

fn request_with(host: &FakeHost, payload: &Value) -> Result<Value, Failure> {
    let outcome = CardAuth.run(host, &Task::new("request", payload)?)?;
    Ok(outcome.reply_json().expect("the task has a reply"))
}

/// The id of a new session for Anna.
fn request(host: &FakeHost) -> String {
    let reply = request_with(
        host,
        &json!({"open_id": "ou_anna", "scope": ["contact:contact", "offline_access"]}),
    );
    reply.expect("a session")["session_id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

fn click_value(host: &FakeHost, open_id: &str, value: Value) -> Value {
    let outcome = CardAuth
        .handle(host, &Event::card_action(open_id, value))
        .expect("an outcome");
    outcome.reply_json().expect("a reply")
}

fn click(host: &FakeHost, session_id: &str, action: &str) -> Value {
    click_value(host, "ou_anna", json!({"session_id": session_id, "action": action}))
}

/// The kind, and what an English client shows.
fn toast(reply: &Value) -> (&str, &str) {
    let toast = &reply["toast"];
    (
        toast["type"].as_str().unwrap_or_default(),
        toast["i18n"]["en_us"].as_str().unwrap_or_default(),
    )
}

fn title(reply: &Value) -> Option<&str> {
    reply["card"]["data"]["header"]["title"]["i18n_content"]["en_us"].as_str()
}

fn stored_session(host: &FakeHost, session_id: &str) -> Value {
    let entry = host.kv().get_json::<Value>(&format!("session/{session_id}"));
    entry.expect("kv").expect("a session").value
}

fn set_status(host: &FakeHost, session_id: &str, status: &str) {
    let mut session = stored_session(host, session_id);
    session["status"] = json!(status);
    host.kv()
        .set_json(&format!("session/{session_id}"), &session, None)
        .expect("kv");
}

/// Some time after the card was made, somebody clicks: what they see (no title: the card stays), and the session.
fn check(after: Duration, who: &str, action: &str, toast_is: (&str, &str), card: Option<&str>, status: &str) {
    let host = host();
    let session_id = request(&host);
    host.advance(after);
    let reply = click_value(&host, who, json!({"session_id": session_id, "action": action}));
    let seen = (
        toast(&reply),
        title(&reply),
        stored_session(&host, &session_id)["status"].clone(),
    );
    assert_eq!(
        seen,
        (toast_is, card, json!(status)),
        "{who:?} clicks {action:?} after {after:?}"
    );
}

#[test]
fn a_click_gets_what_the_decision_table_says() {
    let (early, late) = (10 * MINUTE - Duration::from_millis(1), 10 * MINUTE);
    let link = ("info", "Open the link to finish");
    let cancelled = ("info", "Authorization cancelled");
    let unknown = ("error", "Unknown action");
    let other = ("error", "This card is for another user");
    let nobody = ("error", "We cannot tell who you are; please try again");
    let expired = ("error", "The request has expired; please ask for a new card");

    check(
        early,
        "ou_anna",
        "authorize",
        link,
        Some("Finish the authorization"),
        "pending",
    );
    check(
        early,
        "ou_anna",
        "reject",
        cancelled,
        Some("Authorization cancelled"),
        "rejected",
    );
    check(early, "ou_anna", "transfer", unknown, None, "pending");
    check(early, "ou_anna", "", unknown, None, "pending");
    check(early, "ou_eve", "authorize", other, None, "pending");
    check(early, "ou_eve", "reject", other, None, "pending");
    check(early, "", "authorize", nobody, None, "pending");
    check(early, "", "reject", nobody, None, "pending");
    check(
        late,
        "ou_anna",
        "authorize",
        expired,
        Some("Request expired"),
        "expired",
    );
    check(late, "ou_anna", "reject", expired, Some("Request expired"), "expired");
    check(late, "ou_eve", "authorize", other, None, "pending");
}

#[test]
fn a_session_that_is_no_longer_pending_says_why_and_stays() {
    for (status, said) in [
        ("exchanging", "The authorization is being processed"),
        ("completed", "Already authorized"),
        ("rejected", "Already cancelled; please ask for a new card"),
        ("expired", "The request has expired; please ask for a new card"),
        ("failed", "The authorization failed; please ask for a new card"),
        ("superseded", "A newer card has taken the place of this one"),
    ] {
        for action in ["authorize", "reject"] {
            let host = host();
            let session_id = request(&host);
            set_status(&host, &session_id, status);
            let reply = click(&host, &session_id, action);
            assert_eq!((toast(&reply), title(&reply)), (("error", said), None));
            assert_eq!(stored_session(&host, &session_id)["status"], status);
        }
    }
}

#[test]
fn an_unknown_session_is_refused_and_looks_suspicious() {
    for session_id in [
        "550e8400-e29b-41d4-a716-446655440000",
        "AAAAAAAAAAAAAAAAAAAAAA",
        "",
        "../user/cli_a/ou_anna",
    ] {
        let host = host();
        let reply = click(&host, session_id, "authorize");
        assert_eq!(toast(&reply), ("error", "Session not found; please ask for a new card"));
        assert_eq!(host.logged()[0].level, Level::Warn);
    }
}

#[test]
fn a_session_of_another_application_is_unknown() {
    let host = host();
    let session_id = request(&host);
    let mut event = Event::card_action("ou_anna", json!({"session_id": session_id, "action": "reject"}));
    event.app_id = "cli_other".to_owned();
    let reply = CardAuth
        .handle(&host, &event)
        .expect("an outcome")
        .reply_json()
        .expect("a reply");
    assert_eq!(toast(&reply), ("error", "Session not found; please ask for a new card"));

    event.app_id = String::new();
    let reply = CardAuth
        .handle(&host, &event)
        .expect("an outcome")
        .reply_json()
        .expect("a reply");
    assert_eq!(toast(&reply).0, "info", "the flat card callback names no application");
}

#[test]
fn a_click_on_somebody_elses_button_is_passed_on() {
    let host = host();
    for value in [
        json!({"order": 7}),
        json!("session_id"),
        json!({"session_id": 7}),
        json!([]),
        json!(null),
    ] {
        let outcome = CardAuth
            .handle(&host, &Event::card_action("ou_anna", value))
            .expect("an outcome");
        assert_eq!(outcome.reply, Reply::Pass);
    }
    assert!(host.logged().is_empty());
}

#[test]
fn an_action_that_is_no_text_is_an_unknown_action() {
    let host = host();
    let session_id = request(&host);
    for value in [
        json!({"session_id": session_id}),
        json!({"session_id": session_id, "action": {"reject": true}}),
    ] {
        assert_eq!(
            toast(&click_value(&host, "ou_anna", value)),
            ("error", "Unknown action")
        );
    }
}

#[test]
fn of_two_clicks_at_once_the_first_decides() {
    let host = host();
    let session_id = request(&host);
    let mut completed = stored_session(&host, &session_id);
    completed["status"] = json!("completed");
    host.write_in_between(format!("session/{session_id}"), completed.to_string());
    assert_eq!(
        toast(&click(&host, &session_id, "reject")),
        ("error", "Already authorized")
    );
    assert_eq!(stored_session(&host, &session_id)["status"], "completed");
}

#[test]
fn a_database_that_is_away_is_a_failure_to_be_tried_again() {
    let host = host();
    let session_id = request(&host);
    host.set_kv_down(true);
    let event = Event::card_action("ou_anna", json!({"session_id": session_id, "action": "reject"}));
    assert!(matches!(CardAuth.handle(&host, &event), Err(Failure::Retry { .. })));
}
