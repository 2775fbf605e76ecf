//! The flat v1 card callback, rewritten to the shape of `card.action.trigger`.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::envelope::{Envelope, name};
use super::error::Malformed;
use super::event::{Event, Kind, Schema};

/// The payload that a handler of `card.action.trigger` reads. JSON fragments are copied verbatim.
#[derive(Serialize)]
struct Payload<'a> {
    operator: Operator<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a RawValue>,
    action: &'a RawValue,
    host: &'static str,
    context: Context<'a>,
    /// Fields without a place in the newer shape, under a key of their own so that they cannot hide the fields above.
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "as_object")]
    card_v1: &'a [(Cow<'a, str>, &'a RawValue)],
}

#[derive(Serialize)]
struct Operator<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_key: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    union_id: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Context<'a> {
    open_message_id: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_chat_id: Option<&'a RawValue>,
}

/// The event of a card whose signature was checked ("Card callback structure", legacy).
///
/// The card has no id, so its signature serves as one: it covers timestamp, nonce and body, so two requests have the same
/// signature only if one is a copy of the other.
pub(super) fn event(
    envelope: &Envelope<'_>,
    action: &RawValue,
    open_message_id: &RawValue,
    signature: &[u8; 20],
) -> Result<Event, Malformed> {
    let payload = Payload {
        operator: Operator {
            tenant_key: envelope.tenant_key,
            user_id: envelope.user_id,
            open_id: envelope.open_id,
            union_id: envelope.union_id,
        },
        token: envelope.token,
        action,
        host: "im_message",
        context: Context {
            open_message_id,
            open_chat_id: envelope.open_chat_id,
        },
        card_v1: &envelope.others,
    };
    let Ok(payload) = serde_json::to_string(&payload) else {
        return Err(Malformed::Json);
    };
    Ok(Event {
        id: format!("sha1-{}", hex::encode(signature)).into(),
        event_type: "card.action.trigger".into(),
        kind: Kind::Callback,
        schema: Schema::CardV1,
        app_id: Arc::default(),
        tenant_key: name(envelope.tenant_key).unwrap_or_default(),
        create_time_ms: 0,
        payload: payload.into(),
        message_id: None,
    })
}

fn as_object<S: Serializer>(fields: &[(Cow<'_, str>, &RawValue)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.iter().map(|(key, value)| (key, value)))
}
