//! The decision table of a return from the authorize page.

use std::time::Duration;

use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::testing::{Exchange, FakeHost};
use lark_plugin_sdk::{Level, OauthError, Reply};
use serde_json::json;

use super::{MINUTE, back, click, handled, linked, page, request, run, set_status, status, stored_session, toast};
use crate::CardAuth;

const CARD_FOLLOWS: [&str; 1] = ["update-card"];

fn retry() -> OauthError {
    OauthError::Retry {
        message: "too slow".to_owned(),
        after: None,
    }
}

#[test]
fn the_right_person_with_a_code_is_authorized() {
    let host = FakeHost::new();
    let session_id = linked(&host);
    let (page, tasks) = back(&host, "state-2");
    assert_eq!(
        (page.as_str(), tasks),
        ("authorized", CARD_FOLLOWS.map(str::to_owned).to_vec())
    );
    let session = stored_session(&host, &session_id);
    assert_eq!(
        (&session["status"], &session["user_name"]),
        (&json!("completed"), &json!("Anna"))
    );
    let exchange = Exchange {
        code: "sealed code".to_owned(),
        ticket: "ticket-2".to_owned(),
        open_id: "ou_anna".to_owned(),
    };
    assert_eq!(host.exchanges(), [exchange]);
}

#[test]
fn an_exchange_that_does_not_work_ends_the_session_and_says_so() {
    for (error, page_is, reason, level) in [
        (OauthError::WrongUser, "wrong_person", "wrong_person", Level::Warn),
        (
            OauthError::CodeRefused("20003".into()),
            "failed",
            "code_refused",
            Level::Warn,
        ),
        (OauthError::BadTicket, "failed", "code_refused", Level::Warn),
        (
            OauthError::NotAllowed("20010".into()),
            "not_allowed",
            "not_allowed",
            Level::Warn,
        ),
        (retry(), "failed", "unavailable", Level::Warn),
        (
            OauthError::Failed("set it".into()),
            "failed",
            "configuration",
            Level::Warn,
        ),
        (
            OauthError::NotGranted("oauth".into()),
            "failed",
            "configuration",
            Level::Error,
        ),
    ] {
        let host = FakeHost::new();
        let session_id = linked(&host);
        host.next_exchange(Err(error.clone()));
        let (page, tasks) = back(&host, "state-2");
        assert_eq!((page.as_str(), tasks.len()), (page_is, 1), "{error}");
        let session = stored_session(&host, &session_id);
        assert_eq!(
            (&session["status"], &session["reason"]),
            (&json!("failed"), &json!(reason))
        );
        assert!(host.logged().iter().any(|line| line.level == level), "{error}");
        assert_eq!(back(&host, "state-2").0, "used", "a code is tried once");
        assert_eq!(host.exchanges().len(), 1);
    }
}

#[test]
fn who_says_no_on_larks_page_is_believed_once() {
    let host = FakeHost::new();
    let session_id = linked(&host);
    let refusal = Event::oauth_redirect_with_error("state-2", "access_denied");
    assert_eq!(page(&handled(&host, &refusal)).0, "refused");
    assert_eq!(status(&host, &session_id), "rejected");
    assert_eq!(back(&host, "state-2").0, "used");
    assert!(host.exchanges().is_empty());
}

#[test]
fn another_error_of_larks_page_ends_the_session() {
    let host = FakeHost::new();
    let session_id = linked(&host);
    let event = Event::oauth_redirect_with_error("state-2", "server_error");
    assert_eq!(page(&handled(&host, &event)).0, "failed");
    assert_eq!(stored_session(&host, &session_id)["reason"], "authorize_page");
}

#[test]
fn a_state_that_is_not_one_of_ours_is_left_to_others_and_changes_nothing() {
    let host = FakeHost::new();
    let session_id = linked(&host);
    for event in [
        Event::oauth_redirect("forged"),
        Event::oauth_redirect_with_error("forged", "access_denied"),
        Event::oauth_redirect(&session_id),
    ] {
        assert_eq!(handled(&host, &event), Outcome::pass());
    }
    let mut elsewhere = Event::oauth_redirect("state-2");
    elsewhere.app_id = "cli_other".to_owned();
    assert_eq!(handled(&host, &elsewhere), Outcome::pass());
    assert_eq!(
        (status(&host, &session_id).as_str(), host.exchanges().len()),
        ("pending", 0)
    );
}

#[test]
fn a_return_without_what_it_needs_is_incomplete() {
    let host = FakeHost::new();
    linked(&host);
    for payload in [
        json!({}),
        json!({"state": "state-2"}),
        json!({"code": "c"}),
        json!({"state": "", "code": "c"}),
    ] {
        let outcome = handled(&host, &Event::new("oauth_redirect", &payload));
        assert_eq!(page(&outcome).0, "incomplete", "{payload}");
    }
}

#[test]
fn a_session_that_is_over_is_not_opened_again() {
    for (over, page_is) in [
        ("exchanging", "used"),
        ("completed", "used"),
        ("rejected", "used"),
        ("failed", "used"),
        ("expired", "expired"),
        ("superseded", "invalid"),
    ] {
        for event in [
            Event::oauth_redirect("state-2"),
            Event::oauth_redirect_with_error("state-2", "access_denied"),
        ] {
            let host = FakeHost::new();
            let session_id = linked(&host);
            set_status(&host, &session_id, over);
            assert_eq!(page(&handled(&host, &event)), (page_is.to_owned(), vec![]), "{over}");
            assert_eq!((status(&host, &session_id).as_str(), host.exchanges().len()), (over, 0));
        }
    }
}

#[test]
fn who_comes_back_too_late_is_told_and_so_is_the_card() {
    for event in [
        Event::oauth_redirect("state-2"),
        Event::oauth_redirect_with_error("state-2", "access_denied"),
    ] {
        let host = FakeHost::new();
        let session_id = linked(&host);
        host.advance(10 * MINUTE - Duration::from_millis(1));
        assert_eq!(status(&host, &session_id), "pending");
        host.advance(Duration::from_millis(1));
        assert_eq!(
            page(&handled(&host, &event)),
            ("expired".to_owned(), vec!["update-card".to_owned()])
        );
        assert_eq!(
            (status(&host, &session_id).as_str(), host.exchanges().len()),
            ("expired", 0)
        );
    }
}

#[test]
fn of_two_returns_at_once_one_exchanges() {
    let host = FakeHost::new();
    let session_id = linked(&host);
    let mut taken = stored_session(&host, &session_id);
    taken["status"] = json!("exchanging");
    host.write_in_between(format!("session/{session_id}"), taken.to_string());
    assert_eq!(back(&host, "state-2").0, "used");
    assert!(host.exchanges().is_empty());
}

#[test]
fn each_link_of_a_session_leads_back_to_it_until_the_first_is_used() {
    let host = FakeHost::new();
    let session_id = linked(&host);
    assert_eq!(toast(&click(&host, &session_id, "authorize")).0, "info");
    assert_eq!(back(&host, "state-3").0, "authorized");
    assert_eq!(host.exchanges()[0].ticket, "ticket-3");
    assert_eq!(back(&host, "state-2").0, "used");
}

#[test]
fn an_older_card_cannot_be_finished_when_a_newer_one_is_there() {
    let host = FakeHost::new();
    let older = linked(&host);
    let newer = request(&host);
    assert_eq!(back(&host, "state-2").0, "invalid");
    assert_eq!(
        (status(&host, &older).as_str(), status(&host, &newer).as_str()),
        ("superseded", "pending")
    );
}

#[test]
fn what_was_allowed_stands_even_if_the_server_stopped_before_it_was_noted() {
    let host = FakeHost::new();
    let session_id = linked(&host);
    let outcome = handled(&host, &Event::oauth_redirect("state-2"));
    assert_eq!(page(&outcome).0, "authorized");
    set_status(&host, &session_id, "exchanging");
    host.advance(10 * MINUTE);
    let expire = NewTask::new("expire", &json!({"session_id": session_id})).expect("a task");
    run(&host, &expire).expect("an outcome");
    assert_eq!(status(&host, &session_id), "completed");
}

#[test]
fn a_return_that_was_cut_short_is_settled_when_the_page_is_loaded_again() {
    for (is_authorized, page_is, status_is) in [(true, "authorized", "completed"), (false, "failed", "failed")] {
        let host = FakeHost::new();
        let session_id = linked(&host);
        let mut event = Event::oauth_redirect("state-2");
        handled(&host, &event);
        // The server stopped before the end was noted; or before Lark's answer was stored.
        set_status(&host, &session_id, "exchanging");
        if !is_authorized {
            (&host as &dyn Host).oauth().forget("ou_anna").expect("forgotten");
        }
        // Somebody else's return is another one, and the same one at its first try runs elsewhere.
        assert_eq!(page(&handled(&host, &event)).0, "used");
        let mut other = event.clone();
        (other.id, other.attempt) = ("another".to_owned(), 2);
        assert_eq!(page(&handled(&host, &other)).0, "used");

        event.attempt = 2;
        let again = page(&handled(&host, &event));
        assert_eq!((again.0.as_str(), again.1.len()), (page_is, 1));
        assert_eq!(
            (status(&host, &session_id).as_str(), host.exchanges().len()),
            (status_is, 1)
        );
    }
}

#[test]
fn a_return_that_was_posted_is_not_taken() {
    let host = FakeHost::new();
    linked(&host);
    let mut event = Event::oauth_redirect("state-2");
    event.schema = "2.0".to_owned();
    assert_eq!(handled(&host, &event).reply, Reply::Pass);
    assert!(host.exchanges().is_empty());
}

#[test]
fn a_database_that_is_away_is_a_failure_before_the_code_is_used() {
    let host = FakeHost::new();
    linked(&host);
    host.set_kv_down(true);
    let result = CardAuth.handle(&host, &Event::oauth_redirect("state-2"));
    assert!(matches!(result, Err(Failure::Retry { .. })));
    assert!(host.exchanges().is_empty());
}
