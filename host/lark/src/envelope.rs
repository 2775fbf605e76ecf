//! The outermost JSON object of a body, read in one pass and borrowed from it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Names and ids become database keys; Lark's are shorter than this.
const NAME_BYTES_MAX: usize = 256;

/// Every key that any of the shapes uses, with its value as the raw text.
///
/// Values stay raw: they are passed on verbatim, and a value of an unexpected kind is an error only where it is used.
#[derive(Default)]
pub(super) struct Envelope<'a> {
    pub(super) encrypt: Option<&'a RawValue>,
    pub(super) schema: Option<&'a RawValue>,
    pub(super) header: Option<&'a RawValue>,
    pub(super) event: Option<&'a RawValue>,
    pub(super) kind: Option<&'a RawValue>,
    pub(super) token: Option<&'a RawValue>,
    pub(super) challenge: Option<&'a RawValue>,
    pub(super) uuid: Option<&'a RawValue>,
    pub(super) ts: Option<&'a RawValue>,
    pub(super) action: Option<&'a RawValue>,
    pub(super) open_message_id: Option<&'a RawValue>,
    pub(super) open_chat_id: Option<&'a RawValue>,
    pub(super) open_id: Option<&'a RawValue>,
    pub(super) user_id: Option<&'a RawValue>,
    pub(super) union_id: Option<&'a RawValue>,
    pub(super) tenant_key: Option<&'a RawValue>,
    /// All other members, in the order sent.
    pub(super) others: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// The number of keys in the object.
    pub(super) keys: usize,
}

impl<'a> Envelope<'a> {
    /// Parses exactly one JSON object. `None` also when a known key occurs twice, because two parsers could disagree about
    /// which one counts.
    pub(super) fn parse(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    fn slot(&mut self, key: &str) -> Option<&mut Option<&'a RawValue>> {
        Some(match key {
            "encrypt" => &mut self.encrypt,
            "schema" => &mut self.schema,
            "header" => &mut self.header,
            "event" => &mut self.event,
            "type" => &mut self.kind,
            "token" => &mut self.token,
            "challenge" => &mut self.challenge,
            "uuid" => &mut self.uuid,
            "ts" => &mut self.ts,
            "action" => &mut self.action,
            "open_message_id" => &mut self.open_message_id,
            "open_chat_id" => &mut self.open_chat_id,
            "open_id" => &mut self.open_id,
            "user_id" => &mut self.user_id,
            "union_id" => &mut self.union_id,
            "tenant_key" => &mut self.tenant_key,
            _ => return None,
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        /// Borrows a key that has no escapes; deserializing a plain `Cow` would always copy.
        #[derive(Deserialize)]
        struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

        let mut envelope = Envelope::default();
        while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
            envelope.keys += 1;
            match envelope.slot(&key) {
                Some(slot) => {
                    if slot.replace(value).is_some() {
                        return Err(A::Error::custom("a known key comes twice"));
                    }
                }
                None => envelope.others.push((key, value)),
            }
        }
        Ok(envelope)
    }
}

/// The value of a JSON string.
pub(super) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let quoted = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if quoted.contains('\\') {
        serde_json::from_str(raw.get()).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(quoted))
    }
}

/// A name or an id: a string, or a number as written. `None` when it is empty or too long.
pub(super) fn name(raw: Option<&RawValue>) -> Option<Arc<str>> {
    let raw = raw?;
    let name = if is_number(raw) {
        Cow::Borrowed(raw.get())
    } else {
        text(raw)?
    };
    (1..=NAME_BYTES_MAX).contains(&name.len()).then(|| name.into())
}

/// The text of a number, which Lark sends with or without quotes.
pub(super) fn number(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let raw = raw?;
    if is_number(raw) {
        Some(Cow::Borrowed(raw.get()))
    } else {
        text(raw)
    }
}

pub(super) fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

fn is_number(raw: &RawValue) -> bool {
    raw.get()
        .starts_with(|first: char| first == '-' || first.is_ascii_digit())
}
