//! The decision table of a click as data, and the stories that a table cannot tell.

use std::time::Duration;

use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::testing::FakeHost;
use lark_plugin_sdk::{Level, OauthError, Reply};
use serde_json::json;

use super::{
    MINUTE, click, click_value, handled, linked, request, request_with, run, set, set_status, status, stored_session,
    title, toast,
};
use crate::CardAuth;

/// Some time after the card was made, somebody clicks: what they see (no title: the card stays), and the session.
fn check(after: Duration, who: &str, action: &str, toast_is: (&str, &str), card: Option<&str>, becomes: &str) {
    let host = FakeHost::new();
    let session_id = request(&host);
    host.advance(after);
    let reply = click_value(&host, who, json!({"card_auth": session_id, "action": action}));
    let seen = (toast(&reply), title(&reply), status(&host, &session_id));
    assert_eq!(
        seen,
        (toast_is, card, becomes.to_owned()),
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
fn an_exchange_that_was_cut_short_is_settled_by_a_click() {
    let host = FakeHost::new();
    let session_id = request(&host);
    set_status(&host, &session_id, "exchanging");
    host.advance(2 * MINUTE);
    let reply = click(&host, &session_id, "authorize");
    assert_eq!(
        (toast(&reply).1, title(&reply)),
        (
            "The authorization failed; please ask for a new card",
            Some("Authorization failed")
        )
    );
    assert_eq!(status(&host, &session_id), "failed");
}

#[test]
fn a_session_that_is_no_longer_pending_says_why_and_stays() {
    for (status, said, card) in [
        ("exchanging", "The authorization is in progress", None),
        ("completed", "You've already authorized this", Some("Authorized")),
        (
            "rejected",
            "Already cancelled; please ask for a new card",
            Some("Authorization cancelled"),
        ),
        (
            "expired",
            "The request has expired; please ask for a new card",
            Some("Request expired"),
        ),
        (
            "failed",
            "The authorization failed; please ask for a new card",
            Some("Authorization failed"),
        ),
        (
            "superseded",
            "A newer card has replaced this one; please use that one",
            Some("Request replaced"),
        ),
    ] {
        for action in ["authorize", "reject"] {
            let host = FakeHost::new();
            let session_id = request(&host);
            set_status(&host, &session_id, status);
            let reply = click(&host, &session_id, action);
            assert_eq!((toast(&reply), title(&reply)), (("error", said), card));
            assert_eq!(stored_session(&host, &session_id)["status"], status);
        }
    }
}

#[test]
fn who_may_not_use_the_application_is_not_told_to_ask_again() {
    let host = FakeHost::new();
    let session_id = request(&host);
    set_status(&host, &session_id, "failed");
    set(&host, &session_id, "reason", json!("not_allowed"));
    let reply = click(&host, &session_id, "authorize");
    assert_eq!(
        toast(&reply).1,
        "You don't have permission to use this application. Please contact your administrator."
    );
}

#[test]
fn an_unknown_session_is_refused_and_looks_suspicious() {
    for session_id in [
        "550e8400-e29b-41d4-a716-446655440000",
        "AAAAAAAAAAAAAAAAAAAAAA",
        "",
        "../user/cli_a/ou_anna",
    ] {
        let host = FakeHost::new();
        let reply = click(&host, session_id, "authorize");
        assert_eq!(toast(&reply), ("error", "Session not found; please ask for a new card"));
        assert_eq!(host.logged()[0].level, Level::Warn);
    }
}

#[test]
fn a_session_of_another_application_is_unknown() {
    let host = FakeHost::new();
    let session_id = request(&host);
    let mut event = Event::card_action("ou_anna", json!({"card_auth": session_id, "action": "reject"}));
    event.app_id = "cli_other".to_owned();
    let reply = CardAuth
        .handle(&host, &event)
        .expect("an outcome")
        .reply_json()
        .expect("a reply");
    assert_eq!(toast(&reply), ("error", "Session not found; please ask for a new card"));
}

#[test]
fn a_click_that_cannot_be_read_is_left_to_others() {
    let host = FakeHost::new();
    let mut event = Event::card_action("ou_anna", json!({"form": "half of an emoji"}));
    for unreadable in [
        r#"{"action":{"value":"\ud83d"}}"#,
        r#"{"action":{"tag":"a","tag":"b"}}"#,
        "[]",
    ] {
        unreadable.clone_into(&mut event.payload);
        assert_eq!(CardAuth.handle(&host, &event).unwrap(), Outcome::pass(), "{unreadable}");
    }
}

#[test]
fn a_click_on_somebody_elses_button_is_passed_on() {
    let host = FakeHost::new();
    for value in [
        json!({"order": 7}),
        json!("session_id"),
        json!({"session_id": 7}),
        json!({"card_auth": null}),
        json!({"session_id": "AAAAAAAAAAAAAAAAAAAAAA", "action": "reject"}),
        json!({"session_id": "550e8400-e29b-41d4-a716-446655440000", "action": "authorize"}),
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
    let host = FakeHost::new();
    let session_id = request(&host);
    for value in [
        json!({"card_auth": session_id}),
        json!({"card_auth": session_id, "action": {"reject": true}}),
    ] {
        assert_eq!(
            toast(&click_value(&host, "ou_anna", value)),
            ("error", "Unknown action")
        );
    }
}

#[test]
fn of_two_clicks_at_once_the_first_decides() {
    let host = FakeHost::new();
    let session_id = request(&host);
    let mut completed = stored_session(&host, &session_id);
    completed["status"] = json!("completed");
    host.write_in_between(format!("session/{session_id}"), completed.to_string());
    assert_eq!(
        toast(&click(&host, &session_id, "reject")),
        ("error", "You've already authorized this")
    );
    assert_eq!(stored_session(&host, &session_id)["status"], "completed");
}

#[test]
fn a_database_that_is_away_is_a_failure_to_be_tried_again() {
    let host = FakeHost::new();
    let session_id = request(&host);
    host.set_kv_down(true);
    let event = Event::card_action("ou_anna", json!({"card_auth": session_id, "action": "reject"}));
    assert!(matches!(CardAuth.handle(&host, &event), Err(Failure::Retry { .. })));
}

#[test]
fn the_buttons_of_the_original_cards_still_work() {
    let host = FakeHost::new();
    let session_id = request(&host);
    let reply = click_value(&host, "ou_anna", json!({"session_id": session_id, "action": "reject"}));
    assert_eq!(toast(&reply), ("info", "Authorization cancelled"));
}

#[test]
fn the_link_is_the_hosts_and_its_ticket_lies_under_the_hash_of_its_state() {
    let host = FakeHost::new();
    let session_id = request(&host);
    let reply = click(&host, &session_id, "authorize");
    assert_eq!(
        host.links(),
        [["contact:contact", "offline_access"]; 2],
        "one to try, one to show"
    );
    let button = &reply["card"]["data"]["body"]["elements"][2]["columns"][0]["elements"][0];
    assert_eq!(
        button["behaviors"],
        json!([{"type": "open_url", "default_url": "https://accounts.example/authorize?state=state-2"}])
    );
    let keys = host.kv().list("state/").expect("kv");
    assert_eq!(keys.len(), 1);
    assert!(!keys[0].contains("state-2"), "{}", keys[0]);
    let kept = host
        .kv()
        .get_json::<serde_json::Value>(&keys[0])
        .expect("kv")
        .expect("an entry");
    assert_eq!(kept.value, json!({"session_id": session_id, "ticket": "ticket-2"}));
}

#[test]
fn a_click_calls_nobody() {
    let host = FakeHost::new();
    let session_id = linked(&host);
    let before = host.calls().len();
    click(&host, &session_id, "authorize");
    click(&host, &session_id, "reject");
    assert_eq!((host.calls().len(), host.exchanges().len()), (before, 0));
}

#[test]
fn nothing_secret_is_logged() {
    let host = FakeHost::new();
    let session_id = linked(&host);
    super::back(&host, "state-2");
    for line in host.logged() {
        for secret in ["state-2", "ticket-2", "sealed code", &session_id, "ou_anna", "Anna"] {
            assert!(!line.message.contains(secret), "{}", line.message);
        }
    }
}

#[test]
fn what_is_not_set_up_is_a_word_to_the_user_and_a_line_to_the_operator() {
    for error in [
        OauthError::NotGranted("oauth = [\"authorize\"]".to_owned()),
        OauthError::Failed("set OAUTH_REDIRECT_URI".to_owned()),
    ] {
        let host = FakeHost::new();
        let session_id = request(&host);
        host.next_link_fails(error.clone());
        assert_eq!(
            toast(&click(&host, &session_id, "authorize")),
            ("error", "Authorization isn't set up; please contact your administrator")
        );
        let line = host.logged().pop().expect("a log line");
        assert!(line.level == Level::Error && line.message.contains(&error.to_string()));
    }
}

#[test]
fn a_card_whose_message_was_not_written_down_is_known_by_its_click() {
    let host = FakeHost::new();
    let session_id = request(&host);
    set(&host, &session_id, "message_id", json!(null));
    click(&host, &session_id, "authorize");
    assert_eq!(
        stored_session(&host, &session_id)["message_id"],
        "om_574d639e4a44e4dd646eaf628e2412d4"
    );
}

#[test]
fn who_failed_or_came_too_late_may_start_again() {
    for old in ["failed", "expired"] {
        let host = FakeHost::new();
        let session_id = request(&host);
        set_status(&host, &session_id, old);
        let event = Event::card_action("ou_anna", json!({"card_auth": session_id, "action": "again"}));
        let outcome = handled(&host, &event);
        assert_eq!(
            toast(&outcome.reply_json().expect("a reply")),
            ("info", "A new card is on its way")
        );
        let reply = run(&host, &outcome.tasks[0])
            .expect("an outcome")
            .reply_json()
            .expect("a reply");
        let new = reply["session_id"].as_str().expect("a session");
        assert_eq!(
            stored_session(&host, new)["scopes"],
            stored_session(&host, &session_id)["scopes"]
        );
        assert_eq!(
            (status(&host, new).as_str(), status(&host, &session_id).as_str()),
            ("pending", old)
        );

        assert_eq!(
            toast(&click(&host, &session_id, "again")),
            ("error", "A newer card has replaced this one; please use that one"),
            "one new card is enough"
        );
    }
}

#[test]
fn starting_again_counts_like_any_request_and_is_for_the_same_person() {
    let host = FakeHost::new();
    let ids: Vec<String> = (0..5).map(|_| request(&host)).collect();
    set_status(&host, &ids[4], "failed");
    assert_eq!(toast(&click(&host, &ids[4], "again")).0, "warning");
    let other = click_value(&host, "ou_eve", json!({"card_auth": ids[4], "action": "again"}));
    assert_eq!(toast(&other), ("error", "This card is for another user"));
    assert!(request_with(&host, &json!({"open_id": "ou_ben"})).is_ok());
}
