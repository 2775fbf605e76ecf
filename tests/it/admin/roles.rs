//! Two tokens: the operator's, and one for those who may look and change nothing.

use rustix::process::Signal;
use serde_json::json;

use super::admin;
use crate::{
    operate::{ask, place, run},
    support::{Answer, Client, Place, Request, event_id, until},
};

const OPERATOR: &str = "planted-operator-token";
const VIEWER: &str = "planted-viewer-token";

fn with_tokens() -> Place {
    place()
        .set("CALLBACK_ADMIN_TOKEN", OPERATOR)
        .set("CALLBACK_ADMIN_VIEWER_TOKEN", VIEWER)
}

async fn sent(admin: &Client, token: &str, request: Request) -> Answer {
    let request = request.header("authorization", &format!("Bearer {token}"));
    admin.send(&request).await
}

#[tokio::test]
async fn a_viewer_reads_and_is_told_why_it_may_not_change_anything() {
    let place = with_tokens();
    let mut program = place.run(&[]);
    program.serving().await;
    let admin = admin(&mut program, &place).await;
    for path in [
        "/metrics",
        "/api/v1/status",
        "/api/v1/events",
        "/api/v1/audit",
        "/api/v1/openapi.json",
    ] {
        assert_eq!(sent(&admin, VIEWER, Request::get(path)).await.status, 200, "{path}");
    }
    for path in [
        "prune",
        "dead/drop",
        "events/replay",
        "plugin-orders/disable",
        "authorizations/revoke",
        "backup",
        "erase",
        "catch-up",
        "log-level",
        "tasks/card-auth/status",
    ] {
        // Refused before the body is looked at.
        let refused = sent(&admin, VIEWER, Request::post(&format!("/api/v1/{path}"), "{")).await;
        assert_eq!(
            (refused.status, refused.json()["code"].clone()),
            (403, json!("forbidden")),
            "{path}"
        );
        assert!(refused.body.contains("CALLBACK_ADMIN_TOKEN"), "{refused:?}");
    }
    assert_eq!(
        sent(&admin, OPERATOR, Request::post("/api/v1/prune", "")).await.status,
        200
    );
    for token in ["", "planted-viewer-tokem", "planted-operator-token2"] {
        assert_eq!(
            sent(&admin, token, Request::get("/api/v1/status")).await.status,
            401,
            "{token}"
        );
    }
    for token in [OPERATOR, VIEWER] {
        assert!(!program.stderr().contains(token), "no token is logged");
    }
}

#[tokio::test]
async fn a_viewer_sees_payloads_by_a_setting_only_and_is_told_what_was_left_out() {
    for (setting, sees) in [("off", false), ("on", true)] {
        let place = with_tokens()
            .set("CALLBACK_VIEWER_PAYLOADS", setting)
            .plugin("counter")
            .plugin("moody");
        let mut program = place.run(&[]);
        let client = program.serving().await;
        let event = event_id();
        let click = place.lark.click_of(&event, json!({"count": "planted-in-the-payload"}));
        assert_eq!(client.send(&click).await.toast(), "1");
        let admin = admin(&mut program, &place).await;
        let path = format!("/api/v1/events/{event}");
        let shown = sent(&admin, VIEWER, Request::get(&path)).await;
        assert_eq!(shown.status, 200, "{shown:?}");
        assert_eq!(shown.body.contains("planted-in-the-payload"), sees, "{shown:?}");
        assert_eq!(shown.json()["reply"].is_object(), sees, "{shown:?}");
        assert_eq!(shown.json()["withheld"].is_object(), !sees, "{shown:?}");
        assert_eq!(shown.json()["outcome"], "ok");
        // Whether there is a text in a payload tells the text.
        let search = sent(&admin, VIEWER, Request::get("/api/v1/events?text=planted-in-the")).await;
        assert_eq!(search.status, if sees { 200 } else { 403 }, "{search:?}");
        // A plugin may write into its errors what it was written.
        let never = place.lark.message_in("oc_1", &event_id(), &event_id(), "never");
        assert_eq!(client.send(&never).await.status, 200);
        until("the dead letter", async || {
            let dead = sent(&admin, OPERATOR, Request::get("/api/v1/dead")).await;
            dead.body.contains("not today, not tomorrow").then_some(())
        })
        .await;
        for path in ["/api/v1/dead", "/api/v1/dead/groups", "/api/v1/deliveries?state=dead"] {
            let dead = sent(&admin, VIEWER, Request::get(path)).await;
            assert_eq!(dead.body.contains("not today, not tomorrow"), sees, "{dead:?}");
            assert!(dead.body.contains("permanent"), "{dead:?}");
        }
        // The chat, as the key by which its messages come in order.
        let dead = sent(&admin, VIEWER, Request::get("/api/v1/deliveries?state=dead")).await;
        assert_eq!(dead.body.contains("/oc_1"), sees, "{dead:?}");
        let search = sent(&admin, VIEWER, Request::get("/api/v1/dead?error=not+today")).await;
        assert_eq!(search.status, if sees { 200 } else { 403 }, "{search:?}");
        // Who drops them by their error is on record, the error is not.
        let groups = sent(&admin, OPERATOR, Request::get("/api/v1/dead/groups")).await.json();
        let drop = json!({"filter": {"plugin": "moody", "error": groups["groups"][0]["error"]}}).to_string();
        let dropped = sent(&admin, OPERATOR, Request::post("/api/v1/dead/drop", drop)).await;
        assert_eq!(dropped.json()["dropped"], 1, "{dropped:?}");
        let audit = sent(&admin, VIEWER, Request::get("/api/v1/audit")).await;
        assert!(
            audit.body.contains("dead/drop") && !audit.body.contains("not today"),
            "{audit:?}"
        );
        let log = program.until_logged("Operator command carried out").await;
        assert!(log.contains("dead/drop") && !log.contains("not today"), "{log}");
        let whole = sent(&admin, OPERATOR, Request::get(&path)).await;
        assert!(whole.body.contains("planted-in-the-payload") && whole.json()["withheld"].is_null());
    }
}

#[tokio::test]
async fn the_command_line_looks_with_the_viewers_token_alone() {
    let place = with_tokens();
    let mut program = place.run(&[]);
    program.serving().await;
    let _ = admin(&mut program, &place).await;
    let viewer = place.unset("CALLBACK_ADMIN_TOKEN");
    let looks_and_changes_nothing = async || {
        assert!(ask(&viewer, &["db", "status"]).await["migration"].is_u64());
        let refused = run(&viewer, &["db", "prune"]).await;
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("needs the role operator"), "{refused:?}");
    };
    looks_and_changes_nothing().await;
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
    // On the database itself as well.
    looks_and_changes_nothing().await;
}

#[tokio::test]
async fn tokens_that_let_somebody_in_as_somebody_else_are_settings_errors() {
    for (operator, viewer, said) in [
        (None, Some(VIEWER), "without CALLBACK_ADMIN_TOKEN"),
        (Some(OPERATOR), Some(OPERATOR), "are the same"),
        (
            Some(OPERATOR),
            Some("short"),
            "CALLBACK_ADMIN_VIEWER_TOKEN is shorter than 16",
        ),
        (Some("short"), None, "CALLBACK_ADMIN_TOKEN is shorter than 16"),
    ] {
        let mut place = place();
        for (name, value) in [
            ("CALLBACK_ADMIN_TOKEN", operator),
            ("CALLBACK_ADMIN_VIEWER_TOKEN", viewer),
        ] {
            if let Some(value) = value {
                place = place.set(name, value);
            }
        }
        let checked = run(&place, &["check", "--lang", "en"]).await;
        assert_eq!(checked.code, Some(3), "{checked:?}");
        assert!(checked.stdout.contains(said), "{said}: {checked:?}");
        let chinese = run(&place, &["check", "--lang", "zh"]).await;
        assert!(
            !chinese.stdout.contains(said) && chinese.stdout.contains("CALLBACK_ADMIN"),
            "{chinese:?}"
        );
        assert!(!checked.stdout.contains("planted"), "{checked:?}");
    }
}
