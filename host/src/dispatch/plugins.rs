//! The plugins that are loaded, and those of them that are paused.

use std::sync::Arc;

use super::Dispatcher;
use crate::plugin::{AppIds, Plugin, Table, warn_of_unknown_apps};

impl Dispatcher {
    /// Returns the plugins that serve now.
    pub fn table(&self) -> Arc<Table> {
        self.0.registry.current()
    }

    /// Returns the names of the loaded plugins.
    pub fn plugins(&self) -> Vec<String> {
        let table = self.0.registry.current();
        table.plugins().iter().map(|plugin| plugin.name().to_owned()).collect()
    }

    /// Returns the names of the loaded plugins that are called now, for claims of what waits for them: not those that are
    /// paused, nor those that crashed at every call of late.
    pub fn awake(&self) -> Vec<String> {
        let table = self.0.registry.current();
        let is_called = |plugin: &Arc<Plugin>| !plugin.is_backing_off();
        let is_awake = |plugin: &&Arc<Plugin>| {
            !plugin.settings().paused && (is_called(plugin) || table.before(plugin.name()).is_some_and(is_called))
        };
        let awake = table.plugins().iter().filter(is_awake);
        awake.map(|plugin| plugin.name().to_owned()).collect()
    }

    /// Returns the names of the paused plugins.
    pub fn paused(&self) -> Vec<String> {
        let table = self.0.registry.current();
        let paused = table.plugins().iter().filter(|plugin| plugin.settings().paused);
        paused.map(|plugin| plugin.name().to_owned()).collect()
    }

    /// Tells which applications are served, so that plugins can be bound to them by name.
    pub fn know_apps(&self, apps: AppIds) {
        self.0.registry.know_apps(apps);
        let table = self.0.registry.current();
        for plugin in table.plugins() {
            warn_of_unknown_apps(&table, plugin);
        }
    }
}
