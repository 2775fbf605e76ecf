//! Selected members of a JSON object, and detection of a misspelt one.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::error::ReplyError;

/// The Jaro-Winkler similarity from which an unknown name counts as a misspelt known one. Less similar names are passed on,
/// because Lark adds fields.
const LIKENESS_MIN: f64 = 0.8;

/// The raw values of the requested names, in their order.
pub(super) struct Members<'a, const N: usize> {
    pub(super) values: [Option<&'a RawValue>; N],
    /// The first name similar to a requested one, with that one.
    pub(super) misspelt: Option<(String, &'static str)>,
    /// The first requested name that comes a second time.
    twice: Option<&'static str>,
}

impl<'a, const N: usize> Members<'a, N> {
    /// Reads an object, of which `place` is the path, with a dot at its end. One with a requested name twice is refused,
    /// because it is not known which of the two Lark reads.
    pub(super) fn read(place: &str, json: &'a str, names: &'static [&'static str; N]) -> Result<Self, ReplyError> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let members = Names(names).deserialize(&mut deserializer);
        let members = members.map_err(|_not_one| ReplyError::Object)?;
        deserializer.end().map_err(|_more| ReplyError::Object)?;
        match members.twice {
            Some(name) => Err(ReplyError::Twice(format!("{place}{name}"))),
            None => Ok(members),
        }
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
        /// Borrows a name that has no escapes; deserializing a plain `Cow` would always copy.
        #[derive(Deserialize)]
        struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

        let mut members = Members {
            values: [None; N],
            misspelt: None,
            twice: None,
        };
        while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            let slots = self.0.iter().zip(&mut members.values);
            match slots.into_iter().find(|(known, _)| **known == name) {
                Some((known, slot)) if slot.is_some() => members.twice = members.twice.or(Some(known)),
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
