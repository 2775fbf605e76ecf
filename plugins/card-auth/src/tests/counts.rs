//! The metrics: each session counts once when it begins and once when it ends.

use lark_plugin_sdk::OauthError;
use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::testing::FakeHost;
use serde_json::json;

use super::{MINUTE, back, click, click_value, linked, request, request_with, run};
use crate::CardAuth;

fn failures(host: &FakeHost, reason: &str) -> u64 {
    host.counted("auth_failure", &[("reason", reason)])
}

fn refusals(host: &FakeHost, reason: &str) -> u64 {
    host.counted("auth_refusal", &[("reason", reason)])
}

#[test]
fn a_session_that_succeeds_is_counted_and_timed() {
    let host = FakeHost::new();
    linked(&host);
    host.advance(MINUTE);
    back(&host, "state-2");
    assert_eq!(host.counted("auth_session", &[]), 1);
    assert_eq!(host.counted("auth_success", &[]), 1);
    assert_eq!(host.timed("auth_duration", &[]), [MINUTE]);
    back(&host, "state-2");
    assert_eq!(host.counted("auth_success", &[]), 1, "it ended once");
    assert_eq!(refusals(&host, "replayed"), 1);
}

#[test]
fn every_session_that_is_begun_ends_in_one_count() {
    let host = FakeHost::new();
    let rejected = request(&host);
    click(&host, &rejected, "reject");
    click(&host, &rejected, "reject");
    linked(&host);
    host.next_exchange(Err(OauthError::WrongUser));
    back(&host, "state-3");
    request(&host);
    host.advance(MINUTE);
    let newest = request(&host);
    host.advance(MINUTE * 10);
    let expire = NewTask::new("expire", &json!({"session_id": newest})).expect("a task");
    for _ in 0..2 {
        run(&host, &expire).expect("an outcome");
    }
    assert_eq!(host.counted("auth_session", &[]), 4);
    for reason in ["user_rejected", "identity_mismatch", "superseded"] {
        assert_eq!(failures(&host, reason), 1, "{reason}");
    }
    assert_eq!(host.counted("auth_session_expired", &[]), 1);
}

#[test]
fn a_task_that_comes_again_begins_nothing_new() {
    let host = FakeHost::new();
    let mut task = Task::new("request", &json!({"open_id": "ou_anna"})).expect("a task");
    task.id = "task-again".to_owned();
    for _ in 0..2 {
        CardAuth.run(&host, &task).expect("an outcome");
    }
    assert_eq!(host.counted("auth_session", &[]), 1);
}

#[test]
fn who_is_refused_is_counted_apart_from_sessions() {
    let host = FakeHost::new();
    let session_id = request(&host);
    click_value(
        &host,
        "ou_other",
        json!({"card_auth": session_id, "action": "authorize"}),
    );
    click(&host, "a-session-that-is-none", "authorize");
    for _ in 0..5 {
        request_with(&host, &json!({"open_id": "ou_anna"})).expect("an outcome");
    }
    for (reason, count) in [("other_user", 1), ("unknown", 1), ("rate_limited", 1)] {
        assert_eq!(refusals(&host, reason), count, "{reason}");
    }
    assert_eq!(host.counted("auth_session", &[]), 5);
}
