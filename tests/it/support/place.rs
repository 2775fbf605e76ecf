//! A folder of a test's own with plugins, database and settings: what an operator prepares before a start.

use std::{fs, os::fd::OwnedFd, path::PathBuf};

use tempfile::TempDir;

use super::{clock, lark::Lark, program::Program, scene::Scene, wait::within};

/// The name under which the server looks for it in its working folder.
pub(super) const SETTINGS_FILE: &str = "lark-callback.toml";

/// Folder and settings of a server, without the server.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) lark: Lark,
    folder: TempDir,
    settings: Vec<(String, String)>,
    /// The program that compiles the plugins of a server inside this process.
    pub(super) compiler: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        clock::reset();
        let lark = Lark {
            app_id: "cli_of_the_tests".to_owned(),
            token: "verification-token-of-the-tests".to_owned(),
            encrypt_key: "encrypt-key-of-the-tests".to_owned(),
        };
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("plugins")).unwrap();
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let settings = [
            ("CALLBACK_SERVER_ENABLED", "true".to_owned()),
            ("CALLBACK_SERVER_HOST", "127.0.0.1".to_owned()),
            ("CALLBACK_SERVER_PORT", "0".to_owned()),
            ("CALLBACK_ADMIN", "off".to_owned()),
            ("CALLBACK_PLUGINS_DIR", path("plugins")),
            // One for all tests, so that each guest is compiled once.
            (
                "CALLBACK_CACHE_DIR",
                concat!(env!("CARGO_TARGET_TMPDIR"), "/cache").to_owned(),
            ),
            ("TOKEN_DB_PATH", path("data/config.db")),
            ("LARK_APP_ID", lark.app_id.clone()),
            ("LARK_APP_SECRET", "app-secret-of-the-tests".to_owned()),
            ("LARK_VERIFICATION_TOKEN", lark.token.clone()),
            ("LARK_ENCRYPT_KEY", lark.encrypt_key.clone()),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value)).into();
        Self {
            lark,
            folder,
            settings,
            compiler: env!("CARGO_BIN_EXE_lark-callback").into(),
        }
    }

    /// One of the test plugins, under its own name.
    pub(crate) fn plugin(self, guest: &str) -> Self {
        self.plugin_as(guest, guest)
    }

    pub(crate) fn plugin_as(self, name: &str, guest: &str) -> Self {
        let wasm = wasm(guest);
        self.file(&format!("{name}.wasm"), &wasm)
    }

    /// A file in the folder of plugins, there before the server starts.
    pub(crate) fn file(self, name: &str, content: &[u8]) -> Self {
        self.write(name, content);
        self
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self = self.unset(name);
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn unset(mut self, name: &str) -> Self {
        self.settings.retain(|(other, _)| other != name);
        self
    }

    /// The settings file, for what the environment cannot say.
    pub(crate) fn settings_file(self, text: &str) -> Self {
        fs::write(self.path(SETTINGS_FILE), text).unwrap();
        self
    }

    pub(crate) fn settings(&self) -> &[(String, String)] {
        &self.settings
    }

    /// A path inside the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A path inside the folder of plugins.
    pub(crate) fn plugin_path(&self, name: &str) -> PathBuf {
        self.path("plugins").join(name)
    }

    /// Writes into the folder of plugins at once, as a careless person does it.
    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.plugin_path(name), content).unwrap();
    }

    /// Writes aside and renames, as a careful person does it.
    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        let aside = self.path(&format!("{name}.aside"));
        fs::write(&aside, content).unwrap();
        fs::rename(aside, self.plugin_path(name)).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.plugin_path(name)).unwrap();
    }

    /// A cache of this place's own, with nothing in it.
    pub(crate) fn own_cache(self) -> Self {
        let cache = self.path("cache");
        self.set("CALLBACK_CACHE_DIR", &cache.to_string_lossy())
    }

    /// Has plugins compiled by another program than the server's own.
    pub(crate) fn compiled_by(mut self, program: impl Into<PathBuf>) -> Self {
        self.compiler = program.into();
        self
    }

    /// Serves inside this process.
    pub(crate) async fn serve(self) -> Scene {
        let scene = self.serve_at_once().await;
        within("the plugins", scene.server().loaded()).await;
        scene
    }

    /// The same, while its plugins may still be loading.
    pub(crate) async fn serve_at_once(self) -> Scene {
        // The start of a whole server is a large future.
        Box::pin(Scene::start(self)).await
    }

    /// Runs the real binary here, with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Program {
        Program::start(self, arguments, &[])
    }

    /// The same with some settings changed.
    pub(crate) fn run_with(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Program {
        Program::start(self, arguments, settings)
    }

    /// Runs the real binary here with listening sockets that somebody else has bound.
    pub(crate) fn activate(&self, sockets: [Option<OwnedFd>; 2], names: &str) -> Program {
        Program::activated(self, sockets, names)
    }
}

/// The component of a test plugin.
pub(crate) fn wasm(guest: &str) -> Vec<u8> {
    fs::read(test_guests::guest(guest)).unwrap()
}
