//! Tests with real files of every kind in a real folder.

use std::{
    io::ErrorKind,
    os::unix::{fs::symlink, net::UnixListener},
};

use tempfile::TempDir;

use std::fs::File;

use super::*;
use crate::{
    plugin::WASM_BYTES_MAX,
    reload::{
        digest::Digest,
        file::{Content, Obstacle, read},
        name::Part,
    },
};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn sight(folder: &TempDir, plugin: &str) -> Sight {
    let listing = list(folder.path(), &Awaited::default()).unwrap();
    let file = PluginFile::new(plugin, Part::Wasm);
    listing.files.get(&file).copied().unwrap_or(Sight::Absent)
}

fn read_wasm(folder: &TempDir, plugin: &str, seen: Sight) -> Option<Content> {
    read(folder.path(), &PluginFile::new(plugin, Part::Wasm), seen)
}

#[test]
fn only_plugin_files_are_listed_and_wrong_names_are_kept_apart() {
    let folder = folder();
    for name in ["a.wasm", "a.toml", "A.wasm", ".b.wasm", "c.wasm.tmp", "notes.txt"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    let listing = list(folder.path(), &Awaited::default()).unwrap();
    let files: Vec<String> = listing.files.keys().map(ToString::to_string).collect();
    assert_eq!(files, ["a.wasm", "a.toml"]);
    assert_eq!(listing.refused.into_keys().collect::<Vec<_>>(), ["A.wasm"]);
}

#[test]
fn a_folder_that_cannot_be_listed_is_not_an_empty_one() {
    let folder = folder();
    assert_eq!(
        list(&folder.path().join("none"), &Awaited::default())
            .unwrap_err()
            .kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn links_are_followed() {
    let folder = folder();
    fs::write(folder.path().join("target"), "bytes").unwrap();
    symlink("target", folder.path().join("a.wasm")).unwrap();
    let seen = sight(&folder, "a");
    let Some(Content::Bytes { bytes, digest }) = read_wasm(&folder, "a", seen) else {
        panic!("{seen:?}")
    };
    assert_eq!((&bytes[..], digest), (&b"bytes"[..], Digest::of(b"bytes")));
}

#[test]
fn what_is_no_regular_file_is_not_even_opened() {
    let folder = folder();
    fs::create_dir(folder.path().join("directory.wasm")).unwrap();
    let _socket = UnixListener::bind(folder.path().join("socket.wasm")).unwrap();
    symlink("nowhere", folder.path().join("dangling.wasm")).unwrap();
    symlink("loop.wasm", folder.path().join("loop.wasm")).unwrap();
    assert_eq!(sight(&folder, "directory"), Sight::Unusable(Obstacle::NotAFile));
    assert_eq!(sight(&folder, "socket"), Sight::Unusable(Obstacle::NotAFile));
    assert_eq!(sight(&folder, "dangling"), Sight::Unusable(Obstacle::LeadsNowhere));
    assert!(matches!(
        sight(&folder, "loop"),
        Sight::Unusable(Obstacle::Unreadable(_))
    ));
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let folder = folder();
    let file = File::create(folder.path().join("a.wasm")).unwrap();
    file.set_len(WASM_BYTES_MAX as u64).unwrap();
    assert!(matches!(sight(&folder, "a"), Sight::File(_)));
    file.set_len(WASM_BYTES_MAX as u64 + 1).unwrap();
    let seen = sight(&folder, "a");
    assert_eq!(
        seen,
        Sight::Unusable(Obstacle::TooLarge {
            bytes_max: WASM_BYTES_MAX as u64
        })
    );
    assert_eq!(
        read_wasm(&folder, "a", seen),
        Some(Content::Unusable(Obstacle::TooLarge {
            bytes_max: WASM_BYTES_MAX as u64
        }))
    );
}

#[test]
fn a_file_that_is_not_what_was_seen_is_not_believed() {
    let folder = folder();
    let path = folder.path().join("a.wasm");
    fs::write(&path, "one").unwrap();
    let seen = sight(&folder, "a");
    fs::write(&path, "three").unwrap();
    assert_eq!(read_wasm(&folder, "a", seen), None);
    fs::remove_file(&path).unwrap();
    assert_eq!(read_wasm(&folder, "a", seen), None);
    assert_eq!(read_wasm(&folder, "a", Sight::Absent), Some(Content::Absent));
}

#[test]
fn another_file_under_the_same_name_is_seen_though_size_and_time_are_the_same() {
    let folder = folder();
    let (old, new) = (folder.path().join("a.wasm"), folder.path().join("new"));
    fs::write(&old, "one").unwrap();
    fs::write(&new, "two").unwrap();
    let time = fs::metadata(&old).unwrap().modified().unwrap();
    File::options()
        .write(true)
        .open(&new)
        .unwrap()
        .set_modified(time)
        .unwrap();
    let before = sight(&folder, "a");
    fs::rename(&new, &old).unwrap();
    assert_ne!(sight(&folder, "a"), before);
}
