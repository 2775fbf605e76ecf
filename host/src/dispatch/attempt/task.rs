//! The task of a delivery, as its plugin gets it.

use lark_callback_store::{Delivery, SCHEDULER};

use super::Inner;
use crate::plugin::Task;

impl Inner {
    /// Returns the task that is due. A schedule belongs to the plugin, whoever wrote it.
    pub(super) fn due_task(&self, delivery: &Delivery, name: &str, payload: &str, requested_by: &str) -> Task {
        let is_scheduled = requested_by == SCHEDULER;
        let asked_by: &str = if is_scheduled { &delivery.plugin } else { requested_by };
        Task {
            id: format!("delivery-{}", delivery.id),
            name: name.to_owned(),
            payload: self
                .tokens
                .reveal(&delivery.app, payload)
                .unwrap_or_else(|| payload.to_owned()),
            requested_by: asked_by.to_owned(),
            app_id: delivery.app.clone(),
            scheduled_at_ms: is_scheduled.then_some(delivery.due_at_ms),
        }
    }
}
