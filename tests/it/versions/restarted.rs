//! What serves after a restart when what lies in the folder cannot, or may not any more.

use rustix::process::Signal;
use serde_json::json;

use super::{GREETING, ONE, TWO, hello, history, two_versions, until_kept};
use crate::{
    operate::{ask, place},
    support::{until, wasm},
};

/// What lets `wants_http` be loaded.
const GRANTED: &[u8] = b"[grant]\nhttp = ['POST https://api.example.com/v1/**']\n";

#[tokio::test]
async fn what_served_last_serves_after_a_restart_while_the_file_cannot_be_used() {
    let place = place().plugin("second");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    two_versions(&place, &client).await;
    let held = wasm("second_v3");
    for unusable in [held.as_slice(), b"half a component"] {
        place.put("second.wasm", unusable);
        program.until_logged("is not used").await;
        program.signal(Signal::TERM);
        program.finished().await;
        program = place.run(&[]);
        let client = program.serving().await;
        program.until_logged("All plugins are loaded").await;
        assert_eq!(client.click(hello()).await.toast(), TWO);
        let shown = ask(&place, &["plugin", "show", "second"]).await;
        assert_eq!(shown["state"]["active"]["source"], "kept version 2", "{shown}");
        assert!(shown["state"]["held"]["reason"].is_string(), "{shown}");
    }
    // The same after it was out of service, and a good file takes its place.
    ask(&place, &["plugin", "disable", "second"]).await;
    ask(&place, &["plugin", "enable", "second"]).await;
    let client = program.serving().await;
    client.until_click_says(hello(), TWO).await;
    place.put("second.wasm", &wasm("second"));
    client.until_click_says(hello(), ONE).await;
}

#[tokio::test]
async fn a_version_that_lost_a_permission_gives_way_to_the_one_before_it_after_a_restart() {
    let place = place().plugin("second");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), ONE).await;
    until_kept(&place, 1).await;
    place.put("second.toml", GRANTED);
    place.put("second.wasm", &wasm("wants_http"));
    program.until_logged(" replaces 1").await;
    until("what wants a permission to be kept", async || {
        let wants = |version: &serde_json::Value| version["wants"] != json!([]) && version["is_kept"] == true;
        history(&place).await.iter().any(wants).then_some(())
    })
    .await;
    program.signal(Signal::TERM);
    program.finished().await;

    place.remove("second.toml");
    program = place.run(&[]);
    let client = program.serving().await;
    program.until_logged("All plugins are loaded").await;
    assert_eq!(client.click(hello()).await.toast(), ONE);
    let shown = ask(&place, &["plugin", "show", "second"]).await;
    assert_eq!(shown["state"]["active"]["version"], "1", "{shown}");
    assert!(shown["state"]["held"]["reason"].is_string(), "{shown}");
}

#[tokio::test]
async fn a_bad_version_gives_way_to_one_that_can_be_loaded_also_after_a_restart() {
    let place = place().plugin("second");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), ONE).await;
    until_kept(&place, 1).await;
    place.put("second.toml", GRANTED);
    place.put("second.wasm", &wasm("wants_http"));
    for _ in 0..25 {
        client.until_click_says(json!({"wants": "http"}), "granted").await;
    }
    until("what wants a permission to be the last", async || {
        (history(&place).await[0]["wants"] != json!([])).then_some(())
    })
    .await;

    // The operator takes the permission away together with the version that wants it.
    place.put("second.toml", GREETING);
    place.put("second.wasm", &wasm("second_v3"));
    program.until_logged("Plugin second 3 replaces").await;
    for _ in 0..5 {
        assert!(client.click(hello()).await.is_error_toast());
    }
    program.until_logged("Number 1 (version 1) serves again").await;
    client.until_click_says(hello(), ONE).await;
    program.signal(Signal::TERM);
    program.finished().await;
    program = place.run(&[]);
    let client = program.serving().await;
    program.until_logged("All plugins are loaded").await;
    assert_eq!(client.click(hello()).await.toast(), ONE);
}
