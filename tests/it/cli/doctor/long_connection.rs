//! An application on the long connection: nothing is asked of a public address, and Lark is asked for an endpoint, without
//! connecting, and for the number of clients.

use serde_json::json;

use super::{Diagnosis, Practice};
use crate::support::{Endpoint, Refuse};

/// A server on the long connection, without any key.
async fn practice(endpoint: &mut Endpoint) -> Practice {
    let url = endpoint.url();
    let practice = Practice::open(|place| {
        place
            .unset("LARK_VERIFICATION_TOKEN")
            .unset("LARK_ENCRYPT_KEY")
            .set("LARK_TRANSPORT", "long-connection")
            .set("LARK_API_BASE_URL", &url)
            .plugin("echo")
    })
    .await;
    endpoint.calls(&practice.lark);
    practice
}

#[tokio::test]
async fn a_server_on_the_long_connection_is_well_without_a_public_address() {
    let mut endpoint = Endpoint::start().await;
    let practice = practice(&mut endpoint).await;
    let _pushing = endpoint.connection().await;
    practice.lark.counts_connections(1);
    practice.lark.open_scope("im:message.p2p_msg:readonly");
    let found = practice.doctor(&[]).await;
    for check in [
        "connection.discovery",
        "connection.state",
        "connection.count",
        "lark.credentials",
    ] {
        found.assert_state(check, "ok");
    }
    found.assert_state("public.reach", "not_tested");
    assert_eq!(
        (found.code, &found.json["failed"]),
        (Some(0), &json!(0)),
        "{:#}",
        found.json
    );
    let keys: Vec<_> = found
        .findings()
        .filter(|finding| finding["check"].as_str().unwrap().starts_with("keys."))
        .collect();
    assert!(keys.is_empty(), "there is no key to compare: {keys:?}");
}

#[tokio::test]
async fn another_client_of_the_application_is_named_with_its_number() {
    let mut endpoint = Endpoint::start().await;
    let practice = practice(&mut endpoint).await;
    let _pushing = endpoint.connection().await;
    practice.lark.counts_connections(3);
    let found = practice.doctor(&[]).await;
    let result = found.assert_state("connection.count", "warning")["result"]
        .as_str()
        .unwrap();
    assert!(
        result.contains("3 open") && result.contains("2 are not of the server"),
        "{result}"
    );
}

#[tokio::test]
async fn each_refusal_of_the_discovery_is_named_with_what_to_do() {
    let mut endpoint = Endpoint::start().await;
    let practice = practice(&mut endpoint).await;
    let _pushing = endpoint.connection().await;
    for (code, status, cure) in [
        (403, 200, "custom application"),
        (514, 200, "LARK_APP_SECRET"),
        (1_000_040_344, 200, "LARK_APP_SECRET"),
        (1_000_040_345, 200, "publish a version"),
        (1_000_040_346, 200, "LARK_APP_ID"),
        (1_000_040_350, 200, "stop other clients"),
        (1_000_040_351, 200, "https://open.larksuite.com"),
        (9_499, 400, "LARK_APP_ID"),
    ] {
        let body = json!({"code": code, "msg": "no", "data": {"URL": ""}}).to_string();
        endpoint.refuse(match status {
            200 => Refuse::Discovery(body),
            _ => Refuse::Status(status, body),
        });
        let found = practice.doctor(&[]).await;
        let finding = found.assert_state("connection.discovery", "failed");
        assert!(finding["cure"].as_str().unwrap().contains(cure), "{finding}");
        assert!(
            finding["cause"].as_str().unwrap().contains(&code.to_string()),
            "{finding}"
        );
    }
}

#[tokio::test]
async fn the_console_is_compared_with_the_transport() {
    let mut endpoint = Endpoint::start().await;
    let practice = practice(&mut endpoint).await;
    let _pushing = endpoint.connection().await;
    practice.lark.open_scope("application:application:self_manage");
    practice.lark.subscribe(
        "https://old.example.com/callback",
        &["im.message.receive_v1"],
        &["card.action.trigger"],
    );
    practice.lark.publish_version();
    let found: Diagnosis = practice.doctor(&[]).await;
    let finding = found.assert_state("console.callback_address", "failed");
    assert!(
        finding["result"].as_str().unwrap().contains("old.example.com"),
        "{finding}"
    );
    assert!(
        finding["cure"].as_str().unwrap().contains("long connection"),
        "{finding}"
    );
    let events = found.assert_state("console.event_address", "not_tested");
    assert!(
        events["cure"]
            .as_str()
            .unwrap()
            .contains("while the server is connected"),
        "{events}"
    );
}
