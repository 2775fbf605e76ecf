//! Late replies: the update of a card whose click was answered before the plugin was done ("Delayed card update").

use std::time::Duration;

use lark_callback_store::{Chain, Delivery, DeliveryKind, NewTask, Work};
use lark_protocol::{
    Event, Schema,
    reply::{ReplyError, callback_body},
};
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};

use super::{Inner, millis};
use crate::{
    moment::Moment,
    openapi::{Deadline, Request, RequestError},
    tokens::{Identity, LarkCallError},
};

/// Permanent errors ("Delay updating message card"): the card is invalid or too large, the message is gone, the token is
/// wrong, expired or used up. Other errors may pass while the token is valid: the answer to the click has not arrived yet, or
/// the card is locked.
const FINAL: [i64; 13] = [
    10_002, 11_311, 100_000, 100_030, 200_000, 200_310, 200_320, 230_099, 300_020, 300_030, 300_040, 300_090,
    99_991_672,
];

/// The time for sending one update, retries within it included.
const UPDATE_TIME_MAX: Duration = Duration::from_secs(30);

/// The update to send to Lark; the payload of its own delivery.
#[derive(Debug, Serialize, Deserialize)]
struct Update {
    /// The token of the click, valid for 30 minutes and two updates.
    token: String,
    tenant_key: String,
    /// The card in the API's form: the card itself, or a template in its wrapper.
    card: Box<RawValue>,
}

/// The part of a click's payload that names the card.
#[derive(Deserialize)]
struct Click {
    token: Option<String>,
}

/// The part of a reply that can still be shown.
#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow)]
    card: Option<Card<'a>>,
}

#[derive(Deserialize)]
struct Card<'a> {
    #[serde(borrow, rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// An error of updating a card.
#[derive(Debug, thiserror::Error)]
pub(super) enum UpdateError {
    /// The stored update cannot be read.
    #[error("the stored card update cannot be read")]
    Stored(#[from] serde_json::Error),
    /// The request is invalid.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Lark could not be reached, or rejected the token.
    #[error(transparent)]
    Call(#[from] LarkCallError),
    /// Lark rejected the update.
    #[error("card update refused by Lark with code {code}")]
    Refused {
        /// Lark's error code.
        code: i64,
    },
}

impl UpdateError {
    pub(super) fn is_retryable(&self) -> bool {
        match self {
            Self::Call(error) => error.is_retryable(),
            Self::Refused { code } => !FINAL.contains(code),
            Self::Stored(_) | Self::Request(_) => false,
        }
    }

    /// Returns how long Lark asks to wait.
    pub(super) fn after(&self) -> Option<Duration> {
        match self {
            Self::Call(error) => error.after(),
            _ => None,
        }
    }
}

impl Inner {
    /// Returns the card update of a late reply, or nothing if it changes no card. A toast would be too late to be shown.
    ///
    /// # Errors
    /// When Lark would reject it as the reply to a click.
    pub(super) fn update_of(
        &self,
        delivery: &Delivery,
        reply: &str,
        now_ms: u64,
    ) -> Result<Option<NewTask>, ReplyError> {
        let (DeliveryKind::Late, Work::Event(event)) = (delivery.kind, &delivery.work) else {
            return Ok(None);
        };
        let reply = callback_body(&event.event_type, Schema::V2, Some(reply))?;
        let Some(payload) = payload(event, &reply) else {
            return Ok(None);
        };
        let payload = self.tokens.conceal(&delivery.app, &payload).unwrap_or(payload);
        Ok(Some(NewTask {
            kind: DeliveryKind::Update,
            plugin: delivery.plugin.clone(),
            requested_by: delivery.plugin.clone(),
            name: "update of a card".to_owned(),
            payload,
            // Behind a proxy the answer may still be in transit, and Lark rejects an update that comes before it.
            due_at_ms: now_ms.saturating_add(millis(self.settings.update_delay)),
            expires_at_ms: delivery.expires_at_ms,
            chain: Chain::default(),
        }))
    }

    /// Sends the update to Lark.
    pub(super) async fn send_update(
        &self,
        delivery: &Delivery,
        payload: &str,
        begun: Moment,
    ) -> Result<(), UpdateError> {
        let revealed = self.tokens.reveal(&delivery.app, payload);
        let update: Update = serde_json::from_str(revealed.as_deref().unwrap_or(payload))?;
        let request = Request::delayed_card_update(&update.token, update.card.get())?;
        let deadline = Deadline::new(begun, begun.at + UPDATE_TIME_MAX);
        let identity = Identity::App {
            tenant_key: &update.tenant_key,
        };
        let answer = self.tokens.call(&delivery.app, identity, &request, &deadline).await?;
        match answer.code {
            Some(0) => Ok(()),
            code => Err(UpdateError::Refused {
                code: code.unwrap_or_default(),
            }),
        }
    }
}

fn payload(event: &Event, reply: &str) -> Option<String> {
    let token = serde_json::from_str::<Click>(&event.payload).ok()?.token?;
    let Card { kind, data } = serde_json::from_str::<Reply<'_>>(reply).ok()?.card?;
    let card = match kind {
        "raw" => data.to_owned(),
        _ => serde_json::value::to_raw_value(&json!({"type": kind, "data": data})).ok()?,
    };
    let update = Update {
        token,
        tenant_key: event.tenant_key.as_ref().to_owned(),
        card,
    };
    serde_json::to_string(&update).ok()
}
