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

/// Files of a plugin that lie there, or what is published in their place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lying {
    /// SHA-256 of the component, 64 hex digits; absent when it cannot be read.
    pub hash: Option<String>,
    /// SHA-256 of the settings, or empty without any.
    pub settings_hash: String,
}

/// The plugins that lie in the folder or are published, by name.
pub async fn lying(folder: PathBuf, published: &AllPublished) -> BTreeMap<String, Lying> {
    let settings_hash = |text: &String| super::hash(text.as_bytes());
    let of_published = |published: &super::Published| {
        let lying = Lying {
            hash: Some(super::hash(&published.wasm)),
            settings_hash: published.settings.as_ref().map(settings_hash).unwrap_or_default(),
        };
        (published.name.clone(), lying)
    };
    let mut all: BTreeMap<_, _> = published.iter().map(of_published).collect();
    let names: Vec<_> = all.keys().cloned().collect();
    let looked = task::spawn_blocking(move || (digests(&folder), settings_of(&folder, names)));
    let looked = timeout(ANSWER_MAX, looked).await.ok().and_then(Result::ok);
    let (files, settings) = looked.unwrap_or_default();
    // A file takes precedence, also one with the settings alone.
    for (name, hash) in settings {
        all.entry(name).or_default().settings_hash = hash;
    }
    all.extend(files);
    all
}

/// SHA-256 of the settings that lie there for these plugins.
fn settings_of(folder: &Path, names: Vec<String>) -> Vec<(String, String)> {
    let of = |name: String| {
        let path = folder.join(format!("{name}.{}", Part::Toml.extension()));
        let hash = digest(&path, SETTINGS_BYTES_MAX)?;
        Some((name, hash))
    };
    names.into_iter().filter_map(of).collect()
}

fn digest(path: &Path, bytes_max: u64) -> Option<String> {
    let is_usual = |it: &fs::Metadata| it.is_file() && (1..=bytes_max).contains(&it.len());
    let is_usual = fs::metadata(path).is_ok_and(|it| is_usual(&it));
    let bytes = is_usual.then(|| fs::read(path).ok()).flatten()?;
    Some(Digest::of(&bytes).to_string())
}

fn digests(folder: &Path) -> BTreeMap<String, Lying> {
    let Ok(files) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    let digests = files.filter_map(Result::ok).filter_map(|entry| {
        let file = classify(&entry.file_name())?.ok()?;
        if file.part != Part::Wasm {
            return None;
        }
        let settings = entry.path().with_extension(Part::Toml.extension());
        let lying = Lying {
            hash: digest(&entry.path(), COMPONENT_BYTES_MAX),
            settings_hash: digest(&settings, SETTINGS_BYTES_MAX).unwrap_or_default(),
        };
        Some((file.plugin, lying))
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
