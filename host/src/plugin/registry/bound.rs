//! Plugins that are bound to applications, and the names by which they are.

use std::{collections::BTreeMap, sync::Arc};

use crate::plugin::{Settings, grant};

/// The applications that are served: their ids by the names in the settings. An application without a name is known by its id
/// alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppIds {
    /// Ids by name.
    pub by_name: BTreeMap<String, Arc<str>>,
    /// All ids.
    pub all: Vec<Arc<str>>,
}

impl AppIds {
    /// Whether a plugin with these settings serves the application with this id.
    pub(super) fn serves(&self, settings: &Settings, app_id: &str) -> bool {
        let is_app = |name: &String| name == app_id || self.by_name.get(name).is_some_and(|id| **id == *app_id);
        settings.apps.as_ref().is_none_or(|apps| apps.iter().any(is_app))
    }

    /// The ids of the applications that some plugin is bound to.
    pub(super) fn bound<'a>(&self, all: impl Iterator<Item = &'a Settings>) -> Vec<Arc<str>> {
        let names = all.filter_map(|settings| settings.apps.as_ref()).flatten();
        let mut ids: Vec<Arc<str>> = names
            .map(|name| self.by_name.get(name).cloned().unwrap_or_else(|| name.as_str().into()))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The ids of the applications that a plugin with these settings serves.
    pub fn served(&self, settings: &Settings) -> Vec<Arc<str>> {
        let served = self.all.iter().filter(|id| self.serves(settings, id));
        served.cloned().collect()
    }

    /// The applications of these settings that the server does not have, each with what is known, for the operator.
    pub fn unknown(&self, settings: &Settings) -> Vec<(String, String)> {
        if self.all.is_empty() {
            // Not known yet.
            return Vec::new();
        }
        let is_known = |name: &&String| self.by_name.contains_key(*name) || self.all.iter().any(|id| **id == ***name);
        let known: Vec<&str> = self
            .by_name
            .keys()
            .map(String::as_str)
            .chain(self.all.iter().map(|id| &**id))
            .collect();
        let unknown = settings.apps.iter().flatten().filter(|name| !is_known(name));
        unknown
            .map(|name| (name.clone(), grant::nearest(name, &known).to_owned()))
            .collect()
    }
}
