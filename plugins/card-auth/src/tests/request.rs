//! The task `request`: the card, one session at a time, five requests a minute.

use std::time::Duration;

use lark_plugin_sdk::prelude::*;
use serde_json::json;

use super::{click, host, request, request_with, set_status, stored_session, title, toast};

#[test]
fn the_sixth_card_within_a_minute_is_refused_and_leaves_nothing() {
    let host = host();
    let anna = json!({"open_id": "ou_anna"});
    let newest = (0..5).map(|_| request(&host)).last().expect("five sessions");
    host.advance(Duration::from_secs(20));
    let refused = request_with(&host, &anna).expect("a reply");
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

    assert!(request_with(&host, &json!({"open_id": "ou_ben"})).expect("a reply")["refused"].is_null());
    host.advance(Duration::from_secs(40));
    assert!(request_with(&host, &anna).expect("a reply")["refused"].is_null());
}

#[test]
fn cards_and_links_count_together() {
    let host = host();
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
    let host = host();
    let (older, newer) = (request(&host), request(&host));
    assert_eq!(
        toast(&click(&host, &older, "authorize")),
        ("error", "A newer card has taken the place of this one")
    );
    assert_eq!(toast(&click(&host, &newer, "authorize")).0, "info");
}

#[test]
fn the_older_card_shows_no_link_even_when_marking_it_was_cut_short() {
    let host = host();
    let (older, _newer) = (request(&host), request(&host));
    set_status(&host, &older, "pending");
    assert_eq!(
        toast(&click(&host, &older, "authorize")),
        ("error", "A newer card has taken the place of this one")
    );
}

#[test]
fn the_card_asks_with_two_buttons_that_carry_the_session() {
    let host = host();
    let payload = json!({"open_id": "ou_anna", "scope": ["im:message"], "message": "**Please**", "app_id": "cli_b"});
    let reply = request_with(&host, &payload).expect("a reply");
    let session = stored_session(&host, reply["session_id"].as_str().expect("an id"));
    assert_eq!(
        (&session["app_id"], &session["open_id"]),
        (&json!("cli_b"), &json!("ou_anna"))
    );
    assert_eq!(reply["expires_at_ms"], session["expires_at_ms"]);

    let card = &reply["card"];
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
        let value = json!({"session_id": reply["session_id"], "action": action});
        assert_eq!(button["behaviors"], json!([{"type": "callback", "value": value}]));
    }
}

#[test]
fn a_request_that_names_nobody_is_refused_for_good() {
    let host = host();
    for payload in [
        json!({}),
        json!({"open_id": ""}),
        json!({"open_id": "anna"}),
        json!({"open_id": "ou_anna/../ou_eve"}),
        json!({"open_id": "ou_anna", "app_id": ""}),
        json!({"open_id": "ou_anna", "app_id": "other"}),
    ] {
        let failure = request_with(&host, &payload).expect_err("a failure");
        assert!(matches!(failure, Failure::Permanent { .. }), "{payload}");
    }
    assert!(host.kv().list("").expect("kv").is_empty());
}
