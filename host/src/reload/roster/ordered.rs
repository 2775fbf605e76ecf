//! Orders of the operator, applied to what the files ask for.

use tokio::time::Instant;

use super::{Attempt, Files, Identity, Refusal, Roster, Subject, Wish};
use crate::{
    codes::{Text, told},
    plugin::{Candidate, Settings, Source},
    reload::{
        digest::{Digest, short},
        order::{AllOrders, Instead, Order},
        status::Held,
    },
};

impl Roster {
    /// Records the orders; returns the names of the plugins for which they changed.
    pub(in crate::reload) fn order(&mut self, all: &AllOrders) -> Vec<String> {
        let old = std::mem::replace(&mut self.orders, AllOrders::clone(all));
        let mut names: Vec<_> = old.keys().chain(all.keys()).cloned().collect();
        names.sort();
        names.dedup();
        names.retain(|name| old.get(name) != all.get(name));
        names
    }

    /// Text of the settings with which the ordered version serves.
    pub(in crate::reload) fn ordered_settings(&self, name: &str) -> Option<&str> {
        let instead = self.orders.get(name)?.instead.as_ref()?;
        instead.settings.as_deref().filter(|_| instead.has_settings)
    }

    /// Puts an order on top of what the files wish for.
    pub(super) fn ordered(
        &self,
        name: &str,
        files: &Files,
        (settings, text): (&Settings, Option<&str>),
        wishes: Vec<Wish>,
        now: Instant,
    ) -> Vec<Wish> {
        let Some(order) = self.orders.get(name) else {
            return wishes;
        };
        let Some(instead) = &order.instead else {
            return without_returned(order, wishes, now);
        };
        let kept = self.kept(name, files, (settings, text), instead, now);
        if instead.is_pinned {
            let refused = wishes.iter().find_map(|wish| unlike(instead, wish, now));
            return refused.into_iter().chain([kept]).collect();
        }
        let first = wishes.first().is_some_and(|wish| is_returned(order, wish));
        let mut rest = without_returned(order, wishes, now);
        // What has come since, and serves, goes on: a file that is not used changes nothing.
        let serves = self.active(name).map(|active| &active.hash);
        let has_newer = serves.is_some_and(|hash| *hash != instead.hash && !order.returned.contains_key(hash));
        if first && !has_newer {
            // Beside what was sent back, and before what would serve without it.
            rest.insert(rest.len().min(1), kept);
        }
        rest
    }

    /// Kept version, with the settings as ordered.
    fn kept(
        &self,
        name: &str,
        files: &Files,
        (current, text): (&Settings, Option<&str>),
        instead: &Instead,
        now: Instant,
    ) -> Wish {
        let source = Source::Kept(instead.number);
        let (settings, settings_text) = if instead.has_settings {
            match self.kept_settings(name, files, instead, now) {
                // To be out of service or to wait is decided by what is there now.
                Ok(mut kept) => {
                    kept.enabled = current.enabled;
                    kept.paused = current.paused;
                    (kept, instead.settings.clone())
                }
                Err(refusal) => return Wish::Refuse(refusal),
            }
        } else {
            (current.clone(), text.map(str::to_owned))
        };
        let identity = Identity {
            source: source.clone(),
            wasm: Digest::of(&instead.wasm),
            settings: settings.clone(),
        };
        let candidate = Candidate {
            name: name.to_owned(),
            source,
            wasm: instead.wasm.clone(),
            settings,
        };
        Wish::Load(Box::new(Attempt {
            identity,
            candidate,
            beside: None,
            settings_text,
            signature: None,
        }))
    }
}

fn is_returned(order: &Order, wish: &Wish) -> bool {
    matches!(wish, Wish::Load(attempt) if order.returned.contains_key(&attempt.wasm_hash()))
}

/// Refusal of a component that was sent back.
fn without_returned(order: &Order, wishes: Vec<Wish>, now: Instant) -> Vec<Wish> {
    let of = |wish: Wish| match wish {
        Wish::Load(attempt) => match order.returned.get(&attempt.wasm_hash()) {
            Some(reason) => Wish::Refuse(Box::new(refused(
                Subject::Returned(attempt.identity.wasm),
                &attempt,
                reason.clone(),
                now,
            ))),
            None => Wish::Load(attempt),
        },
        refused @ Wish::Refuse(_) => refused,
    };
    wishes.into_iter().map(of).collect()
}

/// Refusal of what lies in the place of a pinned version, unless it is the same.
fn unlike(instead: &Instead, wish: &Wish, now: Instant) -> Option<Wish> {
    let Wish::Load(attempt) = wish else { return None };
    if attempt.wasm_hash() == instead.hash && (!instead.has_settings || attempt.settings_text == instead.settings) {
        return None;
    }
    let name = &attempt.candidate.name;
    let (number, version, hash) = (instead.number, &instead.version, short(&instead.hash));
    let reason = told!(
        "number {number} of the plugin's versions ({version}, {hash}) is pinned; `lark-callback plugin unpin {name}` has this one served",
        "插件已固定为版本 {number}（{version}，{hash}）；执行 `lark-callback plugin unpin {name}` 后由此组件提供服务"
    );
    let subject = Subject::Pinned(Box::new(attempt.identity.clone()), instead.number);
    Some(Wish::Refuse(Box::new(refused(subject, attempt, reason, now))))
}

fn refused(subject: Subject, attempt: &Attempt, reason: Text, now: Instant) -> Refusal {
    let held = Held {
        source: attempt.candidate.source.clone(),
        hash: Some(attempt.wasm_hash()),
        reason,
        difference: None,
        is_ordered: true,
        since: now,
    };
    Refusal::of(subject, held)
}
