//! The bodies that Lark gets back, each in the shape that the request asks for.

mod check;
mod error;
mod members;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

pub use self::error::ReplyError;

use self::check::{Card, Click};
use super::event::Schema;
use super::json_text::without_lone_surrogates;
use super::redirect::{OAUTH_REDIRECT, PageReply};

/// The acknowledgement of an event; Lark reads only the status, this is what its own SDKs send.
pub const EVENT_ACKNOWLEDGED: &str = r#"{"msg":"success"}"#;

/// A callback's answer that changes nothing.
pub const NOTHING: &str = "{}";

/// What a user sees when a click could not be handled; the same in both shapes of the card callback. `i18n` wins where
/// the client knows it, so `content` is for the others.
pub const CARD_FAILED: &str = concat!(
    r#"{"toast":{"type":"error","content":"操作未能完成，请稍后重试","#,
    r#""i18n":{"zh_cn":"操作未能完成，请稍后重试","zh_hk":"操作未能完成，請稍後重試","zh_tw":"操作未能完成，請稍後重試","#,
    r#""en_us":"This did not work. Please try again later."}}}"#,
);

/// What a user sees when the answer to a click takes longer than Lark waits; it comes as an update of the card.
const CARD_LATE: &str = concat!(
    r#"{"toast":{"type":"info","content":"正在处理，请稍候","#,
    r#""i18n":{"zh_cn":"正在处理，请稍候","zh_hk":"正在處理，請稍候","zh_tw":"正在處理，請稍候","#,
    r#""en_us":"Working on it. One moment, please."}}}"#,
);

/// What a user sees when the server has just started and who would take the click is not there yet.
const CARD_LOADING: &str = concat!(
    r#"{"toast":{"type":"info","content":"服务正在启动，请稍后再试","#,
    r#""i18n":{"zh_cn":"服务正在启动，请稍后再试","zh_hk":"服務正在啟動，請稍後再試","zh_tw":"服務正在啟動，請稍後再試","#,
    r#""en_us":"The service is starting. Please try again in a moment."}}}"#,
);

/// What a plugin would have replied to say so itself.
pub const PAGE_FAILED: &str = r#"{"page":"failed"}"#;

/// The answer to the URL verification, in clear even when the question was encrypted.
pub fn challenge(challenge: &str) -> String {
    json!({ "challenge": challenge }).to_string()
}

/// The answer to a callback that failed. Its status must be 200 all the same: the client shows any other as a bare code.
pub fn callback_failed(event_type: &str) -> &'static str {
    match event_type {
        "card.action.trigger" => CARD_FAILED,
        OAUTH_REDIRECT => PAGE_FAILED,
        _ => NOTHING,
    }
}

/// The answer to a callback that came while who takes it was still being loaded.
pub fn callback_loading(event_type: &str) -> &'static str {
    match event_type {
        "card.action.trigger" => CARD_LOADING,
        other => callback_failed(other),
    }
}

/// The answer to a callback whose real answer comes later, when Lark has a way for it: only a card can be changed
/// afterwards ("Delayed card update").
pub fn callback_late(event_type: &str) -> Option<&'static str> {
    (event_type == "card.action.trigger").then_some(CARD_LATE)
}

/// Turns what a plugin replied to a callback into the body for Lark, in the shape of the request.
///
/// The plugin always writes the newer shape ("Card callback communication", "Pull link preview data callback
/// structure"); for the flat v1 card the card is unwrapped. Keys that are unknown here are passed on, except to the
/// flat v1 card, where they would become part of the card; one that is nearly a known key is refused. Half an emoji becomes
/// U+FFFD.
///
/// # Errors
/// When Lark would refuse the body; the user then sees what [`callback_failed`] says.
pub fn callback_body(event_type: &str, schema: Schema, reply: Option<&str>) -> Result<String, ReplyError> {
    let Some(reply) = reply else {
        return Ok(NOTHING.to_owned());
    };
    let bytes = reply.len();
    if bytes > check::REPLY_BYTES_MAX {
        return Err(ReplyError::TooLarge {
            place: "the reply",
            bytes,
            bytes_max: check::REPLY_BYTES_MAX,
        });
    }
    let reply = without_lone_surrogates(reply);
    match event_type {
        "card.action.trigger" => {
            let Click { toast, card } = Click::checked(&reply)?;
            if schema == Schema::CardV1 {
                return Ok(flat(card, toast));
            }
        }
        "url.preview.get" => check::check_preview(&reply)?,
        OAUTH_REDIRECT => {
            object::<AnyObject>(&reply)?;
            object::<PageReply>(&reply).map_err(|_other| ReplyError::Page)?;
        }
        // Lark documents no shape for the others.
        _ => object::<AnyObject>(&reply).map(|AnyObject {}| ())?,
    }
    Ok(reply.into_owned())
}

#[derive(Deserialize)]
struct AnyObject {}

/// The answer to a flat v1 card: the members of the card, or the template in its wrapping, with the toast beside them.
fn flat(card: Option<Card<'_>>, toast: Option<&RawValue>) -> String {
    let card = match card {
        Some(Card::Raw { data }) => members(data),
        Some(Card::Template { wrapped }) => members(wrapped),
        None => "",
    };
    match toast {
        None => format!("{{{card}}}"),
        Some(toast) if card.is_empty() => format!(r#"{{"toast":{toast}}}"#),
        Some(toast) => format!(r#"{{{card},"toast":{toast}}}"#),
    }
}

/// The text between the braces of an object.
fn members(object: &RawValue) -> &str {
    object
        .get()
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .map_or("", str::trim)
}

/// Serde would also read a struct from an array.
fn object<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, ReplyError> {
    match serde_json::from_str(json) {
        Ok(object) if json.trim_start().starts_with('{') => Ok(object),
        _ => Err(ReplyError::Object),
    }
}
