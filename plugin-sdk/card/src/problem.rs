//! The problems of cards, in words that say what to do.

use std::fmt;

use crate::{CARD_BYTES_MAX, CONTAINERS_MAX, ELEMENT_ID_CHARS_MAX, ELEMENTS_MAX, TABLES_MAX};

/// A card that Lark would refuse.
///
/// ```
/// use lark_card::{Problem, check};
///
/// let refusal = check(r#"{"schema": "3.0"}"#).unwrap_err();
/// assert_eq!((refusal.path.as_str(), &refusal.problem), ("schema", &Problem::Schema));
/// assert_eq!(refusal.within("card.data").to_string(), r#"`card.data.schema` is neither "2.0" nor "1.0""#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The place in the card, for example `body.elements[2].elements[0].name`; empty for the whole card.
    pub path: String,
    /// What is wrong there.
    pub problem: Problem,
}

impl Refusal {
    pub(crate) fn of_card(problem: Problem) -> Self {
        Self {
            path: String::new(),
            problem,
        }
    }

    /// The same with the place of the card before its own.
    #[must_use]
    pub fn within(mut self, place: &str) -> Self {
        self.path = match self.path.as_str() {
            "" => place.to_owned(),
            path => format!("{place}.{path}"),
        };
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "the card {}", self.problem),
            path => write!(f, "`{path}` {}", self.problem),
        }
    }
}

impl std::error::Error for Refusal {}

/// Fault of a card; the text follows the name of the place.
///
/// ```
/// use lark_card::{Problem, check};
///
/// let long = "a".repeat(40_000);
/// let refusal = check(&format!(r#"{{"schema": "2.0", "body": {{"elements": [], "text": "{long}"}}}}"#)).unwrap_err();
/// if let Problem::TooLarge { bytes } = refusal.problem {
///     println!("shorten it by {} bytes", bytes - lark_card::CARD_BYTES_MAX);
/// }
/// # assert!(refusal.to_string().contains("at most 30720 can be sent"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Too many bytes.
    #[error("has {bytes} bytes, and at most {CARD_BYTES_MAX} can be sent")]
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// No JSON, or nested too deeply to be read.
    #[error("cannot be read: it is no JSON, or nested too deeply")]
    Unreadable,
    /// Not an object.
    #[error("is not an object")]
    NotObject,
    /// Not a list.
    #[error("is not a list of components")]
    NotList,
    /// Not a string.
    #[error("is not a string")]
    NotString,
    /// A schema that does not exist.
    #[error(r#"is neither "2.0" nor "1.0""#)]
    Schema,
    /// No kind of component, and nearly one. Other names are left to Lark, which adds kinds.
    #[error("is no kind of component; the nearest one is `{nearest}`")]
    MisspeltTag {
        /// The kind that was probably meant.
        nearest: &'static str,
    },
    /// Too many components.
    #[error("makes more than {ELEMENTS_MAX} components and texts, which is all that a card may have")]
    TooManyElements,
    /// Too many tables.
    #[error("is a table too many: a card may have {TABLES_MAX}, those in Markdown included")]
    TooManyTables,
    /// Containers nested too deeply.
    #[error("holds containers in more than {CONTAINERS_MAX} levels")]
    TooDeep,
    /// A member of schema 1.0 in a card of 2.0.
    #[error("belongs to schema 1.0; in schema 2.0 {instead}")]
    OfSchema1 {
        /// What to write instead.
        instead: &'static str,
    },
    /// A member of schema 2.0 in a card of 1.0.
    #[error(r#"belongs to schema 2.0; add "schema": "2.0" to the card"#)]
    OfSchema2,
    /// A card for single people, which schema 2.0 does not have.
    #[error("is false, which schema 2.0 does not have; leave it out")]
    NotShared,
    /// An id with other characters.
    #[error(
        "is not an id of a component: a letter, then letters, digits and `_`, at most {ELEMENT_ID_CHARS_MAX} characters"
    )]
    BadElementId,
    /// An id that another component has.
    #[error("is the id of another component, too; ids are unique within a card")]
    RepeatedElementId,
    /// No name.
    #[error("is missing or empty: every form, and every component to be used in one, needs a name")]
    NoName,
    /// A name that another component has.
    #[error("is the name of another component, too; names in forms are unique within a card")]
    RepeatedName,
    /// A form without a button that submits it.
    #[error(r#"has no button with "form_action_type": "submit""#)]
    NoSubmit,
    /// A form or a table in another component.
    #[error("is a {tag} inside of another component; it may only stand in the elements of the card itself")]
    NotAtRoot {
        /// The kind of component.
        tag: &'static str,
    },
    /// No text.
    #[error("is missing; a text without it is refused")]
    NoContent,
    /// A mention as text messages have it.
    #[error("has a mention in the form of text messages; in a card it is <at id=ou_…></at>")]
    MentionOfText,
}
