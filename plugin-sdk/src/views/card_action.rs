//! `card.action.trigger`: somebody used a component of a card ("Card callback communication").

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::view::{Field, Read};
use super::{Context, Operator, filled};

view! {
    /// Somebody clicked, chose, typed or submitted in a card.
    #[derive(Debug, Clone, Default)]
    pub struct CardAction {
        /// Who did it.
        pub operator: Operator,
        /// Allows to change the card later: for 30 minutes, twice.
        pub token: Option<CardToken>,
        /// What was done.
        pub action: Action,
        /// `im_message`, `im_top_notice`.
        pub host: Option<String>,
        /// `url_preview` for the card of a link preview, else absent.
        pub delivery_type: Option<String>,
        /// Where the card is.
        pub context: Context,
    }
}

impl CardAction {
    /// The open id of whoever did it; empty when Lark did not send it.
    pub fn operator_open_id(&self) -> &str {
        filled(self.operator.open_id.as_ref())
    }
}

view! {
    /// What was done, and with which component.
    #[derive(Debug, Clone, Default)]
    pub struct Action {
        /// The `value` that the card's author gave the component, not yet read: any JSON, also a text. Read it with
        /// [`value_as`](Self::value_as).
        pub value: Option<Box<RawValue>>,
        /// The kind of component: `button`, `select_static`, `overflow`, `date_picker`, `input`, `checker`, …
        pub tag: Option<String>,
        /// What was chosen, outside a form.
        pub option: Option<String>,
        /// What was chosen where several may be, outside a form; an image picker for one image sends its choice here too.
        pub options: Option<Vec<String>>,
        /// What was typed, outside a form.
        pub input_value: Option<String>,
        /// Whether it is checked, outside a form.
        pub checked: Option<bool>,
        /// A submitted form: by component name a text, a list of texts or a truth value.
        pub form_value: Option<Map<String, Value>>,
        /// The name of the component.
        pub name: Option<String>,
        /// `Asia/Shanghai`: which clock the dates and times are on.
        pub timezone: Option<String>,
    }
}

impl Action {
    /// The component's `value` as a type of your own; `None` when it has another shape, which usually means that the
    /// click is for another plugin: answer [`Outcome::pass`](crate::Outcome::pass).
    pub fn value_as<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_str(self.value.as_deref()?.get()).ok()
    }
}

/// The `c-…` token of a click. Whoever has it can change the card, so it does not show itself in logs.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct CardToken(String);

impl Field for CardToken {
    fn text<E>(text: &str) -> Result<Read<Self>, E> {
        Ok(Read::of(Self(text.to_owned())))
    }
}

impl CardToken {
    /// The token itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardToken(…)")
    }
}
