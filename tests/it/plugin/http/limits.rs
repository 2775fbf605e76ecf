//! Limits of HTTP requests: each ends the request with its name and value, and nothing else.

use serde_json::json;

use super::{got, scene_for, told};
use crate::support::Service;

#[tokio::test]
async fn the_number_of_requests_is_limited() {
    let service = Service::start().await;
    let scene = scene_for(&service, "[limits]\nhttp_requests_max = 3").await;
    let said = told(&scene, json!({"times": 5, "requests": [{"url": service.url()}]})).await;
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[..3], ["200 ok", "200 ok", "200 ok"]);
    for line in &lines[3..] {
        assert!(
            line.contains("`http_requests_max = 3` under [limits] in http_calls.toml"),
            "{line}"
        );
    }
    assert_eq!(service.requests().len(), 3);
    assert_eq!(got(&scene, &service.url()).await, "200 ok", "the next call has its own");
}

#[tokio::test]
async fn the_bytes_sent_and_received_are_limited() {
    let service = Service::start().await;
    let url = service.url();
    let scene = scene_for(
        &service,
        "[limits]\nhttp_sent_bytes_max = 10000\nhttp_received_bytes_max = 50000",
    )
    .await;
    let said = told(
        &scene,
        json!({"requests": [{"method": "POST", "url": url, "body_bytes": 20000}]}),
    )
    .await;
    assert!(said.contains("`http_sent_bytes_max = 10000`"), "{said}");
    assert_eq!(service.connections(), 0);
    let said = got(&scene, &format!("{url}/bytes/60000")).await;
    assert!(said.contains("`http_received_bytes_max = 50000`"), "{said}");
    let request = json!({"bytes": true, "times": 2, "requests": [{"url": format!("{url}/bytes/30000")}]});
    let said = told(&scene, request).await;
    assert!(
        said.starts_with("200 30000 bytes\n") && said.contains("http_received_bytes_max"),
        "{said}"
    );
}

#[tokio::test]
async fn the_time_is_limited_and_the_call_goes_on() {
    let service = Service::start().await;
    let never = format!("{}/never", service.url());
    let scene = scene_for(&service, "[limits]\nhttp_ms_max = 100").await;
    let request = json!({"requests": [{"url": never}, {"url": service.url()}]});
    let said = told(&scene, request).await;
    assert!(
        said.contains("no whole response within 100 ms; the setting is `http_ms_max = 100`")
            && said.contains(&format!("{}: there was", service.url()))
            && said.ends_with("\n200 ok"),
        "{said}"
    );
    let request = json!({"requests": [{"url": never, "timeout_ms": 20}]});
    let said = told(&scene, request).await;
    assert!(said.contains("there was no whole response within 20 ms"), "{said}");
    // In the middle of a body, too.
    let events = json!({"events": true, "requests": [{"url": format!("{}/events", service.url())}]});
    let said = told(&scene, events).await;
    assert!(
        said.contains(&format!(
            "{}: there was no whole response within 100 ms; the setting is `http_ms_max = 100`",
            service.url()
        )),
        "{said}"
    );
}

#[tokio::test]
async fn a_call_ends_in_its_time_whatever_a_service_does() {
    let service = Service::start().await;
    let url = service.url();
    let place = super::place(&format!("[grant]\nhttp_private = ['* {url}/**']"));
    let scene = place.set("CALLBACK_BUDGET_MS", "600").serve().await;
    let said = got(&scene, &format!("{url}/never")).await;
    assert!(said.contains("there was no whole response within"), "{said}");
}

#[tokio::test]
async fn the_responses_open_at_once_are_limited() {
    let service = Service::start().await;
    let scene = scene_for(&service, "[limits]\nhttp_open_max = 2").await;
    let request = json!({"hold": true, "times": 3, "requests": [{"url": format!("{}/bytes/100000", service.url())}]});
    let said = told(&scene, request).await;
    assert!(
        said.starts_with("200\n200\n") && said.contains("`http_open_max = 2`"),
        "{said}"
    );
    let one_by_one = json!({"bytes": true, "times": 3, "requests": [{"url": format!("{}/bytes/10", service.url())}]});
    assert_eq!(told(&scene, one_by_one).await, ["200 10 bytes"; 3].join("\n"));
}

#[tokio::test]
async fn the_connections_of_all_calls_together_are_limited() {
    let service = Service::start().await;
    let scene = scene_for(&service, "[limits]\nhttp_connections_max = 1\nhttp_ms_max = 200").await;
    let held = json!({"hold": true, "times": 2, "requests": [{"url": format!("{}/bytes/100000", service.url())}]});
    let said = told(&scene, held).await;
    assert!(
        said.starts_with("200\n") && said.contains("`http_connections_max = 1`"),
        "{said}"
    );
    assert_eq!(
        got(&scene, &service.url()).await,
        "200 ok",
        "given back at the end of the call"
    );
}

#[tokio::test]
async fn only_connections_to_a_few_services_are_kept() {
    let mut services = Vec::new();
    for _ in 0..10 {
        services.push(Service::start().await);
    }
    let urls: Vec<_> = services.iter().map(Service::url).collect();
    let grants: Vec<_> = urls.iter().map(|url| format!("'GET {url}/**'")).collect();
    let scene = super::scene(&format!("[grant]\nhttp_private = [{}]", grants.join(", "))).await;
    let requests: Vec<_> = urls.iter().map(|url| json!({"url": url})).collect();
    let said = told(&scene, json!({"times": 2, "requests": requests})).await;
    assert_eq!(said, ["200 ok"; 20].join("\n"));
    let connections: Vec<_> = services.iter().map(Service::connections).collect();
    assert_eq!(connections, [1, 1, 1, 1, 1, 1, 1, 1, 2, 2]);
}

#[tokio::test]
async fn a_failed_request_makes_the_event_wait_and_not_be_lost() {
    let service = Service::start().await;
    let url = service.url();
    let scene = scene_for(&service, "").await;
    drop(service);
    let answer = scene.click(json!({"fail": true, "requests": [{"url": url}]})).await;
    assert!(answer.is_error_toast(), "{answer:?}");
    scene
        .log
        .until("asked for a retry: the service could not be reached")
        .await;
}
