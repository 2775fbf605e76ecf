//! Response bodies for Lark, each in the shape that its request needs.

use std::{borrow::Cow, collections::BTreeMap};

pub use lark_card::reply::ReplyError;
use lark_card::reply::{Card, Click, checked};
use serde_json::json;
use serde_json::value::RawValue;

use super::event::Schema;
use super::json_text::without_lone_surrogates;
use super::redirect::OAUTH_REDIRECT;

/// The acknowledgement of an event. Lark reads only the status; its own SDKs send this body.
pub const EVENT_ACKNOWLEDGED: &str = r#"{"msg":"success"}"#;

/// The reply to a callback that changes nothing.
pub const NOTHING: &str = "{}";

/// The toast when a click could not be handled, the same in both shapes of the card callback. Clients that know `i18n`
/// prefer it; `content` is for the others.
pub const CARD_FAILED: &str = concat!(
    r#"{"toast":{"type":"error","content":"操作未能完成，请稍后重试","#,
    r#""i18n":{"zh_cn":"操作未能完成，请稍后重试","zh_hk":"操作未能完成，請稍後重試","zh_tw":"操作未能完成，請稍後重試","#,
    r#""en_us":"This did not work. Please try again later."}}}"#,
);

/// The toast when the reply takes longer than Lark waits; it follows later as an update of the card.
const CARD_LATE: &str = concat!(
    r#"{"toast":{"type":"info","content":"正在处理，请稍候","#,
    r#""i18n":{"zh_cn":"正在处理，请稍候","zh_hk":"正在處理，請稍候","zh_tw":"正在處理，請稍候","#,
    r#""en_us":"Working on it. One moment, please."}}}"#,
);

/// The toast while the server is still loading the plugin for this click.
const CARD_LOADING: &str = concat!(
    r#"{"toast":{"type":"info","content":"服务正在启动，请稍后再试","#,
    r#""i18n":{"zh_cn":"服务正在启动，请稍后再试","zh_hk":"服務正在啟動，請稍後再試","zh_tw":"服務正在啟動，請稍後再試","#,
    r#""en_us":"The service is starting. Please try again in a moment."}}}"#,
);

/// The toast while the plugin for this click is paused.
const CARD_PAUSED: &str = concat!(
    r#"{"toast":{"type":"info","content":"该功能已暂停，请稍后再试","#,
    r#""i18n":{"zh_cn":"该功能已暂停，请稍后再试","zh_hk":"該功能已暫停，請稍後再試","zh_tw":"該功能已暫停，請稍後再試","#,
    r#""en_us":"This is paused at the moment. Please try again later."}}}"#,
);

/// The toast while the plugin for this click is not called because it crashed every time of late.
const CARD_UNAVAILABLE: &str = concat!(
    r#"{"toast":{"type":"error","content":"该功能暂时不可用，请稍后再试","#,
    r#""i18n":{"zh_cn":"该功能暂时不可用，请稍后再试","zh_hk":"該功能暫時無法使用，請稍後再試","zh_tw":"該功能暫時無法使用，請稍後再試","#,
    r#""en_us":"This is out of order at the moment. Please try again in a minute."}}}"#,
);

/// The reply of a plugin that reports a failed authorization.
pub const PAGE_FAILED: &str = r#"{"page":"failed"}"#;

/// Returns the answer to the URL verification, in clear even if the request was encrypted.
pub fn challenge(challenge: &str) -> String {
    json!({ "challenge": challenge }).to_string()
}

/// Returns the reply to a callback that failed. Its status must still be 200: clients show any other as a bare code.
pub fn callback_failed(event_type: &str) -> &'static str {
    match event_type {
        "card.action.trigger" => CARD_FAILED,
        OAUTH_REDIRECT => PAGE_FAILED,
        _ => NOTHING,
    }
}

/// Returns the reply to a callback whose plugin is still being loaded.
pub fn callback_loading(event_type: &str) -> &'static str {
    match event_type {
        "card.action.trigger" => CARD_LOADING,
        other => callback_failed(other),
    }
}

/// Returns the reply to a callback whose plugin is paused.
pub fn callback_paused(event_type: &str) -> &'static str {
    match event_type {
        "card.action.trigger" => CARD_PAUSED,
        other => callback_failed(other),
    }
}

/// Returns the reply to a callback whose plugin is not called for a while, after it crashed every time.
pub fn callback_unavailable(event_type: &str) -> &'static str {
    match event_type {
        "card.action.trigger" => CARD_UNAVAILABLE,
        other => callback_failed(other),
    }
}

/// Returns the interim reply to a callback whose real reply comes later; only a card can be updated afterwards ("Delayed
/// card update").
pub fn callback_late(event_type: &str) -> Option<&'static str> {
    (event_type == "card.action.trigger").then_some(CARD_LATE)
}

/// Converts a plugin's reply to a callback into the body for Lark, in the shape of the request.
///
/// Plugins always write the newer shape ("Card callback communication", "Pull link preview data callback structure"); for
/// the flat v1 card the card is unwrapped. Unknown keys are passed on, except to the flat v1 card, where they would become
/// part of the card; a key that looks like a misspelt known one is rejected. Lone surrogates become U+FFFD.
///
/// # Errors
/// When Lark would reject the body; the user then gets [`callback_failed`].
pub fn callback_body(event_type: &str, schema: Schema, reply: Option<&str>) -> Result<String, ReplyError> {
    let Some(reply) = reply else {
        return Ok(NOTHING.to_owned());
    };
    let reply = without_lone_surrogates(reply);
    match checked(event_type, &reply)? {
        Some(Click { toast, card }) if schema == Schema::CardV1 => Ok(flat(card, toast)),
        Some(_) | None => Ok(reply.into_owned()),
    }
}

/// Builds the reply to a flat v1 card: the members of the card, or the template in its wrapper, next to the toast.
fn flat(card: Option<Card<'_>>, toast: Option<&RawValue>) -> String {
    let card = match card {
        Some(Card::Raw { data }) => without_toast(members(data)),
        Some(Card::Template { wrapped }) => Cow::Borrowed(members(wrapped)),
        None => Cow::Borrowed(""),
    };
    match toast {
        None => format!("{{{card}}}"),
        Some(toast) if card.is_empty() => format!(r#"{{"toast":{toast}}}"#),
        Some(toast) => format!(r#"{{{card},"toast":{toast}}}"#),
    }
}

/// Removes a member `toast` of the card itself. In the flat shape it would stand where the toast of the reply does, and a
/// name that stands twice may mean either.
fn without_toast(members: &str) -> Cow<'_, str> {
    // A name may be escaped.
    if !members.contains("toast") && !members.contains("\\u") {
        return Cow::Borrowed(members);
    }
    let whole = format!("{{{members}}}");
    let Ok(mut own) = serde_json::from_str::<BTreeMap<String, &RawValue>>(&whole) else {
        return Cow::Borrowed(members);
    };
    if own.remove("toast").is_none() {
        return Cow::Borrowed(members);
    }
    // Names and values that were read can be written.
    let rest = serde_json::to_string(&own).unwrap_or_default();
    let rest = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    Cow::Owned(rest.unwrap_or_default().to_owned())
}

/// Returns the text between the braces of an object.
fn members(object: &RawValue) -> &str {
    object
        .get()
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .map_or("", str::trim)
}
