//! The bodies of the examples, and what of a file is sent.

use serde_json::{Value, json};

use super::{Payload, Sender};

fn sender() -> Sender<'static> {
    Sender {
        app_id: "cli_here",
        token: "token",
        now_ms: 1_700_000_000_000,
    }
}

fn made(kind: &str, change: impl FnOnce(&mut Payload)) -> Value {
    let mut payload = Payload::of(kind, sender(), "f7984f25108f8137722bb63cee927e66".to_owned());
    change(&mut payload);
    serde_json::from_str(&payload.text()).unwrap()
}

#[test]
fn a_recorded_body_of_another_application_comes_from_this_one() {
    for file in [
        json!({"schema": "2.0", "header": {"app_id": "cli_other", "event_type": "x"}, "event": {}}),
        json!({"uuid": "1", "event": {"app_id": "cli_other", "type": "x"}}),
        json!({
            "schema": "2.0", "header": {"app_id": "cli_other", "event_type": "im.message.receive_v1"},
            "event": {"message": {"mentions": [{"key": "@_user_1", "bot_info": {"app_id": "cli_other"}}]}},
        }),
    ] {
        let body = made("card", |payload| {
            payload.replace(file, sender()).unwrap();
            payload.set_app_id("cli_here");
        });
        assert!(!body.to_string().contains("cli_other"), "{body}");
    }
}

#[test]
fn a_text_is_written_with_the_bot_mentioned_or_nobody() {
    let body = made("message", |payload| payload.set_message_text("hi", true).unwrap());
    let message = &body["event"]["message"];
    assert_eq!(message["content"], r#"{"text":"@_user_1 hi"}"#);
    assert_eq!(message["mentions"][0]["key"], "@_user_1");
    assert_eq!(
        (
            &message["mentions"][0]["mentioned_type"],
            &message["mentions"][0]["bot_info"]["app_id"]
        ),
        (&json!("bot"), &json!("cli_here"))
    );
    let body = made("message", |payload| payload.set_message_text("hi", false).unwrap());
    let message = &body["event"]["message"];
    assert_eq!(
        (&message["content"], &message["mentions"]),
        (&json!(r#"{"text":"hi"}"#), &json!([]))
    );
}

#[test]
fn a_link_and_a_form_go_where_lark_puts_them_and_nowhere_else() {
    let body = made("preview", |payload| {
        payload.set_link("https://a.example.com/7").unwrap()
    });
    assert_eq!(body["event"]["context"]["url"], "https://a.example.com/7");
    let body = made("card", |payload| payload.set_form(json!({"field": "v"})).unwrap());
    assert_eq!(body["event"]["action"]["form_value"], json!({"field": "v"}));
    made("card", |payload| {
        let refused = payload.set_link("https://a.example.com/7").unwrap_err();
        assert!(refused.to_string().contains("--link"), "{refused}");
    });
}
