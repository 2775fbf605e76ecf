//! `card.action.trigger`: somebody used a component of a card ("Card callback communication").

use serde::Deserialize;

use super::{Action, CardAction, filled};

impl CardAction {
    /// Returns the open id of the person; empty when Lark did not send it.
    pub fn operator_open_id(&self) -> &str {
        filled(self.operator.open_id.as_ref())
    }
}

impl Action {
    /// Reads the component's `value` as a type of your own; `None` when it has another shape, which usually means that the
    /// click is for another plugin: return [`Outcome::pass`](crate::Outcome::pass).
    pub fn value_as<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_str(self.value.as_deref()?.get()).ok()
    }
}
