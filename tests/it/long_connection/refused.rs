//! Refusals of Lark: each is told with what to do, tried again at a slow pace, and at once when the operator has corrected it.

use rustix::process::Signal;
use serde_json::json;

use super::place;
use crate::support::{Endpoint, Place, Refuse, Scene, fake_lark::APP_SECRET};

/// A server whose first attempt is refused like this, and the line of its log with this beginning.
async fn first_line(refuse: Refuse, beginning: &str) -> (Endpoint, Scene, String) {
    let endpoint = Endpoint::start().await;
    endpoint.refuse(refuse);
    let scene = place(&endpoint).serve().await;
    let line = scene.log.until(beginning).await;
    (endpoint, scene, line)
}

#[tokio::test]
async fn a_request_without_usable_credentials_is_refused_although_its_status_is_400() {
    let body = json!({"code": 9_499, "msg": "Bad Request", "data": {}}).to_string();
    let (_endpoint, _scene, line) = first_line(Refuse::Status(400, body), "Long connection refused").await;
    assert!(line.contains("9499") && line.contains("LARK_APP_ID"), "{line}");
}

#[tokio::test]
async fn the_page_of_a_proxy_is_no_refusal_of_lark() {
    let page = json!({"code": 403, "msg": "blocked"}).to_string();
    let (mut endpoint, _scene, line) = first_line(Refuse::Status(403, page), "No long connection").await;
    assert!(line.contains("HTTP status 403 and code 403"), "{line}");
    endpoint.connection().await;
}

#[tokio::test]
async fn a_refused_upgrade_is_told_by_its_headers() {
    for (lines, told) in [
        (
            "handshake-status: 403\r\nhandshake-msg: forbidden\r\n",
            "code 403: forbidden",
        ),
        (
            "handshake-status: 514\r\nhandshake-autherrcode: 1000040350\r\n",
            "1000040350",
        ),
    ] {
        let (_endpoint, _scene, line) = first_line(Refuse::Upgrade(lines.into()), "Long connection refused").await;
        assert!(line.contains(told), "{line}");
    }
    let passing = Refuse::Upgrade("handshake-status: 514\r\n".into());
    let (mut endpoint, _scene, _line) = first_line(passing, "No long connection").await;
    endpoint.connection().await;
}

#[tokio::test]
async fn a_corrected_secret_is_tried_at_once_on_a_hangup() {
    let mut endpoint = Endpoint::start().await;
    let place: Place = place(&endpoint).unset("LARK_APP_SECRET");
    std::fs::write(place.path(".env"), "LARK_APP_SECRET=mistyped\n").unwrap();
    let mut program = place.run(&[]);
    program.until_logged("Long connection refused").await;
    std::fs::write(place.path(".env"), format!("LARK_APP_SECRET={APP_SECRET}\n")).unwrap();
    program.signal(Signal::HUP);
    endpoint.connection().await;
    program.until_logged("Long connection established").await;
}

#[tokio::test]
async fn what_was_corrected_in_the_console_is_tried_at_once_on_a_hangup_too() {
    let mut endpoint = Endpoint::start().await;
    let unpublished = json!({"code": 1_000_040_345, "msg": "app_id or app_secret is invalid", "data": {"URL": ""}});
    endpoint.refuse(Refuse::Discovery(unpublished.to_string()));
    let mut program = place(&endpoint).run(&[]);
    program.until_logged("Long connection refused").await;
    program.signal(Signal::HUP);
    endpoint.connection().await;
    program.until_logged("Long connection established").await;
}
