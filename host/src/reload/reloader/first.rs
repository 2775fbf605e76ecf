//! First load after a start: which plugins and routes are still to come.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use crate::{
    plugin::{Engine, Expected, ExpectedPlugin, Source},
    reload::roster::Attempt,
};

/// Plugins of the first load that are not ready yet, with the types they handle where these are known.
pub(super) struct First {
    pub(super) begun_at: Instant,
    names: BTreeMap<String, Option<ExpectedPlugin>>,
    /// The folder has not answered yet, so there may be more plugins.
    pub(super) waits_for_folder: bool,
    /// Plugins whose files have not been read yet.
    unread: BTreeSet<String>,
}

impl First {
    pub(super) fn of(names: &BTreeSet<String>, waits_for_folder: bool, now: Instant) -> Self {
        Self {
            begun_at: now,
            names: names.iter().map(|name| (name.clone(), None)).collect(),
            waits_for_folder,
            unread: names.clone(),
        }
    }

    /// Adds the plugins of the folder, which has answered now.
    pub(super) fn add(&mut self, names: &BTreeSet<String>) {
        self.waits_for_folder = false;
        self.names.extend(names.iter().map(|name| (name.clone(), None)));
        self.unread.extend(names.iter().cloned());
    }

    /// Looks up the manifest from the last load of a plugin. A plugin that lacks a permission is not expected, because
    /// it will be held.
    pub(super) async fn learn(&mut self, engine: &Engine, attempt: &Attempt) {
        let candidate = &attempt.candidate;
        self.unread.remove(&candidate.name);
        if !self.names.contains_key(&candidate.name) {
            return;
        }
        let Some(description) = engine.known(&attempt.wasm_hash()).await else {
            return;
        };
        let settings = &candidate.settings;
        if !description.missing(settings).is_empty() || !description.mistaken(settings).is_empty() {
            self.names.remove(&candidate.name);
            return;
        }
        let expected = ExpectedPlugin {
            name: candidate.name.clone(),
            description,
            is_built_in: candidate.source == Source::BuiltIn,
            settings: candidate.settings.clone(),
        };
        self.names.insert(candidate.name.clone(), Some(expected));
    }

    pub(super) fn keep_only(&mut self, is_busy: impl Fn(&str) -> bool) {
        self.names.retain(|name, _| is_busy(name));
        self.unread.retain(|name| is_busy(name));
    }

    pub(super) fn expected(&self) -> Expected {
        Expected {
            is_reading: !self.unread.is_empty(),
            has_unknown: self.waits_for_folder || self.names.values().any(Option::is_none),
            known: self.names.values().flatten().cloned().collect(),
        }
    }
}
