//! Credentials of services: added by the host, and seen by nobody else.

use serde_json::json;

use super::{got, place, scene, scene_for, told};
use crate::support::Service;

const KEY: &str = "sk-5f0c1d9e7b2a";

fn with(service: &Service, header: &str) -> String {
    let url = service.url();
    format!("[grant]\nhttp_private = ['* {url}/**']\n[http.'{url}']\nheaders = {{ {header} }}\n")
}

#[tokio::test]
async fn a_credential_reaches_the_service_and_not_the_plugin_nor_the_log() {
    let service = Service::start().await;
    let url = service.url();
    let scene = scene(&with(
        &service,
        &format!("Authorization = 'Bearer {KEY}', X-Tenant = 'acme-corporation'"),
    ))
    .await;
    let echoed = got(&scene, &format!("{url}/echo")).await;
    let sent = service.requests();
    assert!(sent[0].contains(&format!("authorization: Bearer {KEY}")), "{sent:?}");
    assert!(sent[0].contains("x-tenant: acme-corporation"), "{sent:?}");
    assert!(
        !echoed.contains(KEY) && !echoed.contains("acme-corporation"),
        "{echoed}"
    );
    assert!(echoed.contains("authorization: ********************"), "{echoed}");
    let in_header = got(&scene, &format!("{url}/secret-in-header")).await;
    assert!(
        in_header.contains("x-said-authorization=***") && !in_header.contains(KEY),
        "{in_header}"
    );
    // Nowhere in the plugin's memory, which is searched for a text that it is given backwards.
    let backwards = |text: &str| text.chars().rev().collect::<String>();
    let search = json!({"requests": [{"url": format!("{url}/echo")}], "backwards": [backwards(KEY), backwards("host: 127.0.0.1")]});
    assert_eq!(told(&scene, search).await, "[false, true]");
    assert!(!scene.log.text().contains(KEY));
}

#[tokio::test]
async fn a_plugin_can_neither_set_nor_replace_what_the_operator_sets() {
    let service = Service::start().await;
    let url = service.url();
    let scene = scene(&with(&service, &format!("Authorization = 'Bearer {KEY}'"))).await;
    for name in ["Authorization", "AUTHORIZATION", "authorization"] {
        let request = json!({"requests": [{"url": url, "headers": {name: "Bearer mine"}}]});
        let said = told(&scene, request).await;
        assert!(said.contains("the operator sets the header `authorization`"), "{said}");
    }
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn headers_of_the_connection_and_injected_ones_are_refused() {
    let service = Service::start().await;
    let scene = scene_for(&service, "").await;
    for (name, value) in [
        ("Host", "evil.example"),
        ("Content-Length", "1"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
        ("Proxy-Authorization", "Basic eA=="),
        ("Accept-Encoding", "gzip"),
        ("X-A", "b\r\nX-Admin: yes"),
        ("X-A\r\nX-Admin", "yes"),
        ("X-A", "b\n\nGET /admin HTTP/1.1"),
    ] {
        let request = json!({"requests": [{"url": service.url(), "headers": {name: value}}]});
        let said = told(&scene, request).await;
        assert!(said.contains("cannot be sent"), "{name}: {said}");
    }
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn a_credential_comes_from_a_file_or_a_variable() {
    let service = Service::start().await;
    let url = service.url();
    let place = place("");
    let file = place.path("key");
    std::fs::write(&file, format!("{KEY}\n")).unwrap();
    let header = format!(
        "Authorization = {{ prefix = 'Bearer ', file = '{}' }}, X-Key = {{ env = 'KEY_OF_THE_TESTS' }}",
        file.display()
    );
    place.write("http_calls.toml", with(&service, &header).as_bytes());
    let mut program = place.run_with(&[], &[("KEY_OF_THE_TESTS", "from the environment")]);
    let client = program.serving().await;
    client
        .until_click_says(json!({"requests": [{"url": url}]}), "200 ok")
        .await;
    let sent = service.requests();
    assert!(
        sent[0].contains(&format!("authorization: Bearer {KEY}\r\n")),
        "{sent:?}"
    );
    assert!(sent[0].contains("x-key: from the environment\r\n"), "{sent:?}");
    // A key that is changed is used within seconds.
    std::fs::write(&file, format!("{KEY}-next\n")).unwrap();
    let new = format!("authorization: Bearer {KEY}-next\r\n");
    crate::support::until("the new key", async || {
        client.click(json!({"requests": [{"url": url}]})).await;
        service.requests().last().unwrap().contains(&new).then_some(())
    })
    .await;
    assert!(!program.stderr().contains(KEY) && !program.stdout().contains(KEY));
}

#[tokio::test]
async fn a_wrong_section_is_told_without_its_values() {
    for (section, says) in [
        ("[http.'https://api.example.com/v1']", "named by an origin"),
        ("[http.'https://api.example.com/']", "named by an origin"),
        ("[http.'api.example.com']", "named by an origin"),
        ("[http.'https://api.example.com']\nheader = {}", "the nearest one is"),
        (
            "[http.'https://api.example.com']\nheaders = { Host = 'sk-5f0c1d9e7b2a' }",
            "the server sets this header itself",
        ),
        (
            "[http.'https://api.example.com']\nheaders = { 'X A' = 'sk-5f0c1d9e7b2a' }",
            "named like a header",
        ),
        (
            "[http.'https://api.example.com']\nheaders = { X-A = \"sk-5f0c1d9e7b2a\\n\" }",
            "one line of plain ASCII",
        ),
        (
            "[http.'https://api.example.com']\nheaders = { X-A = { files = 'sk-5f0c1d9e7b2a' } }",
            "must be",
        ),
        ("[http.'https://api.example.com']\nredirects_max = 11", "from 0 to 10"),
    ] {
        let scene = scene(section).await;
        let line = scene.log.until("http.").await;
        assert!(line.contains(says), "{section}: {line}");
        assert!(!scene.log.text().contains(KEY), "{section}");
    }
}
