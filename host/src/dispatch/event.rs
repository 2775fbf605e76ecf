//! Events: stored with their deliveries, then acknowledged.

use std::sync::Arc;

use lark_callback_store::{Chain, Delivery, DeliveryKind, NewDelivery, Received, Work};
use lark_protocol::Event;

use super::{Fresh, Handled, Inner, Origin, Report, Slot, failed, millis, nothing, taker::Taker, undecided::Takers};
use crate::{
    dispatch::{ordering, report::in_receipt},
    moment::Moment,
    plugin::Settings,
    telemetry::chain,
};

/// How long deliveries wait for a paused plugin: longer than anybody pauses one on purpose, and as long as metadata is kept.
pub const PAUSED_AGE_MS_MAX: u64 = 30 * 24 * 3_600_000;

impl Inner {
    /// Stores an event. The answer promises that it is on disk; its plugins are called afterwards.
    pub(super) async fn event(&self, event: &Arc<Event>, origin: &Origin, arrival: Moment) -> Handled {
        let table = self.table_for_event(event, arrival).await;
        let Takers {
            handlers,
            expected,
            is_undecided,
        } = self.takers(&table, event);
        let is_unhandled = handlers.is_empty() && expected.is_empty() && !is_undecided;
        if is_unhandled {
            self.warn_once(event, &table.registered_handlers());
        }
        let (deliveries, slots): (Vec<_>, Vec<_>) = handlers
            .iter()
            .map(|plugin| self.new_delivery(Taker::from(&***plugin), event, arrival))
            .chain(expected.into_iter().map(|plugin| {
                // It is attempted when the plugin is loaded.
                let delivery = self.late_delivery(Taker::from(plugin), event, arrival.unix_ms);
                (delivery, None)
            }))
            .chain(is_undecided.then(|| (self.for_whoever_takes_it(event, arrival), None)))
            .unzip();
        let mut new = self.new_event(event, origin, arrival);
        new.deliveries.clone_from(&deliveries);
        let begin = |id, number, delivery: NewDelivery, slot| match slot {
            // The receiver is gone when the server stops; the lease then expires.
            Some(slot) => {
                let delivery = held(id, number, event, delivery, arrival);
                let _ = self.fresh.send(Fresh { delivery, slot });
            }
            // It is routed when all plugins are loaded.
            None if lark_callback_store::is_undecided(&delivery.plugin) => {}
            None if delivery.ordering_key.is_none() => self.slots.note_waiting(&delivery.plugin),
            None => self.wake.notify_one(),
        };
        let receiving = self.store.receive_by(new, Some(self.answer_by(event, arrival)));
        match in_receipt(event, receiving).await {
            Ok(Received::First {
                event: number,
                deliveries: ids,
            }) => {
                for ((id, delivery), slot) in ids.into_iter().zip(deliveries).zip(slots) {
                    begin(id, number, delivery, slot);
                }
                let outcome = if is_unhandled { "no_handler" } else { "stored" };
                Handled::of(nothing(event), Report::of(outcome))
            }
            Ok(Received::Partly {
                event: number,
                deliveries: ids,
            }) => {
                // The slots of deliveries that existed before are released.
                for ((id, delivery), slot) in ids.into_iter().zip(deliveries).zip(slots) {
                    if let Some(id) = id {
                        begin(id, number, delivery, slot);
                    }
                }
                Handled::of(nothing(event), Report::of("stored"))
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

    /// Returns the delivery to a plugin for an event that was stored before.
    pub(super) fn late_delivery(&self, taker: Taker<'_>, event: &Event, received_at_ms: u64) -> NewDelivery {
        NewDelivery {
            plugin: taker.name.to_owned(),
            ordering_key: ordering::key(taker.name, taker.description, event),
            expires_at_ms: received_at_ms.saturating_add(self.age_max_ms(taker.settings)),
            begins_here: false,
        }
    }

    /// Returns the delivery to one plugin, with a slot in this server's queue if one is free.
    fn new_delivery(&self, taker: Taker<'_>, event: &Event, arrival: Moment) -> (NewDelivery, Option<Slot>) {
        let ordering_key = ordering::key(taker.name, taker.description, event);
        let slot = match ordering_key {
            None if !taker.settings.paused => self.slots.take(taker.name),
            _ => None,
        };
        let delivery = NewDelivery {
            plugin: taker.name.to_owned(),
            ordering_key,
            expires_at_ms: arrival.unix_ms.saturating_add(self.age_max_ms(taker.settings)),
            begins_here: slot.is_some(),
        };
        (delivery, slot)
    }

    /// Returns the age at which a delivery to this plugin expires. What is stored for a paused plugin waits as long as that one
    /// may be paused.
    pub(super) fn age_max_ms(&self, settings: &Settings) -> u64 {
        let own = settings.limits.delivery_age_ms_max;
        let age_max_ms = own.unwrap_or_else(|| millis(self.settings.delivery_age_max));
        if settings.paused {
            return age_max_ms.max(PAUSED_AGE_MS_MAX);
        }
        age_max_ms
    }
}

fn held(id: i64, number: i64, event: &Arc<Event>, new: NewDelivery, arrival: Moment) -> Delivery {
    Delivery {
        id,
        event: Some(number),
        kind: DeliveryKind::Event,
        app: event.app_id.as_ref().to_owned(),
        plugin: new.plugin,
        attempt: 1,
        lost: 0,
        due_at_ms: arrival.unix_ms,
        expires_at_ms: new.expires_at_ms,
        is_replay: false,
        ordering_key: new.ordering_key,
        chain: Chain::default(),
        work: Work::Event(Arc::clone(event)),
    }
}
