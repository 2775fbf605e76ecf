//! How a view is read: what is known goes into its field, everything else into `extra`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer};

/// Declares a view. A field is read from the member of its name, or of the name after its type; one that is absent or
/// `null` keeps its default.
///
/// With the `flatten` of serde each name and each unknown value goes through a form in between: a small plugin was an eighth
/// larger, and a click took 0.1 µs longer.
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
            /// Fields that are not known here.
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl<'de> serde::Deserialize<'de> for $view {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members;

                impl<'de> serde::de::Visitor<'de> for Members {
                    type Value = $view;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut members: A) -> Result<$view, A::Error> {
                        let mut view = $view::default();
                        while let Some($crate::views::view::Name(name)) = members.next_key()? {
                            match &*name {
                                $(view!(@name $field $($member)?) => {
                                    view.$field = members.next_value::<Option<$type>>()?.unwrap_or_default();
                                })*
                                _ => {
                                    view.extra.insert(name.into_owned(), members.next_value()?);
                                }
                            }
                        }
                        Ok(view)
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

/// The name of a member, without a copy where the text has it as it is.
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
