//! A name of an event, and the digest by which it is known.

use lark_protocol::sha256_of_parts;

use crate::rows::events::NewEvent;

/// Of application, kind and key; as two numbers, which SQLite compares fastest.
pub(super) type Digest = (i64, i64);

pub(super) fn digest(app: &str, kind: &str, key: &str) -> Digest {
    let hash = sha256_of_parts(&[app, kind, key]);
    let number = |bytes: Option<&[u8; 8]>| i64::from_be_bytes(bytes.copied().unwrap_or_default());
    let (high, rest) = hash.split_at(8);
    (number(high.first_chunk()), number(rest.first_chunk()))
}

/// One of the names that an event carries.
#[derive(Debug)]
pub(super) struct Name<'e> {
    pub(super) app: &'e str,
    pub(super) kind: &'static str,
    pub(super) key: &'e str,
    pub(super) digest: Digest,
}

impl<'e> Name<'e> {
    fn new(app: &'e str, kind: &'static str, key: &'e str) -> Self {
        Self {
            digest: digest(app, kind, key),
            app,
            kind,
            key,
        }
    }

    /// The event id, and the message id of a message.
    pub(super) fn of(new: &'e NewEvent) -> [Option<Self>; 2] {
        let message = new.event.message_id.as_ref();
        [
            Some(Self::new(&new.event.app_id, "event", &new.event.id)),
            message.map(|id| Self::new(&new.event.app_id, "message", id)),
        ]
    }
}
