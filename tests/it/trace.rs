//! Traces, as a collector sees them: what belongs together, what is left out, and what happens without a collector.

use std::collections::HashSet;

use serde_json::json;

use crate::support::{Collector, OPERATOR, Place, Request, Scene, SeenSpan, event_id, fake_lark::FakeLark, until};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn place(collector: &Collector) -> Place {
    Place::new().set("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url())
}

/// With a plugin that may look up users at this Lark.
fn calling(place: Place, lark: &FakeLark) -> Place {
    place
        .set("LARK_API_BASE_URL", &lark.url())
        .set("LARK_ACCOUNTS_BASE_URL", &lark.url())
        .plugin("lark_calls")
        .file(
            "lark_calls.toml",
            b"[grant]\nopenapi = ['GET /open-apis/contact/v3/users/*']",
        )
}

/// The only span with this name, when it has arrived.
async fn span(collector: &Collector, name: &str) -> SeenSpan {
    until(name, async || collector.named(name).first().cloned()).await
}

fn is_child(child: &SeenSpan, parent: &SeenSpan) -> bool {
    child.text("parentSpanId") == parent.text("spanId") && child.text("traceId") == parent.text("traceId")
}

async fn click(scene: &Scene, parent: &str) {
    let click = scene
        .place
        .lark
        .click(json!({"key": "k"}))
        .header("traceparent", parent);
    assert_eq!(scene.send(&click).await.status, 200);
}

#[tokio::test]
async fn a_click_is_one_span_with_its_steps_below_it_and_its_caller_above() {
    let (collector, lark) = (Collector::start().await, FakeLark::start().await);
    let path = format!("/open-apis/contact/v3/users/{OPERATOR}");
    let scene = calling(place(&collector), &lark).serve().await;
    let request = scene
        .place
        .lark
        .click(json!({"call": path}))
        .header("traceparent", PARENT);
    let said = scene.send(&request).await.toast();
    assert!(said.contains("张三"), "{said}");
    let root = span(&collector, "callback card.action.trigger").await;
    assert_eq!(root.text("traceId"), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(root.text("parentSpanId"), "00f067aa0ba902b7");
    assert_eq!(
        (root.0["kind"].as_u64(), root.attribute("outcome").as_deref()),
        (Some(2), Some("ok"))
    );
    assert_eq!(root.attribute("plugin.name").as_deref(), Some("lark_calls"));
    assert_eq!(root.attribute("lark.app_id").unwrap(), scene.place.lark.app_id);
    for step in ["open", "receipt", "call", "reply"] {
        let step = span(&collector, step).await;
        assert!(is_child(&step, &root), "{step:?}");
        assert!(
            root.begins() <= step.begins() && step.ends() <= root.ends(),
            "{step:?} {root:?}"
        );
    }
    // Another plugin was asked before, and passed.
    let calls = collector.named("call").into_iter();
    let mut calls = calls.filter(|call| call.attribute("plugin.name").as_deref() == Some("lark_calls"));
    let call = calls.find(|call| call.text("name") == "call").unwrap();
    let to_lark = span(&collector, "GET /open-apis/contact/v3/users/{id}").await;
    let for_token = span(&collector, "POST /open-apis/auth/v3/tenant_access_token/internal").await;
    assert!(is_child(&to_lark, &call) && is_child(&for_token, &call), "{to_lark:?}");
    assert_eq!(to_lark.attribute("http.response.status_code").as_deref(), Some("200"));
    let given = format!("00-{}-{}-01", to_lark.text("traceId"), to_lark.text("spanId"));
    let seen = lark.requests_to(&path);
    assert_eq!(seen[0].traceparent.as_deref(), Some(given.as_str()));
    let names: Vec<_> = collector.resource()["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attribute| attribute["key"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["service.name", "service.version", "service.instance.id"]);
    let all = format!("{:?}", collector.spans());
    for secret in lark
        .secrets()
        .iter()
        .map(String::as_str)
        .chain([OPERATOR, "张三", "app-secret"])
    {
        assert!(!all.contains(secret), "{secret} in a span");
    }
}

#[tokio::test]
async fn an_attempt_has_a_trace_of_its_own_that_is_linked_to_where_its_event_was_stored() {
    let collector = Collector::start().await;
    let scene = place(&collector).plugin("counter").serve().await;
    let message = scene.place.lark.message("hello");
    assert_eq!(scene.send(&message).await.status, 200);
    let root = span(&collector, "event im.message.receive_v1").await;
    let receipt = span(&collector, "receipt").await;
    let attempt = span(&collector, "attempt counter").await;
    assert!(is_child(&receipt, &root));
    assert_ne!(attempt.text("traceId"), root.text("traceId"));
    let link = &attempt.0["links"][0];
    assert_eq!(
        (link["traceId"].as_str().unwrap(), link["spanId"].as_str().unwrap()),
        (receipt.text("traceId"), receipt.text("spanId"))
    );
    assert_eq!(attempt.0["kind"].as_u64(), Some(5));
    assert_eq!(attempt.attribute("delivery.then").as_deref(), Some("done"));
    assert!(
        collector
            .spans()
            .iter()
            .any(|span| span.text("name") == "call" && is_child(span, &attempt))
    );
    assert!(
        collector
            .spans()
            .iter()
            .any(|span| span.text("name").starts_with("kv "))
    );
}

#[tokio::test]
async fn an_attempt_after_a_restart_is_linked_to_the_same_span() {
    let collector = Collector::start().await;
    let scene = place(&collector).plugin("moody").serve().await;
    let id = event_id();
    let message = scene.place.lark.message_of(&id, &event_id(), "twice");
    assert_eq!(scene.send(&message).await.status, 200);
    let receipt = span(&collector, "receipt").await;
    let first = span(&collector, "attempt moody").await;
    assert_eq!(first.attribute("delivery.then").as_deref(), Some("retry"), "{first:?}");
    assert_eq!(first.0["status"]["code"].as_u64(), Some(2), "{first:?}");
    let _scene = scene.restart().await;
    let again = until("another attempt", async || {
        let attempts = collector.named("attempt moody");
        attempts
            .into_iter()
            .find(|span| span.attribute("attempt").as_deref() == Some("2"))
    })
    .await;
    assert_eq!(again.0["links"][0]["spanId"], receipt.0["spanId"]);
    assert_eq!(again.0["links"][0]["traceId"], receipt.0["traceId"]);
}

#[tokio::test]
async fn a_repeat_is_in_the_same_trace() {
    let collector = Collector::start().await;
    let scene = place(&collector).plugin("echo").serve().await;
    let click = scene.place.lark.click_of(&event_id(), json!({"key": "k"}));
    for _ in 0..2 {
        scene.send(&click).await;
    }
    let roots = until("both", async || {
        let roots = collector.named("callback ");
        (roots.len() == 2).then_some(roots)
    })
    .await;
    assert_eq!(roots[0].text("traceId"), roots[1].text("traceId"));
    assert_ne!(roots[0].text("spanId"), roots[1].text("spanId"));
    assert_eq!(roots[1].attribute("outcome").as_deref(), Some("duplicate"));
    let ids: HashSet<_> = collector
        .spans()
        .iter()
        .map(|span| span.text("spanId").to_owned())
        .collect();
    assert_eq!(ids.len(), collector.spans().len(), "each span has its own id");
}

#[tokio::test]
async fn what_was_not_verified_leaves_no_span_and_a_caller_decides_about_sampling() {
    let collector = Collector::start().await;
    let scene = place(&collector).plugin("echo").serve().await;
    let forged = Request::post("/callback", "{\"encrypt\":\"x\"}").header("traceparent", PARENT);
    assert_eq!(scene.send(&forged).await.status, 401);
    click(&scene, &PARENT.replace("-01", "-00")).await;
    click(&scene, "nonsense").await;
    let root = span(&collector, "callback ").await;
    assert_ne!(root.text("traceId"), "4bf92f3577b34da6a3ce929d0e0e4736");
    scene.stop().await;
    assert_eq!(collector.named("callback ").len(), 1, "{:?}", collector.spans());
}

#[tokio::test]
async fn a_collector_gets_its_headers_and_what_is_left_at_a_stop() {
    let collector = Collector::start().await;
    let scene = Place::new()
        .set(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            &format!("{}/adapt/api/otlp/traces", collector.url()),
        )
        .set(
            "OTEL_EXPORTER_OTLP_HEADERS",
            "Authorization=Bearer%20planted-token,x-tenant=a",
        )
        .plugin("echo")
        .serve()
        .await;
    click(&scene, PARENT).await;
    let log = scene.log.clone();
    scene.stop().await;
    assert_eq!(collector.named("callback ").len(), 1);
    let requests = collector.requests();
    assert_eq!(
        requests[0],
        ("/adapt/api/otlp/traces".to_owned(), "Bearer planted-token".to_owned())
    );
    assert!(!log.text().contains("planted-token"));
}

#[tokio::test]
async fn a_collector_that_refuses_is_told_once_and_slows_nothing() {
    let collector = Collector::start().await;
    collector.answers(404);
    let scene = place(&collector).plugin("echo").serve().await;
    click(&scene, PARENT).await;
    let line = scene.log.until("Could not export traces").await;
    assert!(line.contains("status 404"), "{line}");
    click(&scene, PARENT).await;
    until("another batch", async || {
        (collector.requests().len() >= 2).then_some(())
    })
    .await;
    collector.answers(200);
    click(&scene, PARENT).await;
    scene.log.until("The collector takes traces again").await;
    assert_eq!(scene.log.lines_with("Could not export traces").len(), 1);
}

#[tokio::test]
async fn without_a_collector_a_caller_s_header_goes_nowhere() {
    let lark = FakeLark::start().await;
    let path = format!("/open-apis/contact/v3/users/{OPERATOR}");
    let scene = calling(Place::new(), &lark).serve().await;
    let request = scene
        .place
        .lark
        .click(json!({"call": path}))
        .header("traceparent", PARENT);
    scene.send(&request).await;
    assert_eq!(lark.requests_to(&path)[0].traceparent, None);
}
