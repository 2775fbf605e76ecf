//! Orders of the operator, applied to what the files ask for.

use tokio::time::Instant;

use super::{Attempt, Files, Identity, Refusal, Roster, Subject, Wish};
use crate::{
    codes::{Text, told},
    plugin::{Candidate, Settings, Source, grants_all_of},
    reload::{
        digest::{Digest, short},
        file::Content,
        order::{AllOrders, Instead, Order, Unfit},
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

    /// Texts of the settings with which kept versions may serve.
    pub(super) fn kept_texts(&self, name: &str) -> Vec<String> {
        let order = self.orders.get(name).into_iter();
        let kept = order.flat_map(|order| order.instead.iter().chain(&order.last));
        let texts = kept
            .filter(|kept| kept.has_settings)
            .filter_map(|kept| kept.settings.clone());
        texts.collect()
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
        let kept = |instead: &Instead| self.kept(name, files, (settings, text), instead, now);
        let mut rest = match &order.instead {
            None => without_returned(order, wishes, now),
            Some(instead) if instead.is_pinned => {
                let refused = wishes.iter().find_map(|wish| unlike(instead, wish, now));
                let mut pinned: Vec<_> = refused.into_iter().chain([kept(instead)]).collect();
                // After a start the pinned one may not be usable any more. What served last serves then; it is the file, unless
                // another version is known to be it.
                if self.active(name).is_none() {
                    pinned.extend(order.last.iter().map(kept));
                    if order.last.is_empty() {
                        pinned.extend(without_returned(order, wishes, now));
                    }
                }
                return pinned;
            }
            Some(instead) => {
                let mut rest = without_returned(order, wishes, now);
                // What has come since, and serves, goes on: a file that is not used changes nothing.
                let serves = self.active(name).map(|active| &active.hash);
                let has_newer = serves.is_some_and(|hash| *hash != instead.hash && !order.returned.contains_key(hash));
                if !has_newer {
                    // Beside what lies there, which is better if it can be used, and before what would serve without it.
                    rest.insert(rest.len().min(1), kept(instead));
                }
                rest
            }
        };
        rest.extend(order.unfit.as_ref().map(|unfit| refused_as_unfit(unfit, now)));
        // Nothing of that may be usable, and what served before a start is not in service any more.
        let is_needed = self.active(name).is_none_or(|active| {
            let is_last = |last: &Instead| active.source == Source::Kept(last.number);
            order.last.iter().any(is_last) || order.returned.contains_key(&active.hash)
        });
        rest.extend(order.last.iter().filter(|_| is_needed).map(kept));
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
        // The settings of a published version may be another server's.
        let is_of_others = !instead.served_with.is_empty() && files.toml != Content::Absent;
        let gives_nothing_back = instead.gives_nothing_back || is_of_others;
        let has_own = is_of_others && instead.served_with.contains(&hash_of(text));
        let (settings, settings_text) = if instead.has_settings && !has_own {
            match self.kept_settings(name, files, instead, now) {
                // To be out of service or to wait is decided by what is there now.
                Ok(kept) if gives_nothing_back && !grants_all_of(&current.grant, &kept.grant) => {
                    (current.clone(), text.map(str::to_owned))
                }
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
            hash: Some(instead.hash.clone()),
            settings,
        };
        let may_be_canary = instead.has_come_since && !instead.is_pinned;
        let beside = may_be_canary.then(|| self.beside(&candidate, identity.wasm)).flatten();
        Wish::Load(Box::new(Attempt {
            identity,
            candidate,
            beside,
            settings_text,
            signature: None,
        }))
    }
}

/// SHA-256 of settings, or empty without any.
fn hash_of(text: Option<&str>) -> String {
    text.map(|text| crate::reload::hash(text.as_bytes()))
        .unwrap_or_default()
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

fn refused_as_unfit(unfit: &Unfit, now: Instant) -> Wish {
    let held = Held {
        source: Source::Kept(unfit.number),
        hash: unfit.hash.clone(),
        reason: unfit.reason.clone(),
        difference: None,
        is_ordered: false,
        since: now,
    };
    let subject = Subject::Unfit(unfit.number, unfit.reason.en().to_owned());
    Wish::Refuse(Box::new(Refusal::of(subject, held)))
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
