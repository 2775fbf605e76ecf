//! A server's reloader on a folder of its own, with a clock that jumps and a log to read.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinHandle, time};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    plugin::{
        Registry, Table,
        fixture::{Fixture, Host, REPLY},
    },
    reload::{BuiltIn, PluginStatus, ReloadSettings, Reloader, digest::Digest},
};

/// A component that differs from all others by this text of eight bytes.
pub(super) fn component(text: &str) -> Bytes {
    Fixture::new("card.action.trigger", REPLY).text(1024, text).build()
}

/// A server's reloader, started on a folder.
pub(super) struct Scene {
    pub(super) folder: PathBuf,
    pub(super) registry: Arc<Registry>,
    pub(super) status: watch::Receiver<Arc<[PluginStatus]>>,
    pub(super) log: Log,
    pub(super) run: JoinHandle<()>,
    pub(super) stop: DropGuard,
    _capture: tracing::subscriber::DefaultGuard,
    _host: Host,
    _temp: TempDir,
}

/// What to start with.
pub(super) struct Start {
    pub(super) settings: ReloadSettings,
    built_ins: Vec<BuiltIn>,
    temp: TempDir,
}

impl Start {
    pub(super) fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let settings = ReloadSettings::at(temp.path().join("plugins"));
        fs::create_dir(&settings.dir).unwrap();
        Self {
            settings,
            built_ins: Vec::new(),
            temp,
        }
    }

    pub(super) fn file(self, name: &str, bytes: &[u8]) -> Self {
        fs::write(self.settings.dir.join(name), bytes).unwrap();
        self
    }

    pub(super) fn built_in(mut self, name: &str, wasm: Bytes) -> Self {
        self.built_ins.push(BuiltIn {
            name: name.to_owned(),
            wasm,
            config: [].into(),
        });
        self
    }

    /// From here on time jumps.
    pub(super) async fn go(self) -> Scene {
        let scene = self.go_in_real_time().await;
        time::pause();
        scene
    }

    pub(super) async fn go_in_real_time(self) -> Scene {
        let Self {
            settings,
            built_ins,
            temp,
        } = self;
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(log.clone())
            .with_ansi(false)
            .without_time()
            .finish();
        let capture = tracing::subscriber::set_default(subscriber);
        let host = Host::start().await;
        let registry = Arc::new(Registry::new());
        let folder = settings.dir.clone();
        let mut reloader = Reloader::new(settings, built_ins, host.engine.clone(), Arc::clone(&registry));
        let status = reloader.status();
        reloader.load_all().await;
        let stop = CancellationToken::new();
        let run = tokio::spawn(reloader.run(stop.clone()));
        Scene {
            folder,
            registry,
            status,
            log,
            run,
            stop: stop.drop_guard(),
            _capture: capture,
            _host: host,
            _temp: temp,
        }
    }
}

impl Scene {
    pub(super) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.join(name), bytes).unwrap();
    }

    /// Written aside and renamed, as a careful person does it.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) {
        let aside = format!("{name}.tmp");
        self.write(&aside, bytes);
        fs::rename(self.folder.join(aside), self.folder.join(name)).unwrap();
    }

    pub(super) fn delete(&self, name: &str) {
        fs::remove_file(self.folder.join(name)).unwrap();
    }

    pub(super) fn table(&self) -> Arc<Table> {
        self.registry.current()
    }

    /// The hash of what serves under this name.
    pub(super) fn serving(&self, name: &str) -> Option<String> {
        self.table().plugin(name).map(|plugin| plugin.hash().to_owned())
    }

    pub(super) fn held(&self, name: &str) -> Option<String> {
        let status = self.status.borrow();
        status
            .iter()
            .find(|status| status.name == name)?
            .held
            .as_ref()
            .map(|held| held.reason.clone())
    }

    /// Waits for the state that the folder must lead to.
    pub(super) async fn until(&mut self, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            self.status.changed().await.unwrap();
        }
    }

    pub(super) async fn until_serving(&mut self, name: &str, wasm: &Bytes) {
        let hash = Digest::of(wasm).to_string();
        self.until(|scene| scene.serving(name).as_ref() == Some(&hash)).await;
    }

    pub(super) async fn until_gone(&mut self, name: &str) {
        self.until(|scene| scene.serving(name).is_none()).await;
    }

    pub(super) async fn until_held(&mut self, name: &str, reason: &str) {
        self.until(|scene| scene.held(name).is_some_and(|held| held.contains(reason)))
            .await;
    }

    /// Lets a minute of the jumping clock go by: everything that is to happen has happened.
    pub(super) async fn a_minute_goes_by(&self) {
        time::sleep(time::Duration::from_mins(1)).await;
    }
}

/// Everything that was logged.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(super) fn lines_with(&self, text: &str) -> Vec<String> {
        let bytes = self.0.lock().unwrap();
        String::from_utf8_lossy(&bytes)
            .lines()
            .filter(|line| line.contains(text))
            .map(str::to_owned)
            .collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
