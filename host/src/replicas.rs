//! Servers that share a database: plugins published to all of them, and each server's reports about them.
//!
//! Tested with several servers on one PostgreSQL in `tests/it/replicas.rs`.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use lark_callback_store::{NewPlugin, PluginReport, PluginVersion, Store, StoreError};
use tokio::{
    sync::{Notify, watch},
    task,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    plugin::{Source, TrustedKeys},
    reload::{self, AllPublished, PluginStatus, Published},
    telemetry::chain,
};

/// Time for the last report at the stop.
const LAST_REPORT_MAX: Duration = Duration::from_secs(1);

/// Settings of a server that shares its database.
#[derive(Debug, Clone)]
pub struct ReplicaSettings {
    /// Interval at which the database is asked for published plugins; notifications from other servers arrive sooner.
    pub poll: Duration,
    /// Interval at which an unchanged report is renewed, so that the server is not taken for one that is gone.
    pub report: Duration,
    /// Whether plugins in this server's folder are published.
    pub shares_folder: bool,
    /// Keys of which one must have signed each published plugin, if there are any.
    pub keys: TrustedKeys,
}

impl Default for ReplicaSettings {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(2),
            report: Duration::from_secs(30),
            shares_folder: false,
            keys: TrustedKeys::default(),
        }
    }
}

/// Plugin states from the reloader.
pub type Statuses = watch::Receiver<Arc<[PluginStatus]>>;

/// Synchronisation of published plugins with the reloader, and of its reports with the other servers.
#[derive(Debug)]
pub struct Replica {
    store: Store,
    settings: ReplicaSettings,
    /// Milliseconds since 1970.
    now_ms: fn() -> u64,
    published: watch::Sender<AllPublished>,
    known: Vec<PluginVersion>,
    /// Plugins this server has published from its folder: names and hashes.
    shared: BTreeMap<String, String>,
    /// What the database holds of this server, unless it is to be written whatever it is.
    reported: Option<Vec<PluginReport>>,
    is_well: bool,
}

impl Replica {
    /// Starts with no published plugins known.
    pub fn new(store: Store, settings: ReplicaSettings, now_ms: fn() -> u64) -> Self {
        Self {
            store,
            settings,
            now_ms,
            published: watch::channel(AllPublished::from([])).0,
            known: Vec::new(),
            shared: BTreeMap::new(),
            reported: None,
            is_well: true,
        }
    }

    /// Published plugins; receivers are notified of changes.
    pub fn published(&self) -> watch::Receiver<AllPublished> {
        self.published.subscribe()
    }

    /// Asks the database for published plugins. If it does not answer, the known ones stay.
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
        let mut known = Vec::new();
        for version in &versions {
            let wasm = match self.wasm(version).await? {
                Some(wasm) if reload::hash(&wasm) == version.hash => wasm,
                // Replaced since the list was read, or lost. The next look asks for it again.
                None => {
                    all.extend(self.published_before(&version.plugin));
                    continue;
                }
                Some(_) => {
                    tracing::error!(
                        plugin.name = version.plugin,
                        "The published bytes of plugin {} are not those that were published (another SHA-256), so they are not \
                         used, and what serves goes on; publish it again",
                        version.plugin
                    );
                    all.extend(self.published_before(&version.plugin));
                    known.push(version.clone());
                    continue;
                }
            };
            known.push(version.clone());
            let fault = self
                .settings
                .keys
                .is_asked_for()
                .then(|| self.settings.keys.check(&wasm, version.signature.as_deref()).err());
            all.push(Published {
                name: version.plugin.clone(),
                wasm,
                settings: version.settings.clone(),
                signature: version.signature.clone().map(Bytes::from),
                fault: fault.flatten(),
            });
        }
        self.published.send_replace(all.into());
        self.known = known;
        Ok(())
    }

    /// What was published under a name before, as far as this server has it.
    fn published_before(&self, plugin: &str) -> Option<Published> {
        let all = self.published.borrow();
        all.iter().find(|published| published.name == plugin).cloned()
    }

    /// Returns the bytes of a version, from memory if they are unchanged.
    async fn wasm(&self, version: &PluginVersion) -> Result<Option<Bytes>, StoreError> {
        let is_same = |known: &PluginVersion| known.plugin == version.plugin && known.hash == version.hash;
        if self.known.iter().any(is_same) {
            let all = self.published.borrow();
            // In the place of damaged bytes those before them are kept.
            let is_it = |here: &&Published| here.name == version.plugin && reload::hash(&here.wasm) == version.hash;
            if let Some(here) = all.iter().find(is_it) {
                return Ok(Some(here.wasm.clone()));
            }
        }
        Ok(self.store.plugin_wasm(&version.hash).await?.map(Bytes::from))
    }

    /// Runs until `stop` is cancelled; `hinted` is notified when another server has published something. A file that
    /// does not answer delays no stop, and a database a second.
    pub async fn run(mut self, statuses: Statuses, hinted: Arc<Notify>, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.follow(statuses, &hinted) => {}
        }
        // Nothing serves here any more. A server that is killed is known by its lease.
        if self.reported.is_some() {
            let _ = timeout(LAST_REPORT_MAX, self.store.report_plugins(Vec::new(), (self.now_ms)())).await;
        }
    }

    async fn follow(&mut self, mut statuses: Statuses, hinted: &Notify) {
        let mut polls = interval(self.settings.poll);
        let mut reports = interval(self.settings.report);
        polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
        reports.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick fires immediately, and with it the first report.
        loop {
            tokio::select! {
                _ = polls.tick() => self.look().await,
                () = hinted.notified() => self.look().await,
                _ = reports.tick() => {
                    self.reported = None;
                    self.report(&mut statuses).await;
                }
                Ok(()) = statuses.changed() => self.report(&mut statuses).await,
            }
        }
    }

    /// Saves this server's report for the others, unless only what is not reported has changed: that a plugin is being loaded
    /// is over in a moment. A failed write is not retried, because the next report replaces it.
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
        let reports: Vec<_> = reports.collect();
        if self.reported.as_ref() != Some(&reports) {
            match self.store.report_plugins(reports.clone(), (self.now_ms)()).await {
                Ok(()) => self.reported = Some(reports),
                Err(error) => tracing::debug!(
                    error = chain(&error),
                    "Could not report the state of this server's plugins"
                ),
            }
        }
        if self.settings.shares_folder {
            self.share(&all).await;
        }
    }

    /// Publishes the plugins served from this server's folder, each version once.
    async fn share(&mut self, statuses: &[PluginStatus]) {
        for status in statuses {
            let Some(active) = &status.active else { continue };
            let Source::File(path) = &active.source else { continue };
            if self.shared.get(&status.name) == Some(&active.hash) {
                continue;
            }
            let keys = self.settings.keys.clone();
            let Some((wasm, signature)) = read(path.clone(), active.hash.clone(), keys).await else {
                continue;
            };
            let new = NewPlugin {
                signature: signature.map(Vec::from),
                settings_origin: None,
                plugin: status.name.clone(),
                hash: active.hash.clone(),
                wasm: wasm.into(),
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

/// Reads a component with its signature, if it is still the version being served and somebody vouches for it. Files may have
/// changed since they were loaded.
async fn read(path: PathBuf, hash: String, keys: TrustedKeys) -> Option<(Bytes, Option<Bytes>)> {
    let read = move || {
        let (wasm, signature) = reload::read_component(&path)?;
        let is_fit =
            reload::hash(&wasm) == hash && (!keys.is_asked_for() || keys.check(&wasm, signature.as_deref()).is_ok());
        is_fit.then_some((wasm, signature))
    };
    task::spawn_blocking(read).await.ok()?
}
