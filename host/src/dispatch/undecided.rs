//! Events that arrive before it is known which plugins handle them: stored at once, and routed when all plugins are loaded.

use std::sync::{Arc, atomic::Ordering};

use lark_callback_store::{self as store, Decided, Delivery, NewDelivery, Work};
use lark_protocol::Event;

use super::{Dispatcher, Inner, millis, taker::Taker};
use crate::{
    moment::Moment,
    plugin::{ExpectedPlugin, Plugin, Table},
    telemetry::chain,
};

/// The plugins that get an event.
pub(super) struct Takers<'a> {
    pub(super) handlers: Vec<&'a Arc<Plugin>>,
    pub(super) expected: Vec<&'a ExpectedPlugin>,
    /// Whether others may have to get it, too.
    pub(super) is_undecided: bool,
}

impl Inner {
    /// Returns the plugins for an event, as far as they are known. Plugins that list its type get it at once; plugins for `*`
    /// must wait, because one that is still loading may list the type.
    pub(super) fn takers<'a>(&self, table: &'a Table, event: &'a Event) -> Takers<'a> {
        if table.expected().has_unknown {
            let (handlers, expected) = table.naming(&event.app_id, &event.event_type);
            self.has_undecided.store(true, Ordering::Relaxed);
            return Takers {
                handlers,
                expected,
                is_undecided: true,
            };
        }
        // It must not overtake earlier events that wait.
        if self.has_undecided.load(Ordering::Relaxed) {
            return Takers {
                handlers: Vec::new(),
                expected: Vec::new(),
                is_undecided: true,
            };
        }
        Takers {
            handlers: table.handlers_for(&event.app_id, &event.event_type).iter().collect(),
            expected: table.expected_for(&event.app_id, &event.event_type),
            is_undecided: false,
        }
    }

    /// Returns the placeholder delivery for plugins that are not known yet.
    pub(super) fn for_whoever_takes_it(&self, event: &Event, arrival: Moment) -> NewDelivery {
        NewDelivery {
            plugin: store::undecided(&event.event_type),
            ordering_key: None,
            expires_at_ms: arrival.unix_ms.saturating_add(millis(self.settings.delivery_age_max)),
            begins_here: false,
        }
    }
}

impl Dispatcher {
    /// Returns whether it is known which plugins handle which event.
    pub fn knows_takers(&self) -> bool {
        !self.0.registry.current().expected().has_unknown
    }

    /// Returns whether events may be waiting until their plugins are known.
    pub fn has_undecided(&self) -> bool {
        self.0.has_undecided.load(Ordering::Relaxed)
    }

    /// Sets whether events are waiting until their plugins are known. While some are, new ones wait behind them.
    pub fn have_undecided(&self, have: bool) {
        self.0.has_undecided.store(have, Ordering::Relaxed);
    }

    /// Routes claimed events to the plugins that handle them. Returns whether that was stored.
    pub async fn decide(&self, claimed: Vec<Delivery>, now_ms: u64) -> bool {
        let inner = &self.0;
        let table = inner.registry.current();
        let decided = claimed.iter().map(|delivery| Decided {
            takers: inner.late_deliveries(&table, delivery),
            delivery,
        });
        let Err(error) = inner.store.decide(decided.collect(), now_ms).await else {
            return true;
        };
        tracing::warn!(
            events = claimed.len(),
            error = chain(&error),
            "Could not store the deliveries of events that arrived while plugins were loading; retrying"
        );
        // What cannot be released either becomes free when its lease expires.
        let _ = inner
            .store
            .give_back(claimed.iter().map(Delivery::hold).collect())
            .await;
        false
    }
}

impl Inner {
    fn late_deliveries(&self, table: &Table, delivery: &Delivery) -> Vec<NewDelivery> {
        let Work::Event(event) = &delivery.work else {
            // Its payload was deleted, so there is nothing to deliver.
            return Vec::new();
        };
        let (handlers, expected) = (
            table.handlers_for(&event.app_id, &event.event_type),
            table.expected_for(&event.app_id, &event.event_type),
        );
        if handlers.is_empty() && expected.is_empty() {
            self.warn_once(event, &table.registered_handlers());
        }
        let handlers = handlers.iter().map(|plugin| Taker::from(&**plugin));
        let takers = handlers.chain(expected.into_iter().map(Taker::from));
        takers
            .map(|taker| self.late_delivery(taker, event, delivery.due_at_ms))
            .collect()
    }
}
