//! Late calls that pass: the next plugin is called, as it would have been within the budget.

use lark_callback_store::{Chain, Delivery, DeliveryKind, NewTask, Work};

use super::Inner;

impl Inner {
    /// Returns the late call of the next plugin for the same click. Its reply becomes the update of the card.
    pub(super) fn next_in_line(&self, delivery: &Delivery, now_ms: u64) -> Option<NewTask> {
        let (DeliveryKind::Late, Work::Event(event)) = (delivery.kind, &delivery.work) else {
            return None;
        };
        let table = self.registry.current();
        let handlers = table.handlers_for(&event.app_id, &event.event_type).iter();
        let mut after = handlers.skip_while(|plugin| plugin.name() != delivery.plugin).skip(1);
        let next = after.find(|plugin| !plugin.settings().paused)?;
        Some(NewTask {
            kind: DeliveryKind::Late,
            plugin: next.name().to_owned(),
            requested_by: delivery.plugin.clone(),
            name: "passed on".to_owned(),
            payload: "{}".to_owned(),
            due_at_ms: now_ms,
            expires_at_ms: delivery.expires_at_ms,
            chain: Chain::default(),
        })
    }
}
