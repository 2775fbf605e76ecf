//! The deserialization of views: known members go into their fields, everything else into `extra`.
//!
//! It is written for the size of a plugin, which pays for its code in every call: what is no object is read as a
//! [`Value`], by code that all fields share, and each field only takes what it stands for.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json_text::without_lone_surrogates;

/// Declares a view. A field is read from the member of the same name, or of the name after its type; an absent or `null` one
/// keeps its default, and a value of another kind than the field's goes into `extra`.
///
/// Serde's `flatten` buffers every name and unknown value: it made a small plugin an eighth larger, and a click 0.1 µs
/// slower.
macro_rules! view {
    (
        $(#[$about:meta])*
        pub struct $view:ident {
            $($(#[$meaning:meta])* pub $field:ident: $type:ty $(= $member:literal)?,)*
        }
    ) => {
        $(#[$about])*
        pub struct $view {
            $($(#[$meaning])* pub $field: $type,)*
            /// Unknown fields, and fields whose value is of an unexpected kind.
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl $crate::views::view::View for $view {
            fn read_members<'de, A: serde::de::MapAccess<'de>>(&mut self, mut members: A) -> Result<(), A::Error> {
                use $crate::views::view::{Fit, Name, value};

                while let Some(Name(name)) = members.next_key()? {
                    let fit = match &*name {
                        $(view!(@name $field $($member)?) => {
                            $crate::views::view::Field::read(&mut self.$field, &mut members)?
                        })*
                        _ => Fit::Not(value(&mut members)?),
                    };
                    if let Fit::Partly(misfit) | Fit::Not(misfit) = fit {
                        self.extra.insert(name.into_owned(), misfit);
                    }
                }
                Ok(())
            }
        }

        impl $crate::views::view::Field for $view {
            fn read<'de, A: serde::de::MapAccess<'de>>(
                &mut self,
                members: &mut A,
            ) -> Result<$crate::views::view::Fit, A::Error> {
                members.next_value_seed($crate::views::view::Nested(self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $view {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map($crate::views::view::Payload(std::marker::PhantomData))
            }
        }
    };
    (@name $field:ident $member:literal) => {
        $member
    };
    (@name $field:ident) => {
        stringify!($field)
    };
}

/// Fit of a value to the field that it is for.
pub(super) enum Fit {
    /// The field has it.
    Whole,
    /// The field has what fits of it; this did not.
    Partly(Value),
    /// It is of another kind.
    Not(Value),
    /// It is `null`, as if it were not there.
    Null,
}

/// Object whose members are fields.
pub(super) trait View: Default {
    fn read_members<'de, A: MapAccess<'de>>(&mut self, members: A) -> Result<(), A::Error>;
}

/// A field of a view. A value of a kind that it does not stand for is a misfit, never an error: Lark changes single fields of
/// its payloads, and a change in one that a plugin does not read must not break it.
pub(super) trait Field {
    /// Reads the value of the member whose name was read.
    fn read<'de, A: MapAccess<'de>>(&mut self, members: &mut A) -> Result<Fit, A::Error>;
}

/// A field that takes its value from a JSON value.
pub(super) trait Plain: Default {
    fn take(&mut self, value: Value) -> Fit;
}

/// Fields that take their value from a JSON value.
macro_rules! plain {
    ($($field:ty)*) => {
        $(impl Field for $field {
            fn read<'de, A: MapAccess<'de>>(&mut self, members: &mut A) -> Result<Fit, A::Error> {
                Ok(match value(members)? {
                    Value::Null => Fit::Null,
                    value => Plain::take(self, value),
                })
            }
        })*
    };
}

plain! {
    String Option<String> Vec<String> Option<Vec<String>>
    bool Option<bool>
    i64 Option<i64> Vec<i64>
    Map<String, Value> Option<Map<String, Value>>
}

/// The value of the member whose name was read.
#[inline(never)]
pub(super) fn value<'de, A: MapAccess<'de>>(members: &mut A) -> Result<Value, A::Error> {
    members.next_value()
}

impl Plain for String {
    fn take(&mut self, value: Value) -> Fit {
        match value {
            Value::String(text) => {
                *self = text;
                Fit::Whole
            }
            other => Fit::Not(other),
        }
    }
}

impl Plain for bool {
    fn take(&mut self, value: Value) -> Fit {
        match value {
            Value::Bool(truth) => {
                *self = truth;
                Fit::Whole
            }
            other => Fit::Not(other),
        }
    }
}

/// Digits in a string count as a number, because Lark writes some of its numbers that way.
impl Plain for i64 {
    fn take(&mut self, value: Value) -> Fit {
        let number = match &value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        match number {
            Some(number) => {
                *self = number;
                Fit::Whole
            }
            None => Fit::Not(value),
        }
    }
}

impl Plain for Map<String, Value> {
    fn take(&mut self, value: Value) -> Fit {
        match value {
            Value::Object(members) => {
                *self = members;
                Fit::Whole
            }
            other => Fit::Not(other),
        }
    }
}

/// A single string counts as a list of one, because some components send a single choice that way. The elements of a list
/// that fit are kept; the others are the misfit.
impl<T: Plain> Plain for Vec<T> {
    fn take(&mut self, value: Value) -> Fit {
        let list = match value {
            Value::Array(list) => list,
            text @ Value::String(_) => vec![text],
            other => return Fit::Not(other),
        };
        let mut others = Vec::new();
        self.clear();
        for value in list {
            let mut one = T::default();
            match one.take(value) {
                Fit::Whole => self.push(one),
                Fit::Partly(misfit) => {
                    self.push(one);
                    others.push(misfit);
                }
                Fit::Not(Value::Null) | Fit::Null => {}
                Fit::Not(misfit) => others.push(misfit),
            }
        }
        if others.is_empty() {
            Fit::Whole
        } else {
            Fit::Partly(others.into())
        }
    }
}

/// Accepts what the inner type accepts.
impl<T: Plain> Plain for Option<T> {
    fn take(&mut self, value: Value) -> Fit {
        let mut inner = T::default();
        let fit = inner.take(value);
        if matches!(fit, Fit::Whole | Fit::Partly(_)) {
            *self = Some(inner);
        }
        fit
    }
}

/// Any JSON, unparsed. Lone surrogates are replaced already here, because later reads borrow from it.
impl Field for Option<Box<RawValue>> {
    fn read<'de, A: MapAccess<'de>>(&mut self, members: &mut A) -> Result<Fit, A::Error> {
        let raw: Self = members.next_value()?;
        let mended = raw
            .as_deref()
            .and_then(|raw| match without_lone_surrogates(raw.get().into()) {
                Cow::Borrowed(_) => None,
                Cow::Owned(mended) => RawValue::from_string(mended).ok(),
            });
        *self = mended.or(raw);
        Ok(Fit::Whole)
    }
}

/// A list of parts, of which those that are objects are kept.
impl<T: View> Field for Vec<T> {
    fn read<'de, A: MapAccess<'de>>(&mut self, members: &mut A) -> Result<Fit, A::Error> {
        members.next_value_seed(Several(self))
    }
}

/// Object that is read as a whole.
pub(super) struct Payload<T>(pub(super) PhantomData<T>);

impl<'de, T: View> de::Visitor<'de> for Payload<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        let mut view = T::default();
        view.read_members(members)?;
        Ok(view)
    }
}

/// Reading of what may be of another kind than it should, which is then a misfit.
macro_rules! seed {
    ($(#[$about:meta])* $seed:ident($field:ty); $($kind:item)*) => {
        $(#[$about])*
        pub(super) struct $seed<'a, T>(pub(super) &'a mut $field);

        impl<'de, T: View> DeserializeSeed<'de> for $seed<'_, T> {
            type Value = Fit;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fit, D::Error> {
                deserializer.deserialize_any(self)
            }
        }

        impl<'de, T: View> de::Visitor<'de> for $seed<'_, T> {
            type Value = Fit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Fit, E> {
                Ok(Fit::Null)
            }

            fn visit_str<E>(self, text: &str) -> Result<Fit, E> {
                Ok(Fit::Not(text.into()))
            }

            fn visit_bool<E>(self, truth: bool) -> Result<Fit, E> {
                Ok(Fit::Not(truth.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Fit, E> {
                Ok(Fit::Not(number.into()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Fit, E> {
                Ok(Fit::Not(number.into()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Fit, E> {
                Ok(Fit::Not(number.into()))
            }

            $($kind)*
        }
    };
}

seed! {
    /// Part of a payload, with fields of its own.
    Nested(T);

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Fit, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(list)).map(Fit::Not)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Fit, A::Error> {
        self.0.read_members(members)?;
        Ok(Fit::Whole)
    }
}

seed! {
    /// Parts in a list.
    Several(Vec<T>);

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Fit, A::Error> {
        let mut others = Vec::new();
        self.0.clear();
        let mut part = T::default();
        while let Some(fit) = list.next_element_seed(Nested(&mut part))? {
            match fit {
                Fit::Whole => self.0.push(std::mem::take(&mut part)),
                Fit::Partly(misfit) | Fit::Not(misfit) => others.push(misfit),
                Fit::Null => {}
            }
        }
        Ok(if others.is_empty() {
            Fit::Whole
        } else {
            Fit::Partly(others.into())
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Fit, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(members)).map(Fit::Not)
    }
}

/// The name of a member, borrowed where it has no escapes.
pub(super) struct Name<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> de::Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}
