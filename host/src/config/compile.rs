//! Settings for compiling plugins, and for the cache of compiled plugins.

use std::{
    env,
    path::{Path, PathBuf},
};

use lark_callback_store::{Database, StoreSettings};

use super::{read::Reader, settings};
use crate::plugin::CompileSettings;

/// Value that disables the cache.
const OFF: &str = "off";

impl Reader<'_> {
    pub(super) fn compile(&mut self, store: &StoreSettings) -> CompileSettings {
        CompileSettings {
            program: None,
            cpu_seconds_max: self.number(&settings::CALLBACK_COMPILE_SECONDS_MAX),
            memory_bytes_max: self.number(&settings::CALLBACK_COMPILE_BYTES_MAX),
            cache_dir: match self.text(settings::CALLBACK_CACHE_DIR.name) {
                Some(OFF) => None,
                Some(dir) => Some(dir.into()),
                None => Some(beside(store)),
            },
            cache_bytes_max: self.number(&settings::CALLBACK_CACHE_BYTES_MAX),
            reuses_functions: false,
            long: None,
        }
    }
}

/// Default cache folder: next to the database, or where a SQLite file would be.
fn beside(store: &StoreSettings) -> PathBuf {
    let folder = match &store.database {
        Database::Sqlite(path) => path.parent().unwrap_or_else(|| Path::new("")),
        Database::Postgres(_) => Path::new("data"),
    };
    folder.join("cache")
}

/// The folder where the commands for authors keep what was compiled: `CALLBACK_CACHE_DIR`, or `lark-callback` where the
/// person's programs keep such things. Absent: nothing is kept.
#[expect(clippy::disallowed_methods, reason = "this is `config`")]
pub fn author_cache_dir() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    if let Some(chosen) = set(settings::CALLBACK_CACHE_DIR.name) {
        return (chosen != OFF).then(|| chosen.into());
    }
    let whole = |path: &PathBuf| path.is_absolute();
    let caches = set("XDG_CACHE_HOME").map(PathBuf::from).filter(whole);
    let caches = caches.or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")).filter(whole))?;
    Some(caches.join("lark-callback"))
}
