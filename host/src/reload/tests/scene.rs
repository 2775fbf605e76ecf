//! Reloader on a folder of its own, with a clock that jumps and a log to read.

use std::{fs, path::PathBuf, sync::Arc};

use bytes::Bytes;
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinHandle, time};
use tokio_util::sync::CancellationToken;
use tracing::Level;

use crate::{
    plugin::{
        Registry, Table,
        fixture::{Fixture, Host, REPLY},
    },
    reload::{BuiltIn, PluginStatus, ReloadSettings, Reloader, digest::Digest},
    telemetry::Recorded,
};

/// Component made unique by this text of eight bytes.
pub(in crate::reload) fn component(text: &str) -> Bytes {
    Fixture::new("card.action.trigger", REPLY).text(1024, text).build()
}

/// Running reloader on a folder.
pub(in crate::reload) struct Scene {
    pub(in crate::reload) folder: PathBuf,
    pub(in crate::reload) registry: Arc<Registry>,
    pub(in crate::reload) status: watch::Receiver<Arc<[PluginStatus]>>,
    pub(in crate::reload) log: Recorded,
    pub(in crate::reload) run: Option<JoinHandle<()>>,
    pub(in crate::reload) stop: CancellationToken,
    _host: Host,
    _temp: TempDir,
}

/// Initial settings.
pub(in crate::reload) struct Start {
    pub(in crate::reload) settings: ReloadSettings,
    built_ins: Vec<BuiltIn>,
    temp: TempDir,
}

impl Start {
    pub(in crate::reload) fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let settings = ReloadSettings {
            // However slow the test machine is.
            together_ms_max: 60_000,
            first_together_ms_max: 60_000,
            ..ReloadSettings::at(temp.path().join("plugins"))
        };
        fs::create_dir(&settings.dir).unwrap();
        Self {
            settings,
            built_ins: Vec::new(),
            temp,
        }
    }

    pub(in crate::reload) fn file(self, name: &str, bytes: &[u8]) -> Self {
        fs::write(self.settings.dir.join(name), bytes).unwrap();
        self
    }

    pub(in crate::reload) fn built_in(mut self, name: &str, wasm: Bytes) -> Self {
        self.built_ins.push(BuiltIn {
            name: name.to_owned(),
            wasm,
            config: [].into(),
            grant: [].into(),
            is_on_request: false,
        });
        self
    }

    /// Starts and follows the folder; from here on time jumps.
    pub(in crate::reload) async fn go(self) -> Scene {
        let scene = self.go_in_real_time().await;
        time::pause();
        scene
    }

    pub(in crate::reload) async fn go_in_real_time(self) -> Scene {
        let (reloader, mut scene) = self.load().await;
        scene.follow(reloader);
        scene
    }

    /// Runs only the first load.
    pub(in crate::reload) async fn load(self) -> (Reloader, Scene) {
        let Self {
            settings,
            built_ins,
            temp,
        } = self;
        let log = Recorded::down_to(Level::INFO);
        let host = Host::start().await;
        let registry = Arc::new(Registry::new());
        let folder = settings.dir.clone();
        let mut reloader = Reloader::new(settings, built_ins, host.engine.clone(), Arc::clone(&registry));
        let status = reloader.status();
        reloader.load_all().await;
        let scene = Scene {
            folder,
            registry,
            status,
            log,
            run: None,
            stop: CancellationToken::new(),
            _host: host,
            _temp: temp,
        };
        (reloader, scene)
    }
}

impl Scene {
    pub(in crate::reload) fn follow(&mut self, reloader: Reloader) {
        self.run = Some(tokio::spawn(reloader.run(self.stop.clone())));
    }

    pub(in crate::reload) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.join(name), bytes).unwrap();
    }

    /// Writes a file aside and renames it into place, as careful deployments do.
    pub(in crate::reload) fn put(&self, name: &str, bytes: &[u8]) {
        let aside = format!("{name}.tmp");
        self.write(&aside, bytes);
        fs::rename(self.folder.join(aside), self.folder.join(name)).unwrap();
    }

    pub(in crate::reload) fn delete(&self, name: &str) {
        fs::remove_file(self.folder.join(name)).unwrap();
    }

    pub(in crate::reload) fn table(&self) -> Arc<Table> {
        self.registry.current()
    }

    /// Hash of the version that serves under this name.
    pub(in crate::reload) fn serving(&self, name: &str) -> Option<String> {
        self.table().plugin(name).map(|plugin| plugin.hash().to_owned())
    }

    pub(in crate::reload) fn held(&self, name: &str) -> Option<String> {
        let status = self.status.borrow();
        status
            .iter()
            .find(|status| status.name == name)?
            .held
            .as_ref()
            .map(|held| held.reason.en().to_owned())
    }

    /// Waits for the state that the folder must lead to.
    pub(in crate::reload) async fn until(&mut self, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            self.status.changed().await.unwrap();
        }
    }

    pub(in crate::reload) async fn until_serving(&mut self, name: &str, wasm: &Bytes) {
        let hash = Digest::of(wasm).to_string();
        self.until(|scene| scene.serving(name).as_ref() == Some(&hash)).await;
    }

    pub(in crate::reload) async fn until_gone(&mut self, name: &str) {
        self.until(|scene| scene.serving(name).is_none()).await;
    }

    pub(in crate::reload) async fn until_held(&mut self, name: &str, reason: &str) {
        self.until(|scene| scene.held(name).is_some_and(|held| held.contains(reason)))
            .await;
    }

    /// Advances the clock by a minute, after which everything pending has happened.
    pub(in crate::reload) async fn a_minute_goes_by(&self) {
        time::sleep(time::Duration::from_mins(1)).await;
    }
}
