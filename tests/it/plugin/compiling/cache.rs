//! The cache: what was compiled is not compiled again, and nothing in it is believed that this server has not written.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::support::{Place, Scene};

/// A program that compiles nothing.
const NOBODY: &str = "/nonexistent/compiler";

/// A place whose server has run once with this plugin, and compiled it.
async fn compiled() -> Place {
    Place::new().own_cache().plugin("second").serve().await.stop().await
}

/// The entries with compiled code: of the plugin and of the built-in one.
fn entries(place: &Place) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.path("cache"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut entries: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|ending| ending == "code"))
        .collect();
    entries.sort();
    assert_eq!(entries.len(), 2, "{entries:?}");
    entries
}

async fn answers(scene: &Scene) {
    let answer = scene.click(json!({"second": "hello"})).await;
    assert_eq!(answer.toast(), "version 1 heard hello");
}

#[tokio::test]
async fn what_was_compiled_is_not_compiled_again() {
    let scene = compiled().await.compiled_by(NOBODY).serve().await;
    answers(&scene).await;
    assert!(scene.log.lines_with("is not used").is_empty());
}

#[tokio::test]
async fn the_folder_and_all_in_it_are_the_server_s_alone() {
    let place = compiled().await;
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&place.path("cache")), 0o700);
    for entry in fs::read_dir(place.path("cache")).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[tokio::test]
async fn an_entry_that_is_not_as_it_was_written_is_told_and_compiled_again() {
    let spoil: [fn(&Path, &Path); 5] = [
        |entry, _| {
            let mut bytes = fs::read(entry).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(entry, bytes).unwrap();
        },
        |entry, _| {
            let bytes = fs::read(entry).unwrap();
            fs::write(entry, &bytes[..bytes.len() / 2]).unwrap();
        },
        |entry, _| fs::write(entry, "").unwrap(),
        // What was compiled for another plugin.
        |entry, other| {
            fs::copy(other, entry).unwrap();
        },
        |entry, _| fs::set_permissions(entry, Permissions::from_mode(0o666)).unwrap(),
    ];
    for spoil in spoil {
        let place = compiled().await;
        let [one, other] = entries(&place).try_into().unwrap();
        spoil(&one, &other);
        spoil(&other, &one);
        let scene = place.serve().await;
        answers(&scene).await;
        assert!(!scene.log.lines_with("the plugin is compiled again").is_empty());
        // And it is whole again.
        answers(&scene.stop().await.compiled_by(NOBODY).serve().await).await;
    }
}

#[tokio::test]
async fn entries_of_another_key_are_not_believed() {
    let place = compiled().await;
    fs::write(place.path("cache/key"), [7; 64]).unwrap();
    let scene = place.serve().await;
    answers(&scene).await;
    assert_eq!(
        scene.log.lines_with("its signature is wrong").len(),
        4,
        "two of code, two notes"
    );
}

#[tokio::test]
async fn a_folder_that_others_may_use_is_not_used() {
    let place = compiled().await;
    fs::set_permissions(place.path("cache"), Permissions::from_mode(0o770)).unwrap();
    let scene = place.serve().await;
    answers(&scene).await;
    let lines = scene.log.lines_with("Not using the cache for compiled plugins");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("chmod 700"), "{lines:?}");
}

#[tokio::test]
async fn a_server_without_a_cache_compiles_each_time() {
    let place = Place::new().set("CALLBACK_CACHE_DIR", "off").plugin("second");
    let scene = place.serve().await;
    answers(&scene).await;
    let scene = scene.stop().await.compiled_by(NOBODY).serve().await;
    let line = scene.log.until("second.wasm is not used").await;
    assert!(line.contains("the compiler process could not be started"), "{line}");
}

#[tokio::test]
async fn what_was_used_longest_ago_goes_when_the_cache_is_full() {
    let place = Place::new()
        .own_cache()
        .set("CALLBACK_CACHE_BYTES_MAX", "2000000")
        .plugin("second")
        .plugin("echo")
        .plugin("counter")
        .plugin("slow");
    let scene = place.serve().await;
    answers(&scene).await;
    let entries = fs::read_dir(scene.place.path("cache")).unwrap();
    let bytes: u64 = entries.map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes <= 2_000_000, "{bytes}");
    assert!(bytes > 500_000, "{bytes}");
}
