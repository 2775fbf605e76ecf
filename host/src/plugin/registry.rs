//! The routing of event types to plugins: an immutable table, and the cell in which it is swapped.

mod expected;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

pub use self::expected::{Expected, ExpectedPlugin};
use super::{candidate::Source, load::Plugin};

/// The event type that takes what no plugin takes by name.
const ANY: &str = "*";

/// One generation of the routing table.
#[derive(Debug, Default)]
pub struct Table {
    generation: u64,
    plugins: Vec<Arc<Plugin>>,
    by_type: BTreeMap<String, Vec<Arc<Plugin>>>,
    for_any: Vec<Arc<Plugin>>,
    expected: Expected,
}

impl Table {
    fn new(generation: u64, mut plugins: Vec<Arc<Plugin>>, mut expected: Expected) -> Self {
        plugins.sort_by(|a, b| a.name().cmp(b.name()));
        let mut by_type = BTreeMap::<String, Vec<Arc<Plugin>>>::new();
        for plugin in &plugins {
            for event_type in &plugin.description().event_types {
                by_type.entry(event_type.clone()).or_default().push(Arc::clone(plugin));
            }
        }
        let for_any = by_type.remove(ANY).unwrap_or_default();
        for (event_type, handlers) in &mut by_type {
            // Built-in plugins are present without the operator's doing, and pass events that are not their own: they must not
            // take a type away from plugins for `*`.
            let is_built_in = handlers.iter().all(|plugin| *plugin.source() == Source::BuiltIn);
            if is_built_in && !expected.has_named_besides_built_ins(event_type) {
                handlers.extend(for_any.iter().cloned());
            }
        }
        expected
            .known
            .retain(|expected| !plugins.iter().any(|plugin| plugin.name() == expected.name));
        Self {
            generation,
            plugins,
            by_type,
            for_any,
            expected,
        }
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

    /// Returns the plugins for this event type: those that list it, sorted by name. If only built-in plugins do, the plugins for
    /// `*` come after them.
    pub fn handlers_for(&self, event_type: &str) -> &[Arc<Plugin>] {
        match self.by_type.get(event_type) {
            Some(handlers) => handlers,
            // It will be taken by name.
            None if self.expected.has_named_besides_built_ins(event_type) => &[],
            None => &self.for_any,
        }
    }

    /// Returns the plugins still to come in the first load; empty from its end on.
    pub fn expected(&self) -> &Expected {
        &self.expected
    }

    /// Returns the plugins still to come that will also handle this event type.
    pub fn expected_for<'a>(&'a self, event_type: &'a str) -> Vec<&'a ExpectedPlugin> {
        let mut takers: Vec<_> = self.expected.naming(event_type).collect();
        let names_it = |plugin: &Arc<Plugin>| {
            *plugin.source() != Source::BuiltIn
                && plugin.description().event_types.iter().any(|named| named == event_type)
        };
        let loaded = self.by_type.get(event_type).map(Vec::as_slice).unwrap_or_default();
        if !loaded.iter().any(names_it) && !self.expected.has_named_besides_built_ins(event_type) {
            takers.extend(self.expected.naming(ANY));
        }
        takers
    }

    /// Returns the plugins that list this event type by name, loaded or still to come.
    pub fn naming<'a>(&'a self, event_type: &'a str) -> (Vec<&'a Arc<Plugin>>, Vec<&'a ExpectedPlugin>) {
        let handlers = self.by_type.get(event_type).map(Vec::as_slice).unwrap_or_default();
        let names_it = |plugin: &&Arc<Plugin>| {
            let named = &plugin.description().event_types;
            named.iter().any(|named| named == event_type)
        };
        let expected = self.expected.naming(event_type);
        (handlers.iter().filter(names_it).collect(), expected.collect())
    }

    /// Returns whether a plugin still to come handles this event type, or may handle it.
    pub fn may_be_incomplete_for(&self, event_type: &str) -> bool {
        self.expected.has_unknown || !self.expected_for(event_type).is_empty()
    }

    /// The event types that some plugin names, sorted, without `*`.
    pub fn event_types(&self) -> impl Iterator<Item = &str> {
        self.by_type.keys().map(String::as_str)
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
        self.replace(|old| Table::new(old.generation + 1, plugins, old.expected.clone()))
    }

    /// Tells what is still to come beside the plugins that are there.
    pub fn expect(&self, expected: Expected) {
        if self.current.load().expected != expected {
            self.replace(|old| Table::new(old.generation, old.plugins.clone(), expected));
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
