//! Opening a request of Lark's: from raw bytes to a challenge or an event, or to the reason why not.

use std::fmt;

use super::app_ticket::{AppTicket, opened};
use super::card_v1;
use super::cipher::decrypt;
use super::envelope::{Envelope, text};
use super::event::Event;
use super::keys::{Keys, UnixSeconds};
use super::shape::{Proof, Shape, challenge, event_v1, event_v2};
use super::signature::Claim;

/// The most bytes that a raw body may have. Lark documents no limit; callbacks of 64 KiB occur, and a form full of text
/// stays far below this.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The most characters that `encrypt` may have in a request without a signature. A challenge takes about 200, and nobody
/// has proved anything yet: this is all the work a stranger can ask for.
const UNSIGNED_ENCRYPT_BYTES_MAX: usize = 4096;

/// The most bytes of a body without a signature, when it can only be a challenge: `encrypt` and what stands around it.
pub(super) const UNSIGNED_BODY_BYTES_MAX: usize = 2 * UNSIGNED_ENCRYPT_BYTES_MAX;

/// One request as it arrived. Headers are the bytes of their values; the body must not have been touched.
#[derive(Clone, Copy)]
pub struct RawCallback<'a> {
    /// `X-Lark-Request-Timestamp`.
    pub timestamp: Option<&'a [u8]>,
    /// `X-Lark-Request-Nonce`.
    pub nonce: Option<&'a [u8]>,
    /// `X-Lark-Signature`.
    pub signature: Option<&'a [u8]>,
    /// The body: the signature is over these bytes.
    pub body: &'a [u8],
}

impl RawCallback<'_> {
    /// Whether it brings a signature, right or wrong.
    pub fn is_signed(&self) -> bool {
        self.timestamp.is_some() && self.nonce.is_some() && self.signature.is_some()
    }
}

impl fmt::Debug for RawCallback<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RawCallback")
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What was in a request that is proved to be Lark's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// The URL verification: the text goes back at once. Without a signature it proves nothing but the token, so it
    /// must not cause anything else.
    Challenge(String),
    /// A callback or an event.
    Event(Event),
    /// An event that brought the ticket of a store application.
    AppTicket {
        /// Without the ticket.
        event: Event,
        /// What only this server may know.
        ticket: AppTicket,
    },
}

/// Why a request was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The raw body is over [`BODY_BYTES_MAX`].
    #[error("the body has {bytes} bytes, at most {BODY_BYTES_MAX} are read")]
    TooLarge {
        /// How many bytes it has.
        bytes: usize,
    },
    /// Nothing that Lark sends looks like this.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It is not proved that Lark sent it. The sender must get the same answer for all reasons.
    #[error(transparent)]
    Unauthenticated(#[from] Unauthenticated),
}

impl OpenError {
    /// One word for logs and metrics; it never changes.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::Malformed(reason) => reason.code(),
            Self::Unauthenticated(reason) => reason.code(),
        }
    }
}

/// What is wrong with the form of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Text in another encoding, or no text at all.
    #[error("the body is not utf-8")]
    Utf8,
    /// Also: bytes after the object, or two values for one key.
    #[error("the body is not one json object in which each known key stands once")]
    Json,
    /// A key beside `encrypt` would not be protected by the encryption.
    #[error("`encrypt` is not a string, or does not stand alone")]
    Encrypt,
    /// Not a challenge, not schema 2.0 or 1.0, not a flat v1 card; or one of them with a part of the wrong kind.
    #[error("the body has none of the shapes that lark sends")]
    Shape,
}

impl Malformed {
    /// One word for logs and metrics; it never changes.
    pub fn code(self) -> &'static str {
        match self {
            Self::Utf8 => "not_utf8",
            Self::Json => "not_json",
            Self::Encrypt => "encrypt_not_alone",
            Self::Shape => "unknown_shape",
        }
    }
}

/// Which proof is missing. For the operator alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// Some or all of the three headers, where only a challenge may come without.
    #[error("the signature headers are missing; behind a proxy, let it pass the x-lark headers")]
    MissingHeaders,
    /// Anything but ten digits.
    #[error("the timestamp header is not ten digits")]
    TimestampFormat,
    /// Empty, too long, or with a character that is not printable ASCII.
    #[error("the nonce header is not 1 to 64 printable characters")]
    NonceFormat,
    /// Also when the header is not hex of the right length.
    #[error("no configured key gives this signature; compare the encrypt key with the developer console")]
    Signature,
    /// An encrypted body without any encrypt key to open it.
    #[error("the body is encrypted, and no encrypt key is configured")]
    NoKey,
    /// Base64, length, padding, UTF-8 or the JSON inside: one reason, so that nobody can tell them apart.
    #[error("the body does not decrypt to a json object")]
    Decrypt,
    /// A plain body although an encrypt key is configured, whoever signed it.
    #[error("the body is plain, and an encrypt key is configured; set the same key in the developer console")]
    PlainBody,
    /// A flat v1 card, where those are not taken.
    #[error(
        "flat v1 cards are not taken here (legacy_cards is off); build the card with schema 2.0, or turn legacy_cards on"
    )]
    CardV1,
    /// Absent, not a string, or another one.
    #[error("the verification token is not the configured one; compare it with the developer console")]
    Token,
    /// Before the time window.
    #[error("the signed timestamp is too old")]
    Stale,
    /// After the time window.
    #[error("the signed timestamp is in the future; check the clock of this machine")]
    Future,
}

impl Unauthenticated {
    /// One word for logs and metrics; it never changes.
    pub fn code(self) -> &'static str {
        match self {
            Self::MissingHeaders => "missing_headers",
            Self::TimestampFormat => "timestamp_format",
            Self::NonceFormat => "nonce_format",
            Self::Signature => "signature",
            Self::NoKey => "no_key",
            Self::Decrypt => "decrypt",
            Self::PlainBody => "plain_body",
            Self::CardV1 => "legacy_card",
            Self::Token => "token",
            Self::Stale => "stale",
            Self::Future => "future",
        }
    }
}

/// Opens one request: size, outer JSON, signature over the raw bytes, decryption, inner JSON, verification token, time
/// window, in this order.
///
/// # Errors
/// [`OpenError::TooLarge`], [`OpenError::Malformed`] (the form is wrong) or [`OpenError::Unauthenticated`] (everything
/// else).
pub fn open(keys: &Keys, raw: &RawCallback<'_>, now: UnixSeconds) -> Result<Opened, OpenError> {
    if raw.body.len() > BODY_BYTES_MAX {
        return Err(OpenError::TooLarge { bytes: raw.body.len() });
    }
    let Ok(json) = std::str::from_utf8(raw.body) else {
        return Err(Malformed::Utf8.into());
    };
    let envelope = Envelope::parse(json).ok_or(Malformed::Json)?;
    match envelope.encrypt {
        Some(_) if envelope.keys != 1 => Err(Malformed::Encrypt.into()),
        Some(encrypt) => open_sealed(keys, raw, &text(encrypt).ok_or(Malformed::Encrypt)?, now),
        None => open_plain(keys, raw, &envelope, json, now),
    }
}

fn open_sealed(keys: &Keys, raw: &RawCallback<'_>, encrypt: &str, now: UnixSeconds) -> Result<Opened, OpenError> {
    if keys.encrypt_keys.is_empty() {
        return Err(Unauthenticated::NoKey.into());
    }
    let Some(claim) = Claim::read(raw)? else {
        return open_unsigned(keys, encrypt);
    };
    let key = claim.signed_by_key(&keys.encrypt_keys, raw.body)?;
    // The signature proves more than the token, so what has no token is taken. One that is there must be right.
    let proof = Proof::Signature;
    let mut buffer = Vec::new();
    let json = decrypt(key, encrypt, &mut buffer).ok_or(Unauthenticated::Decrypt)?;
    let envelope = Envelope::parse(json).ok_or(Unauthenticated::Decrypt)?;
    let found = match Shape::of(&envelope)? {
        Shape::Challenge => Opened::Challenge(challenge(keys, &envelope)?),
        Shape::V2 { header } => opened(event_v2(keys, proof, &envelope, header, json)?)?,
        Shape::V1 { event } => opened(event_v1(keys, proof, &envelope, event, json)?)?,
        // Lark never encrypts the flat card, and its own signature would be missing.
        Shape::CardV1 { .. } => return Err(Malformed::Shape.into()),
    };
    claim.inside(keys.window, now)?;
    Ok(found)
}

/// Lark does not sign the URL verification, so it cannot be told beforehand which key it was encrypted with.
fn open_unsigned(keys: &Keys, encrypt: &str) -> Result<Opened, OpenError> {
    if encrypt.len() > UNSIGNED_ENCRYPT_BYTES_MAX {
        return Err(Unauthenticated::MissingHeaders.into());
    }
    let mut buffer = Vec::new();
    for key in &keys.encrypt_keys {
        let Some(json) = decrypt(key, encrypt, &mut buffer) else {
            continue;
        };
        let Some(envelope) = Envelope::parse(json) else {
            continue;
        };
        return match Shape::of(&envelope) {
            Ok(Shape::Challenge) => Ok(Opened::Challenge(challenge(keys, &envelope)?)),
            _ => Err(Unauthenticated::MissingHeaders.into()),
        };
    }
    Err(Unauthenticated::Decrypt.into())
}

fn open_plain(
    keys: &Keys,
    raw: &RawCallback<'_>,
    envelope: &Envelope<'_>,
    json: &str,
    now: UnixSeconds,
) -> Result<Opened, OpenError> {
    match Shape::of(envelope)? {
        Shape::Challenge => Ok(Opened::Challenge(challenge(keys, envelope)?)),
        Shape::CardV1 {
            action,
            open_message_id,
        } => {
            if !keys.takes_legacy_cards {
                return Err(Unauthenticated::CardV1.into());
            }
            let claim = Claim::read(raw)?.ok_or(Unauthenticated::MissingHeaders)?;
            let signature = claim.signed_by_token(&keys.verification_tokens, raw.body)?;
            let event = card_v1::event(envelope, action, open_message_id, &signature)?;
            claim.inside(keys.window, now)?;
            Ok(Opened::Event(event))
        }
        // A right signature does not help: whoever can sign can also encrypt, and Lark does.
        Shape::V2 { .. } | Shape::V1 { .. } if !keys.encrypt_keys.is_empty() => Err(Unauthenticated::PlainBody.into()),
        Shape::V2 { header } => Ok(opened(event_v2(keys, Proof::Token, envelope, header, json)?)?),
        Shape::V1 { event } => Ok(opened(event_v1(keys, Proof::Token, envelope, event, json)?)?),
    }
}
