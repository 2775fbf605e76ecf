//! `card.action.trigger`: somebody used a component of a card ("Card callback communication").

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::view::{Field, Read};
use super::{Context, Operator, filled};

view! {
    /// A use of an interactive component of a card: a click, a choice, an input or a submitted form.
    #[derive(Debug, Clone, Default)]
    pub struct CardAction {
        /// The person who used it.
        pub operator: Operator,
        /// The token for updating the card later: within 30 minutes, at most twice.
        pub token: Option<CardToken>,
        /// The component and its value.
        pub action: Action,
        /// `im_message`, `im_top_notice`.
        pub host: Option<String>,
        /// `url_preview` for the card of a link preview, otherwise absent.
        pub delivery_type: Option<String>,
        /// The message and chat that hold the card.
        pub context: Context,
    }
}

impl CardAction {
    /// Returns the open id of the person; empty when Lark did not send it.
    pub fn operator_open_id(&self) -> &str {
        filled(self.operator.open_id.as_ref())
    }
}

view! {
    /// The component that was used, and its value.
    #[derive(Debug, Clone, Default)]
    pub struct Action {
        /// The `value` that the card's author gave the component, as unparsed JSON of any kind. Read it with
        /// [`value_as`](Self::value_as).
        pub value: Option<Box<RawValue>>,
        /// The kind of component: `button`, `select_static`, `overflow`, `date_picker`, `input`, `checker`, …
        pub tag: Option<String>,
        /// The chosen option, outside a form.
        pub option: Option<String>,
        /// The chosen options of a multi-select, outside a form; an image picker for one image uses this field, too.
        pub options: Option<Vec<String>>,
        /// The typed text, outside a form.
        pub input_value: Option<String>,
        /// Whether it is checked, outside a form.
        pub checked: Option<bool>,
        /// A submitted form: a string, a list of strings or a boolean by component name.
        pub form_value: Option<Map<String, Value>>,
        /// The name of the component.
        pub name: Option<String>,
        /// The time zone of dates and times, for example `Asia/Shanghai`.
        pub timezone: Option<String>,
    }
}

impl Action {
    /// Reads the component's `value` as a type of your own; `None` when it has another shape, which usually means that the
    /// click is for another plugin: return [`Outcome::pass`](crate::Outcome::pass).
    pub fn value_as<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_str(self.value.as_deref()?.get()).ok()
    }
}

/// The `c-…` token of a click. Anyone who has it can change the card, so `Debug` does not print it.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct CardToken(String);

impl Field for CardToken {
    fn text<E>(text: &str) -> Result<Read<Self>, E> {
        Ok(Read::of(Self(text.to_owned())))
    }
}

impl CardToken {
    /// Returns the token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardToken(…)")
    }
}
