//! Tests that need access to the internals.

use std::{collections::BTreeSet, sync::Arc};

use tokio::time::{self, Instant};

use super::First;
use crate::reload::{
    folder,
    tests::scene::{Start, component},
};

#[tokio::test]
async fn a_change_that_no_look_can_show_is_found_by_reading_again() {
    let start = Start::new().file("a.wasm", &component("a....one"));
    let (mut reloader, mut scene) = start.load().await;
    let two = component("a....two");
    scene.write("a.wasm", &two);
    // As on a file system with timestamps so coarse that both files look the same.
    reloader.settling.look(
        &folder::list(&scene.folder, &crate::reload::slow::Awaited::default())
            .unwrap()
            .files,
        Instant::now(),
    );
    reloader.settling.take_all();
    time::pause();
    scene.follow(reloader);
    scene.until_serving("a", &two).await;
}

#[tokio::test]
async fn a_folder_that_does_not_answer_is_told_and_not_asked_again_until_it_has() {
    let start = Start::new().file("a.wasm", &component("a....one"));
    let (mut reloader, scene) = start.load().await;
    let asking = Arc::new(());
    reloader.unanswered = Arc::downgrade(&asking);
    assert!(reloader.look().await.is_none());
    assert_eq!(scene.log.lines_with("its file system does not answer").len(), 1);
    drop(asking);
    assert!(reloader.look().await.is_some());
}

#[test]
fn as_long_as_the_folder_has_not_answered_it_is_not_known_who_takes_an_event() {
    let mut first = First::of(&BTreeSet::new(), true, Instant::now());
    first.keep_only(|_| false);
    assert!(first.expected().has_unknown);
    first.add(&BTreeSet::from(["a".to_owned()]));
    assert!(first.expected().has_unknown && first.expected().is_reading);
    first.keep_only(|_| false);
    assert!(first.expected().is_nothing());
}
