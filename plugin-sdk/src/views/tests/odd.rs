//! Payloads with fields of a kind that is not documented.

use serde_json::{Map, Value, json};

use super::view;
use crate::{CardAction, Event, MessageReceive, OauthRedirect, P2pChatCreate, UrlPreview};

#[test]
fn the_choice_of_an_image_picker_is_a_list_of_one() {
    let click: CardAction = view(&json!({"action": {"tag": "select_img", "options": "picture1"}}));
    assert_eq!(click.action.options, Some(vec!["picture1".to_owned()]));
    assert!(click.action.extra.is_empty());
}

#[test]
fn a_field_of_an_unexpected_kind_is_kept_among_the_unknown_ones() {
    let kinds = [
        json!(7),
        json!(-1.5),
        json!(true),
        json!("text"),
        json!(["a", 1]),
        json!({"deep": [null]}),
    ];
    for kind in &kinds {
        let names = ["operator", "token", "action", "host", "delivery_type", "context"];
        let payload: Map<String, Value> = names.iter().map(|&name| (name.to_owned(), kind.clone())).collect();
        let click: CardAction = view(&payload.into());
        for name in names {
            let is_kept = click.extra.get(name) == Some(kind);
            let fits = match name {
                "operator" | "action" | "context" => kind.is_object(),
                _ => kind.is_string(),
            };
            assert_eq!(is_kept, !fits, "{name}: {kind}");
        }
    }
}

#[test]
fn one_odd_field_takes_none_of_its_neighbours_with_it() {
    let click: CardAction = view(&json!({
        "operator": {"open_id": "ou_anna", "user_id": 12},
        "action": {"tag": "checker", "checked": "yes", "options": ["a", 1, "b"], "form_value": [], "name": "n"},
    }));
    assert_eq!(click.operator_open_id(), "ou_anna");
    assert_eq!(click.operator.extra["user_id"], 12);
    let action = click.action;
    assert_eq!(
        (action.tag.as_deref(), action.name.as_deref(), action.checked),
        (Some("checker"), Some("n"), None)
    );
    assert_eq!(action.options, Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(
        Value::from(action.extra),
        json!({"checked": "yes", "options": [1], "form_value": []})
    );
}

/// Every interactive component, as its callback is documented, and then each of its fields with a value of every other kind.
#[test]
fn no_component_is_lost_by_any_field_of_any_kind() {
    let components = [
        json!({"tag": "button", "value": {"k": "v"}, "name": "b"}),
        json!({"tag": "button", "value": "text"}),
        json!({"tag": "button", "form_value": {"f": ["a", "b"], "g": "x", "h": true}, "name": "submit"}),
        json!({"tag": "overflow", "option": "a", "value": {}}),
        json!({"tag": "select_static", "option": "1", "timezone": "Asia/Shanghai"}),
        json!({"tag": "multi_select_static", "options": ["1", "2"]}),
        json!({"tag": "select_person", "option": "ou_1"}),
        json!({"tag": "multi_select_person", "options": ["ou_1"]}),
        json!({"tag": "select_img", "option": "img_1"}),
        json!({"tag": "select_img", "options": "img_1"}),
        json!({"tag": "select_img", "options": ["img_1", "img_2"]}),
        json!({"tag": "date_picker", "option": "2024-04-01 +0800", "timezone": "Asia/Shanghai"}),
        json!({"tag": "picker_time", "option": "07:07 +0800", "timezone": "Asia/Shanghai"}),
        json!({"tag": "picker_datetime", "option": "2024-04-29 07:07 +0800", "timezone": "Asia/Shanghai"}),
        json!({"tag": "input", "input_value": "typed", "name": "i"}),
        json!({"tag": "checker", "checked": true, "name": "c"}),
        json!({"tag": "interactive_container", "value": {"k": 1}}),
        json!({"tag": "a component of tomorrow", "picture": {"x": 1}}),
    ];
    let kinds = [
        json!(null),
        json!(7),
        json!(1e30),
        json!(false),
        json!("text"),
        json!([[]]),
        json!({"a": {}}),
    ];
    for component in &components {
        let action = component.as_object().expect("an object");
        for field in action.keys() {
            for kind in &kinds {
                let mut action = action.clone();
                action.insert(field.clone(), kind.clone());
                let click: CardAction = view(&json!({"operator": {"open_id": "ou_anna"}, "action": action}));
                assert_eq!(click.operator_open_id(), "ou_anna", "{component}: {field} is {kind}");
                let tag = action["tag"].as_str();
                assert_eq!(click.action.tag.as_deref(), tag, "{component}: {field} is {kind}");
            }
        }
    }
}

#[test]
fn odd_mentions_leave_the_others_and_the_text() {
    let message: MessageReceive = view(&json!({"sender": "nobody", "message": {
        "message_type": "text", "content": "{\"text\":\"@_user_1 hello\"}", "create_time": 1609073151345_u64,
        "mentions": ["Tom", {"key": "@_user_1", "id": "ou_eve", "name": "Eve"}],
    }}));
    assert_eq!(message.text_with_names(), "@Eve hello");
    assert_eq!(message.message.mentions[0].extra["id"], "ou_eve");
    assert_eq!(message.message.extra["mentions"], json!(["Tom"]));
    assert_eq!(message.message.extra["create_time"], 1_609_073_151_345_u64);
}

#[test]
fn every_view_reads_an_object_of_odd_fields() {
    let payload =
        json!({"operator": [], "context": 1, "user": "x", "chat_id": 5, "state": {}, "code": 1, "host": false});
    assert_eq!(view::<UrlPreview>(&payload).url(), "");
    assert_eq!(view::<P2pChatCreate>(&payload).extra["chat_id"], 5);
    assert_eq!(view::<OauthRedirect>(&payload).state, "");
}

#[test]
fn half_a_character_makes_no_payload_unreadable() {
    let half = |payload: &str| Event {
        payload: payload.to_owned(),
        ..Event::new("any", &json!({}))
    };
    let click = half(
        r#"{"operator": {"open_id": "ou_anna"}, "action": {"input_value": "cut \ud83d", "value": {"k": "\udc00"}}}"#,
    );
    let read: CardAction = click.payload().expect("a card action");
    assert_eq!(read.operator_open_id(), "ou_anna");
    assert_eq!(read.action.input_value.as_deref(), Some("cut \u{FFFD}"));
    assert_eq!(read.action.value_as::<Value>(), Some(json!({"k": "\u{FFFD}"})));

    let click = half(r#"{"action": {"value": {"k": "\udc00"}}}"#);
    let read: CardAction = click.payload().expect("a card action");
    assert_eq!(read.action.value_as::<Value>(), Some(json!({"k": "\u{FFFD}"})));

    let message = half(r#"{"message": {"message_type": "text", "content": "{\"text\":\"cut \\ud83d\"}"}}"#);
    let read: MessageReceive = message.payload().expect("a message");
    assert_eq!(read.text(), "cut \u{FFFD}");
}

#[test]
fn a_whole_character_written_as_two_escapes_stays_whole() {
    let mut event = Event::new("any", &json!({}));
    event.payload = r#"{"host": "\ud83d\ude00"}"#.to_owned();
    let click: CardAction = event.payload().expect("a card action");
    assert_eq!(click.host.as_deref(), Some("😀"));
}
