//! The whole story, with a browser for the person's part.

use std::{net::TcpListener, time::Duration};

use serde_json::json;
use tokio::task::JoinSet;

use super::{AUTHORIZED, CANCELLED, FAILED, REQUESTED, Story, TOKEN, place_with_guests};
use crate::support::{Browser, OPERATOR, fake_lark::FakeLark, until};

/// A server at a port that is known before it starts, because the link leads back there.
async fn reachable() -> Story {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let redirect_uri = format!("http://127.0.0.1:{port}/callback");
    let lark = FakeLark::start().await;
    lark.register_redirect_uri(&redirect_uri);
    let place = place_with_guests(&lark)
        .set("CALLBACK_SERVER_PORT", &port.to_string())
        .set("OAUTH_REDIRECT_URI", &redirect_uri);
    Story::at(place, lark).await
}

#[tokio::test]
async fn somebody_authorizes_is_acted_for_and_takes_it_back() {
    let Some(browser) = Browser::open("zh-CN").await else {
        return;
    };
    let story = reachable().await;

    // The card is asked for by a plugin, and sent.
    story.ask().await;
    let card = story.until_card(&[]).await;
    assert_eq!(story.title(&card), REQUESTED);
    assert!(story.acted().await.contains("must authorize"));

    // The click shows the link; the person opens it and agrees.
    let link = story.link(&card).await;
    browser.go(&link).await;
    browser.click("#allow").await;
    assert_eq!(browser.text("h1").await, AUTHORIZED);
    assert!(browser.text("main").await.contains("以您的身份进行操作"));
    story.until_titled(&card, AUTHORIZED).await;
    assert!(story.text(&card).contains("授权人：张三"), "{}", story.text(&card));

    // A page that is loaded again tells the same, and nothing is exchanged twice.
    browser.reload().await;
    assert_eq!(browser.text("h1").await, AUTHORIZED);
    assert_eq!(story.grants("authorization_code"), 1);

    story.assert_clean_at_rest();

    // A plugin acts for them: now, and when the token has expired. Its memory holds whom it acted for, and nothing secret.
    assert!(story.acted().await.contains("张三"));
    let secrets = story.lark.secrets();
    let sought: Vec<_> = [OPERATOR]
        .into_iter()
        .chain(secrets.iter().map(String::as_str))
        .collect();
    let mut found = vec![true];
    found.resize(sought.len(), false);
    assert_eq!(story.in_memory(&sought).await, format!("{found:?}"));
    story.pass(Duration::from_secs(7_200));
    let held = story.lark.hold(TOKEN);
    let calls: JoinSet<String> = (0..50).map(|_| story.acting()).collect();
    until("the refresh", async || {
        (story.grants("refresh_token") == 1).then_some(())
    })
    .await;
    held.release();
    let said = calls.join_all().await;
    assert!(said.iter().all(|said| said.contains("张三")), "{said:?}");
    assert_eq!(story.grants("refresh_token"), 1);
    story.assert_clean_at_rest();

    // They take it back.
    assert_eq!(
        story.task("revoke", json!({"open_id": OPERATOR})).await,
        json!({"revoked": true})
    );
    assert!(story.acted().await.contains("must authorize"));
    assert!(!story.is_authorized().await);
    story.end().await;
}

#[tokio::test]
async fn somebody_refuses_in_english() {
    let Some(browser) = Browser::open("en-GB,en").await else {
        return;
    };
    let story = reachable().await;
    let (card, link) = story.linked().await;
    browser.go(&link).await;
    browser.click("#refuse").await;
    assert_eq!(browser.text("h1").await, "Authorization cancelled");
    story.until_titled(&card, CANCELLED).await;
    assert!(!story.is_authorized().await);
    story.end().await;
}

#[tokio::test]
async fn somebody_else_agrees_in_english() {
    let Some(browser) = Browser::open("en").await else {
        return;
    };
    let story = reachable().await;
    let (card, link) = story.linked().await;
    browser.go(&link).await;
    browser.click("#other").await;
    assert_eq!(browser.text("h1").await, "This is a different account");
    story.until_titled(&card, FAILED).await;
    assert!(!story.is_authorized().await);
    story.end().await;
}
