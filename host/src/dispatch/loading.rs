//! Requests during the first load: those that need a plugin still loading wait for it, within the sender's deadline.

use std::{sync::Arc, time::Duration};

use lark_protocol::{Event, reply};
use tokio::time::Instant;

use super::{Answer, Dispatcher, Inner, Report, said};
use crate::{moment::Moment, plugin::Table};

impl Dispatcher {
    /// Returns whether the first plugins are still being loaded.
    pub fn is_loading(&self) -> bool {
        !self.0.registry.current().expected().is_nothing()
    }

    /// Waits until the first plugins are loaded or rejected.
    pub async fn loaded(&self) {
        let forever = Instant::now() + Duration::from_hours(24 * 365);
        let is_over = |table: &Table| table.expected().is_nothing();
        self.0.registry.wait_for(forever, is_over).await;
    }
}

impl Inner {
    /// Returns the routing table for a callback. During the first load it waits until all plugins for the callback are loaded.
    pub(super) async fn table_for(&self, event: &Event, arrival: Moment) -> Arc<Table> {
        let table = self.registry.current();
        if table.expected().is_nothing() {
            return table;
        }
        // Boxed, because it is rare and the surrounding futures are large.
        Box::pin(self.wait_for_plugins(event, arrival)).await
    }

    async fn wait_for_plugins(&self, event: &Event, arrival: Moment) -> Arc<Table> {
        let is_complete = |table: &Table| !table.may_be_incomplete_for(&event.app_id, &event.event_type);
        // The rest is for the plugin.
        let until = arrival.at + self.settings.budget_of(event) * 3 / 4;
        self.registry.wait_for(until, is_complete).await
    }

    /// Returns the routing table for storing an event. It waits only until the plugin files were read: the event types of plugins
    /// that were loaded before are known then, even while others are still being compiled.
    pub(super) async fn table_for_event(&self, event: &Event, arrival: Moment) -> Arc<Table> {
        let table = self.registry.current();
        if !table.expected().is_reading {
            return table;
        }
        let until = arrival.at + self.settings.budget_of(event) / 4;
        Box::pin(self.registry.wait_for(until, |table| !table.expected().is_reading)).await
    }
}

/// Returns the answer to a click that no plugin handled, while one that is still loading might have.
pub(super) fn try_again(event: &Event) -> Answer {
    said(event, reply::callback_loading(&event.event_type).into())
}

pub(super) fn report() -> Report {
    Report {
        error: Some("the server has just started, and a plugin that may take it is still being loaded".to_owned()),
        ..Report::of("loading")
    }
}
