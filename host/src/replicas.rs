//! Servers that share a database: plugins that are published for all of them, and how each gets on with them.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use lark_callback_store::{NewPlugin, PluginReport, PluginVersion, Store, StoreError};
use tokio::{
    sync::{Notify, watch},
    task,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    plugin::Source,
    reload::{self, AllPublished, PluginStatus, Published},
    telemetry::chain,
};

/// What a server among others is told.
#[derive(Debug, Clone)]
pub struct ReplicaSettings {
    /// How often the database is asked what is published; a hint of another server comes sooner.
    pub poll: Duration,
    /// How often a report is renewed that has not changed, so that it is not taken for one of a server that is gone.
    pub report: Duration,
    /// Whether plugins of this server's folder are published.
    pub shares_folder: bool,
}

impl Default for ReplicaSettings {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(2),
            report: Duration::from_secs(30),
            shares_folder: false,
        }
    }
}

/// How every plugin is, as the reloader tells it.
pub type Statuses = watch::Receiver<Arc<[PluginStatus]>>;

/// Brings published plugins to the reloader, and its reports to the others.
#[derive(Debug)]
pub struct Replica {
    store: Store,
    settings: ReplicaSettings,
    /// Milliseconds since 1970.
    now_ms: fn() -> u64,
    published: watch::Sender<AllPublished>,
    known: Vec<PluginVersion>,
    /// What this server has published from its folder: names and hashes.
    shared: BTreeMap<String, String>,
    is_well: bool,
}

impl Replica {
    /// One that knows of nothing published yet.
    pub fn new(store: Store, settings: ReplicaSettings, now_ms: fn() -> u64) -> Self {
        Self {
            store,
            settings,
            now_ms,
            published: watch::channel(AllPublished::from([])).0,
            known: Vec::new(),
            shared: BTreeMap::new(),
            is_well: true,
        }
    }

    /// What is published; changes can be awaited.
    pub fn published(&self) -> watch::Receiver<AllPublished> {
        self.published.subscribe()
    }

    /// Asks the database what is published. When it does not answer, what is known goes on.
    pub async fn look(&mut self) {
        match self.read().await {
            Ok(()) => self.is_well = true,
            Err(error) if std::mem::take(&mut self.is_well) => tracing::warn!(
                error = chain(&error),
                "Could not read which plugins are published for all servers; the loaded ones keep serving, retrying"
            ),
            Err(_) => {}
        }
    }

    async fn read(&mut self) -> Result<(), StoreError> {
        let versions = self.store.published_plugins().await?;
        if versions == self.known {
            return Ok(());
        }
        let mut all = Vec::new();
        for version in &versions {
            let Some(wasm) = self.wasm(version).await? else {
                // Replaced since the list was read; the next look shows by what.
                return Ok(());
            };
            all.push(Published {
                name: version.plugin.clone(),
                wasm,
                settings: version.settings.clone(),
            });
        }
        self.published.send_replace(all.into());
        self.known = versions;
        Ok(())
    }

    /// The bytes of a version: those that are here already, if they are the same.
    async fn wasm(&self, version: &PluginVersion) -> Result<Option<Bytes>, StoreError> {
        let is_same = |known: &PluginVersion| known.plugin == version.plugin && known.hash == version.hash;
        if self.known.iter().any(is_same) {
            let all = self.published.borrow();
            let here = all.iter().find(|published| published.name == version.plugin);
            return Ok(here.map(|published| published.wasm.clone()));
        }
        Ok(self.store.plugin_wasm(&version.hash).await?.map(Bytes::from))
    }

    /// Runs until `stop` is cancelled; `hinted` rings when another server has published something.
    pub async fn run(mut self, mut statuses: Statuses, hinted: Arc<Notify>, stop: CancellationToken) {
        let mut polls = interval(self.settings.poll);
        let mut reports = interval(self.settings.report);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        reports.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick comes at once, and with it the first report.
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = polls.tick() => self.look().await,
                () = hinted.notified() => self.look().await,
                _ = reports.tick() => self.report(&mut statuses).await,
                Ok(()) = statuses.changed() => self.report(&mut statuses).await,
            }
        }
    }

    /// Tells the others how this server gets on; one that is late is of no use, so it is not tried again before the next.
    async fn report(&mut self, statuses: &mut Statuses) {
        let all = Arc::clone(&statuses.borrow_and_update());
        let reports = all.iter().map(|status| PluginReport {
            node: self.store.node().to_owned(),
            plugin: status.name.clone(),
            hash: status.active.as_ref().map(|active| active.hash.clone()),
            reason: status
                .held
                .as_ref()
                .map(|held| format!("{}: {}", held.source, held.reason)),
        });
        if let Err(error) = self.store.report_plugins(reports.collect(), (self.now_ms)()).await {
            tracing::debug!(
                error = chain(&error),
                "Could not report the state of this server's plugins"
            );
        }
        if self.settings.shares_folder {
            self.share(&all).await;
        }
    }

    /// Publishes what serves from this server's folder, each version once.
    async fn share(&mut self, statuses: &[PluginStatus]) {
        for status in statuses {
            let Some(active) = &status.active else { continue };
            let Source::File(path) = &active.source else { continue };
            if self.shared.get(&status.name) == Some(&active.hash) {
                continue;
            }
            let Some(wasm) = read(path.clone(), &active.hash).await else {
                continue;
            };
            let new = NewPlugin {
                plugin: status.name.clone(),
                hash: active.hash.clone(),
                wasm,
                settings: None,
                by: self.store.node().to_owned(),
                now_ms: (self.now_ms)(),
            };
            match self.store.publish_plugin(new).await {
                Ok(()) => {
                    tracing::info!(
                        plugin.name = status.name,
                        "Plugin {} is published for all servers",
                        status.name
                    );
                    self.shared.insert(status.name.clone(), active.hash.clone());
                }
                Err(error) => tracing::warn!(
                    plugin.name = status.name,
                    error = chain(&error),
                    "Could not publish a plugin from the folder; retrying"
                ),
            }
        }
    }
}

/// A file, if it still is what serves.
async fn read(path: PathBuf, hash: &str) -> Option<Vec<u8>> {
    let wasm = task::spawn_blocking(move || std::fs::read(path)).await.ok()?.ok()?;
    (reload::hash(&wasm) == hash).then_some(wasm)
}
