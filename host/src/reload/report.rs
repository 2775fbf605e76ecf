//! Log lines of the reloader. Each says what happened; warnings also say what to do.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use tokio::time::Instant;
use tracing::{info, warn};

use super::{
    digest::short,
    name::NameError,
    roster::Stop,
    status::{Active, CanaryStatus, Held, PluginStatus},
};
use crate::plugin::{Difference, Plugin, Source};

/// Logs a plugin that serves as of this generation.
pub(super) fn switched(
    plugin: &Plugin,
    active: &Active,
    replaced: Option<(&Active, &Arc<Plugin>)>,
    generation: u64,
    duration_ms: u128,
) {
    let name = plugin.name();
    for (event_type, nearest) in plugin.description().unknown_event_types() {
        warn!(
            plugin.name = name,
            event.r#type = event_type,
            "Plugin {name} takes the event type `{event_type}`, which this server does not know: correct it in the plugin if \
             `{nearest}` was meant; if Lark has added the type since, no action is needed",
        );
    }
    paused(name, active, replaced.map(|(replaced, _)| replaced));
    canary(name, active);
    let version = &active.version;
    let event_types = plugin.description().event_types.join(" ");
    let hash = short(&active.hash);
    let source = &active.source;
    match replaced {
        None => info!(
            plugin.name = name,
            plugin.version = version,
            plugin.hash = hash,
            plugin.source = %source,
            event.types = event_types,
            generation,
            duration_ms,
            "Plugin {name} {version} is loaded",
        ),
        Some((replaced, old)) => info!(
            plugin.name = name,
            plugin.version = version,
            plugin.hash = hash,
            plugin.source = %source,
            event.types = event_types,
            generation,
            duration_ms,
            replaced.hash = short(&replaced.hash),
            replaced.version = replaced.version,
            difference = difference(old, plugin),
            "Plugin {name} {version} replaces {}",
            replaced.version,
        ),
    }
}

/// Logs that a version gets only some events.
fn canary(name: &str, active: &Active) {
    let Some(canary) = &active.canary else { return };
    let (chats, people) = canary.canary.named();
    info!(
        plugin.name = name,
        plugin.version = active.version,
        plugin.hash = short(&active.hash),
        share = canary.canary.share(),
        chats,
        people,
        rest.version = canary.rest_version,
        rest.hash = short(&canary.rest_hash),
        "Plugin {name} {} is a canary: it gets the events that [canary] in {name}.toml chooses, and {} serves the rest until the new \
         version has passed its probation",
        active.version,
        canary.rest_version,
    );
}

/// Logs that a version has passed its probation and gets everything.
pub(super) fn canary_is_over(plugin: &Plugin, ended: &CanaryStatus, generation: u64) {
    let (name, version) = (plugin.name(), &plugin.description().version);
    info!(
        plugin.name = name,
        plugin.version = version,
        plugin.hash = short(plugin.hash()),
        replaced.version = ended.rest_version,
        replaced.hash = short(&ended.rest_hash),
        generation,
        "Plugin {name} {version} has passed its probation and serves everything now; {} serves no longer",
        ended.rest_version,
    );
}

/// Logs the beginning and the end of a pause.
fn paused(name: &str, active: &Active, replaced: Option<&Active>) {
    let was_paused = replaced.is_some_and(|replaced| replaced.paused);
    match (was_paused, active.paused) {
        (false, true) => warn!(
            plugin.name = name,
            "Plugin {name} is paused, by {name}.toml or by a command: events and tasks are stored for it and wait, and clicks \
             tell the user so. Remove `paused = true`, or run `lark-callback plugin resume {name}`, to have them delivered",
        ),
        (true, false) => info!(
            plugin.name = name,
            "Plugin {name} is no longer paused: what was stored for it is delivered now",
        ),
        (true, true) | (false, false) => {}
    }
}

/// Wants and types of the new version compared with the old one; none if they are the same.
fn difference(old: &Plugin, new: &Plugin) -> Option<String> {
    let difference = Difference::between(old.description(), new.description());
    (!difference.is_nothing()).then(|| difference.to_string())
}

/// Logs the end of the first load, when every plugin present at the start is loaded or refused.
pub(super) fn first_load_is_over(plugins: &BTreeMap<String, Arc<Plugin>>, status: &[PluginStatus], duration: Duration) {
    let held = status.iter().filter(|status| status.is_held()).count();
    let duration_ms = duration.as_millis();
    info!(plugins = plugins.len(), held, duration_ms, "All plugins are loaded",);
}

/// Logs that a file takes precedence over a published plugin of the same name.
pub(super) fn hidden(name: &str, folder: &Path) {
    warn!(
        plugin.name = name,
        "Plugin {name}: the version published to all servers is not used here, because the file {name}.wasm in {} \
         takes precedence; remove the file to serve the published version",
        folder.display(),
    );
}

/// Logs a plugin that stopped serving as of this generation.
pub(super) fn stopped(name: &str, stop: Stop, generation: u64) {
    match stop {
        Stop::Disabled => warn!(
            plugin.name = name,
            generation,
            "Plugin {name} is disabled by {name}.toml: events that arrive from now on are not stored for it, and it will never \
             get them; what waits for it already expires at its maximum age. To have events wait for it, use `paused = true` \
             instead"
        ),
        Stop::Ordered => info!(
            plugin.name = name,
            generation,
            "Plugin {name} is disabled by a command; `lark-callback plugin enable {name}` has it serve again"
        ),
        Stop::Gone => info!(
            plugin.name = name,
            generation, "Plugin {name} is removed: there is no plugin of this name any more"
        ),
    }
}

/// Logs a file that is not used; the version that serves, if any, continues.
pub(super) fn held(name: &str, held: &Held, serving: Option<&Active>) {
    let file = &held.source;
    let reason = &held.reason;
    let hash = held.hash.as_deref().map(short);
    match serving {
        Some(active) => warn!(
            plugin.name = name,
            plugin.hash = hash,
            plugin.source = %file,
            serving.hash = short(&active.hash),
            "Plugin {name}: {file} is not used: {reason}; version {} stays loaded, with its settings",
            active.version,
        ),
        None => warn!(
            plugin.name = name,
            plugin.hash = hash,
            plugin.source = %file,
            "Plugin {name}: {file} is not used: {reason}; no plugin of this name is loaded",
        ),
    }
}

/// Logs that what was not used is again what serves.
pub(super) fn mended(name: &str, serving: Option<&Active>) {
    let Some(active) = serving else { return };
    info!(
        plugin.name = name,
        plugin.hash = short(&active.hash),
        "Plugin {name}: its files are those that serve again (version {})",
        active.version,
    );
}

/// State of the folder already logged, so that lines are not repeated at every look.
#[derive(Debug, Default)]
pub(super) struct FolderReport {
    is_in_trouble: bool,
    is_unwatched: bool,
    /// Each with the time at which it was first seen.
    refused: BTreeMap<String, (NameError, Instant)>,
}

impl FolderReport {
    /// Logs invalid file names found in the folder; returns whether they are others than before.
    pub(super) fn listed(&mut self, folder: &Path, refused: BTreeMap<String, NameError>) -> bool {
        if std::mem::take(&mut self.is_in_trouble) {
            info!("The plugin folder {} can be read again", folder.display());
        }
        let now = Instant::now();
        let mut is_other = self.refused.len() != refused.len();
        let with_time = |(name, error): (String, NameError)| {
            let known = self.refused.get(&name).filter(|(known, _)| *known == error);
            let since = known.map(|(_, since)| *since);
            if since.is_none() {
                is_other = true;
                warn!("{name:?} in the plugin folder {} is ignored: {error}", folder.display());
            }
            (name, (error, since.unwrap_or(now)))
        };
        self.refused = refused.into_iter().map(with_time).collect();
        is_other
    }

    /// Files whose names no plugin can have, each under its whole name.
    pub(super) fn ignored(&self, folder: &Path) -> impl Iterator<Item = PluginStatus> {
        self.refused.iter().map(move |(name, (error, since))| PluginStatus {
            held: Some(Held {
                source: Source::File(folder.join(name)),
                hash: None,
                reason: error.text(),
                difference: None,
                is_ordered: false,
                since: *since,
            }),
            ..PluginStatus::of(name.clone())
        })
    }

    /// Logs that the folder could not be created or listed.
    pub(super) fn unreadable(&mut self, folder: &Path, error: &std::io::Error) {
        if !std::mem::replace(&mut self.is_in_trouble, true) {
            warn!(
                "The plugin folder {} cannot be read: {error}; create it or set another one. \
                 The loaded plugins keep serving; retrying",
                folder.display(),
            );
        }
    }

    /// Logs that the folder cannot be watched.
    pub(super) fn unwatched(&mut self, folder: &Path, error: &std::io::Error, rescan_ms: u64) {
        if !std::mem::replace(&mut self.is_unwatched, true) {
            warn!(
                "The plugin folder {} cannot be watched: {error}; it is checked for changes every {rescan_ms} ms \
                 instead. If an inotify limit is reached, raise fs.inotify.max_user_instances or max_user_watches",
                folder.display(),
            );
        }
    }
}
