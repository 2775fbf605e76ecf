//! Detection of when a plugin's files are stable. Pure: takes looks and instants, returns names.
//!
//! A file event shows the start of a change, not its end: a file is first empty, then grows, then is renamed. So a
//! plugin is taken only after its files have looked the same for a while.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::Instant;

use super::{ReloadSettings, file::Sight, name::PluginFile};

/// Waiting times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waits {
    /// Time without a change after which a file is stable.
    pub(super) settle: Duration,
    /// Maximum wait of a stable plugin for others that are not, and of a file that keeps being touched.
    pub(super) cap: Duration,
    /// Time after which a missing file counts as removed.
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

/// State of every file of the folder, updated at each look.
#[derive(Debug)]
pub(super) struct Settling {
    waits: Waits,
    tracks: BTreeMap<PluginFile, Track>,
}

#[derive(Debug)]
struct Track {
    /// State at the last look.
    sight: Sight,
    /// First look that showed this state.
    since: Instant,
    /// Last look at which the same file had changed its size, so something was writing to it.
    resized_at: Option<Instant>,
    /// State when its plugin was last taken; none if never.
    taken: Option<Sight>,
    /// First change since then; none without a change.
    restless_since: Option<Instant>,
}

impl Settling {
    pub(super) fn new(waits: Waits) -> Self {
        Self {
            waits,
            tracks: BTreeMap::new(),
        }
    }

    /// Records a look at the folder.
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

    /// Time of the next look needed if no event arrives; none while all files are stable.
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

    /// Takes the changed plugins whose files are stable now, all that belong together at once.
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

    /// Takes every plugin as it is, stable or not: the first load must not wait.
    pub(super) fn take_all(&mut self) -> BTreeSet<String> {
        let all = self.tracks.keys().map(|file| file.plugin.clone()).collect();
        self.mark_taken(|_| true);
        all
    }

    /// Plugins whose files are stable.
    pub(super) fn at_rest(&self) -> BTreeSet<String> {
        let restless = self.restless();
        self.tracks
            .keys()
            .map(|file| &file.plugin)
            .filter(|name| !restless.contains_key(name.as_str()))
            .cloned()
            .collect()
    }

    /// State of the file at the last look.
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

    /// Plugins with a changed file. Both files of a plugin count as one, because they are deployed together.
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

/// Plugin whose files are not stable yet.
#[derive(Debug, Clone, Copy)]
struct Restless {
    ready_at: Instant,
    /// End of its wait for others.
    capped_at: Instant,
    /// It waits only because a file is missing; others do not wait for it.
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
            // Time without a file is not a time of changes, so it does not count towards the cap.
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
            // A file that keeps being touched is taken at the cap, but never while its size changes, because half an
            // upload is of no use.
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
