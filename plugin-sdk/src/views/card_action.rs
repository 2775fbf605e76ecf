//! `card.action.trigger`: somebody used a component of a card ("Card callback communication").

use serde::Deserialize;

use super::{Action, CardAction, filled};

impl CardAction {
    /// Returns the open id of the person; empty when Lark did not send it.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # let event = Event::card_action("ou_anna", "likes");
    /// let click: CardAction = event.payload()?;
    /// host.kv().set_json(&format!("clicked/{}", click.operator_open_id()), &true, None)?;
    /// # assert!(host.kv().get("clicked/ou_anna")?.is_some());
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn operator_open_id(&self) -> &str {
        filled(self.operator.open_id.as_ref())
    }
}

impl Action {
    /// Reads the component's `value` as a type of your own; `None` when it has another shape, which usually means that the
    /// click is for another plugin: return [`Outcome::pass`](crate::Outcome::pass).
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use serde_json::json;
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// struct Vote {
    ///     vote: u32,
    /// }
    ///
    /// let event = Event::card_action("ou_anna", json!({"vote": 2}));
    /// let click: CardAction = event.payload()?;
    /// let vote = click.action.value_as::<Vote>().unwrap();
    /// assert_eq!((vote.vote, click.operator_open_id()), (2, "ou_anna"));
    ///
    /// let event = Event::card_action("ou_anna", json!({"other": 1}));
    /// let click: CardAction = event.payload()?;
    /// assert!(click.action.value_as::<Vote>().is_none()); // another plugin's button
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn value_as<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_str(self.value.as_deref()?.get()).ok()
    }
}
