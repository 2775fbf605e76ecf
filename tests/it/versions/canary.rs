//! A new version gets some events first, and the one before serves the rest until the new one is trusted.

use std::collections::BTreeMap;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{ONE, TWO, hello, history, two_versions, until_kept, with_mark};
use crate::{
    operate::{ask, place, run},
    support::{Client, OPERATOR, Place, until, wasm},
};

/// How often each toast was seen in so many clicks.
async fn toasts(client: &Client, clicks: usize) -> BTreeMap<String, usize> {
    let mut seen = BTreeMap::new();
    for _ in 0..clicks {
        *seen.entry(client.click(hello()).await.toast()).or_default() += 1;
    }
    seen
}

fn canary(rule: &str) -> String {
    format!("[config]\ngreeting = \"Hello\"\n\n[canary]\n{rule}\n")
}

async fn state(place: &Place) -> Value {
    ask(place, &["plugin", "show", "second"]).await["state"].clone()
}

/// A server with version 1 for all, and then another version as a canary.
async fn with_canary(rule: &str, new: &str) -> (Place, crate::support::Program, Client) {
    let place = place().plugin("second").file("second.toml", canary(rule).as_bytes());
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), ONE).await;
    assert_eq!(
        toasts(&client, 30).await,
        BTreeMap::from([(ONE.to_owned(), 30)]),
        "the first version serves all"
    );
    until_kept(&place, 1).await;
    place.put("second.wasm", &wasm(new));
    program.until_logged("is a canary").await;
    (place, program, client)
}

#[tokio::test]
async fn a_share_of_the_events_goes_to_the_new_version_also_after_a_restart() {
    let (place, program, client) = with_canary("share = 0.5", "second_v2").await;
    let seen = toasts(&client, 60).await;
    assert!(seen[ONE] > 10 && seen[TWO] > 10 && seen.len() == 2, "{seen:?}");
    let shown = state(&place).await;
    assert_eq!(shown["active"]["version"], "2", "{shown}");
    let canary = &shown["active"]["canary"];
    assert_eq!(
        (&canary["share"], &canary["rest"]["version"]),
        (&json!(0.5), &json!("1"))
    );
    let listed = run(&place, &["plugin", "list"]).await.stdout;
    assert!(
        listed.contains("as a canary; 1 ") && listed.contains("serves the rest"),
        "{listed}"
    );
    let versions = history(&place).await;
    let serves: Vec<_> = versions.iter().map(|it| (&it["serves"], &it["serves_rest"])).collect();
    assert_eq!(serves, [(&json!(true), &json!(false)), (&json!(false), &json!(true))]);
    let table = run(&place, &["plugin", "history", "second"]).await.stdout;
    assert!(table.contains("serves the rest"), "{table}");

    program.signal(Signal::TERM);
    program.finished().await;
    let mut program = place.run(&[]);
    let client = program.serving().await;
    program.until_logged("is a canary").await;
    let seen = toasts(&client, 60).await;
    assert!(seen[ONE] > 10 && seen[TWO] > 10 && seen.len() == 2, "{seen:?}");

    // Another share is no other version; without a rule it serves all.
    place.put("second.toml", self::canary("share = 0.000001").as_bytes());
    client.until_click_says(hello(), ONE).await;
    until("the new share", async || {
        (state(&place).await["active"]["canary"]["share"] == 0.000_001).then_some(())
    })
    .await;
    assert_eq!(toasts(&client, 20).await, BTreeMap::from([(ONE.to_owned(), 20)]));
    place.put("second.toml", b"[config]\ngreeting = \"Hello\"\n");
    client.until_click_says(hello(), TWO).await;
    until("no canary", async || {
        state(&place).await["active"]["canary"].is_null().then_some(())
    })
    .await;
    assert_eq!(toasts(&client, 20).await, BTreeMap::from([(TWO.to_owned(), 20)]));
}

#[tokio::test]
async fn named_chats_and_people_get_the_new_version_and_nobody_else() {
    let (place, _program, client) = with_canary("chats = ['oc_of_others']", "second_v2").await;
    assert_eq!(toasts(&client, 20).await, BTreeMap::from([(ONE.to_owned(), 20)]));
    for rule in ["chats = ['oc_1']".to_owned(), format!("users = ['{OPERATOR}']")] {
        place.put("second.toml", canary(&rule).as_bytes());
        client.until_click_says(hello(), TWO).await;
        assert_eq!(
            toasts(&client, 20).await,
            BTreeMap::from([(TWO.to_owned(), 20)]),
            "{rule}"
        );
        assert_eq!(state(&place).await["active"]["canary"]["rest"]["version"], "1");
        place.put("second.toml", canary("users = ['ou_nobody']").as_bytes());
        client.until_click_says(hello(), ONE).await;
    }
}

#[tokio::test]
async fn a_canary_that_fails_is_sent_back_and_the_rest_notices_nothing() {
    let (place, mut program, client) = with_canary("share = 0.5", "second_v3").await;
    let mut failed = 0;
    while failed < 5 {
        let answer = client.click(hello()).await;
        failed += usize::from(answer.is_error_toast());
        assert!(answer.is_error_toast() || answer.toast() == ONE, "{answer:?}");
    }
    program.until_logged("is sent back: ").await;
    until("version 1 for all", async || {
        let seen = toasts(&client, 20).await;
        (seen.get(ONE) == Some(&20)).then_some(())
    })
    .await;
    let shown = state(&place).await;
    assert_eq!(
        (&shown["active"]["version"], &shown["active"]["canary"]),
        (&json!("1"), &Value::Null),
        "{shown}"
    );
}

#[tokio::test]
async fn what_takes_the_place_of_a_canary_gives_way_to_what_serves_the_rest() {
    let (place, mut program, client) = with_canary("share = 0.5", "second_v2").await;
    toasts(&client, 20).await;
    place.put("second.wasm", &wasm("second_v3"));
    program.until_logged("Plugin second 3").await;
    let shown = ask(&place, &["plugin", "show", "second"]).await;
    assert_eq!(shown["before"], 1, "a rollback leads to what serves the rest: {shown}");
    let mut failed = 0;
    while failed < 5 {
        failed += usize::from(client.click(hello()).await.is_error_toast());
    }
    program.until_logged("is sent back: ").await;
    until("version 1 for all", async || {
        let seen = toasts(&client, 20).await;
        (seen.get(ONE) == Some(&20)).then_some(())
    })
    .await;

    // A canary that came since stays one beside a file that is known to be bad, also after a restart.
    place.put("second.wasm", &with_mark(&wasm("second_v2"), 7));
    program.until_logged("is a canary").await;
    until_kept(&place, 4).await;
    place.put("second.wasm", &wasm("second_v3"));
    program.until_logged("is not used: this component was sent back").await;
    let is_canary = async |client: &Client| {
        let seen = toasts(client, 60).await;
        assert!(seen[ONE] > 10, "{seen:?}");
        let shown = state(&place).await;
        assert_eq!(shown["active"]["canary"]["rest"]["version"], "1", "{shown}");
    };
    is_canary(&client).await;
    program.signal(Signal::TERM);
    program.finished().await;
    let mut program = place.run(&[]);
    let client = program.serving().await;
    program.until_logged("All plugins are loaded").await;
    is_canary(&client).await;
}

#[tokio::test]
async fn a_canary_that_passes_its_probation_serves_everything_and_stays_so() {
    let (place, mut program, client) = with_canary("share = 0.95", "second_v2").await;
    assert!(toasts(&client, 1_150).await[ONE] > 10);
    program
        .until_logged("has passed its probation and serves everything now")
        .await;
    assert_eq!(toasts(&client, 60).await, BTreeMap::from([(TWO.to_owned(), 60)]));
    assert!(state(&place).await["active"]["canary"].is_null());
    program.signal(Signal::TERM);
    program.finished().await;
    let mut program = place.run(&[]);
    let client = program.serving().await;
    program.until_logged("All plugins are loaded").await;
    assert_eq!(
        toasts(&client, 60).await,
        BTreeMap::from([(TWO.to_owned(), 60)]),
        "it is trusted for good"
    );
}

#[tokio::test]
async fn a_version_that_came_while_the_server_was_down_is_a_canary_too() {
    let place = place()
        .plugin("second")
        .file("second.toml", canary("users = ['ou_nobody']").as_bytes());
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), ONE).await;
    until_kept(&place, 1).await;
    program.signal(Signal::TERM);
    program.finished().await;
    place.put("second.wasm", &wasm("second_v2"));
    let mut program = place.run(&[]);
    let client = program.serving().await;
    program.until_logged("is a canary").await;
    assert_eq!(toasts(&client, 20).await, BTreeMap::from([(ONE.to_owned(), 20)]));
    // The next one takes the place of the canary, which was never trusted.
    place.put("second.wasm", &with_mark(&wasm("second_v2"), 1));
    program.until_logged("Plugin second 2 replaces 2").await;
    assert_eq!(toasts(&client, 20).await, BTreeMap::from([(ONE.to_owned(), 20)]));
    assert_eq!(state(&place).await["active"]["canary"]["rest"]["version"], "1");
}

#[tokio::test]
async fn a_canary_that_means_nothing_is_told_and_the_old_settings_stay() {
    let place = place().plugin("second");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    two_versions(&place, &client).await;
    place.put("second.toml", b"[canary]\nshare = 10\n");
    program
        .until_logged("`canary.share` must be a number from 0 to 1; 0.1 is one event in ten")
        .await;
    assert_eq!(client.click(hello()).await.toast(), TWO);
}
