//! The routing of event types to plugins: an immutable table, and the cell in which it is swapped.

mod bound;
mod expected;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use lark_protocol::Event;
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

pub use self::{
    bound::AppIds,
    expected::{Expected, ExpectedPlugin},
};
use super::{candidate::Source, load::Plugin};

/// The event type that takes what no plugin takes by name.
const ANY: &str = "*";

/// One generation of the routing table.
#[derive(Debug, Default)]
pub struct Table {
    generation: u64,
    plugins: Vec<Arc<Plugin>>,
    /// Versions that serve what a new one does not get yet, by name; usually none.
    before: Befores,
    apps: AppIds,
    /// For the applications that some plugin is bound to.
    bound: BTreeMap<Arc<str>, Routes>,
    /// For all other applications.
    others: Routes,
    expected: Expected,
}

/// Versions before, by the name of their plugin, each for as long as the new one is a canary.
pub type Befores = BTreeMap<String, Arc<Plugin>>;

/// The plugins by event type, for one application.
#[derive(Debug, Default)]
struct Routes {
    by_type: BTreeMap<String, Vec<Arc<Plugin>>>,
    for_any: Vec<Arc<Plugin>>,
}

impl Routes {
    /// Of these plugins; `names` tells whether one that is still to come, and is not built in, names a type.
    fn of<'a>(plugins: impl Iterator<Item = &'a Arc<Plugin>>, before: &Befores, names: impl Fn(&str) -> bool) -> Self {
        let mut by_type = BTreeMap::<String, Vec<Arc<Plugin>>>::new();
        for plugin in plugins {
            let own = &plugin.description().event_types;
            let of_before = before
                .get(plugin.name())
                .map(|before| &before.description().event_types);
            let more = of_before
                .into_iter()
                .flatten()
                .filter(|event_type| !own.contains(event_type));
            for event_type in own.iter().chain(more) {
                by_type.entry(event_type.clone()).or_default().push(Arc::clone(plugin));
            }
        }
        let for_any = by_type.remove(ANY).unwrap_or_default();
        for (event_type, handlers) in &mut by_type {
            // Built-in plugins are present without the operator's doing, and pass events that are not their own: they must not
            // take a type away from plugins for `*`.
            let is_built_in = handlers.iter().all(|plugin| *plugin.source() == Source::BuiltIn);
            if is_built_in && !names(event_type) {
                handlers.extend(for_any.iter().cloned());
            }
        }
        Self { by_type, for_any }
    }
}

impl Table {
    fn new(
        generation: u64,
        mut plugins: Vec<Arc<Plugin>>,
        before: Befores,
        mut expected: Expected,
        apps: AppIds,
    ) -> Self {
        plugins.sort_by(|a, b| a.name().cmp(b.name()));
        let settings = plugins.iter().map(|plugin| plugin.settings());
        let bound = apps.bound(settings.chain(expected.known.iter().map(|plugin| &plugin.settings)));
        let routes = |app_id: &str| {
            let served = plugins.iter().filter(|plugin| apps.serves(plugin.settings(), app_id));
            Routes::of(served, &before, |event_type| {
                let mut naming = expected.naming(event_type);
                naming.any(|plugin| !plugin.is_built_in && apps.serves(&plugin.settings, app_id))
            })
        };
        // No application has this id, so no plugin is bound to it.
        let others = routes("");
        let bound = bound
            .into_iter()
            .map(|app_id| (Arc::clone(&app_id), routes(&app_id)))
            .collect();
        expected
            .known
            .retain(|expected| !plugins.iter().any(|plugin| plugin.name() == expected.name));
        Self {
            generation,
            plugins,
            before,
            apps,
            bound,
            others,
            expected,
        }
    }

    fn routes(&self, app_id: &str) -> &Routes {
        // Usually no plugin is bound.
        if self.bound.is_empty() {
            return &self.others;
        }
        self.bound.get(app_id).unwrap_or(&self.others)
    }

    /// Counts the swaps; 0 is the empty table of the start.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// All plugins, by name.
    pub fn plugins(&self) -> &[Arc<Plugin>] {
        &self.plugins
    }

    /// The plugin of this name.
    pub fn plugin(&self, name: &str) -> Option<&Arc<Plugin>> {
        self.plugins.iter().find(|plugin| plugin.name() == name)
    }

    /// The version that serves an event: this plugin, or, while it is a canary, perhaps the one before it. A type that only one
    /// of them takes goes to that one.
    pub fn version_for<'a>(&'a self, plugin: &'a Arc<Plugin>, event: &Event) -> &'a Arc<Plugin> {
        // Usually there is no canary.
        if self.before.is_empty() {
            return plugin;
        }
        let canary = plugin.settings().canary.as_ref();
        let Some((before, canary)) = self.before.get(plugin.name()).zip(canary) else {
            return plugin;
        };
        match (takes(plugin, &event.event_type), takes(before, &event.event_type)) {
            (true, true) if canary.takes(event) => plugin,
            (_, true) => before,
            _ => plugin,
        }
    }

    /// The version before a canary, which serves the rest.
    pub fn before(&self, name: &str) -> Option<&Arc<Plugin>> {
        self.before.get(name)
    }

    /// Whether the plugin serves this application.
    pub fn serves(&self, plugin: &Plugin, app_id: &str) -> bool {
        self.apps.serves(plugin.settings(), app_id)
    }

    /// The applications that are served.
    pub fn apps(&self) -> &AppIds {
        &self.apps
    }

    /// Returns the plugins for this event type of an application: those that list it, sorted by name. If only built-in plugins
    /// do, the plugins for `*` come after them.
    pub fn handlers_for(&self, app_id: &str, event_type: &str) -> &[Arc<Plugin>] {
        let routes = self.routes(app_id);
        match routes.by_type.get(event_type) {
            Some(handlers) => handlers,
            // It will be taken by name.
            None if self.is_expected_by_name(app_id, event_type) => &[],
            None => &routes.for_any,
        }
    }

    /// Whether a plugin still to come, and not built in, lists this event type.
    fn is_expected_by_name(&self, app_id: &str, event_type: &str) -> bool {
        let mut naming = self.expected_naming(app_id, event_type);
        naming.any(|plugin| !plugin.is_built_in)
    }

    fn expected_naming<'a>(&'a self, app_id: &'a str, event_type: &'a str) -> impl Iterator<Item = &'a ExpectedPlugin> {
        let naming = self.expected.naming(event_type);
        naming.filter(move |plugin| self.apps.serves(&plugin.settings, app_id))
    }

    /// Returns the plugins still to come in the first load; empty from its end on.
    pub fn expected(&self) -> &Expected {
        &self.expected
    }

    /// Returns the plugins still to come that will also handle this event type of an application.
    pub fn expected_for<'a>(&'a self, app_id: &'a str, event_type: &'a str) -> Vec<&'a ExpectedPlugin> {
        let mut takers: Vec<_> = self.expected_naming(app_id, event_type).collect();
        let names_it = |plugin: &Arc<Plugin>| {
            *plugin.source() != Source::BuiltIn
                && plugin.description().event_types.iter().any(|named| named == event_type)
        };
        let loaded = self.routes(app_id).by_type.get(event_type);
        let loaded = loaded.map(Vec::as_slice).unwrap_or_default();
        if !loaded.iter().any(names_it) && !self.is_expected_by_name(app_id, event_type) {
            takers.extend(self.expected_naming(app_id, ANY));
        }
        takers
    }

    /// Returns the plugins that list this event type by name for an application, loaded or still to come.
    pub fn naming<'a>(
        &'a self,
        app_id: &'a str,
        event_type: &'a str,
    ) -> (Vec<&'a Arc<Plugin>>, Vec<&'a ExpectedPlugin>) {
        let handlers = self.routes(app_id).by_type.get(event_type);
        let handlers = handlers.map(Vec::as_slice).unwrap_or_default();
        let names_it = |plugin: &&Arc<Plugin>| {
            let named = &plugin.description().event_types;
            named.iter().any(|named| named == event_type)
        };
        let expected = self.expected_naming(app_id, event_type);
        (handlers.iter().filter(names_it).collect(), expected.collect())
    }

    /// Returns whether a plugin still to come handles this event type of an application, or may handle it.
    pub fn may_be_incomplete_for(&self, app_id: &str, event_type: &str) -> bool {
        self.expected.has_unknown || !self.expected_for(app_id, event_type).is_empty()
    }

    /// The event types that some plugin names, sorted, without `*`.
    pub fn event_types(&self) -> impl Iterator<Item = &str> {
        let routes = self.bound.values().chain([&self.others]);
        let named = routes.flat_map(|routes| routes.by_type.keys());
        let named: BTreeSet<&str> = named.map(String::as_str).collect();
        named.into_iter()
    }

    /// The same as `/health` shows them: dots are underscores.
    pub fn registered_handlers(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .event_types()
            .map(|event_type| event_type.replace('.', "_"))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn takes(plugin: &Plugin, event_type: &str) -> bool {
    let types = &plugin.description().event_types;
    types.iter().any(|taken| taken == event_type || taken == ANY)
}

/// Warns of the applications that a plugin is bound to and that the server does not have.
pub fn warn_of_unknown_apps(table: &Table, plugin: &Plugin) {
    let name = plugin.name();
    for (app, nearest) in table.apps.unknown(plugin.settings()) {
        tracing::warn!(
            plugin.name = name,
            "Plugin {name} is bound to the application `{app}`, which this server does not have, and gets nothing of it; \
             correct `apps` in {name}.toml (the nearest is `{nearest}`), or add [apps.{app}] to the settings"
        );
    }
}

/// The cell that holds the current table. A call takes one table and never sees two.
#[derive(Debug, Default)]
pub struct Registry {
    current: ArcSwap<Table>,
    swaps: Mutex<()>,
    /// Tells those who wait for a table that another one is there.
    swapped: watch::Sender<()>,
}

impl Registry {
    /// An empty table of generation 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the current table, which is immutable.
    pub fn current(&self) -> Arc<Table> {
        self.current.load_full()
    }

    /// Puts these plugins in the place of all that were there. Calls that run finish with the old ones.
    pub fn swap(&self, plugins: Vec<Arc<Plugin>>) -> Arc<Table> {
        self.swap_with(plugins, Befores::new())
    }

    /// The same, with the versions that serve the rest beside a canary.
    pub fn swap_with(&self, plugins: Vec<Arc<Plugin>>, before: Befores) -> Arc<Table> {
        self.replace(|old| {
            let (expected, apps) = (old.expected.clone(), old.apps.clone());
            Table::new(old.generation + 1, plugins, before, expected, apps)
        })
    }

    /// Tells what is still to come beside the plugins that are there.
    pub fn expect(&self, expected: Expected) {
        if self.current.load().expected != expected {
            self.replace(|old| {
                let (plugins, before) = (old.plugins.clone(), old.before.clone());
                Table::new(old.generation, plugins, before, expected, old.apps.clone())
            });
        }
    }

    /// Tells which applications are served, so that plugins can be bound to them by name.
    pub fn know_apps(&self, apps: AppIds) {
        if self.current.load().apps != apps {
            self.replace(|old| {
                let (plugins, before) = (old.plugins.clone(), old.before.clone());
                Table::new(old.generation, plugins, before, old.expected.clone(), apps)
            });
        }
    }

    fn replace(&self, table: impl FnOnce(&Table) -> Table) -> Arc<Table> {
        let _one_at_a_time = self.swaps.lock().unwrap_or_else(PoisonError::into_inner);
        let table = Arc::new(table(&self.current.load()));
        self.current.store(Arc::clone(&table));
        self.swapped.send_replace(());
        table
    }

    /// The first table that is as it should be, or the one of the deadline.
    pub async fn wait_for(&self, deadline: Instant, is_so: impl Fn(&Table) -> bool) -> Arc<Table> {
        let mut swapped = self.swapped.subscribe();
        loop {
            let table = self.current();
            if is_so(&table) {
                return table;
            }
            if !matches!(timeout_at(deadline, swapped.changed()).await, Ok(Ok(()))) {
                return table;
            }
        }
    }
}

#[cfg(test)]
mod tests;
