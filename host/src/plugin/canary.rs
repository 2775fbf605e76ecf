//! Which events go to a new version first, while the one before serves the rest.

use std::collections::BTreeSet;

use lark_protocol::{Event, sha256_of_parts};
use serde_json::Value;

/// Parts of the whole that a share is counted in.
pub(super) const WHOLE: u64 = 1_000_000;

/// Where events have the id of their chat.
const CHATS: [&str; 4] = ["/context/open_chat_id", "/message/chat_id", "/chat_id", "/open_chat_id"];

/// Where events have the ids of the person who caused them.
const PEOPLE: [&str; 5] = [
    "/operator",
    "/operator/operator_id",
    "/operator_id",
    "/sender/sender_id",
    "/reader/reader_id",
];

/// The ids of a person.
const IDS: [&str; 3] = ["open_id", "union_id", "user_id"];

/// The operator's choice of events, under `[canary]` in the plugin's `.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Canary {
    /// Share of all events, in millionths.
    pub(super) share: u64,
    /// Chats all of whose events are chosen, by `oc_…`.
    pub(super) chats: BTreeSet<String>,
    /// People all of whose events are chosen, by any of their ids.
    pub(super) users: BTreeSet<String>,
}

impl Canary {
    /// Whether an event goes to the new version. The same event always goes to the same one, on every server and however often
    /// it is attempted.
    pub fn takes(&self, event: &Event) -> bool {
        self.share > part_of(event) || self.names(&event.payload)
    }

    fn names(&self, payload: &str) -> bool {
        if self.chats.is_empty() && self.users.is_empty() {
            return false;
        }
        let Ok(payload) = serde_json::from_str::<Value>(payload) else {
            return false;
        };
        let is_in = |named: &BTreeSet<String>, value: Option<&Value>| {
            value.and_then(Value::as_str).is_some_and(|id| named.contains(id))
        };
        let mut people = PEOPLE.iter().filter_map(|place| payload.pointer(place));
        CHATS.iter().any(|place| is_in(&self.chats, payload.pointer(place)))
            || people.any(|person| IDS.iter().any(|id| is_in(&self.users, person.get(id))))
    }

    /// The share, as it was written: 0 to 1.
    pub fn share(&self) -> f64 {
        self.share as f64 / WHOLE as f64
    }

    /// Number of the chats and of the people that are named.
    pub fn named(&self) -> (usize, usize) {
        (self.chats.len(), self.users.len())
    }
}

/// Position of an event in the whole, by its id and its application.
fn part_of(event: &Event) -> u64 {
    let digest = sha256_of_parts(&["canary", &event.app_id, &event.id]);
    let first = digest.first_chunk().copied().map_or(0, u64::from_be_bytes);
    first % WHOLE
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Canary, WHOLE};
    use crate::plugin::fixture::click;

    fn canary(share: u64, chats: &[&str], users: &[&str]) -> Canary {
        let set = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
        Canary {
            share,
            chats: set(chats),
            users: set(users),
        }
    }

    fn event(id: &str, payload: &str) -> lark_protocol::Event {
        lark_protocol::Event {
            id: id.into(),
            payload: payload.into(),
            ..Arc::unwrap_or_clone(click())
        }
    }

    #[test]
    fn a_share_is_taken_of_many_events_and_always_the_same_ones() {
        let tenth = canary(WHOLE / 10, &[], &[]);
        let events: Vec<_> = (0..5_000).map(|number| event(&format!("e-{number}"), "{}")).collect();
        let taken: Vec<_> = events.iter().filter(|event| tenth.takes(event)).collect();
        assert!((400..600).contains(&taken.len()), "{}", taken.len());
        assert!(taken.iter().all(|event| tenth.takes(event)));
        let fifth = canary(WHOLE / 5, &[], &[]);
        assert!(
            taken.iter().all(|event| fifth.takes(event)),
            "a larger share holds the smaller one"
        );
        assert!(events.iter().all(|event| canary(WHOLE, &[], &[]).takes(event)));
        assert!(!events.iter().any(|event| canary(0, &[], &[]).takes(event)));
    }

    #[test]
    fn whoever_is_named_is_chosen_by_what_they_do_and_not_by_being_mentioned() {
        let chosen = canary(0, &["oc_1"], &["ou_anna", "on_bert"]);
        for payload in [
            r#"{"operator": {"open_id": "ou_anna"}, "context": {"open_chat_id": "oc_2"}}"#,
            r#"{"operator": {"union_id": "on_bert"}}"#,
            r#"{"context": {"open_chat_id": "oc_1"}}"#,
            r#"{"message": {"chat_id": "oc_1"}}"#,
            r#"{"sender": {"sender_id": {"open_id": "ou_anna"}}}"#,
            r#"{"operator_id": {"open_id": "ou_anna"}, "chat_id": "oc_2"}"#,
        ] {
            assert!(chosen.takes(&event("e-1", payload)), "{payload}");
        }
        for payload in [
            "{}",
            "not json",
            r#"{"message": {"chat_id": "oc_2", "mentions": [{"id": {"open_id": "ou_anna"}}]}}"#,
            r#"{"operator": {"open_id": "oc_1"}}"#,
        ] {
            assert!(!chosen.takes(&event("e-1", payload)), "{payload}");
        }
    }
}
