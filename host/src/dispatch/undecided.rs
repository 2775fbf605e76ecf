//! Events that come before it is known which plugins take them: stored at once, and given to their takers when all plugins are
//! loaded.

use std::sync::{Arc, atomic::Ordering};

use lark_callback_store::{self as store, Decided, Delivery, NewDelivery, Work};
use lark_protocol::Event;

use super::{Arrival, Dispatcher, Inner, millis, taker::Taker};
use crate::{
    plugin::{ExpectedPlugin, Plugin, Table},
    telemetry::chain,
};

/// Who is to be told of an event.
pub(super) struct Takers<'a> {
    pub(super) handlers: Vec<&'a Arc<Plugin>>,
    pub(super) expected: Vec<&'a ExpectedPlugin>,
    /// Others may have to be told, too.
    pub(super) is_undecided: bool,
}

impl Inner {
    /// Who is to be told of an event, as far as that is known. Whoever names its type is told at once, whatever is still
    /// loading; who takes the rest has to wait, because one that is loading may name it.
    pub(super) fn takers<'a>(&self, table: &'a Table, event: &'a Event) -> Takers<'a> {
        if table.expected().has_unknown {
            let (handlers, expected) = table.naming(&event.event_type);
            self.has_undecided.store(true, Ordering::Relaxed);
            return Takers {
                handlers,
                expected,
                is_undecided: true,
            };
        }
        // It must not overtake those that came before it and wait.
        if self.has_undecided.load(Ordering::Relaxed) {
            return Takers {
                handlers: Vec::new(),
                expected: Vec::new(),
                is_undecided: true,
            };
        }
        Takers {
            handlers: table.handlers_for(&event.event_type).iter().collect(),
            expected: table.expected_for(&event.event_type),
            is_undecided: false,
        }
    }

    /// What is stored in the place of the takers.
    pub(super) fn for_whoever_takes_it(&self, event: &Event, arrival: Arrival) -> NewDelivery {
        NewDelivery {
            plugin: store::undecided(&event.event_type),
            ordering_key: None,
            expires_at_ms: arrival.now_ms.saturating_add(millis(self.settings.delivery_age_max)),
            begins_here: false,
        }
    }
}

impl Dispatcher {
    /// Whether it is known which plugins take an event.
    pub fn knows_takers(&self) -> bool {
        !self.0.registry.current().expected().has_unknown
    }

    /// Whether events may wait for their takers to be known.
    pub fn has_undecided(&self) -> bool {
        self.0.has_undecided.load(Ordering::Relaxed)
    }

    /// Tells whether events wait for their takers to be known. As long as some do, new ones wait behind them.
    pub fn have_undecided(&self, have: bool) {
        self.0.has_undecided.store(have, Ordering::Relaxed);
    }

    /// Gives events that this server has claimed to the plugins that take them. Tells whether that could be stored.
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
            "Who is told of events that came while plugins were loading could not be stored; tried again"
        );
        // What cannot be given back either goes back by itself when its lease has run out.
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
            // Its payload was deleted, so there is nothing to tell.
            return Vec::new();
        };
        let (handlers, expected) = (
            table.handlers_for(&event.event_type),
            table.expected_for(&event.event_type),
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
