//! The plugins of a folder that want a canary, for whoever has to know before they are loaded.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{task, time::timeout};

use super::{
    AllPublished,
    name::{Part, classify},
};
use crate::plugin::Settings;

/// Time limit for the file system. Without an answer nothing is loaded from it either.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Longer settings are none.
const SETTINGS_BYTES_MAX: u64 = 1 << 20;

/// Names of the plugins whose settings have a canary. Settings that cannot be read have none.
pub async fn with_canary(folder: PathBuf) -> Vec<String> {
    let looked = timeout(ANSWER_MAX, task::spawn_blocking(move || look(&folder)));
    looked.await.ok().and_then(Result::ok).unwrap_or_default()
}

/// The same of those that are published.
pub fn with_canary_published(all: &AllPublished) -> Vec<String> {
    let wants = |text: &String| Settings::parse(text).is_ok_and(|settings| settings.canary.is_some());
    let wanting = all
        .iter()
        .filter(|published| published.settings.as_ref().is_some_and(wants));
    wanting.map(|published| published.name.clone()).collect()
}

fn look(folder: &Path) -> Vec<String> {
    let Ok(files) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = files.filter_map(Result::ok).filter_map(|entry| {
        let file = classify(&entry.file_name())?.ok()?;
        let is_small = || fs::metadata(entry.path()).is_ok_and(|it| it.is_file() && it.len() <= SETTINGS_BYTES_MAX);
        if file.part != Part::Toml || !is_small() {
            return None;
        }
        let text = fs::read_to_string(entry.path()).ok()?;
        let settings = Settings::parse(&text).ok()?;
        settings.canary.map(|_| file.plugin)
    });
    names.collect()
}
