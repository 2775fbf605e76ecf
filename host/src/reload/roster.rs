//! Decisions about each plugin, from its files, the version that serves, and earlier refusals. Pure.

mod settings;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    AllPublished, BuiltIn, Published,
    digest::Digest,
    file::{Content, Obstacle},
    name::{Part, PluginFile},
    status::{Active, Held, PluginStatus},
};
use crate::plugin::{Candidate, Secrets, Settings, Source};

/// The two files of one plugin, as they were read.
#[derive(Debug, Clone)]
pub(super) struct Files {
    pub(super) wasm: Content,
    pub(super) toml: Content,
    /// Secrets that the settings name.
    pub(super) secrets: Secrets,
}

/// Key under which candidates are equal: loading a second one would change nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    source: Source,
    wasm: Digest,
    settings: Settings,
}

/// Subject of a refusal; each is refused and logged once.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    Candidate(Box<Identity>),
    Settings(Digest),
    /// Settings with a secret that cannot be read, and the reason.
    Secret(Digest, String),
    File(Part, Obstacle),
    /// Settings file of a plugin that does not exist.
    Stray,
}

/// Refusal of a plugin's files, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    subject: Subject,
    pub(super) held: Held,
    /// Another attempt may succeed without any change to the files.
    may_pass: bool,
}

impl Refusal {
    fn of(subject: Subject, held: Held) -> Self {
        Self {
            subject,
            held,
            may_pass: false,
        }
    }

    /// Marks a refusal whose reason may lie outside of the files.
    pub(super) fn that_may_pass(mut self, may_pass: bool) -> Self {
        self.may_pass = may_pass;
        self
    }
}

/// Attempt to load a candidate.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) identity: Identity,
    pub(super) candidate: Candidate,
}

impl Attempt {
    /// SHA-256 of the component, 64 hex digits.
    pub(super) fn wasm_hash(&self) -> String {
        self.identity.wasm.to_string()
    }

    /// Refusal of this attempt after a failed load.
    pub(super) fn refused(&self, reason: String, now: Instant) -> Refusal {
        let hash = Some(self.identity.wasm.to_string());
        let held = Held {
            source: self.candidate.source.clone(),
            hash,
            reason,
            since: now,
        };
        Refusal::of(Subject::Candidate(Box::new(self.identity.clone())), held)
    }
}

/// Reason why a plugin stopped serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Its settings say `enabled = false`.
    Disabled,
    /// Its file is gone.
    Gone,
}

/// Decision about one plugin. The version that serves continues until a new one is loaded or it is stopped.
#[derive(Debug, Default)]
pub(super) struct Decision {
    /// Refusals to report to the operator.
    pub(super) refusals: Vec<Refusal>,
    /// Candidates to load, in this order until one succeeds.
    pub(super) attempts: Vec<Attempt>,
    pub(super) stop: Option<Stop>,
}

/// Wish expressed by a plugin's files, best first.
enum Wish {
    Load(Box<Attempt>),
    Refuse(Refusal),
}

impl Wish {
    fn subject(&self) -> Subject {
        match self {
            Self::Load(attempt) => Subject::Candidate(Box::new(attempt.identity.clone())),
            Self::Refuse(refusal) => refusal.subject.clone(),
        }
    }
}

/// All plugins that serve, are held or disabled, and all built-in ones.
#[derive(Debug)]
pub(super) struct Roster {
    folder: PathBuf,
    built_ins: BTreeMap<String, (BuiltIn, Digest)>,
    published: BTreeMap<String, (Published, Digest)>,
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    active: Option<(Identity, Active)>,
    /// One refusal per subject; emptied when the files change.
    refusals: Vec<Refusal>,
    disabled: bool,
}

impl Roster {
    pub(super) fn new(folder: &Path, built_ins: Vec<BuiltIn>) -> Self {
        let with_digest = |built_in: BuiltIn| {
            let digest = Digest::of(&built_in.wasm);
            (built_in.name.clone(), (built_in, digest))
        };
        Self {
            folder: folder.into(),
            built_ins: built_ins.into_iter().map(with_digest).collect(),
            published: BTreeMap::new(),
            entries: BTreeMap::new(),
        }
    }

    /// Names that are candidates even when the folder is empty.
    pub(super) fn built_in_names(&self) -> impl Iterator<Item = &String> {
        self.built_ins.keys()
    }

    /// Records the published plugins; returns the names that changed.
    pub(super) fn publish(&mut self, all: &AllPublished) -> Vec<String> {
        let new: BTreeMap<_, _> = all
            .iter()
            .map(|published| (published.name.clone(), (published.clone(), Digest::of(&published.wasm))))
            .collect();
        let old = std::mem::replace(&mut self.published, new);
        let mut names: Vec<_> = old.keys().chain(self.published.keys()).cloned().collect();
        names.sort();
        names.dedup();
        names.retain(|name| old.get(name) != self.published.get(name));
        names
    }

    /// Whether a file takes precedence over the published plugin of this name.
    pub(super) fn hides_published(&self, name: &str) -> bool {
        let is_file = |active: &Active| matches!(active.source, Source::File(_));
        self.published.contains_key(name) && self.active(name).is_some_and(is_file)
    }

    /// Decides about a plugin with these files.
    pub(super) fn decide(&mut self, name: &str, files: &Files, now: Instant) -> Decision {
        let mut decision = Decision::default();
        let wishes = match self.wishes(name, files, now) {
            Ok(wishes) => {
                self.entries.entry(name.to_owned()).or_default().disabled = false;
                wishes
            }
            Err(stop) => {
                decision.stop = self.stop(name, stop);
                let is_stray = stop == Stop::Gone && files.toml != Content::Absent;
                is_stray.then(|| self.stray(name, now)).into_iter().collect()
            }
        };
        let entry = self.entries.entry(name.to_owned()).or_default();
        entry
            .refusals
            .retain(|old| !old.may_pass && wishes.iter().any(|wish| wish.subject() == old.subject));
        for wish in wishes {
            if entry.refusals.iter().any(|old| old.subject == wish.subject()) {
                continue;
            }
            match wish {
                Wish::Refuse(refusal) => {
                    entry.refusals.push(refusal.clone());
                    decision.refusals.push(refusal);
                }
                Wish::Load(attempt)
                    if entry
                        .active
                        .as_ref()
                        .is_some_and(|(active, _)| *active == attempt.identity) =>
                {
                    break;
                }
                Wish::Load(attempt) => decision.attempts.push(*attempt),
            }
        }
        self.entries
            .retain(|_, entry| entry.disabled || entry.active.is_some() || !entry.refusals.is_empty());
        decision
    }

    /// Records that a candidate was loaded and serves.
    pub(super) fn serves(&mut self, name: &str, identity: Identity, active: Active) -> Option<Active> {
        let entry = self.entries.entry(name.to_owned()).or_default();
        entry.active.replace((identity, active)).map(|(_, replaced)| replaced)
    }

    /// Records that a candidate could not be loaded; it is not tried again until its files change.
    pub(super) fn refuse(&mut self, name: &str, refusal: Refusal) {
        self.entries.entry(name.to_owned()).or_default().refusals.push(refusal);
    }

    /// Version that serves under this name.
    pub(super) fn active(&self, name: &str) -> Option<&Active> {
        self.entries.get(name)?.active.as_ref().map(|(_, active)| active)
    }

    /// State of every plugin, ordered by name.
    pub(super) fn status(&self) -> Vec<PluginStatus> {
        let status = |(name, entry): (&String, &Entry)| PluginStatus {
            name: name.clone(),
            active: entry.active.as_ref().map(|(_, active)| active.clone()),
            held: entry.refusals.first().map(|refusal| refusal.held.clone()),
            disabled: entry.disabled,
        };
        self.entries.iter().map(status).collect()
    }

    fn wishes(&self, name: &str, files: &Files, now: Instant) -> Result<Vec<Wish>, Stop> {
        let built_in = self.built_ins.get(name);
        let published = self.published.get(name);
        if built_in.is_none() && published.is_none() && files.wasm == Content::Absent {
            return Err(Stop::Gone);
        }
        let settings = match self.settings(name, files, now) {
            Ok(settings) => settings,
            // Its permissions are unknown, so nothing new may start.
            Err(refusal) => return Ok(vec![Wish::Refuse(*refusal)]),
        };
        if !settings.enabled {
            return Err(Stop::Disabled);
        }
        let attempt = |source: Source, wasm: &Bytes, digest: Digest| {
            let identity = Identity {
                source: source.clone(),
                wasm: digest,
                settings: settings.clone(),
            };
            let candidate = Candidate {
                name: name.to_owned(),
                source,
                wasm: wasm.clone(),
                settings: settings.clone(),
            };
            Wish::Load(Box::new(Attempt { identity, candidate }))
        };
        let from_binary = built_in.map(|(it, digest)| attempt(Source::BuiltIn, &it.wasm, *digest));
        let from_file = match &files.wasm {
            Content::Absent => None,
            Content::Bytes { bytes, digest } => Some(attempt(self.source(name, Part::Wasm), bytes, *digest)),
            Content::Unusable(obstacle) => Some(Wish::Refuse(self.obstacle(name, Part::Wasm, *obstacle, now))),
        };
        let from_database = published.map(|(it, digest)| attempt(Source::Published, &it.wasm, *digest));
        // A bad candidate leaves the last good version of its kind serving. Without one, the next best takes over: the
        // published plugin, then the built-in one.
        let serving = self.active(name).map(|active| &active.source);
        let last_good_is_file = from_file.is_some() && matches!(serving, Some(Source::File(_)));
        let last_good_is_published = from_database.is_some() && matches!(serving, Some(Source::Published));
        let from_binary = from_binary.filter(|_| !last_good_is_file && !last_good_is_published);
        let from_database = from_database.filter(|_| !last_good_is_file);
        Ok(from_file.into_iter().chain(from_database).chain(from_binary).collect())
    }

    /// Stops the plugin; returns the reason if it was not stopped already.
    fn stop(&mut self, name: &str, stop: Stop) -> Option<Stop> {
        let entry = self.entries.entry(name.to_owned()).or_default();
        let was_disabled = std::mem::replace(&mut entry.disabled, stop == Stop::Disabled);
        let served = entry.active.take().is_some();
        (served || (entry.disabled && !was_disabled)).then_some(stop)
    }

    fn stray(&self, name: &str, now: Instant) -> Wish {
        let wasm = PluginFile::new(name, Part::Wasm);
        let reason =
            format!("there is no {wasm} beside it and no built-in plugin {name}; check the name or remove the file");
        Wish::Refuse(Refusal::of(Subject::Stray, self.held(name, Part::Toml, reason, now)))
    }

    fn obstacle(&self, name: &str, part: Part, obstacle: Obstacle, now: Instant) -> Refusal {
        let held = self.held(name, part, obstacle.to_string(), now);
        Refusal::of(Subject::File(part, obstacle), held)
    }

    fn held(&self, name: &str, part: Part, reason: String, now: Instant) -> Held {
        Held {
            source: self.source(name, part),
            hash: None,
            reason,
            since: now,
        }
    }

    fn source(&self, name: &str, part: Part) -> Source {
        Source::File(self.folder.join(PluginFile::new(name, part).to_string()))
    }
}

#[cfg(test)]
mod tests;
