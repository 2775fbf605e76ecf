//! The cards (schema 2.0) and the toasts, as data, in simplified and traditional Chinese and in English.

pub(crate) mod texts;

use lark_plugin_sdk::prelude::*;
use serde_json::{Map, Value, json};

use crate::session::{Reason, Session, Status};

/// A text in all languages; clients in other languages show simplified Chinese.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    simplified: &'static str,
    traditional: &'static str,
    english: &'static str,
}

/// The languages with a text of their own; Hong Kong and Taiwan share one.
const LOCALES: [&str; 4] = ["zh_cn", "zh_hk", "zh_tw", "en_us"];

impl Text {
    /// One text for each of [`LOCALES`].
    fn translated(self) -> [&'static str; 4] {
        [self.simplified, self.traditional, self.traditional, self.english]
    }
}

/// An error toast that leaves the card unchanged.
pub(crate) fn error(text: Text) -> CardReply {
    toast(Toast::error, text)
}

/// A toast that leaves the card unchanged.
pub(crate) fn toast(kind: fn(&'static str) -> Toast, text: Text) -> CardReply {
    let texts = LOCALES.into_iter().zip(text.translated());
    CardReply::toast(texts.fold(kind(text.simplified), |toast, (locale, text)| {
        toast.translated(locale, text)
    }))
}

/// The card that asks a user. The message comes from the requesting side and is shown as plain text.
pub(crate) fn request(session_id: &str, message: Option<&str>, scopes: &[String]) -> Value {
    let mut elements = vec![match message {
        Some(message) => json!({"tag": "div", "text": {"tag": "plain_text", "content": message}}),
        None => div(texts::REQUEST_BODY),
    }];
    if !scopes.is_empty() {
        elements.push(labelled(texts::SCOPES, &scopes.join(", ")));
    }
    elements.push(div(texts::VALID));
    elements.push(row([
        button(texts::AUTHORIZE, "primary", &callback(session_id, "authorize")),
        button(texts::CANCEL, "default", &callback(session_id, "reject")),
    ]));
    card("blue", texts::REQUEST_TITLE, &elements)
}

/// The answer to "authorize", with the link. The user can still cancel.
pub(crate) fn with_link(session_id: &str, url: &str) -> CardReply {
    let buttons = row([
        button(texts::GO, "primary", &json!({"type": "open_url", "default_url": url})),
        button(texts::CANCEL, "default", &callback(session_id, "reject")),
    ]);
    let elements = [div(texts::LINK_BODY), div(texts::VALID), buttons];
    toast(Toast::info, texts::OPEN_LINK).with_card(card("blue", texts::LINK_TITLE, &elements))
}

/// The answer to "cancel".
pub(crate) fn cancelled() -> CardReply {
    toast(Toast::info, texts::CANCELLED).with_card(rejected_card())
}

/// The answer to a click after the session has expired.
pub(crate) fn expired(session_id: &str) -> CardReply {
    error(texts::EXPIRED).with_card(expired_card(session_id))
}

/// The card of an ended session; absent while it has not ended.
pub(crate) fn ended(session_id: &str, session: &Session) -> Option<Value> {
    Some(match session.status {
        Status::Pending | Status::Exchanging => return None,
        Status::Completed => completed_card(session.user_name.as_deref()),
        Status::Rejected => rejected_card(),
        Status::Expired => expired_card(session_id),
        Status::Superseded => card("grey", texts::SUPERSEDED_TITLE, &[div(texts::SUPERSEDED_BODY)]),
        Status::Failed => failed_card(session_id, session.reason),
    })
}

fn completed_card(user_name: Option<&str>) -> Value {
    let mut elements = vec![div(texts::COMPLETED_BODY)];
    if let Some(name) = user_name.filter(|name| !name.is_empty()) {
        elements.push(labelled(texts::COMPLETED_BY, name));
    }
    card("green", texts::COMPLETED_TITLE, &elements)
}

fn rejected_card() -> Value {
    card("grey", texts::CANCELLED, &[div(texts::CANCELLED_BODY)])
}

fn expired_card(session_id: &str) -> Value {
    let elements = [div(texts::EXPIRED_BODY), again(session_id)];
    card("grey", texts::EXPIRED_TITLE, &elements)
}

fn failed_card(session_id: &str, reason: Option<Reason>) -> Value {
    let body = match reason {
        Some(Reason::WrongPerson) => texts::WRONG_PERSON_BODY,
        // A new attempt would fail in the same way.
        Some(Reason::NotAllowed) => return card("red", texts::FAILED_TITLE, &[div(texts::NOT_ALLOWED_BODY)]),
        _ => texts::FAILED_BODY,
    };
    card("red", texts::FAILED_TITLE, &[div(body), again(session_id)])
}

fn again(session_id: &str) -> Value {
    button(texts::AGAIN, "primary", &callback(session_id, "again"))
}

/// `update_multi`: the card is also changed after the click, which Lark allows only for shared cards.
fn card(colour: &str, title: Text, elements: &[Value]) -> Value {
    json!({
        "schema": "2.0",
        "config": {"update_multi": true, "enable_forward": false, "locales": LOCALES},
        "header": {"title": text(title), "template": colour},
        "body": {"elements": elements},
    })
}

/// A text followed by the same words in each language.
fn plain(text: Text, rest: &str) -> Value {
    let translated: Map<String, Value> = LOCALES
        .into_iter()
        .zip(text.translated())
        .map(|(locale, text)| (locale.to_owned(), format!("{text}{rest}").into()))
        .collect();
    json!({"tag": "plain_text", "content": format!("{}{rest}", text.simplified), "i18n_content": translated})
}

fn text(text: Text) -> Value {
    plain(text, "")
}

fn div(content: Text) -> Value {
    json!({"tag": "div", "text": text(content)})
}

/// One of our texts followed by text from elsewhere; plain text, so that no markup in it is interpreted.
fn labelled(label: Text, value: &str) -> Value {
    json!({"tag": "div", "text": plain(label, value)})
}

fn row(buttons: [Value; 2]) -> Value {
    json!({
        "tag": "column_set",
        "columns": buttons.map(|button| json!({"tag": "column", "width": "auto", "elements": [button]})),
    })
}

fn button(label: Text, look: &str, behavior: &Value) -> Value {
    json!({"tag": "button", "text": text(label), "type": look, "behaviors": [behavior]})
}

fn callback(session_id: &str, action: &str) -> Value {
    json!({"type": "callback", "value": {"card_auth": session_id, "action": action}})
}
