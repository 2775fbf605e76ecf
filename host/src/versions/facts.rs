//! Facts about plugins with a canary: what has passed its probation, and what can serve beside one after a start.

use std::collections::{BTreeMap, BTreeSet};

use lark_callback_store::StoreError;

use super::Versions;
use crate::{
    reload::{Instead, Order},
    telemetry::chain,
};

/// Versions that are at hand at a start: the new file is one of them at most.
const BEFORE_MAX: usize = 2;

/// Facts about one plugin.
#[derive(Debug, Default)]
pub(super) struct Facts {
    trusted: BTreeSet<String>,
    before: Vec<Instead>,
}

impl Versions {
    /// Learns at a start what served before, for plugins that want a canary.
    pub async fn learn_canaries(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            match self.facts_of(&name).await {
                Ok(facts) => drop(self.canaries.insert(name, facts)),
                Err(error) => tracing::warn!(
                    plugin.name = name,
                    error = chain(&error),
                    "Could not read which version of plugin {name} served before; if its file has changed, the new version is no \
                     canary and serves everything"
                ),
            }
        }
        self.has_new_facts = true;
    }

    async fn facts_of(&self, name: &str) -> Result<Facts, StoreError> {
        let history = self.store.plugin_history(name).await?;
        let returned = self.store.plugin_returns().await?;
        let is_returned = |hash: &str| returned.iter().any(|it| it.plugin == name && it.hash == hash);
        let mut facts = Facts::default();
        for row in &history {
            if row.is_trusted {
                facts.trusted.insert(row.hash.clone());
            }
            let is_known = facts.before.iter().any(|it| it.hash == row.hash);
            if facts.before.len() < BEFORE_MAX && row.is_kept && !is_known && !is_returned(&row.hash) {
                facts.before.extend(self.kept(name, row.number).await?);
            }
        }
        Ok(facts)
    }

    /// Records that a component has passed its probation, or needs none.
    pub(super) async fn passed(&mut self, name: &str, hash: &str) {
        let facts = self.canaries.entry(name.to_owned()).or_default();
        if facts.trusted.insert(hash.to_owned()) {
            self.has_new_facts = true;
            self.look().await;
        }
    }

    /// Adds the facts to the orders.
    pub(super) fn add_facts(&self, orders: &mut BTreeMap<String, Order>) {
        for (name, facts) in &self.canaries {
            let order = orders.entry(name.clone()).or_default();
            order.trusted = facts.trusted.clone();
            order.before = facts.before.clone();
        }
    }
}
