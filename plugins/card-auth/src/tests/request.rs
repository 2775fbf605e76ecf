//! The task `request`: the card, one session at a time, five requests a minute.

use std::time::Duration;

use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::testing::FakeHost;
use lark_plugin_sdk::{OauthError, OpenapiError};
use serde_json::{Value, json};

use super::{click, request, request_reply, request_with, run, set_status, status, stored_session, title, toast};
use crate::CardAuth;

#[test]
fn the_sixth_card_within_a_minute_is_refused_and_leaves_nothing() {
    let host = FakeHost::new();
    let anna = json!({"open_id": "ou_anna"});
    let newest = (0..5).map(|_| request(&host)).last().expect("five sessions");
    host.advance(Duration::from_secs(20));
    let refused = request_reply(&host, &anna);
    assert_eq!(
        refused,
        json!({"refused": "too_many_requests", "retry_after_ms": 40_000})
    );
    assert_eq!(host.kv().list("session/").expect("kv").len(), 5);
    assert_eq!(
        stored_session(&host, &newest)["status"],
        "pending",
        "the newest card still counts"
    );

    assert!(request_reply(&host, &json!({"open_id": "ou_ben"}))["refused"].is_null());
    host.advance(Duration::from_secs(40));
    assert!(request_reply(&host, &anna)["refused"].is_null());
}

#[test]
fn cards_and_links_count_together() {
    let host = FakeHost::new();
    let session_id = request(&host);
    for _ in 0..4 {
        assert_eq!(toast(&click(&host, &session_id, "authorize")).0, "info");
    }
    let reply = click(&host, &session_id, "authorize");
    assert_eq!(
        (toast(&reply), title(&reply)),
        (("warning", "Too many requests; please try again later"), None)
    );
    assert_eq!(
        toast(&click(&host, &session_id, "reject")).0,
        "info",
        "one may always say no"
    );
    assert_eq!(host.kv().list("state/").expect("kv").len(), 4);
}

#[test]
fn a_newer_card_takes_the_place_of_the_older() {
    let host = FakeHost::new();
    let (older, newer) = (request(&host), request(&host));
    assert_eq!(
        toast(&click(&host, &older, "authorize")),
        ("error", "A newer card has replaced this one; please use that one")
    );
    assert_eq!(toast(&click(&host, &newer, "authorize")).0, "info");
}

#[test]
fn the_older_card_shows_no_link_even_when_marking_it_was_cut_short() {
    let host = FakeHost::new();
    let (older, _newer) = (request(&host), request(&host));
    set_status(&host, &older, "pending");
    assert_eq!(
        toast(&click(&host, &older, "authorize")),
        ("error", "A newer card has replaced this one; please use that one")
    );
}

#[test]
fn the_card_goes_to_the_person_with_two_buttons_that_carry_the_session() {
    let host = FakeHost::new();
    let payload = json!({"open_id": "ou_anna", "scope": ["im:message"], "message": "**Please**"});
    let outcome = request_with(&host, &payload).expect("an outcome");
    let reply = outcome.reply_json().expect("a reply");
    let session_id = reply["session_id"].as_str().expect("an id");
    let session = stored_session(&host, session_id);
    assert_eq!(
        reply,
        json!({"session_id": session_id, "message_id": "om_1", "expires_at_ms": session["expires_at_ms"]})
    );
    assert_eq!(
        (&session["open_id"], &session["message_id"]),
        (&json!("ou_anna"), &json!("om_1"))
    );
    assert_eq!(outcome.tasks.len(), 1);
    assert_eq!(
        (outcome.tasks[0].name.as_str(), outcome.tasks[0].delay),
        ("expire", Duration::from_secs(600))
    );

    let call = &host.calls()[0];
    assert_eq!(call.query, [("receive_id_type".to_owned(), "open_id".to_owned())]);
    let body: Value = serde_json::from_str(call.body.as_deref().expect("a body")).expect("json");
    assert_eq!(
        (&body["receive_id"], &body["msg_type"]),
        (&json!("ou_anna"), &json!("interactive"))
    );
    let card: Value = serde_json::from_str(body["content"].as_str().expect("a text")).expect("a card");
    assert_eq!(
        (&card["schema"], &card["config"]["update_multi"]),
        (&json!("2.0"), &json!(true))
    );
    let elements = card["body"]["elements"].as_array().expect("elements");
    assert_eq!(
        elements[0]["text"],
        json!({"tag": "plain_text", "content": "**Please**"})
    );
    assert_eq!(elements[1]["text"]["i18n_content"]["en_us"], "Permissions: im:message");
    for (column, action) in [(0, "authorize"), (1, "reject")] {
        let button = &elements[3]["columns"][column]["elements"][0];
        let value = json!({"card_auth": session_id, "action": action});
        assert_eq!(button["behaviors"], json!([{"type": "callback", "value": value}]));
    }
}

#[test]
fn whoever_wants_to_send_the_card_on_their_own_gets_it() {
    let host = FakeHost::new();
    let reply = request_reply(&host, &json!({"open_id": "ou_anna", "send": false}));
    assert!(host.calls().is_empty() && reply["message_id"].is_null());
    let session_id = reply["session_id"].as_str().expect("an id");
    assert!(reply["card"].to_string().contains(session_id));
    assert_eq!(click(&host, session_id, "authorize")["toast"]["type"], "info");
    assert!(
        stored_session(&host, session_id)["message_id"].is_string(),
        "the click tells the message"
    );
}

/// The same task, as the host runs it again.
fn again(host: &FakeHost) -> Result<Outcome, Failure> {
    let mut task = Task::new("request", &json!({"open_id": "ou_anna"})).expect("a task");
    task.id = "the same".to_owned();
    CardAuth.run(host, &task)
}

#[test]
fn a_task_that_is_tried_again_goes_on_with_its_session() {
    let host = FakeHost::new();
    let older = request(&host);
    host.next_call_fails(OpenapiError::Retry {
        message: "away".to_owned(),
        after: None,
    });
    assert!(matches!(again(&host), Err(Failure::Retry { .. })));
    let first = again(&host).expect("an outcome");
    let second = again(&host).expect("an outcome");
    assert_eq!(first, second, "the same session, message and tasks");
    assert_eq!(
        first.tasks[0].name, "update-card",
        "the older card is to say so, whenever it works"
    );
    assert_eq!(status(&host, &older), "superseded");
    let cards: Vec<_> = host.calls().iter().map(|call| call.body.clone()).collect();
    assert_eq!(cards[1], cards[2], "the card that is sent again is the same");
    assert_eq!(cards.len(), 3, "and what was sent is not sent a third time");
    assert_eq!(host.kv().list("session/").expect("kv").len(), 2);

    for _ in 0..3 {
        assert!(request_reply(&host, &json!({"open_id": "ou_anna"}))["refused"].is_null());
    }
    assert_eq!(
        request_reply(&host, &json!({"open_id": "ou_anna"}))["refused"],
        "too_many_requests",
        "and it counted once"
    );
}

#[test]
fn a_task_that_is_tried_again_too_late_says_what_became_of_it() {
    for (status, refused) in [
        ("superseded", "superseded"),
        ("rejected", "rejected"),
        ("failed", "failed"),
    ] {
        let host = FakeHost::new();
        let outcome = again(&host).expect("an outcome");
        let reply = outcome.reply_json().expect("a reply");
        set_status(&host, reply["session_id"].as_str().expect("an id"), status);
        let outcome = again(&host).expect("an outcome");
        assert_eq!(outcome.reply_json(), Some(json!({"refused": refused})));
        assert!(outcome.tasks.is_empty());
    }
    let host = FakeHost::new();
    again(&host).expect("an outcome");
    host.advance(Duration::from_secs(600));
    assert_eq!(
        again(&host).expect("an outcome").reply_json(),
        Some(json!({"refused": "expired"}))
    );
}

#[test]
fn a_card_that_can_never_be_sent_ends_its_session() {
    let host = FakeHost::new();
    host.next_answer(
        400,
        &json!({"code": 230_013, "msg": "Bot has NO availability to this user"}),
    );
    let failure = request_with(&host, &json!({"open_id": "ou_anna"})).expect_err("a failure");
    assert!(
        matches!(&failure, Failure::Permanent { message } if message.contains("230013")),
        "{failure}"
    );
    let key = host.kv().list("session/").expect("kv").pop().expect("a session");
    let session = stored_session(&host, key.trim_start_matches("session/"));
    assert_eq!(
        (&session["status"], &session["reason"]),
        (&json!("failed"), &json!("not_sent"))
    );
}

#[test]
fn the_older_card_is_told_to_say_that_a_newer_one_is_there() {
    let host = FakeHost::new();
    request(&host);
    let outcome = request_with(&host, &json!({"open_id": "ou_anna"})).expect("an outcome");
    run(&host, &outcome.tasks[0]).expect("the card is changed");
    let call = host.calls().pop().expect("a call");
    assert_eq!(
        (call.method, call.path.as_str()),
        ("PATCH", "/open-apis/im/v1/messages/om_1")
    );
    assert!(call.body.expect("a body").contains("Request replaced"));
}

#[test]
fn a_card_that_could_never_work_is_not_sent_and_the_failure_says_what_to_set() {
    for send in [true, false] {
        let host = FakeHost::new();
        host.next_link_fails(OauthError::Failed("set OAUTH_REDIRECT_URI".to_owned()));
        let failure = request_with(&host, &json!({"open_id": "ou_anna", "send": send})).expect_err("a failure");
        assert!(
            matches!(&failure, Failure::Permanent { message } if message.contains("set OAUTH_REDIRECT_URI")),
            "{failure:?}"
        );
        assert!(host.kv().list("").expect("kv").is_empty() && host.calls().is_empty());
    }
}

#[test]
fn a_request_that_cannot_be_meant_is_refused_for_good() {
    let host = FakeHost::new();
    let long = "m".repeat(2001);
    for payload in [
        json!({}),
        json!({"open_id": ""}),
        json!({"open_id": "anna"}),
        json!({"open_id": "ou_anna/../ou_eve"}),
        json!({"open_id": "ou_anna", "app_id": ""}),
        json!({"open_id": "ou_anna", "app_id": "cli_other"}),
        json!({"open_id": "ou_anna", "scope": ["a b"]}),
        json!({"open_id": "ou_anna", "scope": vec!["a"; 51]}),
        json!({"open_id": "ou_anna", "message": long}),
    ] {
        let failure = request_with(&host, &payload).expect_err("a failure");
        assert!(matches!(failure, Failure::Permanent { .. }), "{payload}");
    }
    assert!(host.kv().list("").expect("kv").is_empty() && host.calls().is_empty());
}

#[test]
fn a_misspelt_field_is_told_instead_of_being_left_out() {
    let host = FakeHost::new();
    for payload in [
        json!({"open_id": "ou_anna", "scopes": ["contact:contact"]}),
        json!({"open_id": "ou_anna", "mesage": "please"}),
    ] {
        let refused = request_with(&host, &payload).expect_err("a refusal");
        assert!(matches!(refused, Failure::Permanent { .. }));
        assert!(refused.message().contains("unknown field"), "{refused}");
    }
    assert!(host.calls().is_empty());
}
