//! The cards (schema 2.0) and the toasts, as data, in Chinese and English.

use lark_plugin_sdk::prelude::*;
use serde_json::{Value, json};

/// One text in both languages; clients in other languages show the Chinese one.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    zh: &'static str,
    en: &'static str,
}

pub(crate) mod texts {
    use super::Text;

    macro_rules! texts {
        ($($name:ident: $zh:literal, $en:literal;)*) => {
            $(pub(crate) const $name: Text = Text { zh: $zh, en: $en };)*
        };
    }

    texts! {
        UNKNOWN_SESSION: "找不到该授权请求，请重新发起", "Session not found; please ask for a new card";
        OTHER_USER: "此卡片属于其他用户", "This card is for another user";
        NOBODY: "无法确认您的身份，请重试", "We cannot tell who you are; please try again";
        IN_PROGRESS: "授权正在处理中", "The authorization is being processed";
        COMPLETED: "授权已完成，无需重复操作", "Already authorized";
        REJECTED: "授权已取消，请重新发起", "Already cancelled; please ask for a new card";
        EXPIRED: "授权已过期，请重新发起", "The request has expired; please ask for a new card";
        FAILED: "授权未成功，请重新发起", "The authorization failed; please ask for a new card";
        SUPERSEDED: "已有新的授权请求，请使用最新的卡片", "A newer card has taken the place of this one";
        UNKNOWN_ACTION: "无法识别的操作", "Unknown action";
        TOO_MANY: "操作过于频繁，请稍后再试", "Too many requests; please try again later";
        NOT_CONFIGURED: "授权功能尚未配置，请联系管理员", "Authorization is not set up; please tell your administrator";
        CANCELLED: "已取消授权", "Authorization cancelled";
        OPEN_LINK: "请点击链接完成授权", "Open the link to finish";

        REQUEST_TITLE: "用户授权请求", "Authorization request";
        REQUEST_BODY: "应用希望在获得您的同意后，以您的身份进行操作。", "With your consent, the application will act for you.";
        SCOPES: "权限：", "Permissions: ";
        VALID: "10 分钟内有效，仅限您本人操作。", "Valid for 10 minutes, and for you alone.";
        AUTHORIZE: "授权", "Authorize";
        CANCEL: "取消", "Cancel";
        LINK_TITLE: "完成授权", "Finish the authorization";
        LINK_BODY: "请在打开的页面中确认授权。", "Please confirm on the page that opens.";
        GO: "前往授权", "Open the page";
        CANCELLED_BODY: "您已取消本次授权，应用未获得任何权限。", "You cancelled. The application was allowed nothing.";
        EXPIRED_TITLE: "授权已过期", "Request expired";
        EXPIRED_BODY: "本次授权请求已过期，请重新发起。", "This request has expired. Please ask for a new card.";
    }
}

/// An error that leaves the card alone.
pub(crate) fn error(text: Text) -> CardReply {
    toast(Toast::error, text)
}

/// A toast that leaves the card alone.
pub(crate) fn toast(kind: fn(&'static str) -> Toast, text: Text) -> CardReply {
    CardReply::toast(kind(text.zh).translated("zh_cn", text.zh).translated("en_us", text.en))
}

/// The card that asks a person. The message is the asking side's own and is shown as plain text.
pub(crate) fn request(session_id: &str, message: Option<&str>, scopes: &[String]) -> Value {
    let mut elements = vec![match message {
        Some(message) => json!({"tag": "div", "text": {"tag": "plain_text", "content": message}}),
        None => div(texts::REQUEST_BODY),
    }];
    if !scopes.is_empty() {
        let Text { zh, en } = texts::SCOPES;
        let scopes = scopes.join(", ");
        elements.push(json!({"tag": "div", "text": plain(&format!("{zh}{scopes}"), &format!("{en}{scopes}"))}));
    }
    elements.push(div(texts::VALID));
    elements.push(row([
        button(texts::AUTHORIZE, "primary", &callback(session_id, "authorize")),
        button(texts::CANCEL, "default", &callback(session_id, "reject")),
    ]));
    card("blue", texts::REQUEST_TITLE, &elements)
}

/// The answer to "authorize". One may still cancel.
pub(crate) fn with_link(session_id: &str, url: &str) -> CardReply {
    let buttons = row([
        button(texts::GO, "primary", &json!({"type": "open_url", "default_url": url})),
        button(texts::CANCEL, "default", &callback(session_id, "reject")),
    ]);
    let elements = [div(texts::LINK_BODY), div(texts::VALID), buttons];
    toast(Toast::info, texts::OPEN_LINK).with_card(Card::raw(card("blue", texts::LINK_TITLE, &elements)))
}

/// The answer to "cancel".
pub(crate) fn cancelled() -> CardReply {
    let card = card("grey", texts::CANCELLED, &[div(texts::CANCELLED_BODY)]);
    toast(Toast::info, texts::CANCELLED).with_card(Card::raw(card))
}

/// The answer to a click that comes too late.
pub(crate) fn expired() -> CardReply {
    let card = card("grey", texts::EXPIRED_TITLE, &[div(texts::EXPIRED_BODY)]);
    error(texts::EXPIRED).with_card(Card::raw(card))
}

/// `update_multi`: the card is changed after the click, too, which Lark allows only for shared cards.
fn card(colour: &str, title: Text, elements: &[Value]) -> Value {
    json!({
        "schema": "2.0",
        "config": {"update_multi": true, "enable_forward": false, "locales": ["zh_cn", "en_us"]},
        "header": {"title": text(title), "template": colour},
        "body": {"elements": elements},
    })
}

fn plain(zh: &str, en: &str) -> Value {
    json!({"tag": "plain_text", "content": zh, "i18n_content": {"zh_cn": zh, "en_us": en}})
}

fn text(text: Text) -> Value {
    plain(text.zh, text.en)
}

fn div(content: Text) -> Value {
    json!({"tag": "div", "text": text(content)})
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
    json!({"type": "callback", "value": {"session_id": session_id, "action": action}})
}
