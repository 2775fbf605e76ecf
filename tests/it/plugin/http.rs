//! Plugins call services over HTTP: what the operator granted, within limits, with credentials that they never see.

mod addresses;
mod credentials;
mod limits;
mod outward;

use serde_json::{Value, json};

use crate::support::{Place, Scene, Service};

/// A server with a plugin that calls what a click says, and the operator's side of it.
async fn scene(toml: &str) -> Scene {
    place(toml).serve().await
}

fn place(toml: &str) -> Place {
    Place::new()
        .plugin("http_calls")
        .file("http_calls.toml", toml.as_bytes())
}

/// The same for one service inside, to all of which this grants everything.
async fn scene_for(service: &Service, more: &str) -> Scene {
    let url = service.url();
    scene(&format!("[grant]\nhttp_private = ['* {url}/**']\n{more}")).await
}

/// What came of the requests, as the toast shows it.
async fn told(scene: &Scene, value: Value) -> String {
    scene.click(value).await.toast()
}

async fn got(scene: &Scene, url: &str) -> String {
    told(scene, json!({"requests": [{"url": url}]})).await
}

#[tokio::test]
async fn a_plugin_calls_what_was_granted() {
    let service = Service::start().await;
    let url = service.url();
    let scene = scene(&format!(
        "[grant]\nhttp_private = ['POST {url}/v1/**', 'GET {url}/echo']"
    ))
    .await;
    let post = json!({"requests": [{"method": "POST", "url": format!("{url}/v1/items?q=%E6%B1%89"), "body": "{\"a\":1}",
        "headers": {"Content-Type": "application/json", "X-Trace": "t-1"}}]});
    assert_eq!(told(&scene, post).await, "200 ok");
    let echo = got(&scene, &format!("{url}/echo")).await;
    assert!(echo.starts_with("200 x-echo=yes GET /echo HTTP/1.1"), "{echo}");
    let [posted, _] = service.requests().try_into().unwrap();
    assert!(
        posted.starts_with("POST /v1/items?q=%E6%B1%89 HTTP/1.1\r\n"),
        "{posted}"
    );
    assert!(posted.ends_with("\r\n\r\n{\"a\":1}"), "{posted}");
    for header in [
        "content-type: application/json",
        "x-trace: t-1",
        "user-agent: lark-callback/",
    ] {
        assert!(posted.contains(header), "{posted}");
    }
    assert_eq!(service.connections(), 1, "a connection is used again");
}

#[tokio::test]
async fn what_was_not_granted_is_not_sent_and_the_line_to_add_is_told() {
    let service = Service::start().await;
    let url = service.url();
    let scene = scene(&format!(
        "[grant]\nhttp_private = ['POST {url}/v1/**', 'GET {url}/v2/*/x']\nhttp = ['GET https://api.example.com/v1/*']"
    ))
    .await;
    for path in ["/v1/items", "/v2/x", "/v2/a/b/x", "/v2//x", "/V1/items", "/"] {
        let said = got(&scene, &format!("{url}{path}")).await;
        assert!(
            said.contains("is not granted; add `http_private = [\"POST "),
            "{path}: {said}"
        );
        assert!(said.contains("under [grant] in http_calls.toml"), "{path}: {said}");
    }
    for other in [
        "https://api.example.com/v2/a",
        "https://api.example.com:8443/v1/a",
        "https://a.api.example.com/v1/a",
    ] {
        let said = got(&scene, other).await;
        assert!(
            said.contains("`http = [\"GET https://api.example.com/v1/*\", \"GET https://"),
            "{said}"
        );
    }
    let downgraded = got(&scene, "http://api.example.com/v1/a").await;
    assert!(downgraded.contains("is not granted"), "{downgraded}");
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn a_response_is_read_as_it_comes() {
    let service = Service::start().await;
    let scene = scene_for(&service, "").await;
    let url = format!("{}/events", service.url());
    service.go_on();
    let said = told(&scene, json!({"events": true, "requests": [{"url": url}]})).await;
    assert_eq!(said, "200 one|two");
    // The first part is read while the second one has not been sent.
    let reading = scene.client();
    let click = scene.lark.click(json!({"parts": true, "requests": [{"url": url}]}));
    let reading = tokio::spawn(async move { reading.send(&click).await });
    scene.log.until("\"Serving\"").await;
    service.go_on();
    let said = reading.await.unwrap().toast();
    assert_eq!(said, "200 data: one\n\n|data: two\n\n");
}

#[tokio::test]
async fn whatever_a_service_answers_the_plugin_sees() {
    let service = Service::start().await;
    let scene = scene_for(&service, "").await;
    for (method, path, wanted) in [
        ("GET", "/status/404", "404 said"),
        ("GET", "/status/500", "500 said"),
        ("DELETE", "/status/204", "204 "),
        ("HEAD", "/v1", "200 "),
        ("PATCH", "/v1", "200 ok"),
        ("GET", "/redirect/302?/v1", "302 location=/v1 "),
    ] {
        let url = format!("{}{path}", service.url());
        let said = told(&scene, json!({"requests": [{"method": method, "url": url}]})).await;
        assert_eq!(said, wanted, "{method} {path}");
    }
    let broken = got(&scene, &format!("{}/broken", service.url())).await;
    assert!(
        broken.contains(&format!(
            "the service did not respond: {}: the connection was closed",
            service.url()
        )),
        "{broken}"
    );
    scene
        .log
        .until("The response to a plugin's HTTP request broke off")
        .await;
}

#[tokio::test]
async fn a_service_that_is_away_is_told_from_one_that_broke_off() {
    let service = Service::start().await;
    let url = service.url();
    let scene = scene_for(&service, "").await;
    drop(service);
    let said = got(&scene, &url).await;
    assert!(said.contains("the service could not be reached"), "{said}");
    let line = scene.log.until("A plugin's HTTP request failed").await;
    for part in [&url[..], "\"plugin.name\":\"http_calls\"", "GET", "refused"] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

#[tokio::test]
async fn a_want_of_http_holds_a_plugin_until_it_is_granted() {
    let place = Place::new().plugin("wants_http");
    let scene = place.serve().await;
    let line = scene.log.until("needs what its settings do not have").await;
    assert!(
        line.contains("http = [\\\"POST https://api.example.com/v1/**\\\"]"),
        "{line}"
    );
    scene
        .place
        .put("wants_http.toml", b"[grant]\nhttp = ['* https://*.example.com/**']");
    scene.until_click_says(json!({"wants": "http"}), "granted").await;
}
