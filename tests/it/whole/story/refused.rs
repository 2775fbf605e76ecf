//! Rejections of the decision tables: people who say no, come late, come twice, or are not who the card is for.

use std::time::Duration;

use serde_json::json;

use super::{
    AUTHORIZED, CANCELLED, EXPIRED, FAILED, REQUESTED, SUPERSEDED, Story,
    people::{back, shown},
    place,
};
use crate::support::{
    OPERATOR,
    fake_lark::{Decision, FakeLark},
};

const MINUTE: Duration = Duration::from_secs(60);
const LIFETIME: Duration = Duration::from_secs(600);

#[tokio::test]
async fn who_refuses_on_the_authorize_page_is_told_so_there_and_on_the_card() {
    let story = Story::begin().await;
    let (card, link) = story.linked().await;
    assert_eq!(
        story.come_back(&link, Decision::Refuse).await,
        (200, CANCELLED.to_owned())
    );
    story.until_titled(&card, CANCELLED).await;
    // The same link once more, and this time yes.
    assert_eq!(
        story.come_back(&link, Decision::Consent).await,
        (400, "链接已使用".to_owned())
    );
    assert_eq!(story.grants("authorization_code"), 0);
    assert!(!story.is_authorized().await);
    story.end().await;
}

#[tokio::test]
async fn who_cancels_on_the_card_cannot_come_back() {
    let story = Story::begin().await;
    let (card, link) = story.linked().await;
    assert_eq!(story.click(&card, "reject").await.toast(), CANCELLED);
    assert_eq!(story.title(&card), CANCELLED);
    assert_eq!(
        story.come_back(&link, Decision::Consent).await,
        (400, "链接已使用".to_owned())
    );
    assert_eq!(story.click(&card, "authorize").await.toast(), "授权已取消，请重新发起");
    assert_eq!(story.grants("authorization_code"), 0);
    story.end().await;
}

#[tokio::test]
async fn a_click_after_ten_minutes_finds_the_request_expired() {
    let story = Story::begin().await;
    let card = story.asked().await;
    story.pass(LIFETIME);
    let answer = story.click(&card, "authorize").await;
    assert!(answer.is_error_toast(), "{answer:?}");
    // Whoever was faster, the click or the task of the session, sees to the card.
    story.until_titled(&card, EXPIRED).await;
    story.end().await;
}

#[tokio::test]
async fn a_return_after_ten_minutes_finds_the_request_expired() {
    let story = Story::begin().await;
    let (card, link) = story.linked().await;
    story.pass(LIFETIME);
    assert_eq!(
        story.come_back(&link, Decision::Consent).await,
        (400, EXPIRED.to_owned())
    );
    story.until_titled(&card, EXPIRED).await;
    assert_eq!(story.grants("authorization_code"), 0);
    story.end().await;
}

#[tokio::test]
async fn a_card_that_nobody_touches_says_by_itself_that_it_expired() {
    let story = Story::begin().await;
    let card = story.asked().await;
    story.pass(LIFETIME - MINUTE);
    assert_eq!(story.title(&card), REQUESTED);
    story.pass(MINUTE);
    story.until_titled(&card, EXPIRED).await;
    // Who clicks there gets a new one.
    assert_eq!(story.click(&card, "again").await.toast(), "正在发送新的授权卡片");
    let newer = story.until_card(&[&card]).await;
    let link = story.link(&newer).await;
    story.consents(&link).await;
    story.end().await;
}

#[tokio::test]
async fn a_page_that_is_loaded_again_shows_the_first_outcome() {
    let story = Story::begin().await;
    let (card, link) = story.linked().await;
    let path = story.decide(&link, Decision::Consent);
    let first = story.open(&path).await;
    let again = story.open(&path).await;
    assert_eq!(shown(&first), (200, AUTHORIZED.to_owned()));
    assert_eq!((again.status, again.body), (first.status, first.body));
    story.until_titled(&card, AUTHORIZED).await;
    // And from the history of the browser, after the server was restarted.
    let Story { people, scene } = story;
    let scene = scene.restart().await;
    let story = Story {
        people: people.at(scene.client()),
        scene,
    };
    assert_eq!(shown(&story.open(&path).await), (200, AUTHORIZED.to_owned()));
    assert_eq!(story.grants("authorization_code"), 1);
    story.end().await;
}

#[tokio::test]
async fn two_returns_at_once_lead_to_one_exchange() {
    let story = Story::begin().await;
    let (card, link) = story.linked().await;
    let path = story.decide(&link, Decision::Consent);
    let (one, two) = tokio::join!(story.open(&path), story.open(&path));
    assert_eq!(
        [shown(&one), shown(&two)],
        [(); 2].map(|()| (200, AUTHORIZED.to_owned()))
    );
    assert_eq!(story.grants("authorization_code"), 1);
    story.until_titled(&card, AUTHORIZED).await;
    story.end().await;
}

#[tokio::test]
async fn two_devices_at_once_lead_to_one_exchange() {
    let story = Story::begin().await;
    let (card, link) = story.linked().await;
    // Each has a code of its own.
    let [one, two] = [0; 2].map(|_| story.decide(&link, Decision::Consent));
    let (one, two) = tokio::join!(story.open(&one), story.open(&two));
    let mut pages = [shown(&one), shown(&two)];
    pages.sort();
    assert_eq!(pages, [(200, AUTHORIZED.to_owned()), (400, "链接已使用".to_owned())]);
    assert_eq!(story.grants("authorization_code"), 1);
    story.until_titled(&card, AUTHORIZED).await;
    story.end().await;
}

#[tokio::test]
async fn a_code_of_another_link_brings_nothing() {
    let story = Story::begin().await;
    let (card, link) = story.linked().await;
    let used = story.lark.visit(&link, Decision::Consent);
    assert_eq!(shown(&story.open(&back(&used)).await), (200, AUTHORIZED.to_owned()));
    story.until_titled(&card, AUTHORIZED).await;
    story.task("revoke", json!({"open_id": OPERATOR})).await;

    // Somebody puts the old code on a new link's way back.
    let (newer, link) = story.linked().await;
    let mut query = story.lark.visit(&link, Decision::Consent);
    query[0].1.clone_from(&used[0].1);
    assert_eq!(shown(&story.open(&back(&query)).await), (502, "授权未完成".to_owned()));
    story.until_titled(&newer, FAILED).await;
    assert_eq!(story.lark.take_refusals(), [20_065]);
    assert!(!story.is_authorized().await);
    story.end().await;
}

#[tokio::test]
async fn a_forged_state_leads_nowhere_and_harms_nobody() {
    let story = Story::begin().await;
    let (card, link) = story.linked().await;
    let query = story.lark.visit(&link, Decision::Consent);
    let right = query[1].1.clone();
    for state in [
        "forged",
        &card.session_id,
        &right[1..],
        &right.to_uppercase(),
        "../../session/x",
    ] {
        let mut forged = query.clone();
        forged[1].1 = state.to_owned();
        assert_eq!(
            shown(&story.open(&back(&forged)).await),
            (400, "链接无效".to_owned()),
            "{state}"
        );
    }
    assert_eq!(story.grants("authorization_code"), 0);
    assert_eq!(shown(&story.open(&back(&query)).await), (200, AUTHORIZED.to_owned()));
    story.end().await;
}

#[tokio::test]
async fn a_return_is_told_to_the_plugin_that_made_the_link_and_to_no_other() {
    let lark = FakeLark::start().await;
    // Both come first by name, and would say what they like.
    let place = place(&lark)
        .plugin_as("aaa", "returns")
        .plugin_as("bbb", "returns")
        .file("bbb.toml", b"[grant]\noauth = ['authorize']")
        .plugin("catch_all");
    let story = Story::at(place, lark).await;
    let (card, link) = story.linked().await;
    assert_eq!(
        story.come_back(&link, Decision::Consent).await,
        (200, AUTHORIZED.to_owned())
    );
    story.until_titled(&card, AUTHORIZED).await;
    assert!(story.is_authorized().await);
    assert!(story.scene.log.lines_with("returned redirect").is_empty());
    assert!(story.scene.log.lines_with("caught oauth_redirect").is_empty());
    story.end().await;
}

#[tokio::test]
async fn another_person_who_agrees_leaves_nothing_but_a_card_that_says_so() {
    let story = Story::begin().await;
    let (card, link) = story.linked().await;
    let page = story.come_back(&link, Decision::ConsentAsSomebodyElse).await;
    assert_eq!(page, (403, "账号不一致".to_owned()));
    story.until_titled(&card, FAILED).await;
    assert!(story.text(&card).contains("完成授权的账号与收到此卡片的账号不同"));
    assert!(!story.text(&card).contains("Li Si"));
    assert!(!story.is_authorized().await);
    for open_id in [OPERATOR, "ou_of_somebody_else"] {
        let status = story.task("status", json!({"open_id": open_id})).await;
        assert_eq!(status, json!({"authorized": false}));
    }
    story.end().await;
}

#[tokio::test]
async fn a_click_by_another_person_changes_nothing() {
    let story = Story::begin().await;
    let card = story.asked().await;
    for action in ["authorize", "reject", "again", "delete"] {
        let answer = story.click_by(&card, action, "ou_of_somebody_else").await;
        assert_eq!(answer.toast(), "此卡片属于其他用户");
    }
    assert_eq!(story.title(&card), REQUESTED);
    let link = story.link(&card).await;
    story.consents(&link).await;
    story.end().await;
}

#[tokio::test]
async fn the_sixth_request_in_a_minute_is_refused_and_sends_nothing() {
    let story = Story::begin().await;
    for _ in 0..5 {
        story.asked().await;
    }
    let refused = story.task("request", json!({"open_id": OPERATOR})).await;
    assert_eq!(refused["refused"], "too_many_requests");
    assert_eq!(story.lark.messages().len(), 5);
    story.pass(MINUTE);
    story.asked().await;
    story.end().await;
}

#[tokio::test]
async fn the_sixth_link_in_a_minute_is_refused() {
    let story = Story::begin().await;
    let card = story.asked().await;
    for _ in 0..4 {
        story.link(&card).await;
    }
    assert_eq!(
        story.click(&card, "authorize").await.toast(),
        "操作过于频繁，请稍后再试"
    );
    story.pass(MINUTE);
    let link = story.link(&card).await;
    story.consents(&link).await;
    story.end().await;
}

#[tokio::test]
async fn a_newer_request_takes_the_place_of_an_older_one() {
    let story = Story::begin().await;
    let (older, old_link) = story.linked().await;
    let (_, link) = story.linked().await;
    story.until_titled(&older, SUPERSEDED).await;
    assert_eq!(
        story.come_back(&old_link, Decision::Consent).await,
        (400, "链接无效".to_owned())
    );
    assert_eq!(
        story.click(&older, "authorize").await.toast(),
        "已有新的授权请求，请使用最新的卡片"
    );
    story.consents(&link).await;
    story.end().await;
}
