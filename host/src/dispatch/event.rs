//! An event: stored with its deliveries, then answered.

use std::sync::Arc;

use super::{Arrival, Fresh, Handled, Inner, Place, Report, failed, millis, nothing};
use crate::{
    dispatch::ordering,
    lark::Event,
    plugin::Plugin,
    store::{Chain, Delivery, DeliveryKind, NewDelivery, Received, Work},
    telemetry::chain,
};

impl Inner {
    /// The answer says that the event is on disk, and nothing about plugins: whoever is to be told will be.
    pub(super) async fn event(&self, app_id: &str, event: &Arc<Event>, arrival: Arrival) -> Handled {
        let table = self.registry.current();
        let handlers = table.handlers_for(&event.event_type);
        if handlers.is_empty() {
            self.warn_once(event, &table.registered_handlers());
        }
        let (deliveries, places): (Vec<_>, Vec<_>) = handlers
            .iter()
            .map(|plugin| self.new_delivery(plugin, event, arrival))
            .unzip();
        let mut new = self.new_event(event, arrival);
        new.deliveries.clone_from(&deliveries);
        match self.store.receive_by(new, Some(self.answer_by(event, arrival))).await {
            Ok(Received::First {
                event: number,
                deliveries: ids,
            }) => {
                for ((id, delivery), place) in ids.into_iter().zip(deliveries).zip(places) {
                    match place {
                        // The receiver is gone when the server stops; the lease then goes back by itself.
                        Some(place) => {
                            let delivery = held(id, number, app_id, event, delivery, arrival);
                            let _ = self.fresh.send(Fresh { delivery, place });
                        }
                        None if delivery.ordering_key.is_none() => self.places.wait(&delivery.plugin),
                        None => self.wake.notify_one(),
                    }
                }
                let outcome = if handlers.is_empty() { "no_handler" } else { "stored" };
                Handled::of(nothing(event), Report::of(outcome))
            }
            Ok(Received::Answered { .. } | Received::Unanswered { .. }) => {
                Handled::of(nothing(event), Report::of("duplicate"))
            }
            Err(error) => {
                let report = Report {
                    error: Some(chain(&error)),
                    ..Report::of("store_error")
                };
                Handled::of(failed(event), report)
            }
        }
    }

    /// What is to be stored for one plugin, with a place in the queue of this server, when there is one.
    fn new_delivery(&self, plugin: &Plugin, event: &Event, arrival: Arrival) -> (NewDelivery, Option<Place>) {
        let ordering_key = ordering::key(plugin, event);
        let place = match ordering_key {
            None => self.places.take(plugin.name()),
            Some(_) => None,
        };
        let delivery = NewDelivery {
            plugin: plugin.name().to_owned(),
            ordering_key,
            expires_at_ms: arrival.now_ms.saturating_add(self.age_max_ms(plugin)),
            begins_here: place.is_some(),
        };
        (delivery, place)
    }

    /// How long a delivery for this plugin is of use.
    pub(super) fn age_max_ms(&self, plugin: &Plugin) -> u64 {
        let own = plugin.settings().limits.delivery_age_ms_max;
        own.unwrap_or_else(|| millis(self.settings.delivery_age_max))
    }
}

fn held(id: i64, number: i64, app: &str, event: &Arc<Event>, new: NewDelivery, arrival: Arrival) -> Delivery {
    Delivery {
        id,
        event: Some(number),
        kind: DeliveryKind::Event,
        app: app.to_owned(),
        plugin: new.plugin,
        attempt: 1,
        due_at_ms: arrival.now_ms,
        expires_at_ms: new.expires_at_ms,
        ordering_key: new.ordering_key,
        chain: Chain::default(),
        work: Work::Event(Arc::clone(event)),
    }
}
