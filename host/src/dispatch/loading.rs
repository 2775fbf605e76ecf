//! While the first plugins are loaded: who has to wait for them waits, as long as its sender does.

use std::{sync::Arc, time::Duration};

use lark_protocol::{Event, Kind, reply};
use tokio::time::Instant;

use super::{Answer, Arrival, Dispatcher, Inner, Report, said};
use crate::plugin::Table;

impl Dispatcher {
    /// Whether the first plugins are still being loaded.
    pub fn is_loading(&self) -> bool {
        !self.0.registry.current().expected().is_nothing()
    }

    /// Waits until the first plugins are loaded, or refused.
    pub async fn loaded(&self) {
        let forever = Instant::now() + Duration::from_hours(24 * 365);
        let is_over = |table: &Table| table.expected().is_nothing();
        self.0.registry.wait_for(forever, is_over).await;
    }
}

impl Inner {
    /// The table by which an event is answered. At a start it is waited for: by a click until all plugins are there that take
    /// it, by an event until it is known which they are.
    pub(super) async fn table_for(&self, event: &Event, arrival: Arrival) -> Arc<Table> {
        let table = self.registry.current();
        if table.expected().is_nothing() {
            return table;
        }
        // In a box: it is rare, and the futures around it are large.
        Box::pin(self.wait_for_plugins(event, arrival)).await
    }

    async fn wait_for_plugins(&self, event: &Event, arrival: Arrival) -> Arc<Table> {
        let (budget, event_type) = (self.settings.budget_of(event), &*event.event_type);
        match event.kind {
            // What is left is for the plugin.
            Kind::Callback => {
                let is_complete = |table: &Table| !table.may_be_incomplete_for(event_type);
                self.registry.wait_for(arrival.at + budget * 3 / 4, is_complete).await
            }
            // What is left is for the commit.
            Kind::Event => {
                let is_known = |table: &Table| !table.expected().has_unknown;
                self.registry.wait_for(arrival.at + budget / 4, is_known).await
            }
        }
    }
}

/// Nobody has taken a click, and somebody who is not loaded yet might have.
pub(super) fn try_again(event: &Event) -> Answer {
    said(event, reply::callback_loading(&event.event_type).into())
}

pub(super) fn report() -> Report {
    Report {
        error: Some("the server has just started, and a plugin that may take it is still being loaded".to_owned()),
        ..Report::of("loading")
    }
}
