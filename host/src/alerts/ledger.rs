//! Cards that were sent, and those to be sent next: one open card for each kind.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::kind::Kind;

const MINUTE_MS: u64 = 60_000;

/// A card that stays open is sent anew after these times, the last of them again and again.
const AGAIN_MS: [u64; 4] = [60 * MINUTE_MS, 240 * MINUTE_MS, 720 * MINUTE_MS, 1_440 * MINUTE_MS];

/// Pause after the first failure to send; it doubles.
const PAUSE_MS: u64 = 30_000;

/// The longest pause.
const PAUSE_MS_MAX: u64 = 30 * MINUTE_MS;

/// Finding about one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Finding {
    /// Text of the title.
    pub(super) count: u64,
    /// Lines of the card.
    pub(super) details: Vec<String>,
}

/// Memory of what was said, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Ledger {
    /// First look, in milliseconds since 1970.
    begun_ms: Option<u64>,
    dead: Dead,
    topics: BTreeMap<Kind, Topic>,
    failures: u32,
    /// Nothing is sent before this time.
    paused_until_ms: u64,
}

/// Dead letters seen so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Dead {
    /// Not counted as new.
    baseline: Option<u64>,
    last: u64,
    grew_ms: u64,
}

/// State of one kind: what was said about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Topic {
    open: Option<Open>,
    /// The last message or change.
    last_ms: u64,
}

/// A card that is open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    since_ms: u64,
    /// Absent when the message is gone.
    message_id: Option<String>,
    /// Messages so far; 0 while the first one is not sent.
    sent: u32,
    sent_ms: u64,
    told: Finding,
}

/// Purpose of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The first card.
    New,
    /// The same card with other counts; nobody is notified.
    Change,
    /// Another card, because nobody has done anything for long.
    Again,
    /// It is over.
    Over,
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) kind: Kind,
    pub(super) what: What,
    pub(super) finding: Finding,
    /// Since when, in milliseconds since 1970.
    pub(super) since_ms: u64,
    /// The card before.
    pub(super) message_id: Option<String>,
    /// Messages before.
    pub(super) number: u32,
}

impl Ledger {
    /// Takes times that are still to come for now: a clock was ahead when they were written, and without this nothing would
    /// be said until the time that it showed.
    pub(super) fn not_after(&mut self, now_ms: u64) {
        let past = |at_ms: &mut u64| *at_ms = now_ms.min(*at_ms);
        self.begun_ms.iter_mut().for_each(past);
        past(&mut self.dead.grew_ms);
        for topic in self.topics.values_mut() {
            past(&mut topic.last_ms);
            // `since_ms` stays: it is part of what tells one message from another.
            topic.open.iter_mut().for_each(|open| past(&mut open.sent_ms));
        }
    }

    /// When everything began.
    pub(super) fn begun(&mut self, now_ms: u64) -> u64 {
        *self.begun_ms.get_or_insert(now_ms)
    }

    /// Dead letters that are news.
    pub(super) fn new_dead(&mut self, dead: u64, calm_ms: u64, now_ms: u64) -> u64 {
        let Dead {
            baseline,
            last,
            grew_ms,
        } = &mut self.dead;
        let known = baseline.get_or_insert(dead);
        if dead > *last {
            *grew_ms = now_ms;
        }
        let is_calm = now_ms.saturating_sub(*grew_ms) > calm_ms;
        if is_calm || dead < *known {
            *known = dead;
        }
        *last = dead;
        dead - *known
    }

    /// Whether there is something of this kind, told or not.
    pub(super) fn is_open(&self, kind: Kind) -> bool {
        self.topics.get(&kind).is_some_and(|topic| topic.open.is_some())
    }

    /// Whether nothing is sent now, because sending failed a short time ago.
    pub(super) fn is_paused(&self, now_ms: u64) -> bool {
        // After a clock was set back the pause is not longer than it may be.
        now_ms < self.paused_until_ms && self.paused_until_ms - now_ms <= PAUSE_MS_MAX
    }

    /// Messages about the findings. Each kind has one in `gap` at most.
    pub(super) fn plan(&mut self, mut found: BTreeMap<Kind, Finding>, gap: Duration, now_ms: u64) -> Vec<Message> {
        let gap_ms = u64::try_from(gap.as_millis()).unwrap_or(u64::MAX);
        let mut messages = Vec::new();
        for kind in Kind::ALL {
            let topic = self.topics.entry(kind).or_default();
            let may_speak = topic.last_ms == 0 || now_ms.saturating_sub(topic.last_ms) >= gap_ms;
            let next = topic.next(found.remove(&kind), may_speak, now_ms);
            if let (Some((what, finding)), Some(open)) = (next, &topic.open) {
                messages.push(Message {
                    kind,
                    what,
                    finding,
                    since_ms: open.since_ms,
                    message_id: open.message_id.clone(),
                    number: open.sent,
                });
            }
        }
        messages
    }

    /// A message was sent; for a new one with its id.
    pub(super) fn sent(&mut self, message: &Message, message_id: Option<String>, now_ms: u64) {
        (self.failures, self.paused_until_ms) = (0, 0);
        let topic = self.topics.entry(message.kind).or_default();
        topic.last_ms = now_ms;
        let Some(open) = &mut topic.open else { return };
        open.told.clone_from(&message.finding);
        match message.what {
            What::New | What::Again => {
                open.message_id = message_id;
                open.sent = open.sent.saturating_add(1);
                open.sent_ms = now_ms;
            }
            What::Change => {}
            What::Over => topic.open = None,
        }
    }

    /// The card cannot be changed any more.
    pub(super) fn lost_card(&mut self, message: &Message) {
        let topic = self.topics.entry(message.kind).or_default();
        if let Some(open) = &mut topic.open {
            open.message_id = None;
        }
    }

    /// Sending failed; tells whether it is the first failure in a row.
    pub(super) fn failed(&mut self, now_ms: u64) -> bool {
        let pause_ms = PAUSE_MS.saturating_mul(1 << self.failures.min(16)).min(PAUSE_MS_MAX);
        self.paused_until_ms = now_ms.saturating_add(pause_ms);
        self.failures = self.failures.saturating_add(1);
        self.failures == 1
    }

    /// Whether the last attempt to send failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failures > 0
    }
}

impl Topic {
    fn next(&mut self, finding: Option<Finding>, may_speak: bool, now_ms: u64) -> Option<(What, Finding)> {
        match (&mut self.open, finding) {
            (None, None) => None,
            (None, Some(finding)) => {
                // It was over a moment ago: wait whether it stays.
                if !may_speak {
                    return None;
                }
                self.open = Some(Open {
                    since_ms: now_ms,
                    ..Open::default()
                });
                Some((What::New, finding))
            }
            (Some(open), Some(finding)) => {
                if open.sent == 0 {
                    return Some((What::New, finding));
                }
                let turn = usize::try_from(open.sent).unwrap_or(usize::MAX).saturating_sub(1);
                let again_ms = AGAIN_MS.get(turn).or(AGAIN_MS.last()).copied().unwrap_or(MINUTE_MS);
                if now_ms.saturating_sub(open.sent_ms) >= again_ms {
                    return Some((What::Again, finding));
                }
                let is_news = open.told != finding && open.message_id.is_some();
                (is_news && may_speak).then_some((What::Change, finding))
            }
            (Some(open), None) => {
                if open.sent == 0 {
                    // Nobody has heard of it.
                    self.open = None;
                    return None;
                }
                may_speak.then(|| (What::Over, open.told.clone()))
            }
        }
    }
}

#[cfg(test)]
mod tests;
