//! The last refused requests, kept in memory without their bodies, each with what it was found to be.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::time::Instant;

use super::Refused;
use crate::codes::Text;

/// Refusals that are kept. Each has at most 1 KiB.
pub const REJECTED_MAX: usize = 200;

/// Refused request.
#[derive(Debug, Clone)]
pub struct Rejected {
    /// When it was refused.
    pub at: Instant,
    /// Application and reason.
    pub refused: Refused,
    /// HTTP method.
    pub method: &'static str,
    /// Path, escaped and shortened, without the query.
    pub path: String,
    /// Sender, as far as it is known.
    pub peer: String,
    /// `X-Request-Id`, escaped and shortened.
    pub request_id: Option<Arc<str>>,
    /// `X-Tt-Logid`, escaped and shortened.
    pub log_id: Option<Arc<str>>,
    /// Status of the answer.
    pub status: u16,
    /// Size of the body, if it was read.
    pub body_bytes: Option<usize>,
    /// Diagnosis.
    pub diagnosis: Option<Diagnosis>,
}

/// Diagnosis of a refused request, with what is particular to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// Stable word.
    pub word: &'static str,
    /// Details of this request: seconds, a path, an application.
    pub detail: Text,
}

/// The last refusals, with a number for each so that a diagnosis can be added later.
#[derive(Debug, Default)]
struct Kept {
    next: u64,
    rejected: VecDeque<(u64, Rejected)>,
    diagnosed: BTreeMap<(Arc<str>, &'static str), u64>,
}

/// Ring of the last refusals.
#[derive(Debug, Default)]
pub(super) struct Ring(Mutex<Kept>);

impl Ring {
    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a refusal; returns its number. A full ring loses the oldest one of the kind that it has most of, so that
    /// a flood of one reason leaves those of the others.
    pub(super) fn keep(&self, rejected: Rejected) -> u64 {
        let mut kept = self.lock();
        let number = kept.next;
        kept.next += 1;
        if let Some(diagnosis) = &rejected.diagnosis {
            kept.count(&rejected.refused, diagnosis.word);
        }
        kept.rejected.push_back((number, rejected));
        if kept.rejected.len() > REJECTED_MAX {
            kept.drop_one();
        }
        number
    }

    /// Adds what a kept refusal was found to be.
    pub(super) fn diagnose(&self, number: u64, diagnosis: Diagnosis) {
        let mut kept = self.lock();
        let Some(at) = kept.rejected.iter().position(|(known, _)| *known == number) else {
            return;
        };
        let Some((_, rejected)) = kept.rejected.get_mut(at) else {
            return;
        };
        let refused = rejected.refused.clone();
        let word = diagnosis.word;
        rejected.diagnosis = Some(diagnosis);
        kept.count(&refused, word);
    }

    /// The kept refusals, newest first.
    pub(super) fn newest_first(&self) -> Vec<Rejected> {
        let kept = self.lock();
        kept.rejected
            .iter()
            .rev()
            .map(|(_, rejected)| rejected.clone())
            .collect()
    }

    /// Counts by application and diagnosis since the start.
    pub(super) fn diagnosed(&self) -> BTreeMap<(Arc<str>, &'static str), u64> {
        self.lock().diagnosed.clone()
    }
}

impl Kept {
    fn count(&mut self, refused: &Refused, word: &'static str) {
        *self.diagnosed.entry((Arc::clone(&refused.app), word)).or_default() += 1;
    }

    fn drop_one(&mut self) {
        let mut counts: BTreeMap<&Refused, usize> = BTreeMap::new();
        for (_, rejected) in &self.rejected {
            *counts.entry(&rejected.refused).or_default() += 1;
        }
        let most = counts
            .into_iter()
            .max_by_key(|(_, count)| *count)
            .map(|(refused, _)| refused.clone());
        let oldest = self
            .rejected
            .iter()
            .position(|(_, rejected)| Some(&rejected.refused) == most.as_ref());
        if let Some(at) = oldest {
            self.rejected.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::same;

    fn rejected(reason: &'static str) -> Rejected {
        Rejected {
            at: Instant::now(),
            refused: Refused {
                app: "cli_a".into(),
                reason,
            },
            method: "POST",
            path: "/callback".into(),
            peer: "192.0.2.7".into(),
            request_id: None,
            log_id: None,
            status: 401,
            body_bytes: None,
            diagnosis: None,
        }
    }

    #[test]
    fn a_flood_of_one_reason_leaves_those_of_the_others() {
        let ring = Ring::default();
        ring.keep(rejected("token"));
        for _ in 0..10 * REJECTED_MAX {
            ring.keep(rejected("signature"));
        }
        let kept = ring.newest_first();
        assert_eq!(kept.len(), REJECTED_MAX);
        assert_eq!(kept.last().unwrap().refused.reason, "token");
    }

    #[test]
    fn a_diagnosis_is_added_later_and_counted_and_may_come_too_late() {
        let ring = Ring::default();
        let diagnosis = Diagnosis {
            word: "rewritten",
            detail: same(""),
        };
        let number = ring.keep(rejected("signature"));
        ring.diagnose(number, diagnosis.clone());
        ring.diagnose(number + 1, diagnosis.clone());
        assert_eq!(ring.newest_first()[0].diagnosis, Some(diagnosis));
        assert_eq!(ring.diagnosed(), [(("cli_a".into(), "rewritten"), 1)].into());
    }
}
