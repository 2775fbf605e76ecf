//! Plugins call Lark: what the operator granted, with tokens that they never see.

use serde_json::{Value, json};

use crate::support::{Lark, OPERATOR, Place, Scene, event_id, fake_lark::FakeLark};

/// A server with a plugin that calls what a click says.
async fn scene(lark: &FakeLark, grants: &str) -> Scene {
    place(lark, grants).serve().await
}

fn place(lark: &FakeLark, grants: &str) -> Place {
    Place::new()
        .set("LARK_API_BASE_URL", &lark.url())
        .set("LARK_ACCOUNTS_BASE_URL", &lark.url())
        .set(
            "LARK_CONFIG_ENCRYPTION_KEY",
            "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=",
        )
        .plugin("lark_calls")
        .file("lark_calls.toml", format!("[grant]\n{grants}").as_bytes())
}

/// The answer that the plugin got, as the toast shows it.
async fn told(scene: &Scene, value: Value) -> String {
    scene.click(value).await.toast()
}

fn contact() -> String {
    format!("/open-apis/contact/v3/users/{OPERATOR}")
}

#[tokio::test]
async fn a_plugin_calls_what_was_granted_and_sees_no_token() {
    let lark = FakeLark::start().await;
    let scene = scene(&lark, "openapi = ['GET /open-apis/contact/v3/users/*']").await;
    for _ in 0..2 {
        let said = told(&scene, json!({"call": contact()})).await;
        assert!(said.contains("张三"), "{said}");
    }
    let calls = lark.requests_to(&contact());
    let token = calls[0].bearer.clone().unwrap();
    assert!(calls.len() == 2 && token.starts_with("t-"));
    assert!(!scene.log.text().contains(&token));
}

#[tokio::test]
async fn what_was_not_granted_is_not_sent_and_the_line_to_add_is_told() {
    let lark = FakeLark::start().await;
    let scene = scene(
        &lark,
        "openapi = ['GET /open-apis/im/v1/chats', 'POST /open-apis/contact/**']",
    )
    .await;
    let said = told(&scene, json!({"call": contact()})).await;
    assert!(
        said.contains("\"GET /open-apis/contact/v3/users/*\"]` under [grant] in lark_calls.toml"),
        "{said}"
    );
    let said = told(&scene, json!({"call": contact(), "user": OPERATOR})).await;
    assert!(said.contains("openapi_as_user"), "{said}");
    assert!(lark.requests().is_empty());
}

#[tokio::test]
async fn a_path_that_hides_another_is_refused_whatever_was_granted() {
    let lark = FakeLark::start().await;
    let scene = scene(&lark, "openapi = ['GET /**']").await;
    for path in [
        "/open-apis/im/../auth/v3/x",
        "/open-apis/im/%2e%2e/auth",
        "/open-apis/auth/v3/x",
        "/elsewhere",
    ] {
        let said = told(&scene, json!({"call": path})).await;
        assert!(said.contains("path"), "{path}: {said}");
    }
    assert!(lark.requests().is_empty());
}

#[tokio::test]
async fn a_user_who_did_not_authorize_is_not_acted_for() {
    let lark = FakeLark::start().await;
    let scene = scene(&lark, "openapi_as_user = ['GET /open-apis/contact/**']").await;
    let said = told(&scene, json!({"call": contact(), "user": OPERATOR})).await;
    assert!(said.contains("authorize"), "{said}");
    assert!(lark.requests().is_empty());
}

#[tokio::test]
async fn whoever_has_the_keys_of_one_application_does_not_act_as_another() {
    let lark = FakeLark::start().await;
    let second = Lark {
        app_id: "cli_second".to_owned(),
        token: "second token".to_owned(),
        encrypt_key: "second key".to_owned(),
    };
    let place = place(&lark, "openapi = ['GET /open-apis/contact/v3/users/*']").settings_file(
        "[apps.second]\napp_id = 'cli_second'\napp_secret = 's'\nverification_token = 'second token'\n\
         encrypt_key = 'second key'\n",
    );
    let scene = place.serve().await;
    let mut click = second.click_body(&event_id(), json!({"call": contact()}));
    click["header"]["app_id"] = scene.lark.app_id.clone().into();
    let answer = scene.send(&second.seal(&click).to("/callback/second")).await;
    // This Lark knows the first application alone: there is no such application.
    assert_eq!(lark.take_refusals(), [10_014]);
    assert!(!answer.toast().contains("张三"), "{answer:?}");
    assert!(lark.requests_to(&contact()).is_empty());
    let line = scene
        .log
        .until("names another application than the one its path belongs to")
        .await;
    assert!(
        line.contains("cli_second") && line.contains(&scene.lark.app_id),
        "{line}"
    );
}
