//! While the first plugins are loaded: who has to wait for them waits, as long as its sender does.

use std::{sync::Arc, time::Duration};

use lark_protocol::{Event, reply};
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
    /// The table by which a callback is answered. At a start it is waited for until all plugins are there that take it.
    pub(super) async fn table_for(&self, event: &Event, arrival: Arrival) -> Arc<Table> {
        let table = self.registry.current();
        if table.expected().is_nothing() {
            return table;
        }
        // In a box: it is rare, and the futures around it are large.
        Box::pin(self.wait_for_plugins(event, arrival)).await
    }

    async fn wait_for_plugins(&self, event: &Event, arrival: Arrival) -> Arc<Table> {
        let is_complete = |table: &Table| !table.may_be_incomplete_for(&event.event_type);
        // What is left is for the plugin.
        let until = arrival.at + self.settings.budget_of(event) * 3 / 4;
        self.registry.wait_for(until, is_complete).await
    }

    /// The table by which an event is stored. In the first moments it is waited for: what was loaded before by this server or
    /// one before it is known as soon as its file was read, and gets its events whatever is still compiled.
    pub(super) async fn table_for_event(&self, event: &Event, arrival: Arrival) -> Arc<Table> {
        let table = self.registry.current();
        if !table.expected().is_reading {
            return table;
        }
        let until = arrival.at + self.settings.budget_of(event) / 4;
        Box::pin(self.registry.wait_for(until, |table| !table.expected().is_reading)).await
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
