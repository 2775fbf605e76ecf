//! The settings of compiling plugins, and of the cache for what was compiled.

use std::path::{Path, PathBuf};

use lark_callback_store::{Database, StoreSettings};

use super::read::Reader;
use crate::plugin::CompileSettings;

/// The word that switches the cache off.
const OFF: &str = "off";

impl Reader<'_> {
    pub(super) fn compile(&mut self, store: &StoreSettings) -> CompileSettings {
        let default = CompileSettings::default();
        CompileSettings {
            program: None,
            cpu_seconds_max: self.number("CALLBACK_COMPILE_SECONDS_MAX", default.cpu_seconds_max, 1..=3_600),
            memory_bytes_max: self.number(
                "CALLBACK_COMPILE_BYTES_MAX",
                default.memory_bytes_max,
                256 << 20..=1 << 40,
            ),
            cache_dir: match self.text("CALLBACK_CACHE_DIR") {
                Some(OFF) => None,
                Some(dir) => Some(dir.into()),
                None => Some(beside(store)),
            },
            cache_bytes_max: self.number("CALLBACK_CACHE_BYTES_MAX", default.cache_bytes_max, 1 << 20..=1 << 40),
        }
    }
}

/// Beside the database, or where it would be.
fn beside(store: &StoreSettings) -> PathBuf {
    let folder = match &store.database {
        Database::Sqlite(path) => path.parent().unwrap_or_else(|| Path::new("")),
        Database::Postgres(_) => Path::new("data"),
    };
    folder.join("cache")
}
