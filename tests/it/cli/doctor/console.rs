//! The developer console compared with what the loaded plugins need.

use super::{Diagnosis, Practice};

const SELF_MANAGE: &str = "application:application:self_manage";
const URL: &str = "https://bot.example.com";

/// A plugin that takes messages and clicks, and may send messages.
async fn practice() -> Practice {
    Practice::open(|place| {
        place
            .plugin("echo")
            .file("echo.toml", b"[grant]\nopenapi = ['POST /open-apis/im/v1/messages']")
    })
    .await
}

async fn compared(practice: &Practice) -> Diagnosis {
    // The address of the console is what is compared; nobody is there.
    practice.doctor(&["--url", URL]).await
}

#[tokio::test]
async fn a_console_with_everything_that_plugins_need_is_well() {
    let practice = practice().await;
    practice.lark.open_scope(SELF_MANAGE);
    practice.lark.open_scope("im:message.p2p_msg:readonly");
    practice.lark.subscribe(
        "https://bot.example.com/callback",
        &["im.message.receive_v1"],
        &["card.action.trigger"],
    );
    practice.lark.publish_version();
    let found = compared(&practice).await;
    for check in [
        "lark.credentials",
        "console.published",
        "console.events",
        "console.callbacks",
        "console.callback_address",
        "console.scopes",
    ] {
        found.assert_state(check, "ok");
    }
    // Where events go is in no documented answer.
    found.assert_state("console.event_address", "not_tested");
}

#[tokio::test]
async fn what_is_missing_is_named_with_a_link() {
    let practice = practice().await;
    practice.lark.open_scope(SELF_MANAGE);
    practice.lark.subscribe("https://old.example.com/callback", &[], &[]);
    practice.lark.publish_version();
    practice.lark.close_scope("im:message");
    practice.lark.publish_version();
    let found = compared(&practice).await;
    for check in [
        "console.events",
        "console.callbacks",
        "console.callback_address",
        "console.scopes",
    ] {
        let finding = found.assert_state(check, "failed");
        let link = finding["link"].as_str().unwrap();
        assert!(
            link.starts_with("https://open.feishu.cn/app/cli_of_the_tests/"),
            "{link}"
        );
    }
    let events = found.finding("console.events")["result"].as_str().unwrap();
    assert!(events.contains("im.message.receive_v1"), "{events}");
}

#[tokio::test]
async fn nothing_published_is_named() {
    let practice = practice().await;
    practice.lark.open_scope(SELF_MANAGE);
    let found = compared(&practice).await;
    let result = found.assert_state("console.published", "failed")["result"]
        .as_str()
        .unwrap();
    assert!(result.contains("200340"), "{result}");
}

#[tokio::test]
async fn without_the_scope_it_says_which_one_would_help() {
    let practice = practice().await;
    let found = compared(&practice).await;
    for check in ["console.application", "console.versions"] {
        let finding = found.assert_state(check, "not_tested");
        assert!(finding["cause"].as_str().unwrap().contains(SELF_MANAGE), "{finding}");
        assert!(
            finding["link"].as_str().unwrap().contains("/auth?q=application%3A"),
            "{finding}"
        );
    }
    // The scopes that were granted can be read without any.
    let lacking: Vec<_> = found
        .findings()
        .filter(|finding| finding["check"] == "console.scopes")
        .collect();
    assert!(
        lacking.len() == 1 && lacking[0]["result"].as_str().unwrap().contains("im.message.receive_v1"),
        "{lacking:?}"
    );
}

#[tokio::test]
async fn a_secret_that_lark_does_not_take_is_named() {
    let practice = Practice::open(|place| place.set("LARK_APP_SECRET", "the-wrong-one")).await;
    let found = practice.doctor(&[]).await;
    let cure = found.assert_state("lark.credentials", "failed")["cure"]
        .as_str()
        .unwrap();
    assert!(cure.contains("LARK_APP_SECRET"), "{cure}");
    found.assert_state("console.application", "not_tested");
    found.assert_state("clock.lark", "ok");
    assert_eq!(practice.lark.take_refusals(), [10_014]);
}
