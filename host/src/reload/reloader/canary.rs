//! Canaries: a new version gets some events, and the one before serves the rest until the new one is trusted.

use std::sync::Arc;

use super::Reloader;
use crate::{
    plugin::{Plugin, Source, Table},
    reload::{load::NewPlugin, report, status::CanaryStatus},
};

impl Reloader {
    /// The version that serves beside a new one; none when the new one serves everything.
    pub(super) fn beside(&self, name: &str, new: &NewPlugin, replaced: Option<&Arc<Plugin>>) -> Option<Arc<Plugin>> {
        let plugin = &new.plugin;
        let is_new = match plugin.source() {
            Source::File(_) | Source::Published => true,
            // It was a canary of the files, and is one still.
            Source::Kept(number) => self.roster.has_come_since(name, *number),
            Source::BuiltIn => false,
        };
        let is_new = is_new && plugin.settings().canary.is_some() && !self.roster.is_trusted(name, plugin.hash());
        if !is_new {
            return None;
        }
        let stays = self.before.get(name);
        let beside = match replaced {
            None => new.beside.as_ref(),
            // Only its settings have changed, or it was pinned. What was loaded anew has the settings of now, because the other has
            // a permission that is gone, or is not there any more.
            Some(replaced) if replaced.hash() == plugin.hash() => {
                let is_same = |anew: &&Arc<Plugin>| stays.is_none_or(|stays| stays.hash() == anew.hash());
                new.beside.as_ref().filter(is_same).or(stays)
            }
            // A canary that was never trusted leaves no trace.
            Some(replaced) => stays.or(Some(replaced)),
        };
        beside.filter(|beside| beside.hash() != plugin.hash()).cloned()
    }

    /// Canary of a plugin that begins to serve, for display.
    pub(super) fn canary_of(&self, plugin: &Plugin) -> Option<CanaryStatus> {
        let beside = self.before.get(plugin.name())?;
        Some(CanaryStatus {
            canary: plugin.settings().canary.clone()?,
            rest_version: beside.description().version.clone(),
            rest_hash: beside.hash().to_owned(),
        })
    }

    /// Has canaries that have passed their probation serve everything.
    pub(super) fn end_canaries(&mut self) {
        let is_over = |name: &String| {
            let plugin = self.plugins.get(name);
            plugin.is_none_or(|plugin| self.roster.is_trusted(name, plugin.hash()))
        };
        let over: Vec<_> = self.before.keys().filter(|name| is_over(name)).cloned().collect();
        if over.is_empty() {
            return;
        }
        for name in &over {
            self.before.remove(name);
        }
        let table = self.put_into_service();
        for name in over {
            if let (Some(ended), Some(plugin)) = (self.roster.ends_canary(&name), self.plugins.get(&name)) {
                report::canary_is_over(plugin, &ended, table.generation());
            }
        }
        self.show_status();
    }

    /// Swaps in what there is now.
    pub(super) fn put_into_service(&self) -> Arc<Table> {
        let plugins = self.plugins.values().cloned().collect();
        self.registry.swap_with(plugins, self.before.clone())
    }
}
