//! The orders in the database, with the bytes of the versions that they name.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use lark_callback_store::{PluginOrder, PluginReturn, PluginVersionRow, StoreError};

use super::{Versions, stored};
use crate::{
    codes::{Text, told},
    reload::{self, Instead, Order},
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
            order.instead = instead;
        }
        self.add_facts(&mut all);
        self.known = (orders, returns);
        self.has_new_facts = false;
        self.orders.send_replace(Arc::new(all));
        Ok(())
    }

    /// The number of the version that is to serve. After a rollback that is the one that was ordered, until another has come
    /// and served that was not sent back itself.
    async fn number(&self, order: &PluginOrder, returns: &[PluginReturn]) -> Result<Option<u64>, StoreError> {
        let Some(number) = order.number.filter(|_| !order.is_pinned) else {
            return Ok(order.number);
        };
        let history = self.store.plugin_history(&order.plugin).await?;
        let of_plugin = || returns.iter().filter(|returned| returned.plugin == order.plugin);
        let is_returned = |row: &PluginVersionRow| of_plugin().any(|returned| returned.hash == row.hash);
        let last = history.iter().find(|row| row.is_kept && !is_returned(row));
        let returned_ms = of_plugin().map(|returned| returned.returned_at_ms).max();
        let newer = last.filter(|row| returned_ms.is_some_and(|at_ms| row.first_served_ms > at_ms));
        Ok(Some(newer.map_or(number, |row| row.number)))
    }

    /// The version that an order names, from memory if it is the same as before.
    async fn instead(&self, order: &PluginOrder, returns: &[PluginReturn]) -> Result<Option<Instead>, StoreError> {
        let Some(number) = self.number(order, returns).await? else {
            return Ok(None);
        };
        let known = self
            .orders
            .borrow()
            .get(&order.plugin)
            .and_then(|known| known.instead.clone());
        let known = known.filter(|known| known.number == number);
        let instead = match known {
            Some(known) => known,
            None => match self.kept(&order.plugin, number).await? {
                Some(kept) => kept,
                None => return Ok(None),
            },
        };
        Ok(Some(Instead {
            // What has come since is of the files, and has their settings.
            has_settings: order.has_settings && order.number == Some(number),
            is_pinned: order.is_pinned,
            ..instead
        }))
    }

    pub(super) async fn kept(&self, plugin: &str, number: u64) -> Result<Option<Instead>, StoreError> {
        let Some(kept) = self.store.kept_plugin(plugin, number).await? else {
            tracing::error!(
                plugin.name = plugin,
                "Version {number} of plugin {plugin} was ordered to serve, but it is not kept; its files decide. \
                 `lark-callback plugin history {plugin}` shows which versions are kept"
            );
            return Ok(None);
        };
        if reload::hash(&kept.wasm) != kept.row.hash {
            tracing::error!(
                plugin.name = plugin,
                "Version {number} of plugin {plugin} was ordered to serve, but its bytes in the database are not those that \
                 served (another SHA-256); it is not used, and its files decide"
            );
            return Ok(None);
        }
        if self.settings.keys.is_asked_for()
            && let Err(error) = self.settings.keys.check(&kept.wasm, kept.signature.as_deref())
        {
            tracing::error!(
                plugin.name = plugin,
                "Version {number} of plugin {plugin} was ordered to serve, but it is not used, and its files decide: {error}"
            );
            return Ok(None);
        }
        let settings = match stored::opened(self.settings.vault.as_ref(), plugin, kept.settings) {
            Ok(settings) => settings,
            Err(error) => {
                tracing::error!(
                    plugin.name = plugin,
                    error = chain(&error),
                    "Version {number} of plugin {plugin} was ordered to serve, but its settings cannot be read; it is not used, \
                     and its files decide"
                );
                return Ok(None);
            }
        };
        Ok(Some(Instead {
            number,
            version: kept.row.version,
            hash: kept.row.hash,
            wasm: Bytes::from(kept.wasm),
            settings,
            has_settings: false,
            is_pinned: false,
        }))
    }
}

/// Why a component is not tried again, and what to do.
fn sent_back(returned: &PluginReturn) -> Text {
    let PluginReturn { plugin, reason, .. } = returned;
    told!(
        "this component was sent back and is not tried again until the file changes: {reason}; `lark-callback plugin unpin \
         {plugin}` has it tried again",
        "此组件已被退回，文件更改之前不再尝试：{reason}；执行 `lark-callback plugin unpin {plugin}` 可再次尝试"
    )
}
