//! The subject of a call, as far as calls to Lark depend on it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use lark_protocol::sha256_of_parts;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

/// The time a plugin needs to handle an error within its own budget: to record the failure on a disk that may be busy.
const LAST_WORDS_MIN: Duration = Duration::from_millis(50);

/// The same as a part of the whole time: 750 ms of the 15 s for a browser's return.
const LAST_WORDS_PART: u32 = 20;

/// The event or task at hand.
#[derive(Debug, Default)]
pub(in crate::plugin) struct CallSubject {
    /// The same when the handler runs again.
    pub(in crate::plugin) id: Arc<str>,
    /// `cli_…`; calls of Lark are made for this application.
    pub(super) app_id: Arc<str>,
    /// Whose event it is; empty for a task.
    pub(super) tenant_key: Arc<str>,
    /// For calls of Lark.
    deadline: Option<Instant>,
    /// The number of the delivery; what is sent for another one is sent again.
    delivery: i64,
    /// How many messages were sent to each place, by its digest: a plugin names places of any length.
    sent: HashMap<[u8; 32], u32>,
}

/// For whom a call is made.
#[derive(Debug, Clone)]
pub(in crate::plugin) struct Owner {
    app_id: Arc<str>,
    tenant_key: Arc<str>,
}

impl Owner {
    /// Whether a call is made for the same application and tenant.
    pub(in crate::plugin) fn is_of(&self, subject: &CallSubject) -> bool {
        self.app_id == subject.app_id && self.tenant_key == subject.tenant_key
    }
}

impl CallSubject {
    /// For whom the call is made.
    pub(in crate::plugin) fn owner(&self) -> Owner {
        Owner {
            app_id: Arc::clone(&self.app_id),
            tenant_key: Arc::clone(&self.tenant_key),
        }
    }

    pub(in crate::plugin) fn new(id: Arc<str>, app_id: Arc<str>, tenant_key: Arc<str>) -> Self {
        Self {
            id,
            app_id,
            tenant_key,
            ..Self::default()
        }
    }

    /// The same, for this delivery.
    pub(in crate::plugin) fn on(self, delivery: i64) -> Self {
        Self { delivery, ..self }
    }

    /// The same, begun now and to be done by this moment.
    pub(in crate::plugin) fn until(self, deadline: Instant, now: Instant) -> Self {
        let whole = deadline.saturating_duration_since(now);
        let last_words = (whole / LAST_WORDS_PART).max(LAST_WORDS_MIN);
        Self {
            deadline: deadline.checked_sub(last_words),
            ..self
        }
    }

    /// When an answer of Lark's is no longer of use.
    pub(super) fn deadline(&self) -> Instant {
        let now = Instant::now();
        self.deadline.map_or(now, |deadline| deadline.max(now))
    }

    /// A name for the next message to this place. It is the same when the handler runs again and sends as many messages
    /// there, so that Lark sends it once; a message to another place in between changes nothing.
    pub(super) fn message_uuid(&mut self, plugin: &str, place: &str) -> String {
        let number = self.sent.entry(Sha256::digest(place).into()).or_default();
        *number += 1;
        let (delivery, number) = (self.delivery.to_string(), number.to_string());
        let hash = sha256_of_parts(&[plugin, &self.app_id, &self.id, &delivery, place, &number]);
        // Lark takes at most 50 characters.
        let mut uuid = hex::encode(hash);
        uuid.truncate(32);
        uuid
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use tokio::time::Instant;

    use super::CallSubject;

    fn subject(id: &str) -> CallSubject {
        CallSubject::new(id.into(), "cli_a".into(), Arc::default())
    }

    #[test]
    fn a_handler_that_runs_again_names_its_messages_alike() {
        let (mut first, mut again) = (subject("e-1"), subject("e-1"));
        let names: Vec<_> = ["a", "b", "a"].map(|place| first.message_uuid("p", place)).into();
        // In another order.
        let others: Vec<_> = ["b", "a", "a"].map(|place| again.message_uuid("p", place)).into();
        assert_eq!([&names[0], &names[1], &names[2]], [&others[1], &others[0], &others[2]]);
        assert!(names[0] != names[2] && names[0] != names[1]);
        assert!(names.iter().all(|name| name.len() <= 50));
    }

    #[tokio::test(start_paused = true)]
    async fn a_plugin_keeps_time_to_write_down_that_lark_did_not_answer() {
        for (whole_ms, left_ms) in [(15_000, 750), (2_400, 120), (300, 50)] {
            let now = Instant::now();
            let ends = now + Duration::from_millis(whole_ms);
            let left = ends - subject("e-1").until(ends, now).deadline();
            assert_eq!(left, Duration::from_millis(left_ms));
        }
        let over = Instant::now();
        assert_eq!(subject("e-1").until(over, over).deadline(), over);
    }

    #[test]
    fn other_events_and_plugins_name_them_otherwise() {
        let name = subject("e-1").message_uuid("p", "a");
        assert_ne!(name, subject("e-2").message_uuid("p", "a"));
        assert_ne!(name, subject("e-1").message_uuid("q", "a"));
        assert_ne!(
            name,
            subject("e-1").on(7).message_uuid("p", "a"),
            "sent again on purpose"
        );
    }
}
