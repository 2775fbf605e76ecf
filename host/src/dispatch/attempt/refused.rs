//! Deliveries that their plugin is not to have: of another application, or created too long ago.

use std::time::Duration;

use lark_callback_store::{Delivery, DeliveryKind, Then, Work};

use super::{Attempted, Inner};
use crate::{
    moment::Moment,
    plugin::{Plugin, Table},
};

impl Inner {
    /// Ends a delivery that the plugin's settings exclude; none for one that is to be attempted.
    pub(super) fn refused(
        &self,
        delivery: &Delivery,
        table: &Table,
        plugin: &Plugin,
        begun: Moment,
    ) -> Option<Attempted> {
        let name = plugin.name();
        if !table.serves(plugin, &delivery.app) {
            let error = format!(
                "the plugin is bound to other applications than {} (`apps` in {name}.toml); correct that and retry it, or drop it",
                delivery.app
            );
            let finish = self.unattempted(delivery, begun, Then::Dead, "other_app", Some(error));
            return Some(Attempted::Ended(Box::new(finish)));
        }
        let age_ms_max = plugin.settings().limits.event_age_ms_max?;
        let Work::Event(event) = &delivery.work else {
            return None;
        };
        // A click was answered within seconds, and a replay is what an operator wants.
        let is_meant = delivery.kind != DeliveryKind::Event || delivery.is_replay || event.create_time_ms == 0;
        let age_ms = begun.unix_ms.saturating_sub(event.create_time_ms);
        if is_meant || age_ms <= age_ms_max {
            return None;
        }
        if self.store.doubts_clock() {
            return Some(Attempted::Doubted);
        }
        let error = format!(
            "Lark created the event {} s ago; the limit is `event_age_ms_max = {age_ms_max}` under [limits] in {name}.toml; to \
             have it delivered all the same, replay it",
            Duration::from_millis(age_ms).as_secs()
        );
        let finish = self.unattempted(delivery, begun, Then::Expired, "too_old", Some(error));
        Some(Attempted::Ended(Box::new(finish)))
    }
}
