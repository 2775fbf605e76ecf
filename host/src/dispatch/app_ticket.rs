//! The event that carries the ticket of a store application: handled by this server, and never passed to a plugin.

use std::sync::Arc;

use lark_callback_store::Received;
use lark_protocol::{AppTicket, Event};

use super::{Dispatched, Dispatcher, Handled, Inner, Origin, Report, failed, nothing};
use crate::{moment::Moment, telemetry::chain, tokens::AppTicketError};

impl Dispatcher {
    /// Stores a ticket, and records its event. `event` does not contain the ticket.
    pub async fn keep_app_ticket(
        &self,
        app_id: &Arc<str>,
        mut event: Event,
        ticket: AppTicket,
        origin: Origin,
        arrival: Moment,
    ) -> Dispatched {
        event.app_id = Arc::clone(app_id);
        let (inner, event) = (Arc::clone(&self.0), Arc::new(event));
        self.carry_out(
            Arc::clone(&event),
            origin.clone(),
            arrival,
            Box::pin(async move { inner.app_ticket(&event, &ticket, &origin, arrival).await }),
        )
        .await
    }
}

impl Inner {
    /// Stores the ticket first, also for a repeat: the answer promises that it is on disk.
    async fn app_ticket(&self, event: &Arc<Event>, ticket: &AppTicket, origin: &Origin, arrival: Moment) -> Handled {
        // A time in the future would make newer tickets look old until then.
        let made_at_ms = match event.create_time_ms {
            0 => arrival.unix_ms,
            made_at_ms => made_at_ms.min(arrival.unix_ms),
        };
        let outcome = match self.tokens.keep_app_ticket(&event.app_id, ticket, made_at_ms).await {
            Ok(true) => "ticket_kept",
            Ok(false) => "ticket_outdated",
            Err(error @ AppTicketError::NotStore { .. }) => {
                tracing::warn!(app.id = &*event.app_id, "{error}");
                "ticket_not_wanted"
            }
            Err(error) => return not_stored(event, &error),
        };
        match self.store.receive(self.new_event(event, origin, arrival)).await {
            Ok(Received::First { .. }) => Handled::of(nothing(event), Report::of(outcome)),
            Ok(Received::Answered { .. } | Received::Unanswered { .. } | Received::Partly { .. }) => {
                Handled::of(nothing(event), Report::of("duplicate"))
            }
            Err(error) => not_stored(event, &error),
        }
    }
}

/// Answers so that Lark redelivers it.
fn not_stored(event: &Event, error: &(dyn std::error::Error + 'static)) -> Handled {
    let report = Report {
        error: Some(chain(error)),
        ..Report::of("store_error")
    };
    Handled::of(failed(event), report)
}
