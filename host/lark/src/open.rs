//! Opening a request: from raw bytes to a challenge, an event, or the reason for rejecting it.

use std::borrow::Cow;

use super::app_ticket::{AppTicket, take_ticket};
use super::card_v1;
use super::cipher::decrypt;
use super::envelope::{Envelope, text};
use super::error::{Malformed, OpenError, Unauthenticated};
use super::event::{Event, Kind};
use super::json_text::without_lone_surrogates;
use super::keys::{Keys, UnixSeconds};
use super::limits::{BODY_BYTES_MAX, UNSIGNED_ENCRYPT_BYTES_MAX};
use super::raw::RawCallback;
use super::shape::{Proof, Shape, challenge, event_v1, event_v2};
use super::signature::Claim;

/// The content of an authenticated request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// The URL verification: the text is sent back at once. Unsigned, it proves only knowledge of the token, so it must have
    /// no other effect.
    Challenge(String),
    /// A callback or an event.
    Event(Event),
    /// An event that carried the ticket of a store application.
    AppTicket {
        /// The event without the ticket.
        event: Event,
        /// The ticket, which only this server may know.
        ticket: AppTicket,
    },
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
    mending(json, |json| open_text(keys, raw, json, now))
}

/// Opens a text, and retries with lone surrogates replaced if it is not valid JSON: half an emoji in some name is no reason
/// to lose an event.
fn mending(json: &str, open: impl Fn(&str) -> Result<Opened, OpenError>) -> Result<Opened, OpenError> {
    match open(json) {
        Err(OpenError::Malformed(Malformed::Json) | OpenError::Unauthenticated(Unauthenticated::Decrypt))
            if let Cow::Owned(mended) = without_lone_surrogates(json) =>
        {
            open(&mended)
        }
        opened => opened,
    }
}

/// Opens what came over the long connection: JSON in clear and unsigned, because the connection itself proves its origin.
///
/// # Errors
/// [`OpenError::TooLarge`], or [`OpenError::Malformed`] when the form is wrong; it comes over HTTP only if it is a challenge,
/// encrypted or a flat v1 card.
pub fn open_pushed(body: &[u8]) -> Result<Opened, OpenError> {
    if body.len() > BODY_BYTES_MAX {
        return Err(OpenError::TooLarge { bytes: body.len() });
    }
    let Ok(json) = std::str::from_utf8(body) else {
        return Err(Malformed::Utf8.into());
    };
    mending(json, |json| {
        let envelope = Envelope::parse(json).ok_or(Malformed::Json)?;
        if envelope.encrypt.is_some() {
            return Err(Malformed::Encrypt.into());
        }
        let (keys, proof) = (&Keys::default(), Proof::Connection);
        match Shape::of(&envelope)? {
            Shape::V2 { header } => Ok(opened(event_v2(keys, proof, &envelope, header, json)?)?),
            Shape::V1 { event } => Ok(opened(event_v1(keys, proof, &envelope, event, json)?)?),
            Shape::Challenge | Shape::CardV1 { .. } => Err(Malformed::Shape.into()),
        }
    })
}

fn open_text(keys: &Keys, raw: &RawCallback<'_>, json: &str, now: UnixSeconds) -> Result<Opened, OpenError> {
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
    let mut buffer = Vec::new();
    let json = decrypt(key, encrypt, &mut buffer).ok_or(Unauthenticated::Decrypt)?;
    let found = mending(json, |json| open_signed(keys, json))?;
    let kind = match &found {
        Opened::Event(event) => event.kind,
        Opened::Challenge(_) | Opened::AppTicket { .. } => Kind::Event,
    };
    claim.inside(keys.window, kind, now)?;
    Ok(found)
}

/// Opens a body that was encrypted and signed with one key. The signature proves more than the token, so a missing token is
/// accepted; a token that is present must be right.
fn open_signed(keys: &Keys, json: &str) -> Result<Opened, OpenError> {
    let proof = Proof::Signature;
    let envelope = Envelope::parse(json).ok_or(Unauthenticated::Decrypt)?;
    match Shape::of(&envelope)? {
        Shape::Challenge => Ok(Opened::Challenge(challenge(keys, &envelope)?)),
        Shape::V2 { header } => Ok(opened(event_v2(keys, proof, &envelope, header, json)?)?),
        Shape::V1 { event } => Ok(opened(event_v1(keys, proof, &envelope, event, json)?)?),
        // Lark never encrypts the flat card, and its own signature would be missing.
        Shape::CardV1 { .. } => Err(Malformed::Shape.into()),
    }
}

/// Tries every key: Lark does not sign the URL verification, so no signature tells which key encrypted it.
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
            claim.inside(keys.window, event.kind, now)?;
            Ok(Opened::Event(event))
        }
        // Even with a valid signature: Lark always encrypts when there is an encrypt key.
        Shape::V2 { .. } | Shape::V1 { .. } if !keys.encrypt_keys.is_empty() => Err(Unauthenticated::PlainBody.into()),
        Shape::V2 { header } => Ok(opened(event_v2(keys, Proof::Token, envelope, header, json)?)?),
        Shape::V1 { event } => Ok(opened(event_v1(keys, Proof::Token, envelope, event, json)?)?),
    }
}

/// Separates events that carry a ticket from all others, so that a ticket is never stored or shown by mistake.
fn opened(event: Event) -> Result<Opened, Malformed> {
    Ok(match take_ticket(event)? {
        (event, Some(ticket)) => Opened::AppTicket { event, ticket },
        (event, None) => Opened::Event(event),
    })
}
