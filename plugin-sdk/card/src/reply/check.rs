//! Validation of replies before they are sent, with the position in the JSON of whatever Lark would reject.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::error::ReplyError;
use super::members::Members;
use crate::CARD_BYTES_MAX;

/// The value of a JSON string.
fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let quoted = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if quoted.contains('\\') {
        serde_json::from_str(raw.get()).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(quoted))
    }
}

fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

/// Reads the members of an object and rejects a misspelt one.
fn members<'a, const N: usize>(
    place: &'static str,
    json: &'a str,
    names: &'static [&'static str; N],
) -> Result<[Option<&'a RawValue>; N], ReplyError> {
    let Members { values, misspelt, .. } = Members::read(place, json, names)?;
    match misspelt {
        None => Ok(values),
        Some((name, nearest)) => Err(ReplyError::Misspelt {
            // The name comes from a plugin, so it is truncated and escaped.
            name: format!("{place}{}", name.chars().take(64).collect::<String>().escape_debug()),
            nearest: format!("{place}{nearest}"),
        }),
    }
}

/// The parts of the reply to a click.
///
/// ```
/// use lark_card::reply::{Click, checked};
///
/// let click = checked("card.action.trigger", r#"{"toast": {"content": "saved"}}"#)?;
/// let Some(Click { toast, card }) = click else { unreachable!() };
/// assert_eq!(toast.map(|toast| toast.get()), Some(r#"{"content": "saved"}"#));
/// assert!(card.is_none());
/// # Ok::<(), lark_card::reply::ReplyError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Click<'a> {
    /// The toast.
    pub toast: Option<&'a RawValue>,
    /// The card that takes the place of the one that was clicked.
    pub card: Option<Card<'a>>,
}

impl<'a> Click<'a> {
    pub(super) fn checked(reply: &'a str) -> Result<Self, ReplyError> {
        // The last four identify a bare card.
        let names = &["toast", "card", "inline", "elements", "i18n_elements", "body", "data"];
        let [toast, card, inline, bare @ ..] = members("", reply, names)?;
        if bare.iter().any(Option::is_some) {
            return Err(ReplyError::BareCard);
        }
        let toast = toast.filter(|toast| !is_null(toast));
        let card = card.filter(|card| !is_null(card));
        if inline.is_some_and(|inline| !is_null(inline)) && toast.is_none() && card.is_none() {
            return Err(ReplyError::OfAnother {
                part: "inline",
                belongs: "a link preview",
                to: "a click",
                has: "`toast` and `card`",
            });
        }
        if let Some(toast) = toast {
            check_toast(toast)?;
        }
        Ok(Self {
            toast,
            card: card.map(Card::checked).transpose()?,
        })
    }
}

pub(super) fn check_preview(reply: &str) -> Result<(), ReplyError> {
    let parts = members("", reply, &["inline", "card", "toast"])?;
    let [inline, card, toast] = parts.map(|part| part.filter(|part| !is_null(part)));
    if toast.is_some() && inline.is_none() && card.is_none() {
        return Err(ReplyError::OfAnother {
            part: "toast",
            belongs: "a click",
            to: "a link preview",
            has: "`inline` and `card`",
        });
    }
    if let Some(inline) = inline {
        check_object("inline", inline)?;
        let names = &["title", "i18n_title", "image_key", "url"];
        let [title, i18n_title, image_key, url] = members("inline.", inline.get(), names)?;
        check_string("inline.title", title)?;
        let _is_seen = check_texts("inline.i18n_title", i18n_title)?;
        check_string("inline.image_key", image_key)?;
        url.map_or(Ok(()), |url| check_object("inline.url", url))?;
    }
    card.map(Card::checked).transpose().map(drop)
}

/// A validated card in its wrapper.
///
/// ```
/// use lark_card::reply::{Card, checked};
///
/// let click = checked("card.action.trigger", r#"{"card": {"type": "raw", "data": {"elements": []}}}"#)?;
/// assert!(matches!(click.and_then(|click| click.card), Some(Card::Raw { data }) if data.get() == r#"{"elements": []}"#));
/// # Ok::<(), lark_card::reply::ReplyError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Card<'a> {
    /// A card as JSON.
    Raw {
        /// The card itself.
        data: &'a RawValue,
    },
    /// A card made with Lark's card builder.
    Template {
        /// The template in its wrapper.
        wrapped: &'a RawValue,
    },
}

impl<'a> Card<'a> {
    fn checked(wrapped: &'a RawValue) -> Result<Self, ReplyError> {
        check_object("card", wrapped)?;
        let [kind, data] = members("card.", wrapped.get(), &["type", "data"])?;
        let kind = kind.and_then(text).ok_or(ReplyError::CardType)?;
        let data = data.filter(|data| is_object(data)).ok_or(ReplyError::CardData)?;
        let bytes = data.get().len();
        if bytes > CARD_BYTES_MAX {
            return Err(ReplyError::TooLarge {
                place: "`card.data`",
                bytes,
                bytes_max: CARD_BYTES_MAX,
            });
        }
        match kind.as_ref() {
            "raw" => {
                crate::check(data.get()).map_err(|refusal| ReplyError::Card(refusal.within("card.data")))?;
                Ok(Self::Raw { data })
            }
            "template" => {
                // The other members are left to Lark: their names are similar to this one.
                let Members { values: [id], .. } = Members::read("card.data.", data.get(), &["template_id"])?;
                if id.and_then(text).is_none_or(|id| id.is_empty()) {
                    return Err(ReplyError::TemplateId);
                }
                Ok(Self::Template { wrapped })
            }
            _ => Err(ReplyError::CardType),
        }
    }
}

fn check_toast(toast: &RawValue) -> Result<(), ReplyError> {
    check_object("toast", toast)?;
    let [kind, content, i18n] = members("toast.", toast.get(), &["type", "content", "i18n"])?;
    if let Some(kind) = kind
        && !matches!(text(kind).as_deref(), Some("info" | "success" | "warning" | "error"))
    {
        return Err(ReplyError::ToastType);
    }
    let content = content.map(|content| text(content).ok_or(ReplyError::ToastContent));
    let content = content.transpose()?;
    let has_translation = check_texts("toast.i18n", i18n)?;
    if has_translation || content.is_some_and(|content| !content.trim().is_empty()) {
        Ok(())
    } else {
        Err(ReplyError::EmptyToast)
    }
}

/// Checks a text for each language and returns whether any of them is visible.
fn check_texts(place: &'static str, texts: Option<&RawValue>) -> Result<bool, ReplyError> {
    let Some(texts) = texts else { return Ok(false) };
    check_object(place, texts)?;
    let texts: std::collections::BTreeMap<String, &RawValue> =
        serde_json::from_str(texts.get()).map_err(|_other| ReplyError::Object)?;
    texts.values().try_fold(false, |is_seen, value| {
        let text = text(value).ok_or(ReplyError::NotStrings(place))?;
        Ok(is_seen || !text.trim().is_empty())
    })
}

fn check_string(place: &'static str, value: Option<&RawValue>) -> Result<(), ReplyError> {
    if value.is_none_or(|value| is_null(value) || text(value).is_some()) {
        Ok(())
    } else {
        Err(ReplyError::NotString(place))
    }
}

fn check_object(place: &'static str, value: &RawValue) -> Result<(), ReplyError> {
    if is_object(value) {
        Ok(())
    } else {
        Err(ReplyError::NotObject(place))
    }
}

/// Pages that a server has for the browser that an authorization comes back with.
const PAGES: [&str; 9] = [
    "authorized",
    "refused",
    "expired",
    "used",
    "wrong_person",
    "not_allowed",
    "invalid",
    "failed",
    "incomplete",
];

pub(super) fn check_page(reply: &str) -> Result<(), ReplyError> {
    let Members { values: [page], .. } = Members::read("", reply, &["page"])?;
    match page.and_then(text) {
        Some(page) if PAGES.contains(&page.as_ref()) => Ok(()),
        _ => Err(ReplyError::Page),
    }
}

pub(super) fn check_any(reply: &str) -> Result<(), ReplyError> {
    let Members { values: [], .. } = Members::read("", reply, &[])?;
    Ok(())
}

/// Serializers write `null` for an absent part.
fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}
