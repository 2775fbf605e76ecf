//! Lark in trouble at each step: what can be tried again is, what cannot be is said clearly, and nothing is undone.

use std::time::Duration;

use serde_json::json;

use super::{
    ASKS, AUTHORIZED, FAILED, REQUESTED, SEND, Story, TOKEN, USER_INFO,
    people::{Card, shown},
    place,
};
use crate::support::{
    OPERATOR,
    fake_lark::{Decision, FakeLark, Fault},
    until,
};

const MINUTE: Duration = Duration::from_secs(60);
const LIFETIME: Duration = Duration::from_secs(600);
const UNFINISHED: &str = "授权未完成";

/// A temporary fault of Lark or the network.
fn troubles() -> [Fault; 4] {
    [
        Fault::Drop,
        Fault::text(503, "upstream connect error"),
        Fault::text(200, "<html>not JSON</html>"),
        Fault::limit(429, ("x-ogw-ratelimit-reset", "0")),
    ]
}

/// A story whose browsers wait for two seconds only.
async fn impatient() -> Story {
    let lark = FakeLark::start().await;
    Story::at(place(&lark).set("CALLBACK_REDIRECT_BUDGET_MS", "2000"), lark).await
}

impl Story {
    /// From a new card to the page, with this trouble at this path, once.
    async fn meets(&self, path: &str, fault: Fault) -> (Card, (u16, String)) {
        let (card, link) = self.linked().await;
        self.lark.fault(path, fault);
        let page = self.come_back(&link, Decision::Consent).await;
        // So that nobody is asked too often.
        self.pass(MINUTE);
        (card, page)
    }

    /// The same as long as the browser waits.
    async fn keeps_meeting(&self, path: &str, fault: &Fault) -> (Card, (u16, String)) {
        let (card, link) = self.linked().await;
        self.lark.keeps_failing(path, fault);
        let page = self.come_back(&link, Decision::Consent).await;
        self.lark.recovers(path);
        self.pass(MINUTE);
        (card, page)
    }

    /// Takes back what was authorized.
    async fn revoke(&self) {
        self.task("revoke", json!({"open_id": OPERATOR})).await;
    }

    /// How often a card was sent.
    fn sends(&self) -> usize {
        let requests = self.lark.requests_to(SEND);
        requests.iter().filter(|seen| seen.path == SEND).count()
    }

    /// The page and the card say that it did not work, nothing is stored, and the card leads to a second try that works.
    async fn fails_and_starts_again(&self, path: &str, fault: &Fault) {
        let what = format!("{path} {fault:?}");
        let (card, page) = self.keeps_meeting(path, fault).await;
        assert_eq!(page, (502, UNFINISHED.to_owned()), "{what}");
        self.until_titled(&card, FAILED).await;
        assert!(!self.is_authorized().await, "{what}");

        let known = self.cards();
        assert_eq!(
            self.click(&card, "again").await.toast(),
            "正在发送新的授权卡片",
            "{what}"
        );
        let newer = self.until_card(&known.iter().collect::<Vec<_>>()).await;
        let link = self.link(&newer).await;
        let page = self.come_back(&link, Decision::Consent).await;
        assert_eq!(page, (200, AUTHORIZED.to_owned()), "{what}");
        self.until_titled(&newer, AUTHORIZED).await;
        self.revoke().await;
        self.pass(MINUTE);
    }
}

#[tokio::test]
async fn a_card_that_could_not_be_sent_is_sent_once_when_lark_is_back() {
    let lark = FakeLark::start().await;
    let story = Story::at(place(&lark).plugin("asks").file("asks.toml", ASKS), lark).await;
    let mut known = Vec::new();
    for fault in [
        Fault::Drop,
        Fault::LoseAnswer,
        Fault::StillSending,
        Fault::text(503, "upstream connect error"),
        Fault::text(200, "<html>not JSON</html>"),
    ] {
        let what = format!("{fault:?}");
        let before = story.sends();
        story.lark.fault(SEND, fault);
        story.ask().await;
        let card = story.until_card(&known.iter().collect::<Vec<_>>()).await;
        until("the second try", async || (story.sends() == before + 2).then_some(())).await;
        known.push(card);
        assert_eq!(story.lark.messages().len(), known.len(), "{what}");
    }
    let card = known.last().unwrap();
    assert_eq!(story.title(card), REQUESTED);
    story.pass(MINUTE);
    let link = story.link(card).await;
    story.consents(&link).await;
    story.end().await;
}

#[tokio::test]
async fn a_card_that_lark_refuses_ends_the_request() {
    let lark = FakeLark::start().await;
    let story = Story::at(place(&lark).plugin("asks").file("asks.toml", ASKS), lark).await;
    // "The bot has no availability to this user".
    story.lark.fault(SEND, Fault::code(400, 230_013));
    story.ask().await;
    let line = story.scene.log.until("Delivery failed for good").await;
    assert!(line.contains("230013"), "{line}");
    assert!(story.lark.messages().is_empty());
    story.end().await;
}

#[tokio::test]
async fn trouble_that_passes_while_the_browser_waits_is_not_noticed() {
    let story = Story::begin().await;
    for path in [TOKEN, USER_INFO] {
        for fault in troubles() {
            let what = format!("{path} {fault:?}");
            let (card, page) = story.meets(path, fault).await;
            assert_eq!(page, (200, AUTHORIZED.to_owned()), "{what}");
            story.until_titled(&card, AUTHORIZED).await;
            story.revoke().await;
        }
    }
    story.end().await;
}

#[tokio::test]
async fn trouble_at_the_exchange_that_does_not_pass_is_told_and_starting_again_works() {
    let story = impatient().await;
    for fault in troubles() {
        story.fails_and_starts_again(TOKEN, &fault).await;
    }
    story
        .fails_and_starts_again(TOKEN, &Fault::limit(429, ("x-ogw-ratelimit-reset", "3600")))
        .await;
    story.end().await;
}

#[tokio::test]
async fn trouble_at_the_question_who_it_is_that_does_not_pass_is_told_and_starting_again_works() {
    let story = impatient().await;
    for fault in troubles() {
        story.fails_and_starts_again(USER_INFO, &fault).await;
    }
    story.end().await;
}

#[tokio::test]
async fn an_exchange_whose_answer_was_lost_cannot_be_made_up_for() {
    let story = Story::begin().await;
    let (card, page) = story.meets(TOKEN, Fault::LoseAnswer).await;
    assert_eq!(page, (502, UNFINISHED.to_owned()));
    story.until_titled(&card, FAILED).await;
    assert_eq!(story.lark.take_refusals(), [20_065], "the code was used up");
    let log = story.scene.log.text();
    assert!(!log.contains(r#""level":"ERROR""#) && !log.contains("ERROR"), "{log}");
    story.end().await;
}

#[tokio::test]
async fn codes_that_lark_does_not_take_end_the_session() {
    let story = Story::begin().await;
    for code in [20_003, 20_004, 20_065, 20_049] {
        story.fails_and_starts_again(TOKEN, &Fault::code(400, code)).await;
    }
    story.end().await;
}

#[tokio::test]
async fn a_fault_of_the_configuration_names_the_setting_in_the_log_and_nowhere_else() {
    let story = Story::begin().await;
    let (card, page) = story.meets(TOKEN, Fault::code(400, 20_002)).await;
    assert_eq!(page, (502, UNFINISHED.to_owned()));
    story.until_titled(&card, FAILED).await;
    assert!(!story.text(&card).contains("SECRET"));
    assert!(
        story
            .scene
            .log
            .text()
            .contains("LARK_APP_SECRET is not the secret of LARK_APP_ID")
    );
    story.end().await;
}

#[tokio::test]
async fn who_may_not_use_the_application_is_told_so_and_not_asked_again() {
    let story = Story::begin().await;
    let (card, page) = story.meets(TOKEN, Fault::code(400, 20_010)).await;
    assert_eq!(page, (403, "无法使用此应用".to_owned()));
    story.until_titled(&card, FAILED).await;
    let text = story.text(&card);
    assert!(
        text.contains("您没有使用此应用的权限") && !text.contains("again"),
        "{text}"
    );
    story.end().await;
}

#[tokio::test]
async fn an_error_of_larks_own_is_asked_once_more() {
    let story = Story::begin().await;
    let (card, page) = story.meets(TOKEN, Fault::code(500, 20_050)).await;
    assert_eq!(page, (200, AUTHORIZED.to_owned()));
    assert_eq!(story.grants("authorization_code"), 2);
    story.until_titled(&card, AUTHORIZED).await;
    story.end().await;
}

#[tokio::test]
async fn an_error_of_larks_own_that_stays_is_told() {
    let story = impatient().await;
    story.fails_and_starts_again(TOKEN, &Fault::code(503, 20_072)).await;
    story.end().await;
}

#[tokio::test]
async fn a_lark_that_is_slow_is_waited_for() {
    let story = Story::begin().await;
    for path in [TOKEN, USER_INFO] {
        let (card, link) = story.linked().await;
        let before = story.lark.requests_to(path).len();
        let held = story.lark.hold(path);
        let path_back = story.decide(&link, Decision::Consent);
        let released = async {
            until("the question", async || {
                (story.lark.requests_to(path).len() > before).then_some(())
            })
            .await;
            assert_eq!(story.click(&card, "authorize").await.toast(), "授权正在处理中");
            held.release();
        };
        let (page, ()) = tokio::join!(story.open(&path_back), released);
        assert_eq!(shown(&page), (200, AUTHORIZED.to_owned()));
        story.until_titled(&card, AUTHORIZED).await;
    }
    story.end().await;
}

#[tokio::test]
async fn a_lark_that_is_too_slow_is_told() {
    let lark = FakeLark::start().await;
    let story = Story::at(place(&lark).set("CALLBACK_REDIRECT_BUDGET_MS", "1000"), lark).await;
    for path in [TOKEN, USER_INFO] {
        let held = story.lark.hold(path);
        let (card, link) = story.linked().await;
        assert_eq!(
            story.come_back(&link, Decision::Consent).await,
            (502, UNFINISHED.to_owned())
        );
        held.release();
        // At once when the plugin had time for it, and in any case when the request would have expired.
        story.pass(LIFETIME);
        story.until_titled(&card, FAILED).await;
        assert!(!story.is_authorized().await);
    }
    story.end().await;
}

#[tokio::test]
async fn a_card_that_could_not_be_changed_is_changed_later_and_undoes_nothing() {
    let story = Story::begin().await;
    for fault in troubles() {
        let (card, link) = story.linked().await;
        let path = format!("{SEND}/{}", card.message_id);
        for _ in 0..6 {
            story.lark.fault(&path, fault.clone());
        }
        story.consents(&link).await;
        story.until_titled(&card, AUTHORIZED).await;
        assert!(story.is_authorized().await);
        story.pass(MINUTE);
    }
    story.end().await;
}

#[tokio::test]
async fn a_card_that_can_never_be_changed_undoes_nothing() {
    let story = Story::begin().await;
    let (card, link) = story.linked().await;
    let path = format!("{SEND}/{}", card.message_id);
    story.lark.keeps_failing(&path, &Fault::Drop);
    story.consents(&link).await;
    story.scene.log.until("Delivery failed for good").await;
    assert!(story.is_authorized().await);
    story.end().await;
}

#[tokio::test]
async fn a_card_with_an_open_click_is_changed_when_the_click_is_answered() {
    let story = Story::begin().await;
    let (card, link) = story.linked().await;
    let path = format!("{SEND}/{}", card.message_id);
    story.lark.click_opens(&card.message_id);
    story.consents(&link).await;
    until("a try on the locked card", async || {
        (story.lark.requests_to(&path).len() > 2).then_some(())
    })
    .await;
    assert_ne!(story.title(&card), AUTHORIZED);
    story.lark.click_closes(&card.message_id);
    story.until_titled(&card, AUTHORIZED).await;
    story.end().await;
}
