//! The bodies that Lark gets back, each in the shape that the request asks for.

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::envelope::{is_object, text};
use super::event::Schema;
use super::redirect::{OAUTH_REDIRECT, PageReply};

/// The acknowledgement of an event; Lark reads only the status, this is what its own SDKs send.
pub const EVENT_ACKNOWLEDGED: &str = r#"{"msg":"success"}"#;

/// A callback's answer that changes nothing.
pub const NOTHING: &str = "{}";

/// What a user sees when a click could not be handled; the same in both shapes of the card callback. `i18n` wins where
/// the client knows it, so `content` is for the others.
pub const CARD_FAILED: &str = concat!(
    r#"{"toast":{"type":"error","content":"操作未能完成，请稍后重试","#,
    r#""i18n":{"zh_cn":"操作未能完成，请稍后重试","en_us":"This did not work. Please try again later."}}}"#,
);

/// What a user sees when the answer to a click takes longer than Lark waits; it comes as an update of the card.
const CARD_LATE: &str = concat!(
    r#"{"toast":{"type":"info","content":"正在处理，请稍候","#,
    r#""i18n":{"zh_cn":"正在处理，请稍候","en_us":"Working on it. One moment, please."}}}"#,
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

/// The answer to a callback whose real answer comes later, when Lark has a way for it: only a card can be changed
/// afterwards ("Delayed card update").
pub fn callback_late(event_type: &str) -> Option<&'static str> {
    (event_type == "card.action.trigger").then_some(CARD_LATE)
}

/// Why a plugin's reply cannot be sent. Lark would show the user a bare code (200672, 200673) in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// Also: bytes after the object, or two values for one of the keys that count.
    #[error("the reply is not one json object")]
    Object,
    /// A card where a reply was due.
    #[error(r#"the reply is a bare card; wrap it as {{"card":{{"type":"raw","data":…}}}}"#)]
    BareCard,
    /// Not an object.
    #[error("`{0}` is not an object")]
    NotObject(&'static str),
    /// Something else than a string.
    #[error("`toast.content` is not a string")]
    ToastContent,
    /// Something else than the four types of a toast.
    #[error("`toast.type` is not `info`, `success`, `warning` or `error`")]
    ToastType,
    /// Something else than the two ways to give a card.
    #[error("`card.type` is not `raw` or `template`")]
    CardType,
    /// A JSON text inside a string is the usual mistake.
    #[error("`card.data` is not an object; give the card itself, not its json text in a string")]
    CardData,
    /// Something else than the pages that there are.
    #[error(
        "`page` is not `authorized`, `refused`, `expired`, `used`, `wrong_person`, `invalid`, `failed` or `incomplete`"
    )]
    Page,
}

/// Turns what a plugin replied to a callback into the body for Lark, in the shape of the request.
///
/// The plugin always writes the newer shape ("Card callback communication", "Pull link preview data callback
/// structure"); for the flat v1 card the card is unwrapped. Keys that are unknown here are passed on, except to the
/// flat v1 card, where they would become part of the card.
///
/// # Errors
/// When Lark would refuse the body; the user then sees what [`callback_failed`] says.
pub fn callback_body(event_type: &str, schema: Schema, reply: Option<&str>) -> Result<String, ReplyError> {
    let Some(reply) = reply else {
        return Ok(NOTHING.to_owned());
    };
    match event_type {
        "card.action.trigger" => {
            let parts: Parts<'_> = object(reply)?;
            parts.check_not_bare()?;
            let card = parts.card.map(Card::checked).transpose()?;
            parts.toast.map_or(Ok(()), check_toast)?;
            Ok(if schema == Schema::CardV1 {
                flat(card, parts.toast)
            } else {
                reply.to_owned()
            })
        }
        "url.preview.get" => {
            let parts: Parts<'_> = object(reply)?;
            check_object("inline", parts.inline)?;
            parts.card.map(Card::checked).transpose()?;
            Ok(reply.to_owned())
        }
        OAUTH_REDIRECT => {
            object::<AnyObject>(reply)?;
            object::<PageReply>(reply).map_err(|_other| ReplyError::Page)?;
            Ok(reply.to_owned())
        }
        // Lark documents no shape for the others.
        _ => object::<AnyObject>(reply).map(|AnyObject {}| reply.to_owned()),
    }
}

/// The parts of a reply that Lark looks at, and the keys by which a bare card is known.
#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(borrow)]
    toast: Option<&'a RawValue>,
    #[serde(borrow)]
    card: Option<&'a RawValue>,
    #[serde(borrow)]
    inline: Option<&'a RawValue>,
    #[serde(borrow)]
    elements: Option<&'a RawValue>,
    #[serde(borrow)]
    i18n_elements: Option<&'a RawValue>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl Parts<'_> {
    fn check_not_bare(&self) -> Result<(), ReplyError> {
        match [self.elements, self.i18n_elements, self.body, self.data] {
            [None, None, None, None] => Ok(()),
            _ => Err(ReplyError::BareCard),
        }
    }
}

#[derive(Deserialize)]
struct AnyObject {}

/// A card in its wrapping, checked.
#[derive(Clone, Copy)]
enum Card<'a> {
    Raw { data: &'a RawValue },
    Template { wrapped: &'a RawValue },
}

impl<'a> Card<'a> {
    fn checked(wrapped: &'a RawValue) -> Result<Self, ReplyError> {
        #[derive(Deserialize)]
        struct Wrapping<'a> {
            #[serde(borrow, rename = "type")]
            kind: Option<&'a RawValue>,
            #[serde(borrow)]
            data: Option<&'a RawValue>,
        }

        check_object("card", Some(wrapped))?;
        let Wrapping { kind, data } = object(wrapped.get())?;
        let kind = kind.and_then(text).ok_or(ReplyError::CardType)?;
        let data = data.filter(|data| is_object(data)).ok_or(ReplyError::CardData)?;
        match kind.as_ref() {
            "raw" => Ok(Self::Raw { data }),
            "template" => Ok(Self::Template { wrapped }),
            _ => Err(ReplyError::CardType),
        }
    }
}

fn check_toast(toast: &RawValue) -> Result<(), ReplyError> {
    #[derive(Deserialize)]
    struct Toast<'a> {
        #[serde(borrow, rename = "type")]
        kind: Option<&'a RawValue>,
        #[serde(borrow)]
        content: Option<&'a RawValue>,
        #[serde(borrow)]
        i18n: Option<&'a RawValue>,
    }

    check_object("toast", Some(toast))?;
    let Toast { kind, content, i18n } = object(toast.get())?;
    if let Some(kind) = kind
        && !matches!(text(kind).as_deref(), Some("info" | "success" | "warning" | "error"))
    {
        return Err(ReplyError::ToastType);
    }
    if content.is_some_and(|content| text(content).is_none()) {
        return Err(ReplyError::ToastContent);
    }
    check_object("toast.i18n", i18n)
}

fn check_object(name: &'static str, value: Option<&RawValue>) -> Result<(), ReplyError> {
    if value.is_none_or(is_object) {
        Ok(())
    } else {
        Err(ReplyError::NotObject(name))
    }
}

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
