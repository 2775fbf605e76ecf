//! The ticket of a store application, taken out of the event that brings it ("`app_ticket` events").

use std::fmt;

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::{envelope::text, error::Malformed, event::Event};

/// Lark pushes it every hour, and when it is asked to.
const APP_TICKET: &str = "app_ticket";

/// What a store application proves itself with when it asks for tokens; as good as a password until the next one comes.
#[derive(Clone, PartialEq, Eq)]
pub struct AppTicket(String);

impl AppTicket {
    /// The ticket in clear: to be sealed before it goes anywhere.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AppTicket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AppTicket(redacted)")
    }
}

/// Takes the ticket out of an event that brings one. Of what that event says, only its name and whose it is are left:
/// events are kept and shown, and a ticket must be neither.
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
