//! Calls of Lark's OpenAPI against a Lark that checks what it gets.

mod accounts;

use std::time::Duration;

use lark_callback::openapi::{
    AppCredentials, AppTickets, AuthorizeSettings, Credential, Deadline, Distribution, LarkResponse, Openapi,
    OpenapiError, OpenapiSettings, Request, TokenError, TransportError,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{
    OPERATOR,
    fake_lark::{APP_ID, APP_SECRET, FakeLark, Fault},
    until, within,
};

const TENANT_TOKEN: &str = "/open-apis/auth/v3/tenant_access_token/internal";
const MESSAGES: &str = "/open-apis/im/v1/messages";
const APP: Credential<'_> = Credential::App { tenant_key: "t" };

fn settings(lark: &FakeLark) -> OpenapiSettings {
    OpenapiSettings::at(lark.url(), lark.url())
}

fn openapi_with(settings: OpenapiSettings, distribution: Distribution) -> Openapi {
    let app = AppCredentials {
        app_id: APP_ID.to_owned(),
        app_secret: APP_SECRET.into(),
        distribution,
        authorize: AuthorizeSettings::default(),
    };
    Openapi::new(settings, [app], AppTickets::default()).unwrap()
}

fn openapi(lark: &FakeLark) -> Openapi {
    openapi_with(settings(lark), Distribution::Internal)
}

/// Asks who a user is, as the application.
async fn call(openapi: &Openapi, deadline: Deadline) -> Result<LarkResponse, OpenapiError> {
    openapi.call(APP_ID, APP, &user_request(), &deadline).await
}

/// Much longer than anything takes here.
fn ample(lark: &FakeLark) -> Deadline {
    Deadline::within(lark.now_ms(), Duration::from_secs(30))
}

fn short(lark: &FakeLark) -> Deadline {
    Deadline::within(lark.now_ms(), Duration::from_millis(300))
}

fn user_request() -> Request {
    Request::new("GET", &format!("/open-apis/contact/v3/users/{OPERATOR}"), &[], None).unwrap()
}

fn card(text: &str) -> Value {
    json!({"schema": "2.0", "config": {"update_multi": true}, "body": {"elements": [{"tag": "markdown", "content": text}]}})
}

fn send_request(content: &Value, uuid: &str) -> Request {
    let body = json!({
        "receive_id": OPERATOR, "msg_type": "interactive", "content": content.to_string(), "uuid": uuid,
    });
    let query = [("receive_id_type".to_owned(), "open_id".to_owned())];
    Request::new("POST", MESSAGES, &query, Some(body.to_string())).unwrap()
}

#[tokio::test]
async fn fifty_calls_at_once_ask_for_one_token() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    let held = lark.hold(TENANT_TOKEN);
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let (openapi, deadline) = (openapi.clone(), ample(&lark));
        calls.spawn(async move { call(&openapi, deadline).await });
    }
    until("the request for a token", async || lark.requests_to(TENANT_TOKEN).pop()).await;
    held.release();
    for answer in calls.join_all().await {
        assert!(answer.unwrap().is_success());
    }
    assert_eq!(lark.requests_to(TENANT_TOKEN).len(), 1);
}

#[tokio::test]
async fn a_failed_request_for_a_token_fails_all_who_wait_and_the_next_tries_again() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    lark.fault(TENANT_TOKEN, Fault::code(400, 10_014));
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let (openapi, deadline) = (openapi.clone(), ample(&lark));
        calls.spawn(async move { call(&openapi, deadline).await });
    }
    for answer in calls.join_all().await {
        let error = answer.unwrap_err();
        assert!(matches!(
            error,
            OpenapiError::Token(TokenError::Rejected { code: 10_014, .. })
        ));
        assert!(error.to_string().contains("LARK_APP_SECRET"), "{error}");
        assert!(!error.is_retryable());
    }
    assert_eq!(lark.requests_to(TENANT_TOKEN).len(), 1);

    let answer = call(&openapi, ample(&lark)).await;
    assert!(answer.unwrap().is_success());
}

#[tokio::test]
async fn a_token_is_kept_until_three_minutes_before_its_end() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    let mut asked = Vec::new();
    for minutes in [0, 116, 2, 0] {
        lark.advance(minutes * 60_000);
        let answer = call(&openapi, ample(&lark)).await;
        assert!(answer.unwrap().is_success());
        asked.push(lark.requests_to(TENANT_TOKEN).len());
    }
    assert_eq!(asked, [1, 1, 2, 2]);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_all() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    call(&openapi, ample(&lark)).await.unwrap();
    lark.revoke_app_tokens();
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let (openapi, deadline) = (openapi.clone(), ample(&lark));
        calls.spawn(async move { call(&openapi, deadline).await });
    }
    for answer in calls.join_all().await {
        assert!(answer.unwrap().is_success());
    }
    assert_eq!(lark.requests_to(TENANT_TOKEN).len(), 2);
    assert!(lark.take_refusals().iter().all(|code| *code == 99_991_663));
}

#[tokio::test]
async fn a_token_that_is_refused_again_is_the_callers_answer() {
    let lark = FakeLark::start().await;
    let path = user_request().path().to_owned();
    for code in [99_991_664, 99_991_671] {
        lark.fault(&path, Fault::code(400, code));
    }
    let answer = call(&openapi(&lark), ample(&lark)).await.unwrap();
    assert_eq!(answer.code, Some(99_991_671));
    assert_eq!(lark.requests_to(&path).len(), 2);
}

#[tokio::test]
async fn a_rate_limit_is_waited_out_when_there_is_time() {
    let lark = FakeLark::start().await;
    let path = user_request().path().to_owned();
    lark.fault(&path, Fault::limit(429, ("x-ogw-ratelimit-reset", "0")));
    lark.fault(&path, Fault::limit(400, ("retry-after", "0")));
    let openapi = openapi(&lark);
    let answer = call(&openapi, ample(&lark)).await;
    assert!(answer.unwrap().is_success());
    assert_eq!(lark.requests_to(&path).len(), 3);

    lark.fault(&path, Fault::limit(429, ("x-ogw-ratelimit-reset", "7")));
    let error = call(&openapi, short(&lark)).await.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(error.after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn trouble_with_the_token_of_the_application_is_waited_out_too() {
    let lark = FakeLark::start().await;
    for fault in [
        Fault::limit(429, ("x-ogw-ratelimit-reset", "1")),
        Fault::Drop,
        Fault::text(503, "upstream connect error"),
        Fault::text(200, "<html>"),
    ] {
        lark.fault(TENANT_TOKEN, fault.clone());
        let answer = call(&openapi(&lark), ample(&lark)).await;
        assert!(answer.is_ok_and(|answer| answer.is_success()), "{fault:?}");
    }
}

#[tokio::test]
async fn a_card_that_is_locked_and_a_message_that_is_being_sent_are_waited_for() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    lark.fault(MESSAGES, Fault::StillSending);
    let request = send_request(&card("first"), "uuid-1");
    let answer = openapi.call(APP_ID, APP, &request, &ample(&lark)).await.unwrap();
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let id = body["data"]["message_id"].as_str().unwrap();
    assert_eq!(lark.messages().len(), 1, "the same uuid, so the same message");

    let body = json!({"content": card("second").to_string()}).to_string();
    let patch = Request::new("PATCH", &format!("{MESSAGES}/{id}"), &[], Some(body)).unwrap();
    lark.click_opens(id);
    let error = openapi.call(APP_ID, APP, &patch, &short(&lark)).await.unwrap_err();
    assert!(
        matches!(error, OpenapiError::Locked { code: 230_099, .. }) && error.is_retryable() && error.after().is_some(),
        "{error:?}"
    );
    lark.click_closes(id);
    assert!(
        openapi
            .call(APP_ID, APP, &patch, &ample(&lark))
            .await
            .unwrap()
            .is_success()
    );

    // The same number, and a card that stays wrong.
    let words = r#"{"code":230099,"msg":"Failed to create card content, ext=ErrCode: 11310; ErrMsg: card table number over limit"}"#;
    lark.fault(patch.path(), Fault::text(400, words));
    let answer = openapi.call(APP_ID, APP, &patch, &ample(&lark)).await.unwrap();
    assert_eq!(answer.code, Some(230_099));
}

#[tokio::test]
async fn what_may_work_later_is_told_apart_from_what_will_not() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    let path = user_request().path().to_owned();
    for fault in [
        Fault::Drop,
        Fault::LoseAnswer,
        Fault::text(502, "<html>"),
        Fault::code(500, 1),
        Fault::text(200, "<html>"),
    ] {
        lark.fault(&path, fault.clone());
        let once = call(&openapi, ample(&lark)).await;
        assert!(once.is_ok(), "{fault:?} passes: {once:?}");
        lark.keeps_failing(&path, &fault);
        let error = call(&openapi, ample(&lark)).await.unwrap_err();
        lark.recovers(&path);
        assert!(error.is_retryable(), "{fault:?}: {error}");
    }

    let unknown = openapi
        .call("cli_of_nobody", APP, &user_request(), &ample(&lark))
        .await
        .unwrap_err();
    assert!(!unknown.is_retryable() && unknown.to_string().contains("LARK_APP_ID"));

    let small = OpenapiSettings {
        response_bytes_max: 100,
        ..settings(&lark)
    };
    let error = openapi_with(small, Distribution::Internal)
        .call(APP_ID, APP, &user_request(), &ample(&lark))
        .await
        .unwrap_err();
    let too_large = |error: &TransportError| matches!(error, TransportError::TooLarge { bytes_max: 100 });
    assert!(
        matches!(&error, OpenapiError::Token(TokenError::Transport(error)) | OpenapiError::Transport(error) if too_large(error)),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_lark_that_does_not_answer_costs_no_more_than_the_deadline() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    call(&openapi, ample(&lark)).await.unwrap();
    let _held = lark.hold(user_request().path());
    let slow = call(&openapi, short(&lark));
    let error = within("the deadline", slow).await.unwrap_err();
    assert!(
        matches!(error, OpenapiError::Transport(TransportError::TooSlow { .. })),
        "{error:?}"
    );
    assert!(error.is_retryable());

    lark.revoke_app_tokens();
    call(&openapi, ample(&lark)).await.unwrap();
    lark.take_refusals();
    lark.advance(7_200_000);
    let _held = lark.hold(TENANT_TOKEN);
    let error = within("the deadline", call(&openapi, short(&lark))).await.unwrap_err();
    assert!(
        matches!(error, OpenapiError::Token(TokenError::TooSlow { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_unreachable_lark_is_named_with_the_setting() {
    let lark = FakeLark::start().await;
    let nowhere = OpenapiSettings::at("http://127.0.0.1:9", "http://127.0.0.1:9");
    let openapi = openapi_with(nowhere, Distribution::Internal);
    let error = call(&openapi, ample(&lark)).await.unwrap_err();
    assert!(error.is_retryable());
    assert!(error.to_string().contains("LARK_API_BASE_URL"), "{error}");
}

#[tokio::test]
async fn an_answer_with_a_code_is_an_answer() {
    let lark = FakeLark::start().await;
    lark.fault(user_request().path(), Fault::code(200, 99_991_672));
    let answer = call(&openapi(&lark), ample(&lark)).await.unwrap();
    assert_eq!((answer.status, answer.code), (200, Some(99_991_672)));
    assert!(!answer.is_success());
    assert_eq!(answer.log_id.get(), Some("logid-2"));
    assert!(answer.body.contains("on demand"));
}

#[tokio::test]
async fn a_message_is_sent_once_and_its_card_is_changed() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    let mut ids = Vec::new();
    for _ in 0..2 {
        let request = send_request(&card("first"), "uuid-1");
        let answer = openapi.call(APP_ID, APP, &request, &ample(&lark)).await.unwrap();
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        ids.push(body["data"]["message_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids[0], ids[1]);
    assert_eq!(lark.messages().len(), 1);

    let body = json!({"content": card("second").to_string()}).to_string();
    let patch = Request::new("PATCH", &format!("{MESSAGES}/{}", ids[0]), &[], Some(body)).unwrap();
    let answer = openapi.call(APP_ID, APP, &patch, &ample(&lark)).await.unwrap();
    assert!(answer.is_success());
    assert_eq!(lark.messages()[&ids[0]].content, card("second"));
}

#[tokio::test]
async fn a_card_is_changed_only_when_it_is_shared_and_young() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    let closed = json!({"schema": "2.0", "body": {"elements": []}});
    let mut codes = Vec::new();
    for (old, new, days) in [
        (&closed, card("x"), 0),
        (&card("x"), closed.clone(), 0),
        (&card("x"), card("y"), 15),
    ] {
        let sent = send_request(old, &crate::support::event_id());
        let answer = openapi.call(APP_ID, APP, &sent, &ample(&lark)).await.unwrap();
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        lark.advance(days * 86_400_000);
        let path = format!("{MESSAGES}/{}", body["data"]["message_id"].as_str().unwrap());
        let body = json!({"content": new.to_string()}).to_string();
        let patch = Request::new("PATCH", &path, &[], Some(body)).unwrap();
        let answer = openapi.call(APP_ID, APP, &patch, &ample(&lark)).await.unwrap();
        codes.push(answer.code.unwrap());
    }
    assert_eq!(codes, [230_099, 230_099, 230_031]);
    assert_eq!(lark.take_refusals(), codes);
}

#[tokio::test]
async fn a_card_is_changed_late_only_after_the_answer_and_twice() {
    let lark = FakeLark::start().await;
    let openapi = openapi(&lark);
    lark.clicked("c-1");
    let mut codes = Vec::new();
    for step in 0..4 {
        let update = Request::delayed_card_update("c-1", &card(&step.to_string()).to_string()).unwrap();
        let answer = openapi.call(APP_ID, APP, &update, &ample(&lark)).await.unwrap();
        codes.push(answer.code.unwrap());
        if step == 0 {
            lark.callback_answered("c-1");
        }
    }
    assert_eq!(codes, [300_000, 0, 0, 300_040]);
    assert_eq!(lark.updates("c-1"), [card("1"), card("2")]);
    assert_eq!(lark.take_refusals(), [300_000, 300_040]);
}
