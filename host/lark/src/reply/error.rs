//! Why a plugin's reply cannot be sent.

/// Why a plugin's reply cannot be sent. Lark would show the user a bare code (200672, 200673) in its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// Nothing that could be shown.
    #[error("the toast has no text: neither `toast.content` nor `toast.i18n` has one that can be seen")]
    EmptyToast,
    /// Something else than a string.
    #[error("`{0}` is not a string")]
    NotString(&'static str),
    /// Something else than a string for a language.
    #[error("a value in `{0}` is not a string")]
    NotStrings(&'static str),
    /// A name that is nearly one that Lark knows.
    #[error("`{name}` is not a field of a reply; the nearest one is `{nearest}`")]
    Misspelt {
        /// As it was written.
        name: String,
        /// What may have been meant.
        nearest: String,
    },
    /// Lark would refuse it, or the database would keep it for nothing.
    #[error("{place} has {bytes} bytes, and at most {bytes_max} can be sent")]
    TooLarge {
        /// Which part.
        place: &'static str,
        /// What it has.
        bytes: usize,
        /// The limit; it has no setting.
        bytes_max: usize,
    },
    /// Something else than the four types of a toast.
    #[error("`toast.type` is not `info`, `success`, `warning` or `error`")]
    ToastType,
    /// Something else than the two ways to give a card.
    #[error("`card.type` is not `raw` or `template`")]
    CardType,
    /// A JSON text inside a string is the usual mistake.
    #[error("`card.data` is not an object; give the card itself, not its json text in a string")]
    CardData,
    /// Absent, empty or not a string.
    #[error("`card.data.template_id` is not the id of a template")]
    TemplateId,
    /// Something else than the pages that there are.
    #[error(
        "`page` is not `authorized`, `refused`, `expired`, `used`, `wrong_person`, `invalid`, `failed` or `incomplete`"
    )]
    Page,
}
