//! Facts about plugins that the orders carry: what has passed its probation, what can serve beside a canary after a start, and
//! what can serve when the files hold nothing that can.

use std::collections::{BTreeMap, BTreeSet};

use lark_callback_store::{PROBATION, PluginVersionRow, StoreError};

use super::{Versions, stored};
use crate::{
    plugin::Settings,
    reload::{Instead, Lying, Order},
    telemetry::chain,
};

/// Versions that are at hand at a start: the new file is one of them at most.
const BEFORE_MAX: usize = 2;

/// Facts about one plugin.
#[derive(Debug, Default)]
pub(super) struct Facts {
    trusted: BTreeSet<String>,
    before: Vec<Instead>,
    /// Versions that served last, the best first; dropped once something else serves.
    pub(super) last: Vec<Instead>,
}

impl Versions {
    /// Learns what served before, for plugins that want a canary.
    pub async fn learn_canaries(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            if let Err(error) = self.learn_canary(&name).await {
                tracing::warn!(
                    plugin.name = name,
                    error = chain(&error),
                    "Could not read which version of plugin {name} served before; if its file has changed, the new version is no \
                     canary and serves everything"
                );
            }
        }
        self.has_new_facts = true;
    }

    /// Learns at a start what served last, for the case that what lies there now cannot.
    pub async fn learn_last(&mut self, lying: BTreeMap<String, Lying>) {
        let learnt = self.learn_last_of(&lying).await;
        self.has_new_facts = true;
        if let Err(error) = learnt {
            tracing::warn!(
                error = chain(&error),
                "Could not read which versions of the plugins served last; one whose file cannot be used does not serve"
            );
        }
    }

    /// The same, whatever is known already. What served last, was not left and lies there with its settings needs no other.
    pub(super) async fn learn_last_of(&mut self, lying: &BTreeMap<String, Lying>) -> Result<(), StoreError> {
        let (kept, returns) = (self.store.kept_plugins().await?, self.store.plugin_returns().await?);
        for (name, lying) in lying {
            let of = |hash: &str| returns.iter().find(|it| it.plugin == *name && it.hash == hash);
            // What failed is out. What the operator has left serves as long as nothing else can.
            let has_failed = |hash: &str| of(hash).is_some_and(|it| it.returned_by == PROBATION);
            let mut of_plugin = kept.iter().filter(|it| it.plugin == *name && !has_failed(&it.hash));
            let Some(first) = of_plugin.next() else {
                continue;
            };
            let lies_there = lying.hash.as_ref() == Some(&first.hash)
                && lying.settings_hash == first.settings_hash
                && of(&first.hash).is_none();
            if lies_there && !self.settings.keys.is_asked_for() {
                continue;
            }
            // The one before it, when its permissions or its secrets are gone. What has mostly failed is no help.
            let other = of_plugin.find(|it| it.hash != first.hash && it.has_done_well);
            let history = self.store.plugin_history(name).await?;
            let mut last = Vec::new();
            for version in [Some(first), other].into_iter().flatten() {
                let with = self.served_with(&history, &version.hash);
                let of_version = self.kept(name, version.number).await?;
                last.extend(of_version.ok().map(|kept| Instead {
                    served_with: with,
                    ..kept.as_last_resort()
                }));
            }
            self.facts.entry(name.clone()).or_default().last = last;
        }
        Ok(())
    }

    pub(super) async fn learn_canary(&mut self, name: &str) -> Result<(), StoreError> {
        let history = self.store.plugin_history(name).await?;
        let settings = self.store.kept_settings(name).await?;
        let returned = self.store.plugin_returns().await?;
        let is_returned = |hash: &str| returned.iter().any(|it| it.plugin == name && it.hash == hash);
        let served_all = |number: u64| {
            let text = settings
                .iter()
                .find(|(of, _)| *of == number)
                .map(|(_, text)| text.clone());
            let text = text.and_then(|text| stored::opened(self.settings.vault.as_ref(), name, text).ok());
            let text = text.map(Option::unwrap_or_default);
            text.is_some_and(|text| Settings::parse(&text).is_ok_and(|settings| settings.canary.is_none()))
        };
        // What has served everything is no canary, whatever its settings say now; nor is the first of all.
        let (mut trusted, mut before) = (BTreeSet::new(), Vec::<Instead>::new());
        for row in &history {
            if row.is_trusted || row.number == 1 || served_all(row.number) {
                trusted.insert(row.hash.clone());
            }
        }
        // What has mostly failed is nothing to compare with.
        let is_proven = |row: &&PluginVersionRow| {
            trusted.contains(&row.hash) && !is_returned(&row.hash) && row.calls.failures() <= row.calls.succeeded
        };
        for row in history.iter().filter(is_proven) {
            let is_known = before.iter().any(|it| it.hash == row.hash);
            if before.len() < BEFORE_MAX && row.is_kept && !is_known {
                before.extend(self.kept(name, row.number).await?);
            }
        }
        let facts = self.facts.entry(name.to_owned()).or_default();
        facts.trusted = trusted;
        facts.before = before;
        Ok(())
    }

    /// Records that a component has passed its probation, or needs none.
    pub(super) async fn passed(&mut self, name: &str, hash: &str) {
        let facts = self.facts.entry(name.to_owned()).or_default();
        if facts.trusted.insert(hash.to_owned()) {
            // It is what the next canary serves beside, also when it is out of service for a moment.
            self.learn_canaries([name.to_owned()]).await;
            self.facts
                .entry(name.to_owned())
                .or_default()
                .trusted
                .insert(hash.to_owned());
            self.look().await;
        }
    }

    /// Records what serves beside a canary, for when the plugin is stopped and begins again.
    pub(super) async fn note_rest(&mut self, name: &str, rest: u64) -> Result<(), StoreError> {
        let kept = self.kept(name, rest).await?.ok();
        self.facts.entry(name.to_owned()).or_default().before = kept.into_iter().collect();
        self.has_new_facts = true;
        Ok(())
    }

    /// Adds the facts to the orders.
    pub(super) fn add_facts(&self, orders: &mut BTreeMap<String, Order>) {
        for (name, facts) in &self.facts {
            let order = orders.entry(name.clone()).or_default();
            order.trusted = facts.trusted.clone();
            order.before = facts.before.clone();
            // The next best of a version that failed is there, too.
            let is_known = |last: &Instead| facts.last.iter().any(|known| known.number == last.number);
            order.last.retain(|last| !is_known(last));
            order.last.splice(..0, facts.last.iter().cloned());
        }
    }
}
