//! A bad version goes back by itself, and stays away.

use rustix::process::Signal;
use serde_json::json;

use super::{GREETING, ONE, TWO, hello, history, until_kept, with_mark};
use crate::{
    operate::{ask, place},
    support::{
        OPERATOR,
        fake_lark::{FakeLark, Fault},
        until, wasm,
    },
};

#[tokio::test]
async fn a_version_that_crashes_is_sent_back_and_not_tried_again_until_the_file_changes() {
    let place = place().plugin("second").file("second.toml", GREETING);
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), ONE).await;
    for _ in 0..25 {
        assert_eq!(client.click(hello()).await.toast(), ONE);
    }
    until_kept(&place, 1).await;
    place.put("second.wasm", &wasm("second_v3"));
    program.until_logged("Plugin second 3 replaces 1").await;
    for _ in 0..5 {
        assert!(client.click(hello()).await.is_error_toast());
    }
    program.until_logged("is sent back: ").await;
    client.until_click_says(hello(), ONE).await;

    let shown = ask(&place, &["plugin", "show", "second"]).await;
    let returned = &shown["sent_back"][0];
    assert_eq!(returned["returned_by"], "probation", "{shown}");
    assert!(returned["reason"].as_str().unwrap().contains("crashed"), "{shown}");
    let bad = history(&place)
        .await
        .into_iter()
        .find(|it| it["version"] == "3")
        .unwrap();
    assert_eq!(bad["evidence"]["calls"]["trapped"], 5, "{bad}");
    assert!(bad["evidence"]["before"]["succeeded"].as_u64().unwrap() >= 25, "{bad}");

    program.signal(Signal::TERM);
    program.finished().await;
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), ONE).await;
    place.put("second.wasm", &wasm("second_v2"));
    client.until_click_says(hello(), TWO).await;
    // It is known when it comes again.
    place.put("second.wasm", &wasm("second_v3"));
    program.until_logged("is not used: this component was sent back").await;
    // With other bytes it is another one.
    place.put("second.wasm", &with_mark(&wasm("second_v3"), 1));
    program.until_logged("Plugin second 3 replaces").await;
}

#[tokio::test]
async fn a_bad_version_does_not_give_way_to_another_bad_one() {
    let place = place().plugin("second").file("second.toml", GREETING);
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), ONE).await;
    for _ in 0..25 {
        assert_eq!(client.click(hello()).await.toast(), ONE);
    }
    until_kept(&place, 1).await;
    place.put("second.wasm", &wasm("second_v3"));
    program.until_logged("Plugin second 3 replaces 1").await;
    for _ in 0..3 {
        assert!(client.click(hello()).await.is_error_toast());
    }
    // Too few to be judged; the operator hurries.
    place.put("second.wasm", &with_mark(&wasm("second_v3"), 1));
    program.until_logged("Plugin second 3 replaces 3").await;
    for _ in 0..5 {
        assert!(client.click(hello()).await.is_error_toast());
    }
    program.until_logged("number 1 (version 1)").await;
    client.until_click_says(hello(), ONE).await;
}

#[tokio::test]
async fn a_version_that_is_as_bad_as_the_one_before_is_not_sent_back() {
    let place = place().plugin_as("second", "second_v3").file("second.toml", GREETING);
    let mut program = place.run(&[]);
    let client = program.serving().await;
    program.until_logged("All plugins are loaded").await;
    // The others are refused, which is no crash.
    for _ in 0..25 {
        assert!(client.click(hello()).await.is_error_toast());
    }
    until_kept(&place, 1).await;
    place.put("second.wasm", &with_mark(&wasm("second_v3"), 1));
    program.until_logged("Plugin second 3 replaces 3").await;
    for _ in 0..25 {
        assert!(client.click(hello()).await.is_error_toast());
    }
    until("the crashes to be counted", async || {
        let versions = history(&place).await;
        let crashes: Vec<_> = versions
            .iter()
            .map(|it| it["calls"]["trapped"].as_u64().unwrap())
            .collect();
        assert!(crashes.iter().all(|count| *count < 10), "{crashes:?}");
        crashes.iter().all(|count| *count >= 5).then_some(())
    })
    .await;
    let shown = ask(&place, &["plugin", "show", "second"]).await;
    assert_eq!(shown["sent_back"], json!([]), "{shown}");
}

#[tokio::test]
async fn a_version_that_is_new_while_lark_fails_is_not_sent_back() {
    let lark = FakeLark::start().await;
    let place = place()
        .set("LARK_API_BASE_URL", &lark.url())
        .set("LARK_ACCOUNTS_BASE_URL", &lark.url())
        .plugin_as("second", "lark_calls")
        .file("second.toml", b"[grant]\nopenapi = ['GET /**']\n");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let path = format!("/open-apis/contact/v3/users/{OPERATOR}");
    let asks = || json!({"call": path, "must": true});
    until("Lark to be asked", async || {
        (!client.click(asks()).await.is_error_toast()).then_some(())
    })
    .await;
    until_kept(&place, 1).await;

    lark.keeps_failing(&path, &Fault::Drop);
    place.put("second.wasm", &with_mark(&wasm("lark_calls"), 1));
    program.until_logged(" replaces ").await;
    until_kept(&place, 2).await;
    for _ in 0..15 {
        assert!(client.click(asks()).await.is_error_toast());
    }
    lark.recovers(&path);
    assert!(!client.click(asks()).await.is_error_toast());
    let calls = until("a call of the new version to be counted", async || {
        let [newest, ..] = &*history(&place).await else {
            return None;
        };
        (newest["calls"]["succeeded"] == 1).then(|| newest["calls"].clone())
    })
    .await;
    assert_eq!(calls["failed"], 0, "{calls}");
    let shown = ask(&place, &["plugin", "show", "second"]).await;
    assert_eq!(shown["sent_back"], json!([]), "{shown}");
}
