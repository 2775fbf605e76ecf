//! When a plugin's files have come to rest. Pure: looks and instants in, names out.
//!
//! A file event says that something happens, not that it is done: a file is first empty, then grows, then is renamed. So
//! a plugin is touched only when its files have looked the same for a while.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::Instant;

use super::{ReloadSettings, file::Sight, name::PluginFile};

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waits {
    /// Without a change: at rest.
    pub(super) settle: Duration,
    /// Longest wait of a plugin that is at rest for others that are not, and of a file that is touched all the time.
    pub(super) cap: Duration,
    /// Missing for so long: gone.
    pub(super) vanish: Duration,
}

impl From<&ReloadSettings> for Waits {
    fn from(settings: &ReloadSettings) -> Self {
        Self {
            settle: Duration::from_millis(settings.settle_ms),
            cap: Duration::from_millis(settings.settle_cap_ms),
            vanish: Duration::from_millis(settings.vanish_ms),
        }
    }
}

/// Follows every file of the folder from look to look.
#[derive(Debug)]
pub(super) struct Settling {
    waits: Waits,
    tracks: BTreeMap<PluginFile, Track>,
}

#[derive(Debug)]
struct Track {
    /// At the last look.
    sight: Sight,
    /// The first look that showed it so.
    since: Instant,
    /// The last look that showed the same file with another size: somebody is writing to it.
    resized_at: Option<Instant>,
    /// What it was when its plugin was last taken; nothing if never.
    taken: Option<Sight>,
    /// The first change since then; nothing while there is none.
    restless_since: Option<Instant>,
}

impl Settling {
    pub(super) fn new(waits: Waits) -> Self {
        Self {
            waits,
            tracks: BTreeMap::new(),
        }
    }

    /// Notes what the folder looks like now.
    pub(super) fn look(&mut self, files: &BTreeMap<PluginFile, Sight>, now: Instant) {
        for (file, track) in &mut self.tracks {
            track.see(files.get(file).copied().unwrap_or(Sight::Absent), now);
        }
        for (file, sight) in files {
            self.tracks
                .entry(file.clone())
                .or_insert_with(|| Track::new(*sight, now));
        }
    }

    /// When to look again if nothing is heard before; nothing while everything is at rest.
    pub(super) fn next_look(&self) -> Option<Instant> {
        let plugins = self.restless();
        let first_ready = plugins.values().map(|plugin| plugin.ready_at).min()?;
        let all_ready = plugins
            .values()
            .filter(|plugin| !plugin.vanishing)
            .map(|plugin| plugin.ready_at)
            .max();
        let one_waited = plugins
            .values()
            .map(|plugin| plugin.ready_at.max(plugin.capped_at))
            .min();
        let together = all_ready.into_iter().chain(one_waited).min();
        Some(together.map_or(first_ready, |together| together.max(first_ready)))
    }

    /// Takes the plugins whose files changed and are at rest now, all that belong together in one go.
    pub(super) fn take(&mut self, now: Instant) -> BTreeSet<String> {
        let plugins = self.restless();
        let is_ready = |plugin: &Restless| plugin.ready_at <= now;
        let waits_for_others = plugins.values().any(|plugin| !is_ready(plugin) && !plugin.vanishing);
        let may_not_wait = plugins
            .values()
            .any(|plugin| is_ready(plugin) && plugin.capped_at <= now);
        if waits_for_others && !may_not_wait {
            return BTreeSet::new();
        }
        let ready: BTreeSet<String> = plugins
            .into_iter()
            .filter(|(_, plugin)| is_ready(plugin))
            .map(|(name, _)| name.to_owned())
            .collect();
        self.mark_taken(|name| ready.contains(name));
        ready
    }

    /// Takes every plugin as it is, at rest or not: for the first load, which nobody wants to wait for.
    pub(super) fn take_all(&mut self) -> BTreeSet<String> {
        let all = self.tracks.keys().map(|file| file.plugin.clone()).collect();
        self.mark_taken(|_| true);
        all
    }

    /// The plugins whose files are at rest.
    pub(super) fn at_rest(&self) -> BTreeSet<String> {
        let restless = self.restless();
        self.tracks
            .keys()
            .map(|file| &file.plugin)
            .filter(|name| !restless.contains_key(name.as_str()))
            .cloned()
            .collect()
    }

    /// What the file was at the last look.
    pub(super) fn sight(&self, file: &PluginFile) -> Sight {
        self.tracks.get(file).map_or(Sight::Absent, |track| track.sight)
    }

    fn mark_taken(&mut self, is_taken: impl Fn(&str) -> bool) {
        self.tracks.retain(|file, track| {
            if is_taken(&file.plugin) {
                track.taken = Some(track.sight);
                track.restless_since = None;
            }
            track.taken != Some(Sight::Absent) || track.sight != Sight::Absent
        });
    }

    /// Every plugin of which a file changed. Its two files count as one: they are deployed together.
    fn restless(&self) -> BTreeMap<&str, Restless> {
        let mut plugins = BTreeMap::<&str, Restless>::new();
        for (file, track) in &self.tracks {
            let Some(restless) = track.restless(&self.waits) else {
                continue;
            };
            plugins
                .entry(&file.plugin)
                .and_modify(|plugin| plugin.join(restless))
                .or_insert(restless);
        }
        plugins
    }
}

/// A plugin on its way to rest.
#[derive(Debug, Clone, Copy)]
struct Restless {
    ready_at: Instant,
    /// Until then it waits for others.
    capped_at: Instant,
    /// It waits only because a file is missing; nobody waits for that.
    vanishing: bool,
}

impl Restless {
    fn join(&mut self, other: Self) {
        self.ready_at = self.ready_at.max(other.ready_at);
        self.capped_at = self.capped_at.min(other.capped_at);
        self.vanishing |= other.vanishing;
    }
}

impl Track {
    fn new(sight: Sight, now: Instant) -> Self {
        Self {
            sight,
            since: now,
            resized_at: None,
            taken: None,
            restless_since: Some(now),
        }
    }

    fn see(&mut self, sight: Sight, now: Instant) {
        if sight == self.sight {
            return;
        }
        if let (Sight::File(before), Sight::File(after)) = (self.sight, sight)
            && (before.device, before.inode) == (after.device, after.inode)
            && before.bytes != after.bytes
        {
            self.resized_at = Some(now);
        }
        let returns = self.sight == Sight::Absent;
        self.sight = sight;
        self.since = now;
        self.restless_since = if self.taken == Some(sight) {
            None
        } else if returns {
            // The time without a file was no time of changes, and does not count towards the cap.
            Some(now)
        } else {
            self.restless_since.or(Some(now))
        };
    }

    fn restless(&self, waits: &Waits) -> Option<Restless> {
        let restless_since = self.restless_since?;
        let capped_at = restless_since + waits.cap;
        let vanishing = self.sight == Sight::Absent;
        let ready_at = if vanishing {
            self.since + waits.vanish
        } else {
            // A file that is touched again and again is taken at the cap, but never while its size changes: reading half
            // of an upload helps nobody.
            let unwritten_at = self.resized_at.map_or(capped_at, |at| capped_at.max(at + waits.settle));
            (self.since + waits.settle).min(unwritten_at)
        };
        Some(Restless {
            ready_at,
            capped_at,
            vanishing,
        })
    }
}

#[cfg(test)]
mod tests;
