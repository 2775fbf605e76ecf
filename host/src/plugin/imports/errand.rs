//! What a call is about, as far as calls of Lark depend on it.

use std::{collections::HashMap, time::Duration};

use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

/// What a plugin needs to make something of an error before its own time is over.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// The event or task at hand.
#[derive(Debug, Default)]
pub(in crate::plugin) struct Errand {
    /// The same when the handler runs again.
    pub(in crate::plugin) id: String,
    /// `cli_…`; calls of Lark are made for this application.
    pub(super) app_id: String,
    /// Whose event it is; empty for a task.
    pub(super) tenant_key: String,
    deadline: Option<Instant>,
    /// The number of the delivery; what is sent for another one is sent again.
    occasion: i64,
    /// How many messages were sent to each place.
    sent: HashMap<String, u32>,
}

impl Errand {
    pub(in crate::plugin) fn new(id: &str, app_id: &str, tenant_key: &str) -> Self {
        Self {
            id: id.to_owned(),
            app_id: app_id.to_owned(),
            tenant_key: tenant_key.to_owned(),
            ..Self::default()
        }
    }

    /// The same, for this delivery.
    pub(in crate::plugin) fn on(self, occasion: i64) -> Self {
        Self { occasion, ..self }
    }

    /// The same, to be done by this moment.
    pub(in crate::plugin) fn until(self, deadline: Instant) -> Self {
        Self {
            deadline: Some(deadline),
            ..self
        }
    }

    /// When an answer of Lark's is no longer of use.
    pub(super) fn deadline(&self) -> Instant {
        let now = Instant::now();
        self.deadline
            .and_then(|deadline| deadline.checked_sub(LAST_WORDS))
            .map_or(now, |deadline| deadline.max(now))
    }

    /// A name for the next message to this place. It is the same when the handler runs again and sends as many messages
    /// there, so that Lark sends it once; a message to another place in between changes nothing.
    pub(super) fn message_uuid(&mut self, plugin: &str, place: &str) -> String {
        let number = self.sent.entry(place.to_owned()).or_default();
        *number += 1;
        let mut hash = Sha256::new();
        let (occasion, number) = (self.occasion.to_string(), number.to_string());
        for part in [plugin, &self.app_id, &self.id, &occasion, place, &number] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        // Lark takes at most 50 characters.
        let mut uuid = hex::encode(hash.finalize());
        uuid.truncate(32);
        uuid
    }
}

#[cfg(test)]
mod tests {
    use super::Errand;

    fn errand(id: &str) -> Errand {
        Errand::new(id, "cli_a", "")
    }

    #[test]
    fn a_handler_that_runs_again_names_its_messages_alike() {
        let (mut first, mut again) = (errand("e-1"), errand("e-1"));
        let names: Vec<_> = ["a", "b", "a"].map(|place| first.message_uuid("p", place)).into();
        // In another order.
        let others: Vec<_> = ["b", "a", "a"].map(|place| again.message_uuid("p", place)).into();
        assert_eq!([&names[0], &names[1], &names[2]], [&others[1], &others[0], &others[2]]);
        assert!(names[0] != names[2] && names[0] != names[1]);
        assert!(names.iter().all(|name| name.len() <= 50));
    }

    #[test]
    fn other_events_and_plugins_name_them_otherwise() {
        let name = errand("e-1").message_uuid("p", "a");
        assert_ne!(name, errand("e-2").message_uuid("p", "a"));
        assert_ne!(name, errand("e-1").message_uuid("q", "a"));
        assert_ne!(
            name,
            errand("e-1").on(7).message_uuid("p", "a"),
            "sent again on purpose"
        );
    }
}
