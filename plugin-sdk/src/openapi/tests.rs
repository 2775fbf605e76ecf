//! Calls as they cross the border, and the handling of answers.

mod asked;

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use serde_json::{Value, json};

use crate::testing::FakeHost;
use crate::{Card, CardAction, Event, Failure, Host, Identity, OauthError, Openapi, OpenapiError, To};

fn openapi(host: &FakeHost) -> Openapi<'_> {
    (host as &dyn Host).openapi()
}

/// The body of the last call.
fn body(host: &FakeHost) -> Value {
    let call = host.calls().pop().expect("a call");
    serde_json::from_str(&call.body.expect("a body")).expect("json")
}

#[test]
fn a_call_carries_what_it_was_given_and_no_token() {
    let host = FakeHost::new();
    let call = openapi(&host)
        .as_user("ou_anna")
        .put("/open-apis/a/v1/b")
        .query("page", "a b&c")
        .query("page", "2")
        .json(&json!({"k": [1]}));
    call.send().expect("an answer");
    let call = host.calls().pop().expect("a call");
    assert_eq!(call.identity, Identity::User("ou_anna".to_owned()));
    assert_eq!((call.method, call.path.as_str()), ("PUT", "/open-apis/a/v1/b"));
    assert_eq!(
        call.query,
        [
            ("page".to_owned(), "a b&c".to_owned()),
            ("page".to_owned(), "2".to_owned())
        ]
    );
    assert_eq!(call.body.as_deref(), Some(r#"{"k":[1]}"#));
}

#[test]
fn an_answer_is_read_as_a_type_of_ones_own() {
    let host = FakeHost::new();
    host.next_answer(200, &json!({"code": 0, "msg": "ok", "data": {"items": [1, 2]}}));
    host.next_answer(200, &json!({"code": 0, "bot": {"open_id": "ou_bot"}}));
    host.next_answer(200, &json!({"code": 0, "data": {"items": "none"}}));
    let get = || openapi(&host).get("/open-apis/x").send().expect("an answer");
    assert_eq!(get().data::<Value>().expect("data"), json!({"items": [1, 2]}));

    let answer = get();
    assert_eq!(answer.data::<Option<u8>>().expect("no data"), None);
    assert_eq!(answer.body::<Value>().expect("a body")["bot"]["open_id"], "ou_bot");

    let error = get().data::<Vec<u8>>().expect_err("another shape");
    assert!(matches!(error, OpenapiError::Unreadable { status: 200, .. }));
    assert!(matches!(Failure::from(error), Failure::Permanent { .. }));
}

#[test]
fn a_code_that_is_not_0_is_an_error_whatever_the_status() {
    let host = FakeHost::new();
    host.next_answer(200, &json!({"code": 230_002, "msg": "Bot is not in the chat"}));
    let error = openapi(&host).get("/open-apis/x").send().expect_err("an error");
    assert_eq!(error.code(), Some(230_002));
    assert_eq!(
        error.to_string(),
        "Lark answered with code 230002 (status 200, log id log-of-the-test): Bot is not in the chat"
    );
}

#[test]
fn a_code_is_read_whichever_words_come_with_it() {
    for body in [
        json!({"code": 20_003, "msg": "no code"}),
        json!({"code": 20_003, "error_description": "no code"}),
        json!({"code": 20_003, "msg": "no code", "error_description": "other words"}),
    ] {
        let host = FakeHost::new();
        host.next_answer(400, &body);
        let error = openapi(&host).get("/open-apis/a").send().expect_err("an error");
        assert_eq!(error.code(), Some(20_003));
        assert!(error.to_string().ends_with(": no code"), "{error}");
    }
}

#[test]
fn an_answer_does_not_show_its_body() {
    let host = FakeHost::new();
    host.next_answer(200, &json!({"code": 0, "data": {"name": "canary"}}));
    let answer = openapi(&host).get("/open-apis/x").send().expect("an answer");
    assert!(!format!("{answer:?}").contains("canary"));
}

/// The failure that `?` makes of Lark's answer.
fn failure(status: u16, body: &Value) -> Failure {
    let host = FakeHost::new();
    host.next_answer(status, body);
    openapi(&host).get("/open-apis/x").send().expect_err("an error").into()
}

#[test]
fn what_may_pass_is_tried_again_and_what_cannot_work_is_not() {
    for (status, body) in [
        (429, json!({"code": 99_991_400})),
        (400, json!({"code": 99_991_400})),
        (200, json!({"code": 230_020})),
        (500, json!({"code": 1})),
        (503, json!("down")),
        (502, json!({})),
    ] {
        assert!(
            matches!(failure(status, &body), Failure::Retry { .. }),
            "{status} {body}"
        );
    }
    for (status, body) in [
        (200, json!({"code": 230_002})),
        (400, json!({"code": 99_991_672})),
        (404, json!("no such page")),
        (200, json!([])),
    ] {
        assert!(
            matches!(failure(status, &body), Failure::Permanent { .. }),
            "{status} {body}"
        );
    }
}

#[test]
fn the_time_that_lark_asks_for_becomes_the_time_of_the_failure() {
    let wait = Duration::from_secs(7);
    let error = OpenapiError::Retry {
        message: "slow down".to_owned(),
        after: Some(wait),
    };
    let host = FakeHost::new();
    host.next_call_fails(error);
    let failure = Failure::from(openapi(&host).get("/open-apis/x").send().expect_err("an error"));
    assert_eq!(failure, Failure::retry_after(wait, "Lark is not available: slow down"));
}

#[derive(Debug, thiserror::Error)]
#[error("the leave was not entered")]
struct NotEntered(#[source] Box<dyn Error>);

#[test]
fn an_error_of_ones_own_fails_as_its_cause_does() {
    let give_up = NotEntered(Box::new(OpenapiError::NotGranted("openapi = []".to_owned())));
    assert!(
        matches!(Failure::from(give_up), Failure::Permanent { message } if message.contains("not entered: the operator"))
    );
    let give_up = NotEntered(Box::new(OauthError::WrongUser));
    assert!(matches!(Failure::from(give_up), Failure::Permanent { .. }));
    let later = NotEntered(Box::new(std::fmt::Error));
    assert!(matches!(Failure::from(later), Failure::Retry { after: None, .. }));
}

#[test]
fn messages_go_out_as_lark_documents_them() {
    let host = FakeHost::new();
    let lark = openapi(&host);
    let card = json!({"schema": "2.0", "body": {}});
    assert_eq!(lark.send_text(To::Chat("oc_1"), "hi \"you\"").expect("sent"), "om_1");
    assert_eq!(
        host.calls()[0].query,
        [("receive_id_type".to_owned(), "chat_id".to_owned())]
    );
    assert_eq!(
        body(&host),
        json!({"receive_id": "oc_1", "msg_type": "text", "content": r#"{"text":"hi \"you\""}"#})
    );

    assert_eq!(lark.send_card(To::OpenId("ou_1"), card.clone()).expect("sent"), "om_2");
    assert_eq!(
        body(&host),
        json!({"receive_id": "ou_1", "msg_type": "interactive", "content": card.to_string()})
    );

    assert_eq!(lark.reply_text("om_9", "yes").expect("replied"), "om_3");
    assert_eq!(host.calls()[2].path, "/open-apis/im/v1/messages/om_9/reply");
    assert_eq!(body(&host), json!({"msg_type": "text", "content": r#"{"text":"yes"}"#}));

    lark.reply_card("om_9", Card::template("AAq1")).expect("replied");
    assert_eq!(
        body(&host)["content"],
        r#"{"data":{"template_id":"AAq1"},"type":"template"}"#
    );

    lark.patch_card("om_9", card.clone()).expect("patched");
    let call = host.calls().pop().expect("a call");
    assert_eq!(
        (call.method, call.path.as_str()),
        ("PATCH", "/open-apis/im/v1/messages/om_9")
    );
    assert_eq!(body(&host), json!({"content": card.to_string()}));

    let click: CardAction = Event::card_action("ou_1", "x").payload().expect("a click");
    lark.update_card(&click.token.expect("a token"), card.clone())
        .expect("updated");
    assert_eq!(
        body(&host),
        json!({"token": "c-295ee57216a5dc9de90fefd0aadb4b1d7d123456", "card": card})
    );
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_sent() {
    let host = FakeHost::new();
    let lark = openapi(&host);
    let refused = |result: Result<(), OpenapiError>| assert!(matches!(result, Err(OpenapiError::Refused(_))));
    refused(lark.send_card(To::OpenId("ou_1"), json!("{}")).map(drop));
    for id in ["", "om_1/reply", "../x", "om_1?a", "om%2f"] {
        refused(lark.patch_card(id, json!({})));
        refused(lark.reply_text(id, "hi").map(drop));
    }
    let without_json = BTreeMap::from([((1, 2), 3)]);
    refused(lark.post("/open-apis/x").json(&without_json).send().map(drop));
    assert!(host.calls().is_empty());
}
