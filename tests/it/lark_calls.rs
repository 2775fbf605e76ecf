//! Plugins call Lark: what the operator granted, with tokens that they never see.

use serde_json::{Value, json};

use crate::support::{OPERATOR, Place, Scene, fake_lark::FakeLark};

/// A server with a plugin that calls what a click says.
async fn scene(lark: &FakeLark, grants: &str) -> Scene {
    Place::new()
        .set("LARK_API_BASE_URL", &lark.url())
        .set("LARK_ACCOUNTS_BASE_URL", &lark.url())
        .set(
            "LARK_CONFIG_ENCRYPTION_KEY",
            "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=",
        )
        .plugin("lark_calls")
        .file("lark_calls.toml", format!("[grant]\n{grants}").as_bytes())
        .serve()
        .await
}

/// What the plugin was told, as the toast shows it.
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
