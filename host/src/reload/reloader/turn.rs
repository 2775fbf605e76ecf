//! Turn: plugins that became stable together are read, decided about, loaded and swapped in together.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use tokio::{task, time::Instant};

use super::Reloader;
use crate::{
    plugin::{Difference, SignatureError, TrustedKeys, warn_of_unknown_apps},
    reload::{
        file::Content,
        load::{Load, Loaded, NewPlugin},
        name::{Part, PluginFile},
        report,
        roster::{Decision, Files, Stop},
        secrets,
        served::Served,
        slow,
        status::{Active, PluginStatus},
        underway::{Change, Done, Ended, TurnNumber},
    },
};

/// Checks the signature of a component, off the async threads: a large one takes a while.
async fn vouched(keys: TrustedKeys, wasm: Content, signature: Content) -> Result<Option<Bytes>, SignatureError> {
    let Content::Bytes { bytes: wasm, .. } = wasm else {
        return Ok(None);
    };
    if !keys.is_asked_for() {
        return Ok(None);
    }
    let checked = task::spawn_blocking(move || {
        let signature = match &signature {
            Content::Bytes { bytes, .. } => Some(&**bytes),
            Content::Absent => None,
            // A signature that cannot be read is none.
            Content::Unusable(_) => Some(&[][..]),
        };
        keys.check(&wasm, signature)
    });
    let signature = checked.await.unwrap_or(Err(SignatureError::Missing))?;
    Ok(Some(Bytes::copy_from_slice(&signature)))
}

impl Reloader {
    /// Starts a turn for these plugins. They switch in one swap, unless some take longer than the others wait.
    pub(super) fn apply(&mut self, names: BTreeSet<String>, together_ms_max: u64) {
        if names.is_empty() {
            return;
        }
        let turn = self
            .underway
            .open(Instant::now() + Duration::from_millis(together_ms_max));
        for name in names {
            self.read(&name, turn);
        }
    }

    /// Reads a plugin's files as last seen. If one has changed since, nothing is read: the next look finds the change,
    /// and the file has to settle again.
    fn read(&mut self, name: &str, turn: TurnNumber) {
        let [wasm, toml, signature] = [Part::Wasm, Part::Toml, Part::Signature].map(|part| {
            let file = PluginFile::new(name, part);
            let seen = self.settling.sight(&file);
            (file, seen)
        });
        let (dir, awaited) = (self.settings.dir.clone(), self.awaited.clone());
        let (silent, named) = (self.silent_secrets.clone(), self.roster.named_settings(name));
        let variables = Arc::clone(&self.settings.variables.borrow());
        let (plugin, keys) = (name.to_owned(), self.settings.keys.clone());
        self.underway.read(name, turn, async move {
            let wasm = slow::read(&dir, wasm.0, wasm.1, &awaited).await?;
            let toml = slow::read(&dir, toml.0, toml.1, &awaited).await?;
            let signature = if keys.is_asked_for() {
                slow::read(&dir, signature.0, signature.1, &awaited).await?
            } else {
                Content::Absent
            };
            let signed = vouched(keys, wasm.clone(), signature).await;
            let secrets = secrets::read(&dir, &plugin, &toml, &named, &variables, &silent).await;
            Some(Files {
                wasm,
                toml,
                secrets,
                signed,
            })
        });
    }

    pub(super) async fn ended(&mut self, ended: Ended) {
        let Ended { plugin, turn, done } = ended;
        match done {
            Done::Read(None) => {}
            Done::ReadTooSoon => self.read(&plugin, turn),
            Done::Read(Some(files)) => {
                let decision = self.roster.decide(&plugin, &files, Instant::now());
                self.carry_out(plugin, turn, decision).await;
            }
            Done::Loaded(mut loaded) => {
                self.compare(&plugin, &mut loaded);
                for refusal in &loaded.refusals {
                    self.roster.refuse(&plugin, refusal.clone());
                }
                let change = Change {
                    plugin,
                    new: loaded.plugin,
                    stop: None,
                    refusals: loaded.refusals,
                };
                self.underway.ready(turn, change);
            }
        }
        if self.first.is_some() {
            self.tell_expected();
        }
    }

    /// Says what a version that wants too much wants more than the one that serves.
    fn compare(&self, plugin: &str, loaded: &mut Loaded) {
        let (Some(serving), Some(active)) = (self.plugins.get(plugin), self.roster.active(plugin)) else {
            return;
        };
        for (refusal, wanting) in loaded.refusals.iter_mut().zip(loaded.wanting.drain(..)) {
            let Some(wanting) = wanting else { continue };
            let difference = Difference::between(serving.description(), &wanting);
            if !difference.is_nothing() {
                *refusal = refusal.clone().compared(difference, active);
            }
        }
    }

    /// Carries out the decision about one plugin. Any earlier load for it is cancelled, unless it is the same one.
    async fn carry_out(&mut self, plugin: String, turn: TurnNumber, decision: Decision) {
        let Decision {
            refusals,
            attempts,
            stop,
            is_mended,
        } = decision;
        let loads_nothing = attempts.is_empty();
        let wanted: Vec<_> = attempts.iter().map(|attempt| attempt.identity.clone()).collect();
        if wanted.is_empty() || !self.underway.has(&plugin, &wanted) {
            // Stops taken back must still be applied, or the table would keep a plugin that the roster has removed.
            let mut stopped = self.underway.take_back(&plugin);
            stopped.retain(|change| change.stop.is_some());
            self.switch(stopped);
            if let Some(attempt) = attempts.first() {
                if let Some(first) = &mut self.first {
                    first.learn(&self.engine, attempt).await;
                }
                let load = Load::start(&self.engine, attempts);
                self.underway.load(&plugin, turn, wanted, load);
            }
            self.show_status();
        }
        if is_mended {
            report::mended(&plugin, self.roster.active(&plugin));
        }
        if stop.is_some() || !refusals.is_empty() {
            let change = Change {
                plugin,
                new: None,
                stop,
                refusals,
            };
            self.underway.ready(turn, change);
        } else if loads_nothing {
            // A refusal may have gone although nothing is loaded, stopped or refused.
            self.show_status();
        }
    }

    pub(super) fn switch_what_is_over(&mut self) {
        let changes = self.underway.over(Instant::now());
        if !changes.is_empty() {
            self.switch(changes);
        }
        if self.first.is_some() {
            self.tell_expected();
        }
    }

    /// Tells the registry which plugins of the first load are still to come.
    fn tell_expected(&mut self) {
        let Some(first) = &mut self.first else { return };
        first.keep_only(|name| self.underway.is_busy_with(name));
        let expected = first.expected();
        let is_over = expected.is_nothing();
        self.registry.expect(expected);
        if is_over && let Some(first) = self.first.take() {
            self.show_status();
            report::first_load_is_over(&self.plugins, &self.roster.status(), first.begun_at.elapsed());
        }
    }

    pub(super) fn show_status(&self) {
        let mut status = self.roster.status();
        status.extend(self.folder_report.ignored(&self.settings.dir));
        for name in self.underway.loading() {
            match status.iter_mut().find(|status| status.name == name) {
                Some(status) => status.loading = true,
                None => status.push(PluginStatus {
                    loading: true,
                    ..PluginStatus::of(name.to_owned())
                }),
            }
        }
        status.sort_by(|one, other| one.name.cmp(&other.name));
        self.status.send_if_modified(|shown| {
            let is_new = **shown != *status;
            *shown = status.into();
            is_new
        });
    }

    fn switch(&mut self, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        let (mut loaded, mut stopped, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for change in changes {
            let name = change.plugin;
            refused.extend(change.refusals.into_iter().map(|refusal| (name.clone(), refusal)));
            stopped.extend(change.stop.map(|stop| (name.clone(), stop)));
            loaded.extend(change.new.map(|new| (name, new)));
        }
        self.swap(loaded, stopped);
        for (name, refusal) in refused {
            report::held(&name, &refusal.held, self.roster.active(&name));
        }
        self.show_status();
    }

    fn swap(&mut self, loaded: Vec<(String, NewPlugin)>, stopped: Vec<(String, Stop)>) {
        let mut is_changed = !loaded.is_empty();
        for (name, _) in &stopped {
            is_changed |= self.plugins.remove(name).is_some();
            self.before.remove(name);
        }
        let mut before = BTreeMap::new();
        for (name, new) in &loaded {
            let replaced = self.plugins.insert(name.clone(), Arc::clone(&new.plugin));
            match self.beside(name, new, replaced.as_ref()) {
                Some(beside) => drop(self.before.insert(name.clone(), beside)),
                None => drop(self.before.remove(name)),
            }
            before.extend(replaced.map(|replaced| (name.clone(), replaced)));
        }
        let table = if is_changed {
            self.put_into_service()
        } else {
            self.registry.current()
        };
        for (name, stop) in stopped {
            self.served.stopped(&name);
            report::stopped(&name, stop, table.generation());
        }
        for (
            name,
            NewPlugin {
                identity,
                plugin,
                duration_ms,
                wasm,
                settings_text,
                signature,
                beside: _,
            },
        ) in loaded
        {
            let active = Active {
                hash: plugin.hash().to_owned(),
                version: plugin.description().version.clone(),
                source: plugin.source().clone(),
                event_types: plugin.description().event_types.clone(),
                grants: plugin.settings().grant.clone(),
                paused: plugin.settings().paused,
                canary: self.canary_of(&plugin),
                apps: plugin
                    .settings()
                    .apps
                    .as_ref()
                    .map(|apps| apps.iter().cloned().collect()),
                config: plugin.settings().shown_config(),
            };
            let replaced = self.roster.serves(&name, identity, active.clone());
            let old = replaced.as_ref().zip(before.get(&name));
            report::switched(&plugin, &active, old, table.generation(), duration_ms);
            warn_of_unknown_apps(&table, &plugin);
            self.served.serves(Served {
                plugin,
                wasm,
                settings: settings_text,
                signature,
                rest: self.before.get(&name).cloned(),
            });
        }
    }
}
