//! Which plugins answer what: one immutable table, and the cell in which it is swapped.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;

use super::load::{Plugin, Source};

/// The event type that takes what no plugin takes by name.
const ANY: &str = "*";

/// One generation of the routing table.
#[derive(Debug, Default)]
pub struct Table {
    generation: u64,
    plugins: Vec<Arc<Plugin>>,
    by_type: BTreeMap<String, Vec<Arc<Plugin>>>,
    for_any: Vec<Arc<Plugin>>,
}

impl Table {
    fn new(generation: u64, mut plugins: Vec<Arc<Plugin>>) -> Self {
        plugins.sort_by(|a, b| a.name().cmp(b.name()));
        let mut by_type = BTreeMap::<String, Vec<Arc<Plugin>>>::new();
        for plugin in &plugins {
            for event_type in &plugin.description().event_types {
                by_type.entry(event_type.clone()).or_default().push(Arc::clone(plugin));
            }
        }
        let for_any = by_type.remove(ANY).unwrap_or_default();
        for handlers in by_type.values_mut() {
            // What is part of the binary is there without the operator's doing, and passes what is not its own: it must not
            // take a type away from whoever takes the rest.
            if handlers.iter().all(|plugin| *plugin.source() == Source::BuiltIn) {
                handlers.extend(for_any.iter().cloned());
            }
        }
        Self {
            generation,
            plugins,
            by_type,
            for_any,
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

    /// Who is asked about this event type: those that name it, by name. When nobody but built-in plugins does, those that take
    /// the rest come after them.
    pub fn handlers_for(&self, event_type: &str) -> &[Arc<Plugin>] {
        self.by_type.get(event_type).unwrap_or(&self.for_any)
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
}

impl Registry {
    /// An empty table of generation 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// The table of now. It stays as it is for whoever holds it.
    pub fn current(&self) -> Arc<Table> {
        self.current.load_full()
    }

    /// Puts these plugins in the place of all that were there. Calls that run finish with the old ones.
    pub fn swap(&self, plugins: Vec<Arc<Plugin>>) -> Arc<Table> {
        let _one_at_a_time = self.swaps.lock().unwrap_or_else(PoisonError::into_inner);
        let table = Arc::new(Table::new(self.current.load().generation + 1, plugins));
        self.current.store(Arc::clone(&table));
        table
    }
}

#[cfg(test)]
mod tests;
