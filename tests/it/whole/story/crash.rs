//! The real server is killed between each two steps: the story goes on, or says clearly that it must start again.

use std::time::Duration;

use rustix::process::Signal;

use super::{
    AUTHORIZED, CANCELLED, FAILED, REQUESTED, SEND, Story, TOKEN, USER_INFO, assert_clean_at_rest,
    people::{Card, People, shown},
    place_with_guests,
};
use crate::support::{
    Connection, OPERATOR, Place, Program, Request,
    fake_lark::{Decision, FakeLark},
    until,
};

/// A server as a process of its own, which tells all it can in its log.
struct Played {
    people: People,
    place: Place,
    program: Program,
    log: String,
}

impl Played {
    async fn begin() -> Self {
        let lark = FakeLark::start().await;
        let place = place_with_guests(&lark).set("RUST_LOG", "trace");
        let mut program = place.run(&[]);
        let client = program.serving().await;
        Self {
            people: People::new(lark, client),
            place,
            program,
            log: String::new(),
        }
    }

    /// The same with a card in the chat.
    async fn asked() -> (Self, Card) {
        let played = Self::begin().await;
        played.people.ask().await;
        let card = played.people.until_card(&[]).await;
        (played, card)
    }

    /// Waits for this many requests, and ends the server in the midst of it.
    async fn kill_at(self, path: &str, requests: usize) -> Dead {
        until(&format!("a request to {path}"), async || {
            (self.people.lark.requests_to(path).len() == requests).then_some(())
        })
        .await;
        self.kill().await
    }

    async fn kill(self) -> Dead {
        self.program.signal(Signal::KILL);
        let finished = self.program.finished().await;
        assert_eq!(finished.code, None, "{finished:?}");
        Dead {
            people: self.people,
            place: self.place,
            log: self.log + &finished.stderr,
        }
    }

    async fn restart(self) -> Self {
        self.kill().await.rise().await
    }

    /// Sends the browser back, and does not wait for what it gets.
    async fn leave_open(&self, path: &str) -> Connection {
        let mut connection = self.people.client.connect().await;
        connection.write(&Request::get(path).bytes()).await;
        connection
    }

    async fn end(self) {
        self.program.signal(Signal::TERM);
        let finished = self.program.finished().await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        self.people
            .assert_silent(&[&self.log, &finished.stderr, &finished.stdout]);
        assert_clean_at_rest(&self.people.lark, &self.place.path("data"));
    }

    /// The rest of a story that goes well.
    async fn ends_well(self, card: &Card) {
        let link = self.people.link(card).await;
        self.people.consents(&link).await;
        self.people.until_titled(card, AUTHORIZED).await;
        assert!(self.people.acted().await.contains("张三"));
        self.end().await;
    }
}

/// The state that a killed server leaves.
struct Dead {
    people: People,
    place: Place,
    log: String,
}

impl Dead {
    /// The next server over the same files.
    async fn rise(self) -> Played {
        let mut program = self.place.run(&[]);
        let client = program.serving().await;
        Played {
            people: self.people.at(client),
            place: self.place,
            program,
            log: self.log,
        }
    }

    /// The next server, in this process, by a clock that can be put forward.
    async fn rise_here(self) -> Story {
        self.people.assert_silent(&[&self.log]);
        let scene = self.place.serve().await;
        Story {
            people: self.people.at(scene.client()),
            scene,
        }
    }
}

#[tokio::test]
async fn before_the_card_is_sent() {
    let played = Played::begin().await;
    let _held = played.people.lark.hold(SEND);
    played.people.ask().await;
    let played = played.kill_at(SEND, 1).await.rise().await;
    let card = played.people.until_card(&[]).await;
    assert_eq!(played.people.title(&card), REQUESTED);
    played.ends_well(&card).await;
}

#[tokio::test]
async fn before_it_is_known_that_the_card_was_sent() {
    let played = Played::begin().await;
    let _held = played.people.lark.hold_answer(SEND);
    played.people.ask().await;
    let played = played.kill_at(SEND, 1).await.rise().await;
    until("the second try", async || {
        (played.people.lark.requests_to(SEND).len() == 2).then_some(())
    })
    .await;
    let card = played.people.until_card(&[]).await;
    assert_eq!(played.people.lark.messages().len(), 1, "it was not sent twice");
    played.ends_well(&card).await;
}

#[tokio::test]
async fn between_the_card_and_the_click() {
    let (played, card) = Played::asked().await;
    played.restart().await.ends_well(&card).await;
}

#[tokio::test]
async fn between_the_click_and_the_return() {
    let (played, card) = Played::asked().await;
    let link = played.people.link(&card).await;
    let played = played.restart().await;
    let path = played.people.decide(&link, Decision::Consent);
    assert_eq!(shown(&played.people.open(&path).await), (200, AUTHORIZED.to_owned()));
    played.people.until_titled(&card, AUTHORIZED).await;
    played.end().await;
}

#[tokio::test]
async fn between_the_click_and_a_refusal() {
    let (played, card) = Played::asked().await;
    let link = played.people.link(&card).await;
    let played = played.restart().await;
    let page = played.people.come_back(&link, Decision::Refuse).await;
    assert_eq!(page, (200, CANCELLED.to_owned()));
    played.people.until_titled(&card, CANCELLED).await;
    played.end().await;
}

#[tokio::test]
async fn during_the_exchange_the_page_says_that_it_must_start_again_when_it_is_loaded_again() {
    for (path, is_done) in [(TOKEN, false), (TOKEN, true), (USER_INFO, false)] {
        let (played, card) = Played::asked().await;
        let link = played.people.link(&card).await;
        let _held = match is_done {
            false => played.people.lark.hold(path),
            true => played.people.lark.hold_answer(path),
        };
        let back = played.people.decide(&link, Decision::Consent);
        let _browser = played.leave_open(&back).await;
        let played = played.kill_at(path, 1).await.rise().await;

        assert_eq!(shown(&played.people.open(&back).await), (502, "授权未完成".to_owned()));
        played.people.until_titled(&card, FAILED).await;
        assert!(played.people.acted().await.contains("must authorize"));
        let again = played.people.click(&card, "again").await;
        assert_eq!(again.toast(), "正在发送新的授权卡片");
        let newer = played.people.until_card(&[&card]).await;
        played.ends_well(&newer).await;
    }
}

#[tokio::test]
async fn during_the_exchange_the_card_says_so_in_the_end_when_nobody_comes_back() {
    let (played, card) = Played::asked().await;
    let link = played.people.link(&card).await;
    let _held = played.people.lark.hold(TOKEN);
    let back = played.people.decide(&link, Decision::Consent);
    let _browser = played.leave_open(&back).await;
    let story = played.kill_at(TOKEN, 1).await.rise_here().await;
    story.pass(Duration::from_secs(600));
    story.until_titled(&card, FAILED).await;
    assert!(!story.is_authorized().await);
    story.end().await;
}

#[tokio::test]
async fn between_the_page_and_the_card() {
    for is_done in [false, true] {
        let (played, card) = Played::asked().await;
        let link = played.people.link(&card).await;
        let patch = format!("{SEND}/{}", card.message_id);
        let _held = match is_done {
            false => played.people.lark.hold(&patch),
            true => played.people.lark.hold_answer(&patch),
        };
        played.people.consents(&link).await;
        let played = played.kill_at(&patch, 1).await.rise().await;
        until("the second try", async || {
            (played.people.lark.requests_to(&patch).len() == 2).then_some(())
        })
        .await;
        played.people.until_titled(&card, AUTHORIZED).await;
        assert!(played.people.acted().await.contains("张三"));
        played.end().await;
    }
}

#[tokio::test]
async fn during_the_exchange_a_click_tells_how_it_ended() {
    let (played, card) = Played::asked().await;
    let link = played.people.link(&card).await;
    let _held = played.people.lark.hold_answer(TOKEN);
    let back = played.people.decide(&link, Decision::Consent);
    let _browser = played.leave_open(&back).await;
    let story = played.kill_at(TOKEN, 1).await.rise_here().await;
    assert_eq!(story.click(&card, "authorize").await.toast(), "授权正在处理中");
    story.pass(Duration::from_secs(120));
    assert_eq!(story.click(&card, "authorize").await.toast(), "授权未成功，请重新发起");
    story.until_titled(&card, FAILED).await;
    story.end().await;
}

#[tokio::test]
async fn between_larks_answer_to_a_refresh_and_its_storage() {
    let (played, card) = Played::asked().await;
    let link = played.people.link(&card).await;
    played.people.consents(&link).await;
    played.people.until_titled(&card, AUTHORIZED).await;
    // Lark takes the token no more; the server learns it by the answer.
    played.people.lark.advance(7_200_000);
    let _held = played.people.lark.hold_answer(TOKEN);
    let call = serde_json::json!({"call": format!("/open-apis/contact/v3/users/{OPERATOR}"), "user": OPERATOR});
    let mut caller = played.people.client.connect().await;
    caller.write(&played.people.client.lark.click(call).bytes()).await;
    let story = played.kill_at(TOKEN, 2).await.rise_here().await;
    // The dead server held the refresh.
    story.pass(Duration::from_secs(30));
    // The refresh token works once, and what it brought is lost.
    assert!(story.acted().await.contains("must authorize"));
    assert_eq!(story.lark.take_refusals(), [99_991_677, 99_991_677, 20_073]);
    let newer = story.asked().await;
    let link = story.link(&newer).await;
    story.consents(&link).await;
    assert!(story.acted().await.contains("张三"));
    story.end().await;
}

#[tokio::test]
async fn during_a_call_as_the_user() {
    let (played, card) = Played::asked().await;
    let link = played.people.link(&card).await;
    played.people.consents(&link).await;
    let contact = format!("/open-apis/contact/v3/users/{OPERATOR}");
    let _held = played.people.lark.hold(&contact);
    let call = serde_json::json!({"call": contact, "user": OPERATOR});
    let mut caller = played.people.client.connect().await;
    caller.write(&played.people.client.lark.click(call).bytes()).await;
    let played = played.kill_at(&contact, 1).await.rise().await;
    assert!(played.people.acted().await.contains("张三"));
    played.end().await;
}
