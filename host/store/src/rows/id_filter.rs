//! Which ids a block of events speaks of: a Bloom filter that tells a search where it need not look.

use std::{collections::HashSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Event numbers of one block. A filter of a thousand events has some 8 KiB, and a block that is searched in vain costs some
/// 5 ms.
pub(crate) const BLOCK_EVENTS: i64 = 1_024;

/// With [`PROBES`] bits for each key, one block in 300 is searched in vain.
const BITS_PER_KEY: usize = 12;
const PROBES: u64 = 8;

/// Keys of one filter; a block with more is always searched. Events of people have some six each.
const KEYS_MAX: usize = 64 << 10;

/// No id of Lark's is longer.
const TEXT_BYTES_MAX: usize = 64;

/// Longer numbers are times, each another one, and nobody searches for them.
const DIGITS_MAX: usize = 12;

/// A text in a payload may itself be JSON, as the content of a message is; so many layers are looked through.
pub(crate) const LAYERS_MAX: usize = 3;

/// Fact about an event that a search may ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Known<'a> {
    App(&'a str),
    Type(&'a str),
    EventId(&'a str),
    /// A whole text in the payload.
    Text(&'a str),
}

impl Known<'_> {
    /// Its key; none for a text that filters do not hold.
    pub(crate) fn key(self) -> Option<u64> {
        match self {
            Self::App(app) => Some(hash(b'a', app)),
            Self::Type(event_type) => Some(hash(b't', event_type)),
            Self::EventId(id) => Some(hash(b'e', id)),
            Self::Text(text) => is_like_an_id(text).then(|| hash(b'x', text)),
        }
    }
}

/// Whether a filter holds this text.
fn is_like_an_id(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'@');
    let is_time = || text.len() > DIGITS_MAX && text.bytes().all(|byte| byte.is_ascii_digit());
    (2..=TEXT_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_allowed) && !is_time()
}

/// FNV-1a with a finish that spreads it over all bits. It is stored, so it must stay as it is. Whoever makes two ids collide
/// makes a search slower, no more.
fn hash(kind: u8, text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let mut hash = text.bytes().fold(step(0xcbf2_9ce4_8422_2325, kind), step);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// Keys of the events of one block.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    keys: HashSet<u64>,
    /// There is something that a filter cannot hold.
    is_opaque: bool,
}

impl Keys {
    pub(crate) fn add(&mut self, known: Known<'_>) {
        self.keys.extend(known.key());
        self.is_opaque |= self.keys.len() > KEYS_MAX;
    }

    /// Adds the texts of a payload. One that is no JSON is searched as a text, in any part of it.
    pub(crate) fn add_payload(&mut self, payload: &str) {
        if !self.is_opaque && !self.add_texts(payload, LAYERS_MAX) {
            self.is_opaque = true;
        }
    }

    /// Whether the whole of it was JSON.
    fn add_texts(&mut self, json: &str, layers: usize) -> bool {
        let mut reader = serde_json::Deserializer::from_str(json);
        let read = Texts { keys: self, layers }.deserialize(&mut reader);
        read.is_ok() && reader.end().is_ok()
    }

    /// The filter; empty when every search has to look.
    pub(crate) fn into_bits(self) -> Vec<u8> {
        if self.is_opaque {
            return Vec::new();
        }
        let mut bits = vec![0; (self.keys.len() * BITS_PER_KEY).div_ceil(8).max(8)];
        for key in self.keys {
            for (byte, mask) in places(key, bits.len()) {
                if let Some(byte) = bits.get_mut(byte) {
                    *byte |= mask;
                }
            }
        }
        bits
    }
}

/// Whether events of a block with this filter may have a key.
pub(crate) fn may_have(bits: &[u8], key: u64) -> bool {
    let is_set = |(byte, mask): (usize, u8)| bits.get(byte).is_some_and(|byte| byte & mask != 0);
    bits.is_empty() || places(key, bits.len()).all(is_set)
}

fn places(key: u64, bytes: usize) -> impl Iterator<Item = (usize, u8)> {
    let bits = (bytes as u64).saturating_mul(8).max(1);
    let (first, step) = (key & 0xffff_ffff, (key >> 32) | 1);
    (0..PROBES).map(move |probe| {
        let bit = first.wrapping_add(probe.wrapping_mul(step)) % bits;
        (usize::try_from(bit / 8).unwrap_or(usize::MAX), 1 << (bit % 8))
    })
}

/// Reader of a payload that keeps the keys of its texts and builds nothing else.
struct Texts<'k> {
    keys: &'k mut Keys,
    layers: usize,
}

impl Texts<'_> {
    fn deeper(&mut self) -> Texts<'_> {
        Texts {
            keys: self.keys,
            layers: self.layers,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Texts<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Texts<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.keys.add(Known::Text(text));
        if self.layers > 0 && text.starts_with(['{', '[']) {
            // What is no JSON to its end was only a text.
            self.keys.add_texts(text, self.layers - 1);
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self.deeper())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<(), A::Error> {
        while fields.next_key::<IgnoredAny>()?.is_some() {
            fields.next_value_seed(self.deeper())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(payloads: &[&str]) -> Vec<u8> {
        let mut keys = Keys::default();
        for payload in payloads {
            keys.add_payload(payload);
        }
        keys.into_bits()
    }

    fn may(bits: &[u8], text: &str) -> bool {
        may_have(bits, Known::Text(text).key().unwrap())
    }

    #[test]
    fn an_id_is_found_wherever_json_has_it() {
        let bits = bits(&[
            r#"{"sender":{"sender_id":{"open_id":"ou_anna"}},"list":[1,true,null,["oc_chat"]]}"#,
            r#"{"content":"{\"text\":\"{\\\"deep\\\":\\\"om_deep\\\"}\",\"who\":\"on_\\u0061\"}"}"#,
        ]);
        for id in ["ou_anna", "oc_chat", "om_deep", "on_a"] {
            assert!(may(&bits, id), "{id}");
        }
        assert!(!may(&bits, "ou_boris") && !may(&bits, "open_id"));
    }

    #[test]
    fn what_is_no_json_or_too_much_is_always_looked_at() {
        assert!(bits(&["{\"open_id\":\"ou_anna\"", "{}"]).is_empty());
        assert!(may(&[], "ou_anybody"));
        let many: Vec<_> = (0..=KEYS_MAX).map(|number| format!("\"id{number}\"")).collect();
        assert!(bits(&[&format!("[{}]", many.join(","))]).is_empty());
    }

    #[test]
    fn texts_that_no_filter_holds_are_told() {
        for text in ["x", "two words", "你好", "1603977298000000", &"x".repeat(65)] {
            assert_eq!(Known::Text(text).key(), None, "{text}");
        }
        assert!(Known::Text("10086").key().is_some() && Known::Text("e33ggbyz").key().is_some());
    }

    #[test]
    fn one_block_in_a_hundred_is_searched_in_vain_at_most() {
        let many: Vec<_> = (0..6_000).map(|number| format!("\"ou_{number:032x}\"")).collect();
        let bits = bits(&[&format!("[{}]", many.join(","))]);
        let in_vain = (0..10_000)
            .filter(|number| may(&bits, &format!("ou_other{number}")))
            .count();
        assert!(in_vain < 100, "{in_vain} of 10000");
    }
}
