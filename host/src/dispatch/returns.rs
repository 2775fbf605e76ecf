//! Returns from the authorize page whose server died: finished by another server, because the card in the chat still waits
//! for the result.

use std::sync::Arc;

use lark_callback_store::{NewEvent, Unanswered};
use lark_protocol::{Event, OAUTH_REDIRECT, Schema};

use super::{Dispatcher, Handled, Inner, Origin, log, route::Take, running::Entered};
use crate::{moment::Moment, telemetry::chain};

impl Dispatcher {
    /// Finishes abandoned returns. The work continues in the background.
    pub async fn take_over_returns(&self, now_ms: u64) {
        let inner = &self.0;
        // While plugins are still being loaded, none could handle them.
        let is_handled = |named: &str| named == OAUTH_REDIRECT || named == "*";
        let table = inner.registry.current();
        let mut plugins = table.plugins().iter();
        let has_handler = plugins.any(|it| it.description().event_types.iter().any(|named| is_handled(named)));
        if !inner.settings.has_receipts || !has_handler {
            return;
        }
        let abandoned = match inner.store.abandoned_returns(now_ms).await {
            Ok(abandoned) => abandoned,
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "Could not look for authorization returns left by a stopped server; retrying"
                );
                return;
            }
        };
        for unanswered in abandoned {
            inner.calls.spawn(Arc::clone(inner).finish_return(unanswered, now_ms));
        }
    }
}

impl Inner {
    async fn finish_return(self: Arc<Self>, unanswered: Unanswered, now_ms: u64) {
        let Unanswered {
            number,
            node,
            seen,
            event,
        } = unanswered;
        let event = self.revealed(event);
        // A browser that reloads the page right now already handles it.
        let Entered::First(place) = self.running.enter(&event.app_id, &event.id) else {
            return;
        };
        match self.store.take_over(number, &node).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(
                    event.id = &*event.id,
                    error = chain(&error),
                    "Could not take over an authorization return left by a stopped server; retrying"
                );
                return;
            }
        }
        tracing::warn!(
            event.id = &*event.id,
            app.id = &*event.app_id,
            node.id = node,
            "Taking over an authorization return that a stopped server left unfinished"
        );
        let arrival = Moment::now(now_ms);
        let table = self.registry.current();
        let attempt = seen.saturating_add(1);
        let asked = self.ask(&table, &event, arrival, Take::stored(number, attempt)).await;
        let Handled {
            answer,
            report,
            follows,
        } = self.recorded(&event, arrival, number, asked).await;
        log(&event, &Origin::default(), &report, arrival.at.elapsed());
        let repeats = place.finish(answer);
        if repeats > 0 {
            self.calls.spawn(Arc::clone(&self).count_repeats(number, repeats));
        }
        // Nobody waits for the page, so its tasks begin now.
        if let Some(follows) = follows {
            follows.cancel();
        }
    }

    /// Returns a return as it is stored: with its `state` encrypted, which is as secret as the link.
    pub(super) fn concealed(&self, new: NewEvent) -> NewEvent {
        if new.event.schema != Schema::Redirect {
            return new;
        }
        match self.tokens.conceal(&new.event.app_id, &new.event.payload) {
            Some(payload) => NewEvent {
                event: Arc::new(Event {
                    payload: payload.into(),
                    ..Event::clone(&new.event)
                }),
                ..new
            },
            None => new,
        }
    }

    /// Returns a stored return as it arrived.
    fn revealed(&self, event: Arc<Event>) -> Arc<Event> {
        match self.tokens.reveal(&event.app_id, &event.payload) {
            Some(payload) => Arc::new(Event {
                payload: payload.into(),
                ..Event::clone(&event)
            }),
            None => event,
        }
    }
}
