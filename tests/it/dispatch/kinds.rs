//! Every kind of callback and event, from its bytes to its answer.

use lark_callback::{app::now_ms, moment::Moment, plugin::Task};
use serde_json::{Value, json};

use crate::support::{Lark, OPERATOR, Place, Scene, event_id};

/// A card that asks for an authorization is only made where tokens can be kept.
const KEY: &str = "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=";

const ACKNOWLEDGED: &str = r#"{"msg":"success"}"#;

/// A place where users can authorize.
fn authorizing() -> Place {
    Place::new()
        .set("LARK_CONFIG_ENCRYPTION_KEY", KEY)
        .set("OAUTH_REDIRECT_URI", "https://callbacks.example/callback")
}

/// Has the built-in plugin begin an authorization, and tells the session.
async fn session(scene: &Scene) -> String {
    let task = Task {
        id: event_id(),
        name: "request".to_owned(),
        payload: json!({"open_id": OPERATOR, "send": false}).to_string(),
        requested_by: String::new(),
        app_id: scene.lark.app_id.clone(),
        scheduled_at_ms: None,
    };
    let arrival = Moment::now(now_ms());
    let reply = scene
        .server()
        .dispatcher
        .run_task("card-auth", task, arrival)
        .await
        .unwrap();
    let reply: Value = serde_json::from_str(&reply.unwrap()).unwrap();
    reply["session_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_click_is_answered_by_the_plugin_that_takes_it() {
    let scene = Place::new().plugin("echo").serve().await;
    let answer = scene.click(json!({"echo": "飞书 \"quoted\""})).await;
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(
        answer.json()["toast"],
        json!({"type": "info", "content": "飞书 \"quoted\""})
    );
}

#[tokio::test]
async fn a_click_changes_the_card() {
    let scene = authorizing().serve().await;
    let answer = scene
        .click(json!({"card_auth": session(&scene).await, "action": "reject"}))
        .await;
    assert_eq!(answer.toast(), "已取消授权");
    assert_eq!(answer.json()["card"]["type"], "raw");
    assert!(answer.json()["card"]["data"].is_object());
}

#[tokio::test]
async fn a_flat_card_of_old_gets_a_flat_card_back() {
    let scene = authorizing().serve().await;
    let click = json!({"card_auth": session(&scene).await, "action": "reject"});
    let answer = scene.send(&scene.lark.card_v1(click)).await;
    assert_eq!(answer.toast(), "已取消授权");
    assert!(answer.json()["card"].is_null(), "{answer:?}");
    assert!(answer.json()["body"]["elements"].is_array(), "{answer:?}");
}

#[tokio::test]
async fn a_flat_card_of_old_reaches_the_same_plugin() {
    let scene = Place::new().plugin("echo").serve().await;
    assert_eq!(
        scene.send(&scene.lark.card_v1(json!({"echo": "old"}))).await.toast(),
        "old"
    );
}

#[tokio::test]
async fn a_link_gets_its_preview() {
    let scene = Place::new().plugin("preview").serve().await;
    let answer = scene.send(&scene.lark.preview("https://example.com/42")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["inline"]["title"], "预览 https://example.com/42");
    assert_eq!(
        answer.json()["inline"]["i18n_title"]["en_us"],
        "Preview of https://example.com/42"
    );
}

#[tokio::test]
async fn a_message_is_told_to_everybody_who_wants_it() {
    let place = Place::new().plugin("echo").plugin("counter");
    let scene = place.serve().await;
    let answer = scene
        .send(&scene.lark.message_of(&event_id(), "om_told", "hello"))
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ACKNOWLEDGED));
    let echoed = format!("{OPERATOR} said hello");
    scene.log.until(&echoed).await;
    scene.until_click_says(json!({"read": "om_told"}), "1").await;
    assert_eq!(scene.log.lines_with(&echoed).len(), 1);
}

#[tokio::test]
async fn what_somebody_takes_by_name_is_nothing_for_those_who_take_the_rest() {
    let scene = Place::new().plugin("echo").plugin("catch_all").serve().await;
    scene.send(&scene.lark.message("hello")).await;
    scene.log.until("Delivered").await;
    scene.send(&scene.lark.event_v1("p2p_chat_create")).await;
    scene.log.until("caught p2p_chat_create").await;
    assert!(scene.log.lines_with("caught im.message.receive_v1").is_empty());
}

#[tokio::test]
async fn an_event_of_schema_1_is_told_under_its_own_name() {
    let scene = Place::new().plugin("catch_all").serve().await;
    let answer = scene.send(&scene.lark.event_v1("p2p_chat_create")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ACKNOWLEDGED));
    scene.log.until("caught p2p_chat_create").await;
}

#[tokio::test]
async fn each_callback_has_one_line_with_all_that_an_operator_asks_for() {
    let scene = Place::new().plugin("echo").serve().await;
    let id = event_id();
    scene.send(&scene.lark.click_of(&id, json!({"echo": "hello"}))).await;
    let lines = scene.log.lines_with(&id);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(line["message"], "Callback answered");
    assert_eq!(line["app.id"], "cli_of_the_tests");
    assert_eq!(line["event.id"], id.as_str());
    assert_eq!(line["event.type"], "card.action.trigger");
    assert_eq!(line["plugin.name"], "echo");
    assert_eq!(line["outcome"], "ok");
    assert!(line["duration_ms"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn a_type_without_a_handler_is_answered_and_pointed_out_once() {
    let scene = Place::new().serve().await;
    for _ in 0..3 {
        let event = scene.send(&scene.lark.event("im.chat.updated_v1", json!({}))).await;
        assert_eq!((event.status, event.body.as_str()), (200, ACKNOWLEDGED));
        let callback = scene.send(&scene.lark.event("profile.view.get", json!({}))).await;
        assert_eq!((callback.status, callback.body.as_str()), (200, "{}"));
    }
    for what in ["event type: im.chat.updated_v1", "callback type: profile.view.get"] {
        let lines = scene.log.lines_with(&format!("No handler for {what}"));
        assert_eq!(lines.len(), 1);
        assert!(
            lines[0].contains(r#""registered":"card_action_trigger, oauth_redirect""#),
            "{}",
            lines[0]
        );
    }
}

#[tokio::test]
async fn a_strange_type_cannot_forge_a_line_of_the_log() {
    let scene = Place::new().serve().await;
    let name = "x\n{\"level\":\"ERROR\"} \u{1b}[2J";
    assert_eq!(scene.send(&scene.lark.event(name, json!({}))).await.status, 200);
    for line in scene.log.text().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_ne!(line["level"], "ERROR", "{line}");
    }
}

#[tokio::test]
async fn plugins_are_asked_by_name_until_one_does_not_pass() {
    let place = Place::new()
        .plugin_as("a", "echo")
        .plugin_as("b", "second")
        .plugin_as("c", "second_v2");
    let scene = place.serve().await;
    assert_eq!(
        scene.click(json!({"second": "hello"})).await.toast(),
        "version 1 heard hello"
    );
    assert_eq!(scene.click(json!({"echo": "hello"})).await.toast(), "hello");
}

#[tokio::test]
async fn a_click_that_those_who_name_it_pass_is_not_shown_to_whoever_takes_the_rest() {
    let scene = Place::new()
        .plugin_as("a", "catch_all")
        .plugin_as("z", "echo")
        .serve()
        .await;
    assert_eq!(scene.click(json!({"echo": "hello"})).await.toast(), "hello");
    assert_eq!(scene.click(json!({})).await.body, "{}");
}

#[tokio::test]
async fn a_click_that_everybody_passes_changes_nothing() {
    let scene = Place::new().plugin("echo").plugin("second").serve().await;
    for value in [json!({}), json!(null), json!("text"), json!({"other": 1})] {
        let answer = scene.click(value).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
    }
}

#[tokio::test]
async fn an_application_of_its_own_has_its_own_path_and_keys() {
    let second = Lark {
        app_id: "cli_second".to_owned(),
        token: "second token".to_owned(),
        encrypt_key: "second key".to_owned(),
    };
    let place = Place::new().plugin("echo").settings_file(
        "[apps.second]\napp_id = 'cli_second'\napp_secret = 's'\nverification_token = 'second token'\n\
         encrypt_key = 'second key'\n",
    );
    let scene = place.serve().await;
    let click = |lark: &Lark| lark.click(json!({"echo": "hello"}));
    assert_eq!(scene.send(&click(&scene.lark)).await.toast(), "hello");
    assert_eq!(
        scene.send(&click(&second).to("/callback/second")).await.toast(),
        "hello"
    );
    assert_eq!(scene.send(&click(&second)).await.status, 401);
    assert_eq!(scene.send(&click(&scene.lark).to("/callback/second")).await.status, 401);
    let answer = scene.send(&second.challenge("abc").to("/callback/second")).await;
    assert_eq!(answer.json(), json!({"challenge": "abc"}));
}
