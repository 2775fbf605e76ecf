//! The deserialization of views: known members go into their fields, everything else into `extra`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

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

        impl $view {
            fn read_members<'de, A: serde::de::MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
                let mut view = Self::default();
                while let Some($crate::views::view::Name(name)) = members.next_key()? {
                    match &*name {
                        $(view!(@name $field $($member)?) => {
                            let read = members.next_value_seed($crate::views::view::FieldSeed::<$type>::new())?;
                            view.$field = read.value.unwrap_or_default();
                            if let Some(misfit) = read.misfit {
                                view.extra.insert(name.into_owned(), misfit);
                            }
                        })*
                        _ => {
                            view.extra.insert(name.into_owned(), members.next_value()?);
                        }
                    }
                }
                Ok(view)
            }
        }

        impl $crate::views::view::Field for $view {
            fn object<'de, A: serde::de::MapAccess<'de>>(
                members: A,
            ) -> Result<$crate::views::view::Read<Self>, A::Error> {
                Self::read_members(members).map($crate::views::view::Read::of)
            }
        }

        impl<'de> serde::Deserialize<'de> for $view {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members;

                impl<'de> serde::de::Visitor<'de> for Members {
                    type Value = $view;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, members: A) -> Result<$view, A::Error> {
                        $view::read_members(members)
                    }
                }

                deserializer.deserialize_map(Members)
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

/// A value read for a field (none when it is `null` or of another kind), and the part of it that did not fit.
pub(super) struct Read<T> {
    pub(super) value: Option<T>,
    pub(super) misfit: Option<Value>,
}

impl<T> Read<T> {
    pub(super) fn of(value: T) -> Self {
        Self {
            value: Some(value),
            misfit: None,
        }
    }

    fn other(value: Value) -> Self {
        Self {
            value: None,
            misfit: Some(value),
        }
    }

    fn map<U>(self, change: impl FnOnce(T) -> U) -> Read<U> {
        Read {
            value: self.value.map(change),
            misfit: self.misfit,
        }
    }
}

/// A field type. It accepts the JSON kinds it stands for; a value of any other kind is a misfit, never an error: Lark changes
/// single fields of its payloads, and a change in one that a plugin does not read must not break it.
pub(super) trait Field: Default {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Read<Self>, D::Error> {
        deserializer.deserialize_any(AnyKind(PhantomData))
    }

    fn text<E>(text: &str) -> Result<Read<Self>, E> {
        Ok(Read::other(text.into()))
    }

    fn truth<E>(truth: bool) -> Result<Read<Self>, E> {
        Ok(Read::other(truth.into()))
    }

    fn number<E>(number: Number) -> Result<Read<Self>, E> {
        Ok(Read::other(number.into()))
    }

    fn list<'de, A: SeqAccess<'de>>(list: A) -> Result<Read<Self>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(list)).map(Read::other)
    }

    fn object<'de, A: MapAccess<'de>>(members: A) -> Result<Read<Self>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(members)).map(Read::other)
    }
}

impl Field for String {
    fn text<E>(text: &str) -> Result<Read<Self>, E> {
        Ok(Read::of(text.to_owned()))
    }
}

impl Field for bool {
    fn truth<E>(truth: bool) -> Result<Read<Self>, E> {
        Ok(Read::of(truth))
    }
}

/// Digits in a string count as a number, because Lark writes some of its numbers that way.
impl Field for i64 {
    fn number<E>(number: Number) -> Result<Read<Self>, E> {
        Ok(number.as_i64().map_or_else(|| Read::other(number.into()), Read::of))
    }

    fn text<E>(text: &str) -> Result<Read<Self>, E> {
        Ok(text
            .parse()
            .map_or_else(|_no_number| Read::other(text.into()), Read::of))
    }
}

impl Field for Map<String, Value> {
    fn object<'de, A: MapAccess<'de>>(members: A) -> Result<Read<Self>, A::Error> {
        Self::deserialize(MapAccessDeserializer::new(members)).map(Read::of)
    }
}

/// A single string counts as a list of one, because some components send a single choice that way. The elements of a list
/// that fit are kept; the others are the misfit.
impl<T: Field> Field for Vec<T> {
    fn text<E>(text: &str) -> Result<Read<Self>, E> {
        Ok(T::text(text)?.map(|one| vec![one]))
    }

    fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Read<Self>, A::Error> {
        let (mut fitting, mut others) = (Self::new(), Vec::new());
        while let Some(read) = list.next_element_seed(FieldSeed::<T>::new())? {
            fitting.extend(read.value);
            others.extend(read.misfit);
        }
        Ok(Read {
            value: Some(fitting),
            misfit: (!others.is_empty()).then(|| others.into()),
        })
    }
}

/// Accepts what the inner type accepts.
impl<T: Field> Field for Option<T> {
    fn text<E>(text: &str) -> Result<Read<Self>, E> {
        T::text(text).map(|read| read.map(Some))
    }

    fn truth<E>(truth: bool) -> Result<Read<Self>, E> {
        T::truth(truth).map(|read| read.map(Some))
    }

    fn number<E>(number: Number) -> Result<Read<Self>, E> {
        T::number(number).map(|read| read.map(Some))
    }

    fn list<'de, A: SeqAccess<'de>>(list: A) -> Result<Read<Self>, A::Error> {
        T::list(list).map(|read| read.map(Some))
    }

    fn object<'de, A: MapAccess<'de>>(members: A) -> Result<Read<Self>, A::Error> {
        T::object(members).map(|read| read.map(Some))
    }
}

/// Any JSON, unparsed. Lone surrogates are replaced already here, because later reads borrow from it.
impl Field for Option<Box<RawValue>> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Read<Self>, D::Error> {
        let raw = Self::deserialize(deserializer)?;
        let mended = raw
            .as_deref()
            .and_then(|raw| match without_lone_surrogates(raw.get().into()) {
                Cow::Borrowed(_) => None,
                Cow::Owned(mended) => RawValue::from_string(mended).ok(),
            });
        Ok(Read::of(mended.or(raw)))
    }
}

/// Reads a field.
pub(super) struct FieldSeed<T>(PhantomData<T>);

impl<T> FieldSeed<T> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Field> DeserializeSeed<'de> for FieldSeed<T> {
    type Value = Read<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read<T>, D::Error> {
        T::read(deserializer)
    }
}

/// Accepts a value of any kind and lets the field decide whether it fits.
struct AnyKind<T>(PhantomData<T>);

impl<'de, T: Field> de::Visitor<'de> for AnyKind<T> {
    type Value = Read<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Read<T>, E> {
        Ok(Read {
            value: None,
            misfit: None,
        })
    }

    fn visit_str<E>(self, text: &str) -> Result<Read<T>, E> {
        T::text(text)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Read<T>, E> {
        T::truth(truth)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Read<T>, E> {
        T::number(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Read<T>, E> {
        T::number(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Read<T>, E> {
        Ok(Read::other(number.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Read<T>, A::Error> {
        T::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Read<T>, A::Error> {
        T::object(members)
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
