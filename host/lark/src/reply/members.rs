//! The members of an object that somebody looks at, and the one that may be misspelt.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// From this likeness on (of Jaro and Winkler) an unknown name is taken for a known one that is misspelt. Names that are
/// less like are left to Lark, which adds fields.
const LIKENESS_MIN: f64 = 0.8;

/// The values of the names that were asked for, in their order, as the text that was written.
pub(super) struct Members<'a, const N: usize> {
    pub(super) values: [Option<&'a RawValue>; N],
    /// The first name that is nearly one of them, and that one.
    pub(super) misspelt: Option<(String, &'static str)>,
}

impl<'a, const N: usize> Members<'a, N> {
    /// Nothing when the text is not exactly one object, or has one of the names twice.
    pub(super) fn read(json: &'a str, names: &'static [&'static str; N]) -> Option<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let members = Names(names).deserialize(&mut deserializer).ok()?;
        deserializer.end().ok()?;
        Some(members)
    }
}

struct Names<const N: usize>(&'static [&'static str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for Names<N> {
    type Value = Members<'de, N>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Names<N> {
    type Value = Members<'de, N>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        /// Borrows a name wherever it has no escapes, which `Cow` alone does not.
        #[derive(Deserialize)]
        struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

        let mut members = Members {
            values: [None; N],
            misspelt: None,
        };
        while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            let slots = self.0.iter().zip(&mut members.values);
            match slots.into_iter().find(|(known, _)| **known == name) {
                Some((_, slot)) if slot.is_some() => return Err(A::Error::custom("a name comes twice")),
                Some((_, slot)) => *slot = Some(value),
                None if members.misspelt.is_none() => {
                    members.misspelt = self.nearest(&name).map(|nearest| (name.into_owned(), nearest));
                }
                None => {}
            }
        }
        Ok(members)
    }
}

impl<const N: usize> Names<N> {
    fn nearest(&self, name: &str) -> Option<&'static str> {
        let likeness = |known: &&'static str| strsim::jaro_winkler(known, &name.to_ascii_lowercase());
        self.0
            .iter()
            .copied()
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
            .filter(|known| likeness(known) >= LIKENESS_MIN)
    }
}
