//! What lies in a folder of plugins, for whoever has to know before any is loaded: which want a canary, and the components.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{task, time::timeout};

use super::{
    AllPublished,
    digest::Digest,
    name::{Part, classify},
};
use crate::plugin::Settings;

/// Time limit for the file system. Without an answer nothing is loaded from it either.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Longer settings are none.
const SETTINGS_BYTES_MAX: u64 = 1 << 20;

/// A larger component is not loaded either.
const COMPONENT_BYTES_MAX: u64 = 64 << 20;

/// The plugins that lie in the folder or are published, with the SHA-256 of the component in 64 hex digits; absent for one that
/// cannot be read.
pub async fn components(folder: PathBuf, published: &AllPublished) -> BTreeMap<String, Option<String>> {
    let of_published = |published: &super::Published| (published.name.clone(), Some(super::hash(&published.wasm)));
    let mut all: BTreeMap<_, _> = published.iter().map(of_published).collect();
    let looked = timeout(ANSWER_MAX, task::spawn_blocking(move || digests(&folder)));
    // A file takes precedence.
    all.extend(looked.await.ok().and_then(Result::ok).unwrap_or_default());
    all
}

fn digests(folder: &Path) -> BTreeMap<String, Option<String>> {
    let Ok(files) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    let digests = files.filter_map(Result::ok).filter_map(|entry| {
        let file = classify(&entry.file_name())?.ok()?;
        if file.part != Part::Wasm {
            return None;
        }
        let is_usual = |it: &fs::Metadata| it.is_file() && (1..=COMPONENT_BYTES_MAX).contains(&it.len());
        let is_usual = fs::metadata(entry.path()).is_ok_and(|it| is_usual(&it));
        let bytes = is_usual.then(|| fs::read(entry.path()).ok()).flatten();
        Some((file.plugin, bytes.map(|bytes| Digest::of(&bytes).to_string())))
    });
    digests.collect()
}

/// Names of the plugins whose settings have a canary, or cannot be read and may have one.
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
        let may_be = Settings::parse(&text).map_or(true, |settings| settings.canary.is_some());
        may_be.then_some(file.plugin)
    });
    names.collect()
}
