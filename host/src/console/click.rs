//! A click into a drawn card: the form's fields become the JSON that Lark would send.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Router, extract::State, http::StatusCode, response::Response, routing::post};
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::{
    Console, Failure,
    drawing::{self, CLICK_FIELD, ClickForm, Clicks, Look},
    forms::{CSRF_FIELD, Form},
    page::page,
    view::View,
    workshop::{Click, Clicked},
};
use crate::{
    codes::{Text, both},
    operate::{Command, encoded},
    telemetry::cut,
};

/// Path of the form.
const PATH: &str = "/console/click";

/// Field with the number of the event whose reply was drawn.
const EVENT_FIELD: &str = "event";

/// Zone that clicks name, which is that of Lark's own examples.
const ZONE: (&str, &str) = ("Asia/Shanghai", "+0800");

/// Values of a form that are taken.
const FIELDS_MAX: usize = 200;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(PATH, post(click))
}

/// Draws the reply to an event, as the person saw it; empty for one that showed nothing.
pub(super) fn drawn(console: &Console, view: &View, event: &Value) -> Markup {
    let reply = event.get("reply").unwrap_or(&Value::Null);
    let number = event.get("id").and_then(Value::as_i64).unwrap_or_default().to_string();
    draw(console, view, &number, "card", reply)
}

fn draw(console: &Console, view: &View, number: &str, id: &str, reply: &Value) -> Markup {
    let hidden = [(CSRF_FIELD, &*view.csrf), (EVENT_FIELD, number)];
    let clicks = if console.clicks.get().is_none() {
        Clicks::Off(view.word(
            "Its buttons do nothing here: only the server of `lark-callback dev` lets drawn cards be clicked.",
            "此处的按钮不可点击：只有 `lark-callback dev` 启动的服务才支持点击绘制的卡片。",
        ))
    } else if view.is_operator() {
        Clicks::On(ClickForm {
            action: PATH,
            hidden: &hidden,
        })
    } else {
        Clicks::Off(view.word("Viewers cannot click.", "只读身份不能点击。"))
    };
    let look = Look {
        language: view.language,
        id,
        clicks,
    };
    drawing::reply(reply, look)
}

/// Sends a click to this server and shows its answer.
async fn click(State(console): State<Arc<Console>>, view: View, form: Form) -> Result<Response, Failure> {
    if !view.is_operator() {
        return Err(Failure::role());
    }
    let Some(send) = console.clicks.get() else {
        let text = both(
            "Only the server of `lark-callback dev` lets drawn cards be clicked.",
            "只有 `lark-callback dev` 启动的服务才支持点击绘制的卡片。",
        );
        return Err(Failure::new(StatusCode::CONFLICT, text));
    };
    let number = form.need(EVENT_FIELD)?;
    let event = console.execute(&view, Command::Event(number.to_owned())).await?;
    let click = of_form(&event, form.fields()).map_err(Failure::bad_request)?;
    let answer = send(click)
        .await
        .map_err(|error| Failure::new(StatusCode::BAD_GATEWAY, error))?;
    let body = answered(&console, &view, number, &answer);
    Ok(page(&view, view.word("Answer to the click", "点击的应答"), &body))
}

fn answered(console: &Console, view: &View, number: &str, answer: &Clicked) -> Markup {
    let reply: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let drawn = draw(console, view, number, "answer", &reply);
    // What is no JSON is shown as it came.
    let pretty = match &reply {
        Value::Null => answer.body.clone(),
        reply => serde_json::to_string_pretty(reply).unwrap_or_default(),
    };
    html! {
        p {
            span class=(if answer.status == 200 { "badge good" } else { "badge bad" }) { (answer.status) }
            " " (answer.took_ms) " ms"
        }
        @if drawn.0.is_empty() {
            p.dim { (view.word("The answer changes nothing that one could see.", "应答没有可见的变化。")) }
        } @else {
            (drawn)
        }
        details.plugin-more {
            summary { (view.word("The answer as it was sent", "应答原文")) }
            pre.plugin-text { (cut(&pretty, ANSWER_BYTES_MAX)) }
        }
        p.buttons {
            @if let Some(event_id) = &answer.event_id {
                a.button href=(format!("/console/events/{}", encoded(event_id))) { (view.word("See this click", "查看此次点击")) }
            }
            a.button href=(format!("/console/events/{}", encoded(number))) { (view.word("Back to the event", "返回事件")) }
        }
    }
}

/// Bytes of an answer that are shown as they were sent.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Makes a click of a form and of the event whose reply was the card.
///
/// # Errors
/// What is wrong with the form.
pub(super) fn of_form(event: &Value, fields: &[(String, String)]) -> Result<Click, Text> {
    let clicked = fields.iter().rev().find(|(name, _)| name == CLICK_FIELD);
    let clicked = clicked.and_then(|(_, json)| serde_json::from_str::<Value>(json).ok());
    let Some(Value::Object(clicked)) = clicked else {
        return Err(both("The form names no button of a card.", "表单中没有卡片按钮。"));
    };
    let is_button = matches!(
        clicked.get("tag").and_then(Value::as_str),
        Some("button" | "interactive_container" | "overflow")
    );
    let mut action = Map::new();
    for name in ["tag", "name", "option"] {
        if let Some(text) = clicked.get(name).filter(|text| text.is_string()) {
            action.insert(name.to_owned(), text.clone());
        }
    }
    action.insert(
        "value".to_owned(),
        clicked.get("value").cloned().unwrap_or_else(|| json!({})),
    );
    action.insert("timezone".to_owned(), json!(ZONE.0));
    let values = values(fields);
    if is_button {
        let form: Map<String, Value> = values
            .into_iter()
            .filter(|((_, name), _)| !name.is_empty())
            .map(|((_, name), value)| (name, value))
            .collect();
        if !form.is_empty() {
            action.insert("form_value".to_owned(), Value::Object(form));
        }
    } else {
        action.extend(
            values
                .into_iter()
                .map(|((member, _), value)| (member.to_owned(), value)),
        );
    }
    Ok(with(event, &Value::Object(action)))
}

/// Values of a form by their member of an action and the name of their component.
fn values(fields: &[(String, String)]) -> BTreeMap<(&'static str, String), Value> {
    let mut values = BTreeMap::new();
    for (field, text) in fields.iter().take(FIELDS_MAX) {
        let Some((kind, name)) = field.split_once('.') else {
            continue;
        };
        let name = name.to_owned();
        match kind {
            "input_value" => values.insert(("input_value", name), json!(text)),
            "option" => values.insert(("option", name), json!(text)),
            "options" => {
                let of = values.entry(("options", name)).or_insert_with(|| json!([]));
                if let Some(list) = of.as_array_mut() {
                    list.push(json!(text));
                }
                None
            }
            "date" | "time" | "datetime-local" if text.is_empty() => None,
            "date" | "time" | "datetime-local" => {
                let text = format!("{} {}", text.replacen('T', " ", 1), ZONE.1);
                values.insert(("option", name), json!(text))
            }
            "unchecked" => {
                values.entry(("checked", name)).or_insert(Value::Bool(false));
                None
            }
            "checked" => values.insert(("checked", name), Value::Bool(true)),
            _ => None,
        };
    }
    values
}

/// The click by the same person, in the same chat and on the same message as the event.
fn with(event: &Value, action: &Value) -> Click {
    let payload = event.get("payload").cloned().unwrap_or_default();
    let inner = payload.get("event").unwrap_or(&payload);
    let at = |pointers: &[&str]| pointers.iter().find_map(|pointer| inner.pointer(pointer)).cloned();
    let message = at(&["/context/open_message_id", "/open_message_id", "/message/message_id"]);
    let chat = at(&["/context/open_chat_id", "/open_chat_id", "/message/chat_id"]);
    let token = at(&["/token"]).filter(|token| token.as_str().is_some_and(|token| token.starts_with("c-")));
    let token = token.unwrap_or_else(|| json!("c-295ee57216a5dc9de90fefd0aadb4b1d7d123456"));
    let (message, chat) = (
        message.unwrap_or_else(|| json!("om_drawn")),
        chat.unwrap_or_else(|| json!("oc_drawn")),
    );
    let operator = at(&["/operator", "/sender/sender_id"]).filter(Value::is_object);
    if event.get("event_type").and_then(Value::as_str) == Some("card.action.trigger_v1") {
        let open_id = at(&["/open_id"]).unwrap_or_else(|| json!("ou_drawn"));
        let body = json!({
            "open_id": open_id, "user_id": at(&["/user_id"]).unwrap_or_default(), "open_message_id": message,
            "open_chat_id": chat, "tenant_key": at(&["/tenant_key"]).unwrap_or_default(), "token": token, "action": action,
        });
        return Click { kind: "card-v1", body };
    }
    let operator = operator.unwrap_or_else(|| json!({"open_id": "ou_drawn"}));
    let body = json!({
        "operator": operator, "token": token, "action": action, "host": "im_message",
        "context": {"open_message_id": message, "open_chat_id": chat},
    });
    Click { kind: "card", body }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::of_form;

    fn fields(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_button_of_a_form_sends_all_that_the_form_holds() {
        let event = json!({"event_type": "card.action.trigger", "payload": {"event": {
            "operator": {"open_id": "ou_1"}, "token": "c-1", "context": {"open_message_id": "om_1", "open_chat_id": "oc_1"}}}});
        let click = of_form(
            &event,
            &fields(&[
                ("csrf", "token"),
                ("input_value.reason", "because"),
                ("options.people", "ou_1"),
                ("options.people", "ou_2"),
                ("unchecked.agreed", ""),
                ("checked.agreed", "1"),
                ("unchecked.other", ""),
                ("datetime-local.when", "2026-11-29T20:15"),
                ("date.never", ""),
                (
                    "click",
                    r#"{"tag":"button","name":"go","value":{"a":1},"open_id":"ou_other"}"#,
                ),
            ]),
        )
        .unwrap();
        assert_eq!(click.kind, "card");
        assert_eq!(
            click.body["action"],
            json!({"tag": "button", "name": "go", "value": {"a": 1}, "timezone": "Asia/Shanghai", "form_value": {
                "reason": "because", "people": ["ou_1", "ou_2"], "agreed": true, "other": false, "when": "2026-11-29 20:15 +0800"}})
        );
        assert_eq!(click.body["operator"], json!({"open_id": "ou_1"}));
        assert_eq!(
            click.body["context"],
            json!({"open_message_id": "om_1", "open_chat_id": "oc_1"})
        );
    }

    #[test]
    fn a_choice_of_its_own_sends_its_option() {
        let click = of_form(
            &json!({}),
            &fields(&[("option.", "b"), ("click", r#"{"tag":"select_static","value":7}"#)]),
        )
        .unwrap();
        assert_eq!(click.body["action"]["option"], "b");
        assert_eq!(click.body["action"]["value"], 7);
        assert!(click.body["action"].get("form_value").is_none());
    }

    #[test]
    fn the_older_callback_is_flat() {
        let event = json!({"event_type": "card.action.trigger_v1", "payload": {"open_id": "ou_1", "open_message_id": "om_1", "token": "c-2"}});
        let click = of_form(&event, &fields(&[("click", r#"{"tag":"button","value":{}}"#)])).unwrap();
        assert_eq!(
            (click.kind, &click.body["open_message_id"], &click.body["token"]),
            ("card-v1", &json!("om_1"), &json!("c-2"))
        );
    }

    #[test]
    fn what_is_no_click_is_refused() {
        for wrong in [&[][..], &[("click", "")], &[("click", "[]")], &[("value", "{}")]] {
            assert!(of_form(&json!({}), &fields(wrong)).is_err(), "{wrong:?}");
        }
    }
}
