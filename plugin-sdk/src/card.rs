//! Cards of schema 2.0, built so that wrong shapes are hard to write and what Lark would refuse is an error with its place.
//!
//! ```
//! use lark_plugin_sdk::prelude::*;
//! use lark_plugin_sdk::card::{Button, Columns, DatePicker, Form, Header, Input, Markdown, Select, Text};
//! use serde_json::json;
//!
//! let card = Card::builder()
//!     .header(Header::new(Text::new("请假").translated("en_us", "Leave")).color("blue"))
//!     .add(Markdown::new("**三天**").translated("en_us", "**three days**"))
//!     .add(
//!         Form::new("leave")
//!             .add(Select::new("kind").option("sick", "病假").option("annual", "年假").required())
//!             .add(DatePicker::new("from").required())
//!             .add(Input::new("reason").label("原因").rows(3))
//!             .add(
//!                 Columns::new()
//!                     .column(1, [Button::submit("send", "提交").primary().value(json!({"order": 42}))])
//!                     .column(1, [Button::reset("clear", "重填")]),
//!             ),
//!     )
//!     .build()?;
//! # assert!(matches!(card, Card::Raw(_)));
//! # Ok::<(), Failure>(())
//! ```
//!
//! What is not here can be added as JSON: a component with [`Element::raw`], and a member with the `with` that each component
//! has.

mod buttons;
mod choices;
mod containers;
mod form;
mod header;
mod inputs;
mod shown;
mod split;
mod table;
#[cfg(test)]
mod tests;
mod text;

use serde_json::{Map, Value, json};

use crate::{Card, Failure};

pub use buttons::{Button, Overflow};
pub use choices::{Checker, ImagePicker, MultiSelect, PersonPicker, PersonsPicker, Select};
pub use containers::{Clickable, Columns, Form, Panel};
pub use form::{FormDate, FormMoment, FormTime, FormValues};
pub use header::Header;
pub use inputs::{DatePicker, DateTimePicker, Input, TimePicker};
pub use lark_card::{Problem, Refusal, tables_as_code};
pub use shown::{Chart, Divider, Image, Images, Markdown, Person, Persons, Plain};
pub use table::{Column, Table};
pub use text::Text;

/// A component of any kind.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// use lark_plugin_sdk::card::{Element, Markdown};
/// use serde_json::json;
///
/// // A component that this crate does not have yet.
/// let audio = Element::raw(json!({"tag": "audio", "file_key": "file_v3_1"}));
/// let card = Card::builder().add(Markdown::new("Listen:")).add(audio).build()?;
/// # assert!(matches!(card, Card::Raw(_)));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Element(Value);

impl Element {
    /// A component as JSON: `{"tag": "…", …}`.
    pub fn raw(json: Value) -> Self {
        Self(json)
    }
}

impl Component for Element {
    fn into_element(self) -> Element {
        self
    }
}

impl Nested for Element {}

/// Component of a card.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// use lark_plugin_sdk::card::{Component, Element, Markdown, Person};
///
/// /// A line of either kind.
/// fn line(text: &str) -> Element {
///     match text.strip_prefix("by ") {
///         Some(open_id) => Person::new(open_id).into_element(),
///         None => Markdown::new(text).into_element(),
///     }
/// }
///
/// let card = Card::builder().add_all(["**done**", "by ou_anna"].map(line)).build()?;
/// # let Card::Raw(card) = card else { unreachable!() };
/// # assert_eq!(card["body"]["elements"][1]["tag"], "person");
/// # Ok::<(), Failure>(())
/// ```
pub trait Component {
    /// The component in its general form.
    fn into_element(self) -> Element;
}

/// Component that can stand inside of other components, too: any but forms and tables.
///
/// ```
/// use lark_plugin_sdk::card::{Markdown, Nested, Panel};
///
/// fn folded(what: impl Nested) -> Panel {
///     Panel::new("详情").open(false).add(what)
/// }
///
/// let details = folded(Markdown::new("…")); // a table in its place would not compile
/// ```
pub trait Nested: Component {}

/// Declares a component: its tag, and for each member a method that sets it.
macro_rules! component {
    (
        $(#[$about:meta])*
        $name:ident
        $($(#[$meaning:meta])* fn $method:ident($($value:ident: $type:ty)?) -> $member:literal = $set:expr;)*
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq)]
        #[must_use = "a component does nothing until it is added to a card"]
        pub struct $name(serde_json::Map<String, serde_json::Value>);

        impl $name {
            $($(#[$meaning])*
            pub fn $method(mut self $(, $value: $type)?) -> Self {
                self.0.insert($member.to_owned(), serde_json::Value::from($set));
                self
            })*

            /// Sets the id by which the component can be changed later: a letter, then letters, digits and `_`, at most 20
            /// characters, unique within the card.
            pub fn id(mut self, element_id: impl Into<String>) -> Self {
                self.0.insert("element_id".to_owned(), element_id.into().into());
                self
            }

            /// Sets any other member that Lark documents.
            pub fn with(mut self, member: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
                self.0.insert(member.into(), value.into());
                self
            }
        }

        impl $crate::card::Component for $name {
            fn into_element(self) -> $crate::card::Element {
                $crate::card::Element::raw(self.0.into())
            }
        }
    };
}
use component;

/// The members of a component with this tag.
fn tagged(tag: &str) -> Map<String, Value> {
    Map::from_iter([("tag".to_owned(), tag.into())])
}

/// Adds to a list among the members.
fn push(members: &mut Map<String, Value>, list: &str, value: Value) {
    match members.get_mut(list) {
        Some(Value::Array(values)) => values.push(value),
        _ => drop(members.insert(list.to_owned(), Value::Array(vec![value]))),
    }
}

/// What the use of a component brings back in [`Action::value`](crate::Action::value).
fn callback(value: impl Into<Value>) -> Value {
    json!([{"type": "callback", "value": value.into()}])
}

/// A builder for a card of schema 2.0.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// use lark_plugin_sdk::card::{Header, Markdown};
///
/// let lines = ["**one**", "**two**"];
/// let card = Card::builder()
///     .header(Header::new("周报"))
///     .add_all(lines.map(Markdown::new))
///     .summary("周报：两件事") // what a list of chats shows
///     .link("https://example.com/report")
///     .width("fill")
///     .can_be_forwarded(false)
///     .body("vertical_spacing", "large")
///     .build()?;
/// # let Card::Raw(card) = card else { unreachable!() };
/// # assert_eq!(card["config"]["enable_forward"], false);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use = "a builder does nothing until `build`"]
pub struct CardBuilder {
    header: Option<Header>,
    config: Map<String, Value>,
    body: Map<String, Value>,
    link: Option<String>,
    elements: Vec<Value>,
    tables_as_text: bool,
}

impl Card {
    /// Starts a card of schema 2.0.
    pub fn builder() -> CardBuilder {
        CardBuilder::default()
    }
}

impl CardBuilder {
    /// Sets the title.
    pub fn header(mut self, header: Header) -> Self {
        self.header = Some(header);
        self
    }

    /// Adds a component at the end.
    // Named for what an author does; a card is no number.
    #[allow(clippy::should_implement_trait, reason = "a card is no number")]
    pub fn add(mut self, component: impl Component) -> Self {
        self.elements.push(component.into_element().0);
        self
    }

    /// Adds components at the end.
    pub fn add_all<C: Component>(mut self, components: impl IntoIterator<Item = C>) -> Self {
        let components = components.into_iter().map(|component| component.into_element().0);
        self.elements.extend(components);
        self
    }

    /// Sets the line that lists of chats and notifications show instead of the card.
    pub fn summary(mut self, text: impl Into<String>) -> Self {
        self.config
            .insert("summary".to_owned(), json!({"content": text.into()}));
        self
    }

    /// Sets whether the card can be forwarded; it can unless this says no.
    pub fn can_be_forwarded(mut self, can: bool) -> Self {
        self.config.insert("enable_forward".to_owned(), can.into());
        self
    }

    /// Sets the width: `default`, `compact` or `fill`.
    pub fn width(mut self, width_mode: impl Into<String>) -> Self {
        self.config.insert("width_mode".to_owned(), width_mode.into().into());
        self
    }

    /// Marks the card as one whose text is still coming.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// use lark_plugin_sdk::card::Markdown;
    ///
    /// // The text has an id, by which a `LiveCard` changes it.
    /// let card = Card::builder().streaming(true).add(Markdown::new("…").id("answer")).build()?;
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn streaming(mut self, is_streaming: bool) -> Self {
        self.config.insert("streaming_mode".to_owned(), is_streaming.into());
        self
    }

    /// Sets the URL that a click on the card opens, where no component is.
    pub fn link(mut self, url: impl Into<String>) -> Self {
        self.link = Some(url.into());
        self
    }

    /// Sets any other member of `body` that Lark documents: `padding`, `vertical_spacing`, …
    pub fn body(mut self, member: impl Into<String>, value: impl Into<Value>) -> Self {
        self.body.insert(member.into(), value.into());
        self
    }

    /// Has tables after the fifth shown as text, where [`build`](Self::build) would refuse them.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// use lark_plugin_sdk::card::{Column, Table};
    /// use serde_json::json;
    ///
    /// let table = || Table::new([Column::text("name", "姓名")]).row(json!({"name": "Anna"}));
    /// let tables: Vec<Table> = std::iter::repeat_with(table).take(6).collect();
    /// assert!(Card::builder().add_all(tables.clone()).build().is_err());
    /// let card = Card::builder().add_all(tables).tables_as_text().build()?; // the sixth is text
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn tables_as_text(mut self) -> Self {
        self.tables_as_text = true;
        self
    }

    /// Checks the card and returns it.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] with the place of what Lark would refuse, in the words of the server.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::card::{Form, Input};
    /// let failure = Card::builder().add(Form::new("leave").add(Input::new("reason"))).build().unwrap_err();
    /// assert_eq!(failure.message(), r#"`body.elements[0]` has no button with "form_action_type": "submit""#);
    /// ```
    pub fn build(mut self) -> Result<Card, Failure> {
        if self.tables_as_text {
            table::further_as_text(&mut self.elements);
        }
        let elements = std::mem::take(&mut self.elements);
        let card = self.whole(elements);
        check(&card).map_err(Failure::permanent)?;
        Ok(Card::raw(card))
    }

    /// The card with these components.
    fn whole(&self, elements: Vec<Value>) -> Value {
        let mut body = self.body.clone();
        body.insert("elements".to_owned(), elements.into());
        let mut card = Map::from_iter([("schema".to_owned(), "2.0".into()), ("body".to_owned(), body.into())]);
        if !self.config.is_empty() {
            card.insert("config".to_owned(), self.config.clone().into());
        }
        if let Some(header) = &self.header {
            card.insert("header".to_owned(), header.to_value());
        }
        if let Some(url) = &self.link {
            card.insert("card_link".to_owned(), json!({ "url": url }));
        }
        card.into()
    }
}

/// Checks a card that was not built here.
///
/// ```
/// # use serde_json::json;
/// let refusal = lark_plugin_sdk::card::check(&json!({"schema": "2.0", "elements": []})).unwrap_err();
/// assert_eq!(refusal.path, "elements");
/// ```
///
/// # Errors
///
/// [`Refusal`] with the first thing that Lark would refuse, and its place.
pub fn check(card: &Value) -> Result<(), Refusal> {
    lark_card::check(&card.to_string())
}
