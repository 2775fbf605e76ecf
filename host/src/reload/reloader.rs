//! The loop: look, take what is at rest, load it aside, swap once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, future, io,
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    task,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    AllPublished, BuiltIn, ReloadSettings,
    folder::{self, Content, FolderId, Listing},
    load::{Load, Loaded, NewPlugin},
    name::{Part, PluginFile},
    report::{self, FolderReport},
    roster::{Files, Roster, Stop},
    settle::Settling,
    status::{Active, PluginStatus},
    watch::Watch,
};
use crate::plugin::{Engine, Plugin, Registry};

/// Between two looks. A large upload causes thousands of events a second; fifty looks a second cost nothing and are
/// finer than any settle time.
const LOOK_GAP: Duration = Duration::from_millis(20);

/// Follows the folder and keeps the registry's table in step with it.
#[derive(Debug)]
pub struct Reloader {
    settings: ReloadSettings,
    engine: Engine,
    registry: Arc<Registry>,
    settling: Settling,
    roster: Roster,
    plugins: BTreeMap<String, Arc<Plugin>>,
    folder_report: FolderReport,
    status: watch::Sender<Arc<[PluginStatus]>>,
    /// None: nobody publishes.
    published: Option<watch::Receiver<AllPublished>>,
}

impl Reloader {
    /// Knows the built-in plugins and nothing of the folder yet; nothing is loaded before [`Reloader::load_all`].
    pub fn new(settings: ReloadSettings, built_ins: Vec<BuiltIn>, engine: Engine, registry: Arc<Registry>) -> Self {
        let settling = Settling::new((&settings).into());
        let roster = Roster::new(&settings.dir, built_ins);
        let (status, _) = watch::channel(Arc::from([]));
        Self {
            settings,
            engine,
            registry,
            settling,
            roster,
            plugins: BTreeMap::new(),
            folder_report: FolderReport::default(),
            status,
            published: None,
        }
    }

    /// Follows what is published for all servers, too.
    pub fn follow_published(&mut self, published: watch::Receiver<AllPublished>) {
        self.published = Some(published);
    }

    /// How every plugin is, in name order; changes can be awaited.
    pub fn status(&self) -> watch::Receiver<Arc<[PluginStatus]>> {
        self.status.subscribe()
    }

    /// Loads everything once, built-in plugins and the folder as it is, in one swap. A bad file is told in the log and
    /// stops nothing; a missing folder is made.
    pub async fn load_all(&mut self) {
        let dir = self.settings.dir.clone();
        if let Err(error) = blocking(move || fs::create_dir_all(dir)).await {
            self.folder_report.unreadable(&self.settings.dir, &error);
        }
        self.look().await;
        let mut names = self.settling.take_all();
        names.extend(self.roster.built_in_names().cloned());
        names.extend(self.take_published());
        self.apply(names).await;
    }

    /// Follows the folder until it is told to stop. A plugin that is being loaded then is dropped.
    pub async fn run(mut self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.follow() => {}
        }
    }

    async fn follow(&mut self) {
        let dirty = Arc::new(Notify::new());
        let mut watched = None;
        let rescan = Duration::from_millis(self.settings.rescan_ms);
        let reread = Duration::from_millis(self.settings.reread_ms);
        let mut reread_at = Instant::now() + reread;
        loop {
            let folder = self.look().await;
            self.keep_watch(&mut watched, folder, &dirty).await;
            let looked_at = Instant::now();
            let mut names = self.settling.take(looked_at);
            if looked_at >= reread_at {
                names.extend(self.settling.at_rest());
                reread_at = looked_at + reread;
            }
            names.extend(self.take_published());
            self.apply(names).await;
            let next = self
                .settling
                .next_look()
                .map_or(looked_at + rescan, |at| at.min(looked_at + rescan));
            tokio::select! {
                () = dirty.notified() => {}
                () = published_again(self.published.as_mut()) => {}
                () = sleep_until(next) => {}
            }
            sleep_until(looked_at + LOOK_GAP).await;
        }
    }

    /// The plugins whose published version is another one than before.
    fn take_published(&mut self) -> Vec<String> {
        let Some(published) = &mut self.published else {
            return Vec::new();
        };
        let all = published.borrow_and_update().clone();
        let names = self.roster.publish(&all);
        for name in &names {
            if self.roster.hides_published(name) {
                report::hidden(name, &self.settings.dir);
            }
        }
        names
    }

    /// A folder that was replaced is another one, and its old watch tells nothing about it.
    async fn keep_watch(
        &mut self,
        watched: &mut Option<(FolderId, Watch)>,
        folder: Option<FolderId>,
        dirty: &Arc<Notify>,
    ) {
        if watched.as_ref().map(|(id, _)| *id) == folder {
            return;
        }
        *watched = None;
        let Some(folder) = folder else { return };
        let (dir, told) = (self.settings.dir.clone(), Arc::clone(dirty));
        match blocking(move || Watch::start(&dir, told).map_err(io::Error::other)).await {
            Ok(watch) => {
                *watched = Some((folder, watch));
                // Something may have happened between the look and the watch.
                dirty.notify_one();
            }
            Err(error) => self
                .folder_report
                .unwatched(&self.settings.dir, &error, self.settings.rescan_ms),
        }
    }

    /// Looks at the folder; tells which one it is. When it cannot be listed, nothing is known about its files, and what
    /// serves goes on.
    async fn look(&mut self) -> Option<FolderId> {
        let dir = self.settings.dir.clone();
        match blocking(move || folder::list(&dir)).await {
            Ok(Listing { folder, files, refused }) => {
                self.folder_report.listed(&self.settings.dir, refused);
                self.settling.look(&files, Instant::now());
                Some(folder)
            }
            Err(error) => {
                self.folder_report.unreadable(&self.settings.dir, &error);
                None
            }
        }
    }

    /// Brings these plugins in line with their files: everything that is loaded or stopped here switches in one swap.
    async fn apply(&mut self, names: BTreeSet<String>) {
        if names.is_empty() {
            return;
        }
        let mut refused = Vec::new();
        let mut stopped = Vec::new();
        let mut loads = Vec::new();
        for name in names {
            let Some(files) = self.read(&name).await else { continue };
            let decision = self.roster.decide(&name, &files, Instant::now());
            refused.extend(decision.refusals.into_iter().map(|refusal| (name.clone(), refusal)));
            if let Some(stop) = decision.stop {
                stopped.push((name, stop));
            } else if !decision.attempts.is_empty() {
                loads.push((name, Load::start(&self.engine, decision.attempts)));
            }
        }
        let mut loaded = Vec::new();
        for (name, load) in loads {
            let Loaded { refusals, plugin } = load.done().await;
            for refusal in refusals {
                self.roster.refuse(&name, refusal.clone());
                refused.push((name.clone(), refusal));
            }
            loaded.extend(plugin.map(|plugin| (name, plugin)));
        }
        self.switch(loaded, stopped);
        for (name, refusal) in refused {
            report::held(&name, &refusal.held, self.roster.active(&name));
        }
        let status = self.roster.status();
        self.status.send_if_modified(|shown| {
            let is_new = **shown != *status;
            *shown = status.into();
            is_new
        });
    }

    /// Reads a plugin's files as they were last seen. Nothing if one of them is not so any more: the next look shows the
    /// change, and it has to come to rest again.
    async fn read(&self, name: &str) -> Option<Files> {
        let [wasm, toml] = [Part::Wasm, Part::Toml].map(|part| PluginFile::new(name, part));
        Some(Files {
            wasm: self.read_file(wasm).await?,
            toml: self.read_file(toml).await?,
        })
    }

    async fn read_file(&self, file: PluginFile) -> Option<Content> {
        let (dir, seen) = (self.settings.dir.clone(), self.settling.sight(&file));
        blocking(move || Ok(folder::read(&dir, &file, seen)))
            .await
            .ok()
            .flatten()
    }

    fn switch(&mut self, loaded: Vec<(String, NewPlugin)>, stopped: Vec<(String, Stop)>) {
        let mut is_changed = !loaded.is_empty();
        for (name, _) in &stopped {
            is_changed |= self.plugins.remove(name).is_some();
        }
        for (name, new) in &loaded {
            self.plugins.insert(name.clone(), Arc::clone(&new.plugin));
        }
        let table = if is_changed {
            self.registry.swap(self.plugins.values().cloned().collect())
        } else {
            self.registry.current()
        };
        for (name, stop) in stopped {
            report::stopped(&name, stop, table.generation());
        }
        for (
            name,
            NewPlugin {
                identity,
                plugin,
                duration_ms,
            },
        ) in loaded
        {
            let active = Active {
                hash: plugin.hash().to_owned(),
                version: plugin.description().version.clone(),
                source: plugin.source().clone(),
            };
            let replaced = self.roster.serves(&name, identity, active.clone());
            report::switched(&plugin, &active, replaced.as_ref(), table.generation(), duration_ms);
        }
    }
}

/// Waits until something else is published. A publisher that is gone publishes nothing more.
async fn published_again(published: Option<&mut watch::Receiver<AllPublished>>) {
    let Some(published) = published else {
        return future::pending().await;
    };
    if published.changed().await.is_err() {
        future::pending().await
    }
}

/// File systems block, on a network mount for long.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

#[cfg(test)]
mod tests;
