//! Tests of the whole reloader: a real folder, real components, and a clock that advances whenever nothing is left to
//! do.

pub(super) mod scene;

use std::{fs, os::unix::fs::symlink, path::Path, sync::Arc};

use bytes::Bytes;
use tokio::time;

use self::scene::{Start, component};
use super::{PluginStatus, digest};
use crate::plugin::{
    Source,
    fixture::{Fixture, REPLY},
};

#[tokio::test]
async fn the_first_load_takes_the_folder_and_the_built_in_plugins_in_one_swap() {
    let own = component("built in");
    let start = Start::new()
        .built_in("own", own.clone())
        .file("a.wasm", &component("a....one"));
    let scene = start
        .file("b.wasm", &component("b....one"))
        .file("bad.wasm", b"no component")
        .go()
        .await;
    assert_eq!(
        scene
            .table()
            .plugins()
            .iter()
            .map(|plugin| plugin.name())
            .collect::<Vec<_>>(),
        ["a", "b", "own"]
    );
    assert_eq!(scene.table().generation(), 1);
    assert!(scene.held("bad").unwrap().contains("not WebAssembly"));
}

#[tokio::test]
async fn plugins_are_added_replaced_and_removed_while_the_server_runs() {
    let mut scene = Start::new().go().await;
    let (one, two) = (component("a....one"), component("a....two"));
    scene.put("a.wasm", &one);
    scene.until_serving("a", &one).await;
    scene.put("a.wasm", &two);
    scene.until_serving("a", &two).await;
    scene.write("a.wasm", &one);
    scene.until_serving("a", &one).await;
    scene.delete("a.wasm");
    scene.until_gone("a").await;
    assert_eq!(scene.table().generation(), 4);
    assert!(scene.status.borrow().is_empty());
}

#[tokio::test]
async fn a_plugin_that_is_being_loaded_is_listed_before_it_serves() {
    let mut scene = Start::new().go().await;
    let one = component("a....one");
    scene.put("a.wasm", &one);
    let is_loading = |all: &Arc<[PluginStatus]>| all.iter().any(|status| status.name == "a" && status.loading);
    let all = scene.status.wait_for(is_loading).await.unwrap().clone();
    assert_eq!(all[0].active, None);
    scene.until_serving("a", &one).await;
    assert!(!scene.status.borrow()[0].loading);
}

#[tokio::test]
async fn a_call_keeps_the_table_it_took() {
    let one = component("a....one");
    let mut scene = Start::new().file("a.wasm", &one).go().await;
    let taken = scene.table();
    let two = component("a....two");
    scene.put("a.wasm", &two);
    scene.until_serving("a", &two).await;
    assert_eq!(taken.plugin("a").unwrap().hash(), digest::Digest::of(&one).to_string());
}

#[tokio::test]
async fn files_that_change_together_switch_together() {
    let mut scene = Start::new().go().await;
    let (a, b) = (component("a....one"), component("b....one"));
    scene.put("a.wasm", &a);
    scene.put("b.wasm", &b);
    scene.until_serving("a", &a).await;
    scene.until_serving("b", &b).await;
    assert_eq!(scene.table().generation(), 1);
}

#[tokio::test]
async fn a_half_written_file_is_held_until_it_is_whole() {
    let one = component("a....one");
    let mut scene = Start::new().file("a.wasm", &one).go().await;
    let two = component("a....two");
    scene.write("a.wasm", &two[..two.len() / 2]);
    scene.until_held("a", "damaged").await;
    scene.until_serving("a", &one).await;
    scene.write("a.wasm", &two);
    scene.until_serving("a", &two).await;
    assert_eq!(scene.held("a"), None);
}

#[tokio::test]
async fn no_bad_file_disturbs_the_good_one_that_serves() {
    let one = component("a....one");
    let mut scene = Start::new().file("a.wasm", &one).go().await;
    let trap = Fixture::new("card.action.trigger", REPLY)
        .describe("unreachable")
        .build();
    let wants = Fixture::new("card.action.trigger", REPLY)
        .want("config", "color")
        .build();
    let cases: [(&[u8], &str); 6] = [
        (b"", "empty"),
        (b"hello", "not WebAssembly"),
        (b"\0asm\x01\0\0\0", "core module"),
        (b"\0asm\x0d\0\x01\0", "not a plugin"),
        (&trap, "`describe` failed"),
        (&wants, "add to"),
    ];
    for (bytes, reason) in cases {
        scene.put("a.wasm", bytes);
        scene.until_held("a", reason).await;
        scene.until_serving("a", &one).await;
    }
    assert_eq!(scene.table().generation(), 1);
    assert_eq!(scene.log.lines_with("is not used").len(), cases.len());
}

#[tokio::test]
async fn a_failure_is_told_once_however_often_the_file_is_looked_at() {
    let mut scene = Start::new().go().await;
    scene.put("a.wasm", b"hello");
    scene.until_held("a", "not WebAssembly").await;
    scene.a_minute_goes_by().await;
    scene.put("a.wasm", b"hello");
    scene.a_minute_goes_by().await;
    assert_eq!(scene.log.lines_with("is not used").len(), 1);
}

#[tokio::test]
async fn a_file_that_is_touched_but_not_changed_loads_nothing() {
    let one = component("a....one");
    let scene = Start::new().file("a.wasm", &one).go().await;
    scene.put("a.wasm", &one);
    scene.a_minute_goes_by().await;
    assert_eq!(scene.table().generation(), 1);
}

#[tokio::test]
async fn a_file_that_is_deleted_and_comes_back_serves_all_the_time() {
    let one = component("a....one");
    let mut scene = Start::new().file("a.wasm", &one).go().await;
    scene.delete("a.wasm");
    time::sleep(time::Duration::from_millis(1_500)).await;
    assert!(scene.serving("a").is_some());
    let two = component("a....two");
    scene.write("a.wasm", &two);
    scene.until_serving("a", &two).await;
    assert_eq!(scene.table().generation(), 2);
}

#[tokio::test]
async fn the_settings_beside_a_plugin_give_it_what_it_wants_and_take_it_out_of_service() {
    let wants = Fixture::new("card.action.trigger", REPLY)
        .want("config", "color")
        .build();
    let mut scene = Start::new().file("a.wasm", &wants).go().await;
    scene.until_held("a", "color").await;
    scene.write("a.toml", b"[config]\ncolor = 'hunter2'\n");
    scene.until_serving("a", &wants).await;
    scene.write("a.toml", b"[config\n");
    scene.until_held("a", "TOML").await;
    scene.until_serving("a", &wants).await;
    // What serves is there again: nothing is loaded, and nothing is held any more.
    scene.write("a.toml", b"[config]\ncolor = 'hunter2'\n");
    scene.until(|scene| scene.held("a").is_none()).await;
    assert_eq!(scene.log.lines_with("its files are those that serve again").len(), 1);
    scene.write("a.toml", b"[grant]\n");
    scene.until_held("a", "color").await;
    scene.write("a.toml", b"[config]\ncolor = 'hunter2'\n");
    scene.until(|scene| scene.held("a").is_none()).await;
    scene.write("a.toml", b"enabled = false\n");
    scene.until_gone("a").await;
    scene.write("a.toml", b"config.color = 'hunter3'\n");
    scene.until_serving("a", &wants).await;
    assert_eq!(scene.table().plugin("a").unwrap().settings().config["color"], "hunter3");
    assert!(scene.log.lines_with("hunter").is_empty());
}

#[tokio::test]
async fn a_file_takes_the_place_of_a_built_in_plugin_and_gives_it_back() {
    let own = component("built in");
    let mut scene = Start::new().built_in("own", own.clone()).go().await;
    scene.until_serving("own", &own).await;
    let better = component("..better");
    scene.put("own.wasm", &better);
    scene.until_serving("own", &better).await;
    scene.delete("own.wasm");
    scene.until_serving("own", &own).await;
    assert_eq!(scene.table().plugin("own").unwrap().source(), &Source::BuiltIn);
}

#[tokio::test]
async fn names_that_mean_no_plugin_are_pointed_out_once() {
    let scene = Start::new()
        .file("My Plugin.wasm", b"")
        .file("README.md", b"")
        .file(".a.wasm", b"")
        .go()
        .await;
    scene.write("lonely.toml", b"");
    scene.a_minute_goes_by().await;
    assert_eq!(scene.log.lines_with("My Plugin.wasm").len(), 1);
    assert_eq!(scene.log.lines_with("there is no lonely.wasm beside it").len(), 1);
    assert_eq!(scene.log.lines_with("WARN").len(), 2);
}

#[tokio::test]
async fn a_missing_folder_is_made() {
    let start = Start::new();
    fs::remove_dir(&start.settings.dir).unwrap();
    let mut scene = start.go().await;
    let one = component("a....one");
    scene.put("a.wasm", &one);
    scene.until_serving("a", &one).await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_stops_nothing() {
    let own = component("built in");
    let start = Start::new().built_in("own", own.clone());
    fs::remove_dir(&start.settings.dir).unwrap();
    fs::write(&start.settings.dir, "a file").unwrap();
    let mut scene = start.go().await;
    scene.until_serving("own", &own).await;
    scene.a_minute_goes_by().await;
    assert_eq!(scene.log.lines_with("cannot be read").len(), 1);
    fs::remove_file(&scene.folder).unwrap();
    fs::create_dir(&scene.folder).unwrap();
    let one = component("a....one");
    scene.put("a.wasm", &one);
    scene.until_serving("a", &one).await;
    assert_eq!(scene.log.lines_with("can be read again").len(), 1);
}

#[tokio::test]
async fn a_folder_that_goes_away_takes_no_plugin_with_it() {
    let one = component("a....one");
    let mut scene = Start::new().file("a.wasm", &one).go().await;
    let moved = scene.folder.with_extension("old");
    fs::rename(&scene.folder, &moved).unwrap();
    scene.a_minute_goes_by().await;
    scene.until_serving("a", &one).await;
    fs::rename(&moved, &scene.folder).unwrap();
    let two = component("a....two");
    scene.put("a.wasm", &two);
    scene.until_serving("a", &two).await;
    assert_eq!(scene.table().generation(), 2);
}

#[tokio::test]
async fn a_load_is_told_in_one_line_with_everything_an_operator_asks_for() {
    let one = component("a....one");
    let mut scene = Start::new().file("a.wasm", &one).go().await;
    let two = component("a....two");
    scene.put("a.wasm", &two);
    scene.until_serving("a", &two).await;
    let digests = [&one, &two].map(|wasm| digest::Digest::of(wasm).to_string());
    let lines = scene.log.lines_with("Plugin a");
    assert_eq!(lines.len(), 2);
    for part in [
        "Plugin a 1.2.3 replaces 1.2.3",
        "card.action.trigger",
        "generation=2",
        "duration_ms=",
        "a.wasm",
    ] {
        assert!(lines[1].contains(part), "{part} in {}", lines[1]);
    }
    for digest in digests {
        assert!(lines[1].contains(digest::short(&digest)));
    }
}

#[tokio::test]
async fn plugins_written_with_the_sdk_replace_each_other() {
    let guest = |name| Bytes::from(fs::read(test_guests::guest(name)).unwrap());
    let (first, second) = (guest("second"), guest("second_v2"));
    let mut scene = Start::new().file("a.wasm", &first).go().await;
    scene.until_serving("a", &first).await;
    scene.put("a.wasm", &guest("traps_in_describe"));
    scene.until_held("a", "`describe` failed").await;
    scene.until_serving("a", &first).await;
    scene.put("a.wasm", &second);
    scene.until_serving("a", &second).await;
    assert_eq!(scene.held("a"), None);
}

#[tokio::test]
async fn told_to_stop_it_stops() {
    let mut scene = Start::new().go().await;
    scene.stop.cancel();
    scene.run.take().unwrap().await.unwrap();
}

/// Looks only on events, so that everything that happens is caused by them.
fn events_only() -> Start {
    let mut start = Start::new();
    start.settings.rescan_ms = 3_600_000;
    start.settings.settle_ms = 1;
    start.settings.vanish_ms = 1;
    start
}

#[tokio::test]
async fn every_way_to_change_a_file_is_heard_at_once() {
    let mut scene = events_only().go_in_real_time().await;
    let (one, two) = (component("a....one"), component("a....two"));
    scene.write("a.wasm", &one);
    scene.until_serving("a", &one).await;
    scene.put("a.wasm", &two);
    scene.until_serving("a", &two).await;
    scene.write("a.toml", b"enabled = false");
    scene.until_gone("a").await;
    scene.delete("a.toml");
    scene.until_serving("a", &two).await;
    scene.delete("a.wasm");
    scene.until_gone("a").await;
}

#[tokio::test]
async fn a_folder_that_is_replaced_is_watched_anew() {
    let mut scene = events_only().go_in_real_time().await;
    let (one, two) = (component("a....one"), component("a....two"));
    scene.put("a.wasm", &one);
    scene.until_serving("a", &one).await;
    fs::rename(&scene.folder, scene.folder.with_extension("old")).unwrap();
    fs::create_dir(&scene.folder).unwrap();
    time::pause();
    // One look, and no other for half an hour.
    time::sleep(time::Duration::from_mins(90)).await;
    time::resume();
    scene.put("a.wasm", &two);
    scene.until_serving("a", &two).await;
}

/// Kubernetes mounts `a.wasm -> ..data/a.wasm` and `..data -> ..<time>`, and updates all files by renaming one link.
#[tokio::test]
async fn a_volume_that_swaps_one_link_is_followed() {
    let start = events_only();
    let (one, two) = (component("a....one"), component("a....two"));
    for (version, wasm) in [("..1", &one), ("..2", &two)] {
        fs::create_dir(start.settings.dir.join(version)).unwrap();
        fs::write(start.settings.dir.join(version).join("a.wasm"), wasm).unwrap();
    }
    let dir = start.settings.dir.clone();
    let link = |to: &str, name: &str| symlink(Path::new(to), dir.join(name)).unwrap();
    link("..1", "..data");
    link("..data/a.wasm", "a.wasm");
    let mut scene = start.go_in_real_time().await;
    scene.until_serving("a", &one).await;
    link("..2", "..data_tmp");
    fs::rename(scene.folder.join("..data_tmp"), scene.folder.join("..data")).unwrap();
    scene.until_serving("a", &two).await;
}
