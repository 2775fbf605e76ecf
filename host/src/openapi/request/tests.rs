//! Requests that are sent to Lark, and ones that are rejected.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn get(path: &str) -> Result<Request, RequestError> {
    Request::new("GET", path, &[], None)
}

fn send(path: &str, body: String) -> Result<Request, RequestError> {
    Request::new("POST", path, &[], Some(body))
}

#[test]
fn paths_of_the_openapi_are_sent_as_they_are() {
    for path in [
        "/open-apis/im/v1/messages",
        "/open-apis/im/v1/messages/om_dc13264520392913993dd051dba21dcf/reply",
        "/open-apis/calendar/v4/calendars/feishu.cn_x@group.calendar.feishu.cn/events/a-b_c~d",
        "/open-apis/sheets/v2/spreadsheets/sh/values/Q7PlXT!A1:B2",
        "/open-apis/authen/v1/user_info",
        "/open-apis/drive/v1/files/%E4%BD%A0",
    ] {
        assert_eq!(get(path).unwrap().target(), path);
    }
}

#[test]
fn a_path_that_could_be_read_in_two_ways_is_refused() {
    for path in [
        "",
        "open-apis/im/v1/messages",
        "/open-apis",
        "/open-apis/",
        "/open-apisX/im",
        "/open-apis/im//messages",
        "/open-apis/im/../auth/v3/x",
        "/open-apis/im/./v1",
        "/open-apis/im/%2e%2e/auth",
        "/open-apis/im/%2E./auth",
        "/open-apis/im%2fv1",
        "/open-apis/im%5cv1",
        "/open-apis/im/%252e",
        "/open-apis/im/%",
        "/open-apis/im/%8",
        "/open-apis/im/%+8",
        "/open-apis/im?x=1",
        "/open-apis/im#x",
        "/open-apis/im v1",
        "/open-apis/im\\v1",
        "/open-apis/im\r\nHost: x",
        "/open-apis/im/你",
        "https://example.com/open-apis/im",
        "//example.com/open-apis/im",
        "@example.com/open-apis/im",
    ] {
        assert!(get(path).is_err(), "{path}");
    }
}

#[test]
fn the_ways_to_tokens_are_closed() {
    for path in [
        "/open-apis/auth/v3/tenant_access_token/internal",
        "/open-apis/auth/v3/app_ticket/resend",
        "/open-apis/authen/v1/oidc/access_token",
        "/open-apis/authen/v2/oauth/token",
        "/open-apis/AUTH/v3/app_access_token",
        "/open-apis/authen/v1/user_info/x",
    ] {
        assert_eq!(get(path), Err(RequestError::Tokens), "{path}");
    }
}

#[test]
fn only_five_methods_are_known() {
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let request = Request::new(method, "/open-apis/im/v1/chats", &[], None).unwrap();
        assert_eq!(request.method().name(), method);
    }
    for method in ["", "get", "HEAD", "CONNECT", "TRACE", "GET /x"] {
        let refused = Request::new(method, "/open-apis/im/v1/chats", &[], None);
        assert_eq!(refused, Err(RequestError::Method), "{method}");
    }
}

#[test]
fn a_query_is_encoded_and_cannot_add_to_itself() {
    let query = [
        ("a&b".to_owned(), "1=2 #?".to_owned()),
        ("名".to_owned(), String::new()),
    ];
    let request = Request::new("GET", "/open-apis/im/v1/chats", &query, None).unwrap();
    assert_eq!(
        request.target(),
        "/open-apis/im/v1/chats?a%26b=1%3D2%20%23%3F&%E5%90%8D="
    );
    let long = [("a".to_owned(), "x".repeat(QUERY_BYTES_MAX))];
    let refused = Request::new("GET", "/open-apis/im/v1/chats", &long, None);
    assert!(matches!(refused, Err(RequestError::TooLong { .. })));
}

#[test]
fn a_body_is_json_and_a_get_has_none() {
    assert!(send("/open-apis/im/v1/chats", "{}".into()).is_ok());
    for body in ["", "{", "{}x", "secret"] {
        let error = send("/open-apis/im/v1/chats", body.into()).unwrap_err();
        assert!(matches!(error, RequestError::NotJson { .. }), "{body}");
        assert!(body.len() < 3 || !error.to_string().contains(body));
    }
    let refused = Request::new("GET", "/open-apis/im/v1/chats", &[], Some("{}".into()));
    assert_eq!(refused, Err(RequestError::BodyOfGet));
}

/// A body of this many bytes, with as much content as fits.
fn filled(bytes: usize, body: impl Fn(&str) -> String) -> String {
    body(&"x".repeat(bytes - body("").len()))
}

/// Content of a message of this kind.
fn content(kind: &str, text: &str) -> String {
    match kind {
        "text" => json!({"text": text}).to_string(),
        _ => text.to_owned(),
    }
}

#[test]
fn a_text_message_has_a_text() {
    let message = |content: Value| json!({"receive_id": "ou_1", "msg_type": "text", "content": content}).to_string();
    for content in [
        "",
        "hello",
        "{}",
        r#"{"text":""}"#,
        r#"{"txt":"hello"}"#,
        r#"["text"]"#,
        "null",
    ] {
        let refused = send("/open-apis/im/v1/messages", message(content.into()));
        assert_eq!(refused, Err(RequestError::NoText), "{content}");
    }
    // The last two are wrong in another way, of which Lark tells itself.
    for content in [
        r#"{"text":" "}"#.into(),
        r#"{"text":"\ud83d"}"#.into(),
        r#"{"text":7}"#.into(),
        json!({"text": "a"}),
    ] {
        assert!(send("/open-apis/im/v1/messages", message(content)).is_ok());
    }
}

#[test]
fn a_member_is_added_to_an_object_and_to_nothing_else() {
    let added = |body: &str| {
        let mut request = send("/open-apis/im/v1/messages", body.to_owned()).unwrap();
        request.add_to_body("uuid", "u\"1").unwrap();
        request.body().unwrap().to_owned()
    };
    for body in ["{}", " { } ", r#"{"a":{"b":1}}"#, r#"{"a":"}"}"#] {
        let mut wanted: Value = serde_json::from_str(body).unwrap();
        wanted["uuid"] = "u\"1".into();
        assert_eq!(serde_json::from_str::<Value>(&added(body)).unwrap(), wanted, "{body}");
    }
    assert_eq!(added("[1]"), "[1]");
}

#[test]
fn a_query_of_megabytes_is_refused_by_its_length() {
    let query = [("a".to_owned(), "x".repeat(2 << 20))];
    let refused = Request::new("GET", "/open-apis/im/v1/chats", &query, None);
    assert!(matches!(refused, Err(RequestError::TooLong { bytes, .. }) if bytes > 2 << 20));
}

#[test]
fn a_body_has_thirty_kilobytes_with_a_card_and_a_hundred_and_fifty_with_another_message() {
    let (card, text) = (CARD, TEXT);
    let message = |kind: &str, bytes| {
        let body = |text: &str| json!({"receive_id": "ou_1", "msg_type": kind, "content": content(kind, text)});
        filled(bytes, |text| body(text).to_string())
    };
    for path in ["/open-apis/im/v1/messages", "/open-apis/im/v1/messages/om_1/reply"] {
        for (kind, limit) in [("interactive", card), ("post", card), ("text", text)] {
            assert!(send(path, message(kind, limit)).is_ok(), "{kind}");
            let refused = send(path, message(kind, limit + 1));
            assert!(matches!(refused, Err(RequestError::TooLarge { .. })), "{kind}");
        }
    }
    let patch = |bytes| {
        let body = filled(bytes, |content| json!({"content": content}).to_string());
        Request::new("PATCH", "/open-apis/im/v1/messages/om_1", &[], Some(body))
    };
    assert!(patch(card).is_ok());
    assert!(matches!(patch(card + 1), Err(RequestError::TooLarge { .. })));

    let around = r#"{"token":"c-1","card":""}"#.len();
    let update = |bytes: usize| Request::delayed_card_update("c-1", &format!("\"{}\"", "x".repeat(bytes - around)));
    assert!(update(card).is_ok());
    assert!(matches!(update(card + 1), Err(RequestError::TooLarge { .. })));
}

#[test]
fn a_member_that_is_added_counts_for_the_limit() {
    let message = |kind: &str, bytes| {
        filled(bytes, |text| {
            json!({"receive_id": "ou_1", "msg_type": kind, "content": content(kind, text)}).to_string()
        })
    };
    for (kind, limit) in [("interactive", CARD), ("text", TEXT)] {
        let added = |bytes| {
            let mut request = send("/open-apis/im/v1/messages", message(kind, bytes)).unwrap();
            request
                .add_to_body("uuid", "u1")
                .map(|()| request.body().unwrap().len())
        };
        let more = r#""uuid":"u1","#.len();
        assert_eq!(added(limit - more), Ok(limit), "{kind}");
        assert!(
            matches!(added(limit - more + 1), Err(RequestError::TooLarge { .. })),
            "{kind}"
        );
    }
}

#[test]
fn a_message_by_an_older_call_has_thirty_kilobytes_with_a_card_and_a_hundred_and_fifty_without() {
    let with = |card: Value| move |text: &str| json!({"open_id": "ou_1", "card": card, "root_id": text}).to_string();
    for path in [
        "/open-apis/message/v4/send",
        "/open-apis/message/v4/batch_send",
        "/open-apis/ephemeral/v1/send",
    ] {
        for (card, limit) in [(json!({}), CARD), (Value::Null, TEXT)] {
            assert!(send(path, filled(limit, with(card.clone()))).is_ok(), "{path}");
            let refused = send(path, filled(limit + 1, with(card)));
            assert!(matches!(refused, Err(RequestError::TooLarge { .. })), "{path}");
        }
    }
}

#[test]
fn a_card_counts_as_it_is_sent_with_every_quote_escaped() {
    // As JSON inside of JSON it has twice as many bytes.
    let card = json!({"elements": vec![""; 7_000]}).to_string();
    assert!(card.len() < CARD);
    let body = json!({"receive_id": "ou_1", "msg_type": "interactive", "content": card}).to_string();
    let refused = send("/open-apis/im/v1/messages", body);
    assert!(matches!(refused, Err(RequestError::TooLarge { .. })), "{refused:?}");
}

#[test]
fn a_card_that_lark_would_refuse_is_refused_before_it_is_sent() {
    let card = json!({"schema": "2.0", "body": {"elements": [{"tag": "action", "actions": []}]}});
    let of = |place: &str| {
        format!(
            "`{place}.body.elements[0]` belongs to schema 1.0; in schema 2.0 buttons stand in the elements themselves, or in \
             a column_set"
        )
    };
    let text = card.to_string();
    let message = json!({"receive_id": "ou_1", "msg_type": "interactive", "content": text}).to_string();
    for (method, path, body, place) in [
        ("POST", "/open-apis/im/v1/messages", message.clone(), "content"),
        ("POST", "/open-apis/im/v1/messages/om_1/reply", message, "content"),
        (
            "PATCH",
            "/open-apis/im/v1/messages/om_1",
            json!({"content": text}).to_string(),
            "content",
        ),
        (
            "POST",
            CARD_UPDATE,
            json!({"token": "c-1", "card": card}).to_string(),
            "card",
        ),
        (
            "POST",
            "/open-apis/cardkit/v1/cards",
            json!({"type": "card_json", "data": text}).to_string(),
            "data",
        ),
        (
            "PUT",
            "/open-apis/cardkit/v1/cards/7355372766134157313",
            json!({"card": {"type": "card_json", "data": text}, "sequence": 2}).to_string(),
            "card.data",
        ),
        (
            "POST",
            "/open-apis/ephemeral/v1/send",
            json!({"chat_id": "oc_1", "open_id": "ou_1", "msg_type": "interactive", "card": card}).to_string(),
            "card",
        ),
        (
            "POST",
            "/open-apis/message/v4/batch_send",
            json!({"open_ids": ["ou_1"], "msg_type": "interactive", "card": card}).to_string(),
            "card",
        ),
    ] {
        let refused = Request::new(method, path, &[], Some(body)).unwrap_err();
        assert_eq!(refused.to_string(), of(place), "{path}");
    }
    // What is no card, or a template, is left to Lark.
    let others = [json!("text"), json!(7), json!(null), json!({"a": 1})];
    let template = json!({"type": "template", "data": {"template_id": "AAq", "body": 1}}).to_string();
    for content in others.into_iter().chain([json!(template)]) {
        let body = json!({"msg_type": "interactive", "content": content}).to_string();
        assert!(send("/open-apis/im/v1/messages", body.clone()).is_ok(), "{body}");
    }
}

#[test]
fn only_what_does_no_harm_twice_is_sent_again() {
    let with = |method: &str, path: &str, body: Option<&str>| {
        Request::new(method, path, &[], body.map(str::to_owned))
            .unwrap()
            .is_repeatable()
    };
    let messages = "/open-apis/im/v1/messages";
    assert!(with("GET", messages, None));
    assert!(with("PATCH", "/open-apis/im/v1/messages/om_1", Some("{}")));
    assert!(with("POST", messages, Some(r#"{"uuid":"1"}"#)));
    assert!(with(
        "POST",
        "/open-apis/im/v1/messages/om_1/reply",
        Some(r#"{"uuid":"1"}"#)
    ));
    assert!(!with("POST", messages, Some("{}")));
    assert!(!with("POST", messages, Some(r#"{"uuid":""}"#)));
    assert!(!with("POST", "/open-apis/im/v1/chats", Some(r#"{"uuid":"1"}"#)));
    assert!(!with("DELETE", "/open-apis/im/v1/messages/om_1", None));
    assert!(Request::delayed_card_update("c-1", "{}").unwrap().is_repeatable());
}

const CARD: usize = 30 * 1024;
const TEXT: usize = 150 * 1024;

#[test]
fn a_request_shows_neither_its_query_nor_its_body() {
    let query = [("email".to_owned(), "planted".to_owned())];
    let request = Request::new("POST", "/open-apis/im/v1/chats", &query, Some("\"planted\"".into())).unwrap();
    assert!(!format!("{request:?}").contains("planted"));
}

proptest! {
    #[test]
    fn whatever_is_let_through_stays_below_the_openapi(path in "/open-apis/[a-z%./?#\\\\0-9A-F:@]{0,24}") {
        if let Ok(request) = get(&path) {
            let url = format!("https://open.feishu.cn{}", request.target());
            let url = reqwest::Url::parse(&url).unwrap();
            prop_assert_eq!(url.host_str(), Some("open.feishu.cn"));
            prop_assert_eq!(url.path(), path.as_str());
            prop_assert!(url.query().is_none() && url.fragment().is_none());
        }
    }
}
