//! A person's authorization, looked up and revoked.

use std::time::Duration;

use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::testing::FakeHost;
use serde_json::{Value, json};

use super::{back, linked};
use crate::CardAuth;

fn ask(host: &FakeHost, name: &str) -> Value {
    let task = Task::new(name, &json!({"open_id": "ou_anna"})).expect("a task");
    CardAuth
        .run(host, &task)
        .expect("an outcome")
        .reply_json()
        .expect("a reply")
}

#[test]
fn what_was_allowed_is_told_until_it_is_revoked() {
    let host = FakeHost::new();
    assert_eq!(ask(&host, "status"), json!({"authorized": false}));
    linked(&host);
    back(&host, "state-2");

    let status = ask(&host, "status");
    assert_eq!(status["authorized"], true);
    assert_eq!(status["scopes"], json!(["contact:contact", "offline_access"]));
    assert!(status["access_expires_at_ms"].is_u64() && status["refresh_expires_at_ms"].is_u64());

    assert_eq!(ask(&host, "revoke"), json!({"revoked": true}));
    assert_eq!(ask(&host, "revoke"), json!({"revoked": false}));
    assert_eq!(ask(&host, "status"), json!({"authorized": false}));
}

#[test]
fn what_has_expired_is_not_authorized_and_it_is_told_since_when() {
    let host = FakeHost::new();
    linked(&host);
    back(&host, "state-2");
    host.advance(Duration::from_hours(3));
    assert_eq!(ask(&host, "status")["authorized"], true, "it can be renewed");
    host.advance(Duration::from_hours(7 * 24));
    let status = ask(&host, "status");
    assert_eq!(status["authorized"], false);
    assert_eq!(status["expired_at_ms"], status["refresh_expires_at_ms"]);
    assert_eq!(status["scopes"], json!(["contact:contact", "offline_access"]));
}

#[test]
fn a_task_that_names_nobody_or_is_not_known_is_refused_for_good() {
    let host = FakeHost::new();
    for (name, payload) in [
        ("status", json!({})),
        ("revoke", json!({"open_id": "../ou_anna"})),
        ("nonsense", json!({})),
    ] {
        let task = Task::new(name, &payload).expect("a task");
        assert!(
            matches!(CardAuth.run(&host, &task), Err(Failure::Permanent { .. })),
            "{name}"
        );
    }
}
