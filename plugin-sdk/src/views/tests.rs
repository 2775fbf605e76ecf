//! Lark's documented payloads, and what may be missing from them.

mod fixtures;
mod messages;
mod odd;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{CardAction, Event, Failure, OauthRedirect, P2pChatCreate, UrlPreview};

fn view<T: for<'a> Deserialize<'a>>(payload: &Value) -> T {
    Event::new("any", payload)
        .payload()
        .expect("the view reads the payload")
}

#[test]
fn every_documented_field_of_a_card_action_is_there() {
    let click: CardAction = view(&json!({
        "operator": {"tenant_key": "2df7", "user_id": "867a", "open_id": "ou_3c14", "union_id": "on_cad4"},
        "token": "c-295e",
        "action": {
            "value": {"key": "value"}, "tag": "multi_select_static", "timezone": "Asia/Shanghai", "name": "Select_1",
            "option": "a", "options": ["a", "b"], "input_value": "typed", "checked": true,
            "form_value": {"names": ["Tom", "Anna"], "date": "2024-04-01 +0800", "agreed": true},
        },
        "host": "im_message", "delivery_type": "url_preview",
        "context": {
            "url": "https://example.com", "preview_token": "pt", "open_message_id": "om_574d", "open_chat_id": "oc_e4d2",
        },
    }));

    assert_eq!(click.operator_open_id(), "ou_3c14");
    assert_eq!(click.operator.tenant_key.as_deref(), Some("2df7"));
    assert_eq!(click.operator.user_id.as_deref(), Some("867a"));
    assert_eq!(click.operator.union_id.as_deref(), Some("on_cad4"));
    assert_eq!(click.token.as_ref().map(|token| token.as_str()), Some("c-295e"));
    assert_eq!(click.host.as_deref(), Some("im_message"));
    assert_eq!(click.delivery_type.as_deref(), Some("url_preview"));
    assert_eq!(click.context.url.as_deref(), Some("https://example.com"));
    assert_eq!(click.context.preview_token.as_deref(), Some("pt"));
    assert_eq!(click.context.open_message_id.as_deref(), Some("om_574d"));
    assert_eq!(click.context.open_chat_id.as_deref(), Some("oc_e4d2"));

    let action = click.action;
    assert_eq!(action.value_as::<Value>(), Some(json!({"key": "value"})));
    assert_eq!(action.tag.as_deref(), Some("multi_select_static"));
    assert_eq!(action.timezone.as_deref(), Some("Asia/Shanghai"));
    assert_eq!(action.name.as_deref(), Some("Select_1"));
    assert_eq!(action.option.as_deref(), Some("a"));
    assert_eq!(action.options, Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(action.input_value.as_deref(), Some("typed"));
    assert_eq!(action.checked, Some(true));
    let form = action.form_value.expect("a form");
    assert_eq!(
        Value::from(form),
        json!({"names": ["Tom", "Anna"], "date": "2024-04-01 +0800", "agreed": true})
    );
    assert!(click.extra.is_empty() && action.extra.is_empty() && click.operator.extra.is_empty());
}

#[test]
fn a_card_action_of_which_everything_is_missing_or_null_is_still_a_card_action() {
    for payload in [
        json!({}),
        json!({"operator": null, "token": null, "action": null, "host": null, "context": null}),
        json!({"operator": {"open_id": null}, "action": {"value": null, "form_value": null, "options": null}}),
    ] {
        let click: CardAction = view(&payload);
        assert_eq!(click.operator_open_id(), "");
        assert_eq!(click.action.value_as::<Value>(), None);
    }
}

#[test]
fn the_value_of_a_component_may_be_any_json() {
    for value in [
        json!("text"),
        json!(7),
        json!(true),
        json!([1, "2"]),
        json!({"deep": {"er": []}}),
    ] {
        let click: CardAction = Event::card_action("ou_anna", value.clone())
            .payload()
            .expect("a card action");
        assert_eq!(click.action.value_as::<Value>(), Some(value));
    }
}

#[test]
fn a_value_of_another_shape_is_none_and_no_failure() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Ours {
        order: u32,
    }
    let value_of = |value: Value| {
        let click: CardAction = Event::card_action("ou_anna", value).payload().expect("a card action");
        click.action.value_as::<Ours>()
    };
    assert_eq!(value_of(json!({"order": 7, "more": 1})), Some(Ours { order: 7 }));
    assert_eq!(value_of(json!({"order": "7"})), None);
    assert_eq!(value_of(json!("order")), None);
}

#[test]
fn unknown_fields_are_kept_at_every_level() {
    let click: CardAction = view(&json!({
        "operator": {"open_id": "ou_anna", "avatar": "a"},
        "action": {"tag": "button", "pressed_ms": 12},
        "context": {"thread": {"id": "omt_1"}},
        "experiment": [1],
    }));
    assert_eq!(click.operator.extra["avatar"], "a");
    assert_eq!(click.action.extra["pressed_ms"], 12);
    assert_eq!(click.context.extra["thread"], json!({"id": "omt_1"}));
    assert_eq!(click.extra["experiment"], json!([1]));
}

#[test]
fn a_name_that_is_written_with_escapes_is_the_same_name() {
    let click: CardAction = serde_json::from_str(r#"{"\u0068ost": "im_message", "n\u0065w\n": 1}"#).expect("it reads");
    assert_eq!(click.host.as_deref(), Some("im_message"));
    assert_eq!(Value::from(click.extra), json!({"new\n": 1}));
}

#[test]
fn a_card_token_does_not_show_itself() {
    let click: CardAction = view(&json!({"token": "c-295ee57216a5"}));
    assert!(!format!("{click:?}").contains("295e"));
    assert!(!format!("{:?}", Event::card_action("ou_anna", json!({}))).contains("295e"));
}

#[test]
fn a_link_that_is_being_typed_has_no_message_yet() {
    let shown: UrlPreview = Event::url_preview("ou_anna", "https://example.com/42")
        .payload()
        .expect("a preview");
    assert_eq!((shown.url(), shown.is_temporary()), ("https://example.com/42", false));
    for context in [
        json!({"url": "https://example.com/4"}),
        json!({"url": "https://example.com/4", "preview_token": ""}),
    ] {
        let typed: UrlPreview = view(&json!({"operator": {"open_id": "ou_anna"}, "context": context}));
        assert!(typed.is_temporary());
    }
}

#[test]
fn an_event_of_schema_1_has_a_view_too() {
    let chat: P2pChatCreate = view(&json!({
        "app_id": "cli_9c86", "chat_id": "oc_26b6", "operator": {"open_id": "ou_2d2c", "user_id": "gfa2"},
        "tenant_key": "7365", "type": "p2p_chat_create",
        "user": {"name": "Anna", "open_id": "ou_7ded", "user_id": "gfa2"},
    }));
    assert_eq!(
        (chat.chat_id.as_str(), chat.user.name.as_deref()),
        ("oc_26b6", Some("Anna"))
    );
    assert_eq!(chat.extra["type"], "p2p_chat_create");
}

#[test]
fn a_payload_of_another_shape_is_a_permanent_failure_that_names_the_place() {
    let failure = Event::new("any", &json!([{"operator": {}}]))
        .payload::<CardAction>()
        .expect_err("a failure");
    assert!(matches!(failure, Failure::Permanent { .. }));
    assert!(failure.message().contains("line 1 column"), "{failure}");
}

#[test]
fn a_payload_can_be_read_without_a_copy() {
    #[derive(Deserialize)]
    struct Borrowed<'a> {
        host: &'a str,
    }
    let event = Event::card_action("ou_anna", json!({}));
    let borrowed: Borrowed<'_> = event.payload().expect("a borrowed view");
    assert_eq!(borrowed.host, "im_message");
}

#[test]
fn a_return_from_the_authorize_page_has_a_code_or_an_error_or_neither() {
    let back: OauthRedirect = view(&json!({"state": "s", "code": "sealed"}));
    assert_eq!((back.state.as_str(), back.code.as_deref()), ("s", Some("sealed")));
    assert!(!back.is_refused());
    let back: OauthRedirect = view(&json!({"state": "s", "error": "access_denied"}));
    assert!(back.is_refused() && back.code.is_none());
    let back: OauthRedirect = view(&json!({"state": null, "new": 1}));
    assert_eq!((back.state.as_str(), back.extra["new"].clone()), ("", json!(1)));
}

#[test]
fn a_return_does_not_show_what_it_brings() {
    let back: OauthRedirect = view(&json!({"state": "canary", "code": "canary"}));
    assert!(!format!("{back:?}").contains("canary"));
}
