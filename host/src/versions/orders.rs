//! The orders in the database, with the bytes of the versions that they name.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use lark_callback_store::{PROBATION, PluginOrder, PluginReturn, PluginVersionRow, StoreError, version_before};

use super::{Versions, stored};
use crate::{
    codes::{Text, told},
    reload::{self, Instead, Lying, Order, Unfit},
    telemetry::chain,
};

impl Versions {
    /// Asks the database for orders. If it does not answer, the known ones stay.
    pub async fn look(&mut self) {
        match self.read().await {
            Ok(()) => self.is_well = true,
            Err(error) if std::mem::take(&mut self.is_well) => tracing::warn!(
                error = chain(&error),
                "Could not read the orders for plugins (rollback, pin, pause, disable); those known so far stay in effect, \
                 retrying"
            ),
            Err(_) => {}
        }
    }

    async fn read(&mut self) -> Result<(), StoreError> {
        let (orders, returns) = (self.store.plugin_orders().await?, self.store.plugin_returns().await?);
        if (&orders, &returns) == (&self.known.0, &self.known.1) && !self.has_new_facts {
            return Ok(());
        }
        let is_enabled = |order: &PluginOrder| {
            let now = orders.iter().find(|now| now.plugin == order.plugin);
            order.is_disabled && now.is_none_or(|now| !now.is_disabled)
        };
        let enabled = self.known.0.iter().filter(|order| is_enabled(order));
        let enabled: BTreeMap<_, _> = enabled.map(|order| (order.plugin.clone(), Lying::default())).collect();
        if !enabled.is_empty() {
            // As after a start: what lies there may be unusable, or a canary.
            self.learn_last_of(&enabled).await?;
            for plugin in enabled.keys() {
                self.learn_canary(plugin).await?;
            }
        }
        let mut all: BTreeMap<String, Order> = BTreeMap::new();
        for returned in &returns {
            let order = all.entry(returned.plugin.clone()).or_default();
            order.returned.insert(returned.hash.clone(), sent_back(returned));
        }
        for given in &orders {
            let instead = self.instead(given, &returns).await?;
            let order = all.entry(given.plugin.clone()).or_default();
            order.is_disabled = given.is_disabled;
            order.is_paused = given.is_paused;
            match instead {
                Some(Ok(instead)) => order.instead = Some(instead),
                Some(Err(unfit)) => order.unfit = Some(unfit),
                None => {}
            }
            if let (Some(number), true) = (given.number, given.changed_by == PROBATION && !given.is_pinned) {
                order
                    .last
                    .extend(self.next_best(&given.plugin, number, &returns).await?);
            }
        }
        self.add_facts(&mut all);
        self.known = (orders, returns);
        self.has_new_facts = false;
        self.orders.send_replace(Arc::new(all));
        Ok(())
    }

    /// The version that an order names, from memory if it is the same as before; or why it cannot serve.
    async fn instead(
        &self,
        order: &PluginOrder,
        returns: &[PluginReturn],
    ) -> Result<Option<Result<Instead, Unfit>>, StoreError> {
        if order.number.is_none() {
            return Ok(None);
        }
        let history = self.store.plugin_history(&order.plugin).await?;
        let Some(number) = order.number_now(&history, returns) else {
            return Ok(None);
        };
        // The same component with other settings is no new one.
        let hash_of = |number| {
            history
                .iter()
                .find(|row| Some(row.number) == number)
                .map(|row| &row.hash)
        };
        let is_of_order = hash_of(order.number) == hash_of(Some(number));
        let known = self
            .orders
            .borrow()
            .get(&order.plugin)
            .and_then(|known| known.instead.clone());
        let instead = match known.filter(|known| known.number == number) {
            Some(known) => known,
            None => match self.kept(&order.plugin, number).await? {
                Ok(kept) => kept,
                Err(unfit) => return Ok(Some(Err(refused(&order.plugin, unfit)))),
            },
        };
        // What has come since is of the files, and has their settings.
        let has_settings = order.has_settings && order.number == Some(number);
        if let (true, Some(error)) = (has_settings, &instead.unreadable) {
            let reason = told!(
                "the settings that it had cannot be read: {error}",
                "无法读取它当时的配置：{error:#}"
            );
            let hash = Some(instead.hash);
            return Ok(Some(Err(refused(&order.plugin, Unfit { number, hash, reason }))));
        }
        Ok(Some(Ok(Instead {
            served_with: self.served_with(&history, &instead.hash),
            has_settings,
            has_come_since: !is_of_order,
            gives_nothing_back: order.changed_by == PROBATION,
            is_pinned: order.is_pinned,
            ..instead
        })))
    }

    /// The version to go back to when the one with this number cannot be loaded, from memory if it is the same as before.
    async fn next_best(
        &self,
        plugin: &str,
        number: u64,
        returns: &[PluginReturn],
    ) -> Result<Option<Instead>, StoreError> {
        let history = self.store.plugin_history(plugin).await?;
        let Some(ordered) = history.iter().find(|row| row.number == number) else {
            return Ok(None);
        };
        let Some(next) = version_before(&history, returns, &[&ordered.hash]) else {
            return Ok(None);
        };
        let known = self.orders.borrow().get(plugin).and_then(|order| {
            let mut last = order.last.iter();
            last.find(|last| last.number == next.number).cloned()
        });
        let kept = match known {
            Some(known) => Some(known),
            None => self.kept(plugin, next.number).await?.ok(),
        };
        Ok(kept.map(|kept| Instead {
            served_with: self.served_with(&history, &kept.hash),
            ..kept.as_last_resort()
        }))
    }

    /// Settings with which a component has served, where it is published and servers have different ones.
    pub(super) fn served_with(&self, history: &[PluginVersionRow], hash: &str) -> BTreeSet<String> {
        let is_for_all = history.iter().any(PluginVersionRow::is_published) && self.store.is_shared();
        let of_component = history.iter().filter(|row| row.hash == hash && is_for_all);
        of_component.map(|row| row.settings_hash.clone()).collect()
    }

    /// A version with its bytes, or why it cannot serve.
    pub(super) async fn kept(&self, plugin: &str, number: u64) -> Result<Result<Instead, Unfit>, StoreError> {
        let unfit = |hash: Option<&str>, reason| Unfit {
            number,
            hash: hash.map(str::to_owned),
            reason,
        };
        let Some(kept) = self.store.kept_plugin(plugin, number).await? else {
            let reason = told!(
                "it is not kept; `lark-callback plugin history {plugin}` shows which versions are kept",
                "已不保留；可用 `lark-callback plugin history {plugin}` 查看仍保留的版本"
            );
            return Ok(Err(unfit(None, reason)));
        };
        let hash = Some(kept.row.hash.as_str());
        if reload::hash(&kept.wasm) != kept.row.hash {
            let reason = told!(
                "its bytes in the database are not those that served (another SHA-256)",
                "数据库中的字节与当时提供服务的不同（SHA-256 不一致）"
            );
            return Ok(Err(unfit(hash, reason)));
        }
        if self.settings.keys.is_asked_for()
            && let Err(error) = self.settings.keys.check(&kept.wasm, kept.signature.as_deref())
        {
            return Ok(Err(unfit(hash, error.text())));
        }
        // Without them it can serve with those that are there now.
        let (settings, unreadable) = match stored::opened(self.settings.vault.as_ref(), plugin, kept.settings) {
            Ok(settings) => (settings, None),
            Err(error) => (None, Some(error.text())),
        };
        Ok(Ok(Instead {
            number,
            version: kept.row.version,
            hash: kept.row.hash,
            wasm: Bytes::from(kept.wasm),
            settings,
            unreadable,
            served_with: BTreeSet::new(),
            has_settings: false,
            has_come_since: false,
            gives_nothing_back: false,
            is_pinned: false,
        }))
    }
}

/// A version that cannot serve although it was ordered to; told once.
fn refused(plugin: &str, unfit: Unfit) -> Unfit {
    tracing::error!(
        plugin.name = plugin,
        "Version {} of plugin {plugin} was ordered to serve, but it is not used, and what serves goes on: {}",
        unfit.number,
        unfit.reason
    );
    unfit
}

/// Why a component is not tried again, and what to do.
fn sent_back(returned: &PluginReturn) -> Text {
    let PluginReturn { plugin, reason, .. } = returned;
    told!(
        "this component was sent back and is not tried again: {reason}; `lark-callback plugin unpin {plugin}` has it tried again",
        "此组件已被退回，不再尝试：{reason}；执行 `lark-callback plugin unpin {plugin}` 可再次尝试"
    )
}
