//! The ticket of a store application, extracted from the event that carries it ("`app_ticket` events").

use std::fmt;

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::{envelope::text, error::Malformed, event::Event};

/// Lark pushes it every hour, and on request.
const APP_TICKET: &str = "app_ticket";

/// The credential with which a store application asks for tokens; as secret as a password until the next one arrives.
#[derive(Clone, PartialEq, Eq)]
pub struct AppTicket(String);

impl AppTicket {
    /// Returns the ticket in clear; encrypt it before storing or passing it on.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AppTicket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AppTicket(redacted)")
    }
}

/// Extracts the ticket from an event that carries one. The event keeps only its type and application: events are stored and
/// shown to operators, and a ticket must not be.
pub(super) fn take_ticket(event: Event) -> Result<(Event, Option<AppTicket>), Malformed> {
    #[derive(Deserialize)]
    struct Payload<'a> {
        #[serde(borrow)]
        app_ticket: Option<&'a RawValue>,
    }

    if *event.event_type != *APP_TICKET {
        return Ok((event, None));
    }
    let Ok(payload) = serde_json::from_str::<Payload<'_>>(&event.payload) else {
        return Err(Malformed::Json);
    };
    let ticket = payload.app_ticket.and_then(text).filter(|ticket| !ticket.is_empty());
    let ticket = AppTicket(ticket.ok_or(Malformed::Shape)?.into_owned());
    let payload = json!({"type": APP_TICKET, "app_id": &*event.app_id}).to_string().into();
    Ok((Event { payload, ..event }, Some(ticket)))
}
