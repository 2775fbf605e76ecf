//! The shapes of a decrypted body, and their conversion to one `Event`.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::envelope::{Envelope, is_object, name, number, text};
use super::error::{Malformed, OpenError, Unauthenticated};
use super::event::{Event, Kind, Schema};
use super::keys::Keys;

/// The threshold between units: `create_time` is in microseconds for card and preview callbacks and in milliseconds for
/// events. As milliseconds this is the year 33658, as microseconds the year 2001.
const MICROSECONDS_FROM: u64 = 1_000_000_000_000_000;

/// The shapes, detected in this order. Each carries the member by which it was recognized.
pub(super) enum Shape<'a> {
    /// The URL verification.
    Challenge,
    /// `schema`, `header`, `event`.
    V2 { header: &'a RawValue },
    /// `uuid`, `type`, `event`.
    V1 { event: &'a RawValue },
    /// The flat v1 card, which has neither a type nor a schema.
    CardV1 {
        action: &'a RawValue,
        open_message_id: &'a RawValue,
    },
}

impl<'a> Shape<'a> {
    pub(super) fn of(envelope: &Envelope<'a>) -> Result<Self, Malformed> {
        let kind = envelope.kind.and_then(text);
        if kind.as_deref() == Some("url_verification") {
            return Ok(Self::Challenge);
        }
        match *envelope {
            Envelope {
                schema: Some(_),
                header: Some(header),
                ..
            } if is_object(header) => Ok(Self::V2 { header }),
            Envelope {
                schema: None,
                event: Some(event),
                uuid,
                ..
            } if is_object(event) && (uuid.is_some() || kind.as_deref() == Some("event_callback")) => {
                Ok(Self::V1 { event })
            }
            Envelope {
                schema: None,
                event: None,
                action: Some(action),
                open_message_id: Some(open_message_id),
                ..
            } => Ok(Self::CardV1 {
                action,
                open_message_id,
            }),
            _ => Err(Malformed::Shape),
        }
    }
}

/// Returns the challenge to send back ("Configure callback request address").
pub(super) fn challenge(keys: &Keys, envelope: &Envelope<'_>) -> Result<String, OpenError> {
    check_token(keys, envelope.token)?;
    Ok(envelope.challenge.and_then(text).ok_or(Malformed::Shape)?.into_owned())
}

/// The proof of a body's origin so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// A signature with an encrypt key, over a body encrypted with it.
    Signature,
    /// None yet: the verification token must prove it.
    Token,
    /// A connection that this server made to Lark. The token is still sent, and need not be known here.
    Connection,
}

/// An event or callback of schema 2.0 ("Event structure").
pub(super) fn event_v2(
    keys: &Keys,
    proof: Proof,
    envelope: &Envelope<'_>,
    header: &RawValue,
    json: &str,
) -> Result<Event, OpenError> {
    #[derive(Deserialize)]
    struct Header<'a> {
        #[serde(borrow)]
        event_id: Option<&'a RawValue>,
        #[serde(borrow)]
        event_type: Option<&'a RawValue>,
        #[serde(borrow)]
        create_time: Option<&'a RawValue>,
        #[serde(borrow)]
        token: Option<&'a RawValue>,
        #[serde(borrow)]
        app_id: Option<&'a RawValue>,
        #[serde(borrow)]
        tenant_key: Option<&'a RawValue>,
    }

    let header: Header<'_> = object(header)?;
    check_proof(keys, proof, header.token)?;
    let payload = match envelope.event.map(RawValue::get) {
        None | Some("null") => "{}",
        Some(event) if event.starts_with('{') => event,
        Some(_) => return Err(Malformed::Shape.into()),
    };
    let event_type = event_type(header.event_type);
    Ok(Event {
        id: name(header.event_id).unwrap_or_else(|| digest_id(json)),
        kind: Kind::of(&event_type),
        schema: Schema::V2,
        app_id: name(header.app_id).unwrap_or_default(),
        tenant_key: name(header.tenant_key).unwrap_or_default(),
        create_time_ms: number(header.create_time).map_or(0, |time| milliseconds(&time)),
        payload: payload.into(),
        message_id: if &*event_type == "im.message.receive_v1" {
            message_id_v2(payload)?
        } else {
            None
        },
        event_type,
    })
}

/// An event of schema 1.0, whose `event` carries its own type and application. There are no callbacks in schema 1.0.
pub(super) fn event_v1(
    keys: &Keys,
    proof: Proof,
    envelope: &Envelope<'_>,
    event: &RawValue,
    json: &str,
) -> Result<Event, OpenError> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow, rename = "type")]
        event_type: Option<&'a RawValue>,
        #[serde(borrow)]
        app_id: Option<&'a RawValue>,
        #[serde(borrow)]
        tenant_key: Option<&'a RawValue>,
        #[serde(borrow)]
        open_message_id: Option<&'a RawValue>,
    }

    check_proof(keys, proof, envelope.token)?;
    let body: Body<'_> = object(event)?;
    let event_type = event_type(body.event_type);
    Ok(Event {
        id: name(envelope.uuid).unwrap_or_else(|| digest_id(json)),
        kind: Kind::Event,
        schema: Schema::V1,
        app_id: name(body.app_id).unwrap_or_default(),
        tenant_key: name(body.tenant_key).unwrap_or_default(),
        create_time_ms: number(envelope.ts).map_or(0, |ts| milliseconds_of_seconds(&ts)),
        payload: event.get().into(),
        message_id: if &*event_type == "message" {
            name(body.open_message_id)
        } else {
            None
        },
        event_type,
    })
}

/// Returns the token at the shape's own position, for the diagnosis of a refused request.
pub(super) fn token_of(envelope: &Envelope<'_>, shape: &Shape<'_>) -> Option<String> {
    #[derive(Deserialize)]
    struct Header<'a> {
        #[serde(borrow)]
        token: Option<&'a RawValue>,
    }

    let token = match shape {
        Shape::V2 { header } => object::<Header<'_>>(header).ok()?.token,
        Shape::Challenge | Shape::V1 { .. } => envelope.token,
        // Its `token` is the one for updating the card.
        Shape::CardV1 { .. } => None,
    };
    Some(text(token?)?.into_owned())
}

/// Accepts a missing token if the body is signed, because some of Lark's card callbacks have none and the signature proves
/// more. A token that is present must be right.
fn check_proof(keys: &Keys, proof: Proof, sent: Option<&RawValue>) -> Result<(), Unauthenticated> {
    let is_absent = sent.is_none_or(|sent| matches!(sent.get(), "null" | "\"\""));
    match proof {
        Proof::Connection => Ok(()),
        Proof::Signature if is_absent => Ok(()),
        Proof::Signature | Proof::Token => check_token(keys, sent),
    }
}

/// Checks the token at the shape's own position; `event.token` is the card update token and proves nothing.
fn check_token(keys: &Keys, sent: Option<&RawValue>) -> Result<(), Unauthenticated> {
    let known = sent.and_then(text).is_some_and(|token| keys.knows_token(&token));
    if known { Ok(()) } else { Err(Unauthenticated::Token) }
}

/// Reads the type. One that is not a string becomes empty, so the event goes to a plugin that handles `*`.
fn event_type(raw: Option<&RawValue>) -> Arc<str> {
    raw.filter(|raw| raw.get().starts_with('"'))
        .and_then(|raw| name(Some(raw)))
        .unwrap_or_default()
}

/// Hashes the decrypted text, not the body: a redelivered event is encrypted with another IV.
fn digest_id(json: &str) -> Arc<str> {
    format!("sha256-{}", hex::encode(Sha256::digest(json))).into()
}

/// Only for received messages: another event about the same message must not count as its repeat.
fn message_id_v2(payload: &str) -> Result<Option<Arc<str>>, Malformed> {
    #[derive(Deserialize)]
    struct Payload<'a> {
        #[serde(borrow)]
        message: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        message_id: Option<&'a RawValue>,
    }

    let Ok(payload) = serde_json::from_str::<Payload<'_>>(payload) else {
        return Err(Malformed::Json);
    };
    match payload.message.filter(|message| is_object(message)) {
        Some(message) => Ok(name(object::<Message<'_>>(message)?.message_id)),
        None => Ok(None),
    }
}

fn object<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, Malformed> {
    match serde_json::from_str(raw.get()) {
        Ok(object) => Ok(object),
        Err(_) => Err(Malformed::Json),
    }
}

fn milliseconds(create_time: &str) -> u64 {
    match create_time.parse() {
        Ok(microseconds) if microseconds >= MICROSECONDS_FROM => microseconds / 1000,
        Ok(milliseconds) => milliseconds,
        Err(_) => 0,
    }
}

fn milliseconds_of_seconds(ts: &str) -> u64 {
    match ts.parse::<f64>() {
        // The cast cannot overflow below the bound, which is the same year 33658.
        Ok(seconds) if (0.0..1e12).contains(&seconds) => (seconds * 1000.0) as u64,
        _ => 0,
    }
}
