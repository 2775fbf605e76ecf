//! Errors of a plugin's reply.

/// An invalid reply of a plugin. Lark would show the user a bare code (200672, 200673) instead of it.
///
/// ```
/// use lark_card::reply::{ReplyError, checked};
///
/// assert_eq!(checked("url.preview.get", "[]").unwrap_err(), ReplyError::Object);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// Also for bytes after the object.
    #[error("the reply is not a JSON object")]
    Object,
    /// Two values for one name.
    #[error("the reply has `{0}` twice")]
    Twice(String),
    /// A bare card instead of a reply.
    #[error(r#"the reply is a bare card; wrap it as {{"card":{{"type":"raw","data":…}}}}"#)]
    BareCard,
    /// A part of the reply to something else, alone.
    #[error("`{part}` belongs to the reply to {belongs}; the reply to {to} has {has}")]
    OfAnother {
        /// The part as written.
        part: &'static str,
        /// What it is a reply to.
        belongs: &'static str,
        /// What is answered here.
        to: &'static str,
        /// What it would be answered with.
        has: &'static str,
    },
    /// Not an object.
    #[error("`{0}` is not an object")]
    NotObject(&'static str),
    /// Not a string.
    #[error("`toast.content` is not a string")]
    ToastContent,
    /// The toast has no visible text.
    #[error("the toast has no text: neither `toast.content` nor `toast.i18n` has one that can be seen")]
    EmptyToast,
    /// Not a string.
    #[error("`{0}` is not a string")]
    NotString(&'static str),
    /// The text for a language is not a string.
    #[error("a value in `{0}` is not a string")]
    NotStrings(&'static str),
    /// A name similar to one that Lark knows, so probably misspelt.
    #[error("`{name}` is not a field of a reply; the nearest one is `{nearest}`")]
    Misspelt {
        /// The name as written.
        name: String,
        /// The similar known name.
        nearest: String,
    },
    /// Lark would reject it.
    #[error("{place} has {bytes} bytes, and at most {bytes_max} can be sent")]
    TooLarge {
        /// The part of the reply.
        place: &'static str,
        /// The actual size.
        bytes: usize,
        /// The size limit, which is not configurable.
        bytes_max: usize,
    },
    /// Not one of the four types of a toast.
    #[error("`toast.type` is not `info`, `success`, `warning` or `error`")]
    ToastType,
    /// Neither a raw card nor a template.
    #[error(r#"`card.type` is not `raw` or `template`; a card itself is written {{"type": "raw", "data": …}}"#)]
    CardType,
    /// The usual mistake is JSON text inside a string.
    #[error("`card.data` is not an object; give the card itself, not its JSON text in a string")]
    CardData,
    /// A card that Lark would reject; the place is within the reply.
    #[error("{0}")]
    Card(crate::Refusal),
    /// Absent, empty or not a string.
    #[error("`card.data.template_id` is not the id of a template")]
    TemplateId,
    /// Not one of the known pages.
    #[error(
        "`page` is not `authorized`, `refused`, `expired`, `used`, `wrong_person`, `not_allowed`, `invalid`, `failed` or `incomplete`"
    )]
    Page,
}
