//! Attempts to load a candidate, and the version that stays beside one that is a canary.

use std::fmt;

use bytes::Bytes;
use tokio::time::Instant;

use super::{Identity, Refusal, Roster, Subject};
use crate::{
    codes::Text,
    plugin::{Candidate, Source, grants_all_of},
    reload::{
        digest::Digest,
        status::{Active, CanaryStatus, Held},
    },
};

/// Attempt to load a candidate.
#[derive(Clone)]
pub(in crate::reload) struct Attempt {
    pub(in crate::reload) identity: Identity,
    pub(in crate::reload) candidate: Candidate,
    /// Version that serves what a canary does not get yet, where none is in service.
    pub(in crate::reload) beside: Option<Candidate>,
    /// Settings as they were written.
    pub(in crate::reload) settings_text: Option<String>,
    /// Signature of the component, if it was checked.
    pub(in crate::reload) signature: Option<Bytes>,
}

/// Leaves out the settings as they were written, which may contain secrets.
impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

impl Attempt {
    /// SHA-256 of the component, 64 hex digits.
    pub(in crate::reload) fn wasm_hash(&self) -> String {
        self.identity.wasm.to_string()
    }

    /// Refusal of this attempt after a failed load.
    pub(in crate::reload) fn refused(&self, reason: Text, now: Instant) -> Refusal {
        let hash = Some(self.identity.wasm.to_string());
        let held = Held {
            source: self.candidate.source.clone(),
            hash,
            reason,
            difference: None,
            is_ordered: false,
            since: now,
        };
        Refusal::of(Subject::Candidate(Box::new(self.identity.clone())), held)
    }
}

impl Roster {
    /// Whether this component has passed its probation.
    pub(in crate::reload) fn is_trusted(&self, name: &str, hash: &str) -> bool {
        self.orders.get(name).is_some_and(|order| order.trusted.contains(hash))
    }

    /// Whether this kept version is there because it came from the files, rather than by an order.
    pub(in crate::reload) fn has_come_since(&self, name: &str, number: u64) -> bool {
        let order = self.orders.get(name).into_iter();
        let mut kept = order.flat_map(|order| order.instead.iter().chain(&order.last));
        kept.any(|kept| kept.number == number && kept.has_come_since && !kept.is_pinned)
    }

    /// The version that serves beside a candidate which becomes a canary at a start. Later the version in service stays, unless
    /// a permission is taken away, which it would keep.
    pub(super) fn beside(&self, candidate: &Candidate, wasm: Digest) -> Option<Candidate> {
        candidate.settings.canary.as_ref()?;
        let (name, hash) = (&candidate.name, wasm.to_string());
        let active = self.entries.get(name).and_then(|entry| entry.active.as_ref());
        let begins_anew = |(before, active): &(Identity, Active)| {
            let loses_a_grant = !grants_all_of(&candidate.settings.grant, &before.settings.grant);
            // One that was pinned served everything, and is a canary again.
            let was_pinned = active.canary.is_none() && matches!(active.source, Source::Kept(_));
            before.wasm == wasm && (was_pinned || active.canary.is_some() && loses_a_grant)
        };
        if candidate.source == Source::BuiltIn || self.is_trusted(name, &hash) || !active.is_none_or(begins_anew) {
            return None;
        }
        let kept = self.orders.get(name)?.before.iter().find(|kept| kept.hash != hash)?;
        Some(Candidate {
            source: Source::Kept(kept.number),
            wasm: kept.wasm.clone(),
            hash: Some(kept.hash.clone()),
            ..candidate.clone()
        })
    }

    /// Records that the version in service is no canary any more.
    pub(in crate::reload) fn ends_canary(&mut self, name: &str) -> Option<CanaryStatus> {
        let (_, active) = self.entries.get_mut(name)?.active.as_mut()?;
        active.canary.take()
    }
}
