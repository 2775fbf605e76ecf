//! The tasks that follow: cards that say how it ended, sessions that nobody ended.

use std::time::Duration;

use lark_plugin_sdk::OpenapiError;
use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::testing::FakeHost;
use serde_json::{Value, json};

use super::{MINUTE, handled, linked, request, request_reply, run, set, set_status, status, title_of};

fn task(name: &str, session_id: &str) -> NewTask {
    NewTask::new(name, &json!({"session_id": session_id})).expect("a task")
}

fn expire(host: &FakeHost, session_id: &str) -> Outcome {
    run(host, &task("expire", session_id)).expect("an outcome")
}

/// Returns the card after `update-card`; `None` when it was left unchanged.
fn card_after(host: &FakeHost, session_id: &str) -> Option<Value> {
    let before = host.calls().len();
    let outcome = run(host, &task("update-card", session_id)).expect("an outcome");
    assert_eq!(outcome, Outcome::done());
    let call = host.calls().into_iter().nth(before)?;
    assert_eq!(
        (call.method, call.path.as_str()),
        ("PATCH", "/open-apis/im/v1/messages/om_1")
    );
    let body: Value = serde_json::from_str(&call.body?).ok()?;
    serde_json::from_str(body["content"].as_str()?).ok()
}

#[test]
fn all_calls_of_a_session_are_made_in_its_tenant() {
    let host = FakeHost::new();
    let asked = json!({"open_id": "ou_anna", "tenant_key": "annas"});
    let session_id = request_reply(&host, &asked)["session_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    set_status(&host, &session_id, "failed");
    card_after(&host, &session_id).expect("a card");
    let click = Event::card_action("ou_anna", json!({"card_auth": session_id, "action": "again"}));
    for task in &handled(&host, &click).tasks {
        run(&host, task).expect("an outcome");
    }
    let tenants: Vec<_> = host.calls().into_iter().map(|call| call.tenant_key).collect();
    assert_eq!(tenants, vec![Some("annas".to_owned()); 3]);
}

#[test]
fn a_session_without_a_tenant_takes_the_one_of_the_click() {
    let host = FakeHost::new();
    let asked = json!({"open_id": "ou_anna", "send": false});
    let session_id = request_reply(&host, &asked)["session_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let mut click = Event::card_action("ou_anna", json!({"card_auth": session_id, "action": "authorize"}));
    click.tenant_key = "annas".to_owned();
    handled(&host, &click);
    set_status(&host, &session_id, "completed");
    run(&host, &task("update-card", &session_id)).expect("an outcome");
    let tenants: Vec<_> = host.calls().into_iter().map(|call| call.tenant_key).collect();
    assert_eq!(tenants, [Some("annas".to_owned())]);
}

#[test]
fn the_card_says_how_the_session_ended() {
    for (ended, title) in [
        ("completed", "Authorized"),
        ("rejected", "Authorization cancelled"),
        ("expired", "Request expired"),
        ("failed", "Authorization failed"),
        ("superseded", "Request replaced"),
    ] {
        let host = FakeHost::new();
        let session_id = request(&host);
        set_status(&host, &session_id, ended);
        let card = card_after(&host, &session_id).expect("a card");
        assert_eq!(title_of(&card), Some(title));
        assert_eq!(
            (&card["schema"], &card["config"]["update_multi"]),
            (&json!("2.0"), &json!(true))
        );
        assert_eq!(
            card_after(&host, &session_id),
            Some(card),
            "a second time changes nothing"
        );
    }
}

#[test]
fn the_card_of_a_session_that_goes_on_is_left_alone() {
    for open in ["pending", "exchanging"] {
        let host = FakeHost::new();
        let session_id = request(&host);
        set_status(&host, &session_id, open);
        assert_eq!(card_after(&host, &session_id), None);
    }
    let host = FakeHost::new();
    let session_id = request(&host);
    set_status(&host, &session_id, "completed");
    set(&host, &session_id, "message_id", json!(null));
    assert_eq!(card_after(&host, &session_id), None, "no message is known");
    assert_eq!(card_after(&host, "AAAAAAAAAAAAAAAAAAAAAA"), None);
}

#[test]
fn a_card_that_cannot_be_changed_now_is_tried_again_and_undoes_nothing() {
    let host = FakeHost::new();
    let session_id = request(&host);
    set_status(&host, &session_id, "completed");
    let after = Some(Duration::from_secs(5));
    host.next_call_fails(OpenapiError::Retry {
        message: "slow down".to_owned(),
        after,
    });
    let failure = run(&host, &task("update-card", &session_id)).expect_err("a failure");
    assert!(matches!(failure, Failure::Retry { after: wait, .. } if wait == after));
    assert_eq!(status(&host, &session_id), "completed");
    assert!(card_after(&host, &session_id).is_some());
}

#[test]
fn a_card_that_is_gone_is_let_go_and_another_trouble_is_told() {
    let host = FakeHost::new();
    let session_id = request(&host);
    set_status(&host, &session_id, "completed");
    for code in [230_011, 230_031, 230_110] {
        host.next_answer(400, &json!({"code": code, "msg": "gone"}));
        assert!(run(&host, &task("update-card", &session_id)).is_ok(), "{code}");
    }
    host.next_answer(400, &json!({"code": 230_099, "msg": "bad card"}));
    let failure = run(&host, &task("update-card", &session_id)).expect_err("a failure");
    assert!(
        matches!(&failure, Failure::Permanent { message } if message.contains("230099")),
        "{failure}"
    );
}

#[test]
fn a_session_that_nobody_ended_expires_and_its_card_says_so() {
    let host = FakeHost::new();
    let session_id = linked(&host);
    host.advance(10 * MINUTE);
    let outcome = expire(&host, &session_id);
    assert_eq!(status(&host, &session_id), "expired");
    run(&host, &outcome.tasks[0]).expect("the card is changed");
    assert!(
        host.calls()
            .pop()
            .expect("a call")
            .body
            .expect("a body")
            .contains("Request expired")
    );
    assert_eq!(
        expire(&host, &session_id),
        Outcome::done(),
        "a second time finds nothing to do"
    );
}

#[test]
fn a_task_that_comes_too_early_comes_again_in_time() {
    let host = FakeHost::new();
    let session_id = request(&host);
    host.advance(9 * MINUTE);
    let outcome = expire(&host, &session_id);
    assert_eq!(
        (outcome.tasks[0].name.as_str(), outcome.tasks[0].delay),
        ("expire", MINUTE)
    );
    assert_eq!(status(&host, &session_id), "pending");
}

#[test]
fn an_exchange_that_was_cut_short_fails_and_one_that_runs_is_waited_for() {
    let host = FakeHost::new();
    let session_id = linked(&host);
    host.advance(10 * MINUTE);
    set_status(&host, &session_id, "exchanging");
    let now_ms = (&host as &dyn Host).now_ms();
    set(&host, &session_id, "claimed_at_ms", json!(now_ms));
    let outcome = expire(&host, &session_id);
    assert_eq!(outcome.tasks[0].delay, 2 * MINUTE);
    assert_eq!(status(&host, &session_id), "exchanging");

    host.advance(2 * MINUTE);
    let outcome = expire(&host, &session_id);
    assert_eq!(
        (status(&host, &session_id).as_str(), outcome.tasks[0].name.as_str()),
        ("failed", "update-card")
    );
}

#[test]
fn what_has_ended_stays_as_it_ended() {
    for ended in ["completed", "rejected", "failed", "superseded"] {
        let host = FakeHost::new();
        let session_id = request(&host);
        set_status(&host, &session_id, ended);
        host.advance(10 * MINUTE);
        assert_eq!(expire(&host, &session_id), Outcome::done());
        assert_eq!(status(&host, &session_id), ended);
    }
}
