//! What only shows from inside.

use tokio::time::{self, Instant};

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
    // As on a file system whose times are so coarse that both files look the same.
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
