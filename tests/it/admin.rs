//! The operator's listener over HTTP: who is let in, and what monitors are told.

mod audit;
mod document;
mod roles;

use serde_json::{Value, json};

use crate::{
    operate::{ask, give_up, place, run},
    support::{Client, Place, Program, Request},
};

/// The operator's listener of a server that runs.
pub(crate) async fn admin(program: &mut Program, place: &Place) -> Client {
    let line = program.until_logged(r#""message":"Operator's listener ready""#).await;
    let line: Value = serde_json::from_str(&line).unwrap();
    Client {
        address: line["address"].as_str().unwrap().parse().unwrap(),
        lark: place.lark.clone(),
    }
}

#[tokio::test]
async fn web_pages_and_foreign_names_are_not_answered() {
    let place = place();
    let mut program = place.run(&[]);
    program.serving().await;
    let admin = admin(&mut program, &place).await;
    assert_eq!(admin.send(&Request::get("/api/v1/status")).await.status, 200);
    let page = Request::get("/api/v1/status").header("origin", "http://localhost");
    assert_eq!(admin.send(&page).await.status, 403);
    // What a page embeds comes without an `Origin`, and how long its answer takes tells something.
    for (site, status) in [
        ("cross-site", 403),
        ("same-site", 403),
        ("same-origin", 200),
        ("none", 200),
    ] {
        let embedded = Request::get("/api/v1/events?text=a").header("sec-fetch-site", site);
        assert_eq!(admin.send(&embedded).await.status, status, "{site}");
    }
    for hosts in [
        "host: evil.example\r\n",
        "host: localhost\r\nhost: evil.example\r\n",
        "",
    ] {
        let mut connection = admin.connect().await;
        let request = format!("POST /api/v1/dead/drop HTTP/1.1\r\n{hosts}content-length: 0\r\n\r\n");
        connection.write(request.as_bytes()).await;
        let answer = connection.answer().await;
        assert!([400, 403].contains(&answer.status), "{hosts}: {answer:?}");
    }
    assert_eq!(admin.send(&Request::get("/api/v1/nothing")).await.status, 404);
    assert_eq!(admin.send(&Request::get("/api/v1/prune")).await.status, 405);
    let slip = admin.send(&Request::post("/api/v1/dead/drop", r#"{"al":true}"#)).await;
    assert_eq!((slip.status, slip.json()["code"].clone()), (400, json!("bad_request")));
    let nothing = admin.send(&Request::post("/api/v1/dead/drop", "")).await;
    assert_eq!(nothing.status, 400, "{nothing:?}");
}

#[tokio::test]
async fn a_token_opens_the_listener_and_nothing_else_does() {
    let open = place().set("CALLBACK_ADMIN_HOST", "0.0.0.0");
    let refused = run(&open, &[]).await;
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.stderr.contains("set CALLBACK_ADMIN_TOKEN"), "{refused:?}");

    let place = open.set("CALLBACK_ADMIN_TOKEN", "planted-admin-token");
    let mut program = place.run(&[]);
    program.serving().await;
    let mut admin = admin(&mut program, &place).await;
    admin.address.set_ip([127, 0, 0, 1].into());
    let get = |token: &str| Request::get("/metrics").header("authorization", token);
    for token in [
        "",
        "Bearer ",
        "Bearer planted-admin-tokem",
        "Basic planted-admin-token",
        "planted-admin-token",
    ] {
        assert_eq!(admin.send(&get(token)).await.status, 401, "{token}");
    }
    assert_eq!(admin.send(&get("Bearer planted-admin-token")).await.status, 200);
    assert_eq!(admin.send(&Request::get("/livez")).await.status, 200);
    assert_eq!(ask(&place, &["dead", "list"]).await["dead"], json!([]));
    let place = place.set("CALLBACK_ADMIN_TOKEN", "another");
    let other = run(&place, &["dead", "list"]).await;
    assert_eq!(other.code, Some(3), "{other:?}");
    assert!(other.stderr.contains("CALLBACK_ADMIN_TOKEN"), "{other:?}");
    assert!(!program.stderr().contains("planted-admin-token"));
}

#[tokio::test]
async fn a_port_that_was_asked_for_and_is_taken_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let finished = run(&place().set("CALLBACK_ADMIN_PORT", &port), &[]).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished.stderr.contains("set CALLBACK_ADMIN_PORT to a free port"),
        "{finished:?}"
    );
}

#[tokio::test]
async fn a_name_that_is_not_text_is_refused_in_json_too() {
    let place = place();
    let mut program = place.run(&[]);
    let admin = admin(&mut program, &place).await;
    for request in [
        Request::get("/api/v1/events/%ff"),
        Request::post("/api/v1/tasks/%ff/x", "{}"),
    ] {
        let answer = admin.send(&request).await;
        assert_eq!(
            (answer.status, answer.json()["code"].clone()),
            (400, json!("bad_request"))
        );
    }
}

#[tokio::test]
async fn monitors_are_told_what_is_true() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let admin = admin(&mut program, &place).await;
    for path in ["/livez", "/readyz"] {
        let answer = admin.send(&Request::get(path)).await;
        assert_eq!(
            (answer.status, answer.json()["status"].clone()),
            (200, json!("ok")),
            "{path}"
        );
    }
    give_up(&place, &client).await;
    let metrics = admin.send(&Request::get("/metrics")).await;
    for line in [
        r#"lark_callback_requests_total{kind="event",outcome="stored",plugin=""} 1"#,
        r#"lark_callback_attempts_total{kind="event",outcome="permanent",plugin="moody"} 1"#,
        r#"lark_callback_deliveries{state="dead"} 1"#,
        r#"lark_callback_deliveries{state="ready"} 0"#,
        "lark_callback_commits_failed_total 0",
        "lark_callback_ready 1",
        "# TYPE lark_callback_database_bytes gauge",
    ] {
        assert!(
            metrics.body.lines().any(|found| found == line),
            "{line} in {}",
            metrics.body
        );
    }
    let plugins = admin.send(&Request::get("/api/v1/plugins")).await.json();
    let names: Vec<_> = plugins["plugins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plugin| plugin["name"].clone())
        .collect();
    assert_eq!(names, ["card-auth", "moody"], "{plugins}");
}

#[tokio::test]
async fn how_long_requests_take_can_be_asked_by_application_and_kind() {
    let place = place().plugin("slow");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let admin = admin(&mut program, &place).await;
    client.send(&place.lark.click(json!({"sleep_ms": 1_100}))).await;
    for _ in 0..3 {
        client.send(&place.lark.click(json!({"sleep_ms": 0}))).await;
    }
    client.send(&place.lark.challenge("a check of the address")).await;
    client.send(&place.lark.message("an event")).await;
    let forged = place.lark.message("a forged event").without("x-lark-signature");
    assert_eq!(client.send(&forged).await.status, 401);

    let metrics = admin.send(&Request::get("/metrics")).await.body;
    let app = &place.lark.app_id;
    let value = |name: &str, kind: &str, end: &str| -> f64 {
        let line = format!(
            r#"lark_callback_request_duration_seconds_{name}{{app="{app}",kind="{kind}",transport="webhook"{end}}} "#
        );
        let value = metrics.lines().find_map(|found| found.strip_prefix(&line));
        value.unwrap_or_else(|| panic!("{line} in {metrics}")).parse().unwrap()
    };
    for (kind, count) in [("callback", 4.0), ("event", 1.0), ("challenge", 1.0), ("refused", 1.0)] {
        assert_eq!(value("count", kind, ""), count, "{kind}");
        assert_eq!(value("bucket", kind, r#",le="+Inf""#), count, "{kind}");
    }
    assert!(
        value("bucket", "callback", r#",le="1""#) <= 3.0,
        "the slow one is not there"
    );
    assert!(value("sum", "callback", "") >= 1.1);
    assert!(!metrics.contains(r#"kind="return""#), "nobody came back");
    let type_line = "# TYPE lark_callback_request_duration_seconds histogram";
    assert!(metrics.lines().any(|line| line == type_line), "{metrics}");
}

#[tokio::test]
async fn a_misspelt_name_of_a_task_a_plugin_or_a_field_is_told() {
    let place = place();
    let mut program = place.run(&[]);
    program.serving().await;
    let admin = admin(&mut program, &place).await;
    for (path, body, told) in [
        (
            "/api/v1/tasks/card-auth/status?ap=hr",
            r#"{"open_id":"ou_1"}"#,
            "unknown field `ap`",
        ),
        (
            "/api/v1/tasks/card_auth/status",
            r#"{"open_id":"ou_1"}"#,
            "did you mean `card-auth`?",
        ),
        (
            "/api/v1/tasks/card-auth/statuss",
            r#"{"open_id":"ou_1"}"#,
            "there are `request`, `status` and `revoke`",
        ),
        (
            "/api/v1/tasks/card-auth/status",
            r#"{"open_id":"ou_1","scope":[]}"#,
            "unknown field `scope`",
        ),
        (
            "/api/v1/prune",
            r#"{"older_than_days":3}"#,
            "unknown field `older_than_days`",
        ),
    ] {
        let answer = admin.send(&Request::post(path, body)).await;
        assert!(answer.status >= 400, "{path} {answer:?}");
        assert!(answer.body.contains(told), "{path} {answer:?}");
    }
    assert_eq!(admin.send(&Request::post("/api/v1/prune", "")).await.status, 200);
}
