//! Decisions about each plugin, from its files, the version that serves, and earlier refusals. Pure.

mod attempt;
mod held;
mod ordered;
mod settings;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tokio::time::Instant;

use self::settings::Switches;
pub(super) use self::{attempt::Attempt, settings::NamedSettings};
use super::{
    AllPublished, BuiltIn, Published,
    digest::{Digest, short},
    file::{Content, Obstacle},
    name::Part,
    order::AllOrders,
    status::{Active, Held, PluginStatus},
};
use crate::{
    codes::told,
    plugin::{Candidate, Difference, Secrets, Settings, SignatureError, Source},
};

/// The two files of one plugin, as they were read.
#[derive(Debug, Clone)]
pub(super) struct Files {
    pub(super) wasm: Content,
    pub(super) toml: Content,
    /// Secrets that the settings name.
    pub(super) secrets: Secrets,
    /// Signature of the component if one was asked for, or why nobody vouches for it.
    pub(super) signed: Result<Option<Bytes>, SignatureError>,
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
    /// Component that nobody vouches for.
    Unsigned(Digest, SignatureError),
    /// Component that was sent back.
    Returned(Digest),
    /// Candidate in the place of a pinned version, whose number this is.
    Pinned(Box<Identity>, u64),
    /// Kept version that was ordered to serve, by its number, and why it cannot.
    Unfit(u64, String),
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

    /// Adds the difference to what serves.
    pub(super) fn compared(mut self, difference: Difference, serving: &Active) -> Self {
        let (reason, version, hash) = (&self.held.reason, &serving.version, short(&serving.hash));
        self.held.reason = told!(
            "{reason}. Compared with version {version} ({hash}), which serves: {difference}",
            "{reason:#}。与服务中的版本 {version}（{hash}）相比：{difference:#}"
        );
        self.held.difference = Some(difference);
        self
    }

    /// Marks a refusal whose reason may lie outside of the files.
    pub(super) fn that_may_pass(mut self, may_pass: bool) -> Self {
        self.may_pass = may_pass;
        self
    }
}

/// Reason why a plugin stopped serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Its settings say `enabled = false`.
    Disabled,
    /// The operator has disabled it with a command.
    Ordered,
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
    /// Files that were not used are again those that serve.
    pub(super) is_mended: bool,
}

/// Wish expressed by a plugin's files, best first.
enum Wish {
    Load(Box<Attempt>),
    Refuse(Box<Refusal>),
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
    orders: AllOrders,
    entries: BTreeMap<String, Entry>,
    /// Of each plugin that is there, loaded or not.
    switches: BTreeMap<String, Switches>,
    /// The component that lies there of each plugin, loaded or not.
    components: BTreeMap<String, Digest>,
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
            orders: AllOrders::default(),
            entries: BTreeMap::new(),
            switches: BTreeMap::new(),
            components: BTreeMap::new(),
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
        let wishes = self.wishes(name, files, now);
        self.note_switches(name, files, &wishes, now);
        self.note_component(name, files);
        let wishes = match wishes {
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
        let was_held = !entry.refusals.is_empty();
        entry
            .refusals
            .retain(|old| !old.may_pass && wishes.iter().any(|wish| wish.subject() == old.subject));
        for wish in wishes {
            if entry.refusals.iter().any(|old| old.subject == wish.subject()) {
                continue;
            }
            match wish {
                Wish::Refuse(refusal) => {
                    entry.refusals.push((*refusal).clone());
                    decision.refusals.push(*refusal);
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
        decision.is_mended =
            was_held && entry.refusals.is_empty() && decision.attempts.is_empty() && entry.active.is_some();
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
            held: entry.held().cloned(),
            disabled: entry.disabled,
            disabled_by_command: self.orders.get(name).is_some_and(|order| order.is_disabled),
            disabled_by_settings: entry.disabled && self.switches.get(name).is_some_and(|it| it.is_disabled),
            paused_by_command: self.orders.get(name).is_some_and(|order| order.is_paused),
            paused_by_settings: self.switches.get(name).is_some_and(|it| it.is_paused),
            loading: false,
            component: self.components.get(name).map(Digest::to_string),
            sent_back: entry.refusals.iter().find_map(|refusal| match refusal.subject {
                Subject::Returned(digest) => Some(digest.to_string()),
                _ => None,
            }),
        };
        self.entries.iter().map(status).collect()
    }

    fn wishes(&self, name: &str, files: &Files, now: Instant) -> Result<Vec<Wish>, Stop> {
        let built_in = self.built_ins.get(name);
        let published = self.published.get(name);
        let is_elsewhere = published.is_some() || files.wasm != Content::Absent;
        let is_off = |built_in: &BuiltIn| built_in.is_on_request && files.toml == Content::Absent;
        if !is_elsewhere && built_in.is_none_or(|(built_in, _)| is_off(built_in)) {
            return Err(Stop::Gone);
        }
        let order = self.orders.get(name);
        // Also when the settings cannot be used: they do not keep a plugin in service.
        if order.is_some_and(|order| order.is_disabled) {
            return Err(Stop::Ordered);
        }
        let (mut settings, text) = match self.settings(name, files, now) {
            Ok(settings) => settings,
            // Its permissions are unknown, so nothing new may start.
            Err(refusal) => return Ok(vec![Wish::Refuse(refusal)]),
        };
        let built_in = built_in.filter(|(it, _)| !it.is_on_request || settings.is_switched_on);
        // That was its only use. Two files that say the same must be equal.
        settings.is_switched_on = false;
        if !settings.enabled || built_in.is_none() && !is_elsewhere {
            return Err(Stop::Disabled);
        }
        settings.paused |= order.is_some_and(|order| order.is_paused);
        let attempt = |source: Source, wasm: &Bytes, digest: Digest, signed: Result<Option<Bytes>, SignatureError>| {
            let signature = match signed {
                Ok(signature) => signature,
                Err(error) => return Wish::Refuse(Box::new(held::unsigned(source, digest, error, now))),
            };
            let candidate = Candidate {
                name: name.to_owned(),
                source: source.clone(),
                wasm: wasm.clone(),
                hash: Some(digest.to_string()),
                settings: settings.clone(),
            };
            let beside = self.beside(&candidate, digest);
            Wish::Load(Box::new(Attempt {
                identity: Identity {
                    source,
                    wasm: digest,
                    settings: settings.clone(),
                },
                candidate,
                beside,
                settings_text: text.clone(),
                signature,
            }))
        };
        let from_binary = built_in.map(|(it, digest)| attempt(Source::BuiltIn, &it.wasm, *digest, Ok(None)));
        let from_file = match &files.wasm {
            Content::Absent => None,
            Content::Bytes { bytes, digest } => Some(attempt(
                self.source(name, Part::Wasm),
                bytes,
                *digest,
                files.signed.clone(),
            )),
            Content::Unusable(obstacle) => {
                Some(Wish::Refuse(Box::new(self.obstacle(name, Part::Wasm, *obstacle, now))))
            }
        };
        let from_database = published.map(|(it, digest)| {
            let signed = it.fault.map_or_else(|| Ok(it.signature.clone()), Err);
            attempt(Source::Published, &it.wasm, *digest, signed)
        });
        // A bad candidate leaves the last good version of its kind serving. Without one, the next best takes over: the
        // published plugin, then the built-in one.
        let serving = self.active(name).map(|active| &active.source);
        let last_good_is_file = from_file.is_some() && matches!(serving, Some(Source::File(_) | Source::Kept(_)));
        let last_good_is_published = from_database.is_some() && matches!(serving, Some(Source::Published));
        let from_binary = from_binary.filter(|_| !last_good_is_file && !last_good_is_published);
        let from_database = from_database.filter(|_| !last_good_is_file);
        let wishes = from_file.into_iter().chain(from_database).chain(from_binary).collect();
        Ok(self.ordered(name, files, (&settings, text.as_deref()), wishes, now))
    }

    fn note_component(&mut self, name: &str, files: &Files) {
        let of_folder = match &files.wasm {
            Content::Bytes { digest, .. } => Some(*digest),
            Content::Unusable(_) => None,
            Content::Absent => {
                let published = self.published.get(name).map(|(_, digest)| *digest);
                published.or_else(|| self.built_ins.get(name).map(|(_, digest)| *digest))
            }
        };
        match of_folder {
            Some(digest) => drop(self.components.insert(name.to_owned(), digest)),
            None => drop(self.components.remove(name)),
        }
    }

    /// Stops the plugin; returns the reason if it was not stopped already.
    fn stop(&mut self, name: &str, stop: Stop) -> Option<Stop> {
        let entry = self.entries.entry(name.to_owned()).or_default();
        let was_disabled = std::mem::replace(&mut entry.disabled, stop != Stop::Gone);
        let served = entry.active.take().is_some();
        (served || (entry.disabled && !was_disabled)).then_some(stop)
    }
}

#[cfg(test)]
mod tests;
