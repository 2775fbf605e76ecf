//! Calls that are ready made: what they ask of Lark, and what they make of its answers.

use serde_json::json;

use super::{body, openapi};
use crate::card::Markdown;
use crate::testing::{FakeHost, Trouble};
use crate::{Card, Failure, OpenapiError, To};

#[test]
fn pages_end_with_the_last_one_with_an_error_and_with_a_page_that_comes_again() {
    let numbers = |host: &FakeHost| {
        let pages = openapi(host).get("/open-apis/a/v1/b").pages::<u32>();
        pages.collect::<Result<Vec<u32>, OpenapiError>>()
    };
    let page = |items: &[u32], token: &str| json!({"code": 0, "data": {"items": items, "has_more": !token.is_empty(), "page_token": token}});
    let host = FakeHost::new();
    host.next_answer(200, &page(&[1, 2], "a"));
    host.next_answer(200, &page(&[], "b"));
    host.next_answer(200, &page(&[3], ""));
    assert_eq!(numbers(&host).expect("numbers"), [1, 2, 3]);
    assert_eq!(host.calls().len(), 3);

    let host = FakeHost::new();
    host.answer_with("GET", "/open-apis/a/v1/b", &page(&[1], "same"));
    assert_eq!(numbers(&host).expect("numbers"), [1, 1]);

    let host = FakeHost::new();
    host.next_answer(200, &page(&[1], "a"));
    host.fail("GET", "/open-apis/a/v1/b", Trouble::TimedOut);
    let mut pages = openapi(&host).get("/open-apis/a/v1/b").pages::<u32>();
    assert!(matches!(pages.next(), Some(Ok(1))));
    assert!(matches!(pages.next(), Some(Err(OpenapiError::Retry { .. }))));
    assert!(pages.next().is_none());

    let host = FakeHost::new();
    assert_eq!(numbers(&host).expect("no numbers"), Vec::<u32>::new());
}

#[test]
fn people_are_asked_for_fifty_at_a_time() {
    let host = FakeHost::new();
    host.answer(
        "GET",
        "/open-apis/contact/v3/users/batch",
        &json!({"items": [{"open_id": "ou_1", "gender": "odd"}]}),
    );
    let ids: Vec<String> = (0..101).map(|number| format!("ou_{number}")).collect();
    let users = openapi(&host).users(&ids).expect("users");
    assert_eq!((users.len(), host.calls().len()), (3, 3));
    assert_eq!(host.calls()[2].query.len(), 2);
    assert_eq!(users[0].extra["gender"], "odd");

    let email = |list: serde_json::Value| {
        host.answer(
            "POST",
            "/open-apis/contact/v3/users/batch_get_id",
            &json!({"user_list": list}),
        );
        openapi(&host).open_id_by_email("a@example.com").expect("an answer")
    };
    assert_eq!(
        email(json!([{"email": "a@example.com", "user_id": "ou_1"}])).as_deref(),
        Some("ou_1")
    );
    assert_eq!(email(json!([{"email": "a@example.com"}])), None);
    assert_eq!(email(json!(null)), None);
}

#[test]
fn an_id_that_would_change_the_path_is_refused() {
    let host = FakeHost::new();
    let lark = openapi(&host);
    for bad in ["", "om_1/reply", "..", "om_1?a", "日"] {
        for refused in [
            lark.recall(bad),
            lark.edit_text(bad, "a"),
            lark.react(bad, "OK").map(drop),
            lark.unreact("om_1", bad),
            lark.user(bad).map(drop),
            lark.chat(bad).map(drop),
            lark.chat_members(bad).map(drop),
            lark.message(bad).map(drop),
        ] {
            assert!(matches!(refused, Err(OpenapiError::Refused(_))), "{bad}");
        }
    }
    assert!(host.calls().is_empty());
}

#[test]
fn messages_and_the_bot_are_read() {
    let host = FakeHost::new();
    let lark = openapi(&host);
    host.answer_with(
        "GET",
        "/open-apis/bot/v3/info",
        &json!({"code": 0, "bot": {"open_id": "ou_bot", "app_name": "Helper", "new": 1}}),
    );
    assert_eq!(lark.bot().expect("the bot").open_id, "ou_bot");
    host.answer(
        "GET",
        "/open-apis/im/v1/messages/*",
        &json!({"items": [{
            "message_id": "om_1", "msg_type": "text", "sender": {"id": "cli_a", "id_type": "app_id", "sender_type": "app"},
            "body": {"content": r#"{"text":"@_user_1 hi"}"#}, "mentions": [{"key": "@_user_1", "id": "ou_1", "name": "Anna"}],
        }]}),
    );
    let message = lark.message("om_1").expect("a message");
    assert_eq!(message.read().text, "@Anna hi");
    assert!(message.is_from_app("cli_a") && !message.is_from_app("cli_b"));
    assert!(lark.forwarded("om_1").expect("messages").is_empty());
    host.answer(
        "POST",
        "/open-apis/im/v1/messages/*/reactions",
        &json!({"reaction_id": "r1"}),
    );
    assert_eq!(lark.react("om_1", "OK").expect("a reaction"), "r1");
    assert_eq!(body(&host), json!({"reaction_type": {"emoji_type": "OK"}}));
}

#[test]
fn a_live_card_counts_its_changes() {
    let host = FakeHost::new();
    host.answer("POST", "/open-apis/cardkit/v1/cards", &json!({"card_id": "7355"}));
    let lark = openapi(&host);
    let card = Card::builder().add(Markdown::new("…").id("text")).streaming(true);
    let mut live = lark.live_card(card.build().expect("a card")).expect("a live card");
    live.send_to(To::Chat("oc_1")).expect("sent");
    live.set_text("text", "a").expect("changed");
    live.set_text("text", "ab").expect("changed");
    assert!(live.set_text("a/b", "").is_err());
    live.end().expect("ended");
    host.assert_called_with(
        "PUT",
        "/open-apis/cardkit/v1/cards/7355/elements/text/content",
        &json!({"content": "ab", "sequence": 2}),
    );
    let ended = host.assert_called("PATCH", "/open-apis/cardkit/v1/cards/*/settings");
    assert!(ended.body.is_some_and(|body| body.contains(r#""sequence":3"#)));
}

#[test]
fn trouble_becomes_the_failure_that_fits() {
    let host = FakeHost::new();
    let failure = |trouble: Trouble| {
        host.fail("POST", "/open-apis/im/v1/messages", trouble);
        Failure::from(openapi(&host).send_text(To::OpenId("ou_1"), "a").expect_err("an error"))
    };
    for passing in [
        Trouble::TooManyRequests(1),
        Trouble::TimedOut,
        Trouble::Unreachable,
        Trouble::Broken,
    ] {
        assert!(matches!(failure(passing), Failure::Retry { .. }), "{passing:?}");
    }
    let refused = failure(Trouble::NotGranted);
    assert!(matches!(refused, Failure::Permanent { .. }));
    assert!(
        refused.message().contains("POST /open-apis/im/v1/messages"),
        "{refused}"
    );
}
