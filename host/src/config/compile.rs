//! Settings for compiling plugins, and for the cache of compiled plugins.

use std::path::{Path, PathBuf};

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
