//! Orders of the operator: rollback, pin, disable; and what a change of the files does to them.

use rustix::process::Signal;
use serde_json::json;
use test_guests::postgres::Cluster;

use super::{GREETING, ONE, TWO, hello, history, two_versions, until_kept, with_mark};
use crate::{
    operate::{ask, place, run},
    support::{Place, event_id, until, wasm},
};

#[tokio::test]
async fn a_rollback_holds_over_a_restart_and_until_the_file_changes() {
    let place = place().plugin("second");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    two_versions(&place, &client).await;

    let answer = ask(&place, &["plugin", "rollback", "second"]).await;
    assert_eq!(
        (&answer["version"], &answer["order"]["number"]),
        (&json!("1"), &json!(1))
    );
    // The command waits until it is so.
    assert_eq!(client.click(hello()).await.toast(), ONE);
    program.until_logged("is not used: this component was sent back").await;
    let shown = ask(&place, &["plugin", "show", "second"]).await;
    assert_eq!(shown["state"]["active"]["source"], "kept version 1", "{shown}");
    assert_eq!(shown["sent_back"][0]["returned_by"], "operator", "{shown}");

    program.signal(Signal::TERM);
    program.finished().await;
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), ONE).await;

    // The same bytes again are no change; others are.
    place.put("second.wasm", &wasm("second_v2"));
    place.put("second.wasm", &with_mark(&wasm("second_v2"), 7));
    client.until_click_says(hello(), TWO).await;
    let versions = history(&place).await;
    let names: Vec<_> = versions.iter().map(|it| (&it["number"], &it["serves"])).collect();
    assert_eq!(names[0], (&json!(3), &json!(true)), "{versions:?}");
}

#[tokio::test]
async fn a_file_that_was_sent_back_before_takes_nothing_from_what_has_come_since() {
    let place = place().plugin("second");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    two_versions(&place, &client).await;
    ask(&place, &["plugin", "rollback", "second"]).await;
    client.until_click_says(hello(), ONE).await;

    let newer = with_mark(&wasm("second_v2"), 7);
    place.put("second.wasm", &newer);
    client.until_click_says(hello(), TWO).await;
    until_kept(&place, 3).await;
    place.put("second.wasm", &wasm("second_v2"));
    program.until_logged("is not used: this component was sent back").await;
    assert_eq!(client.click(hello()).await.toast(), TWO);

    // Neither does a restart go further back than that.
    program.signal(Signal::TERM);
    program.finished().await;
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), TWO).await;
    let shown = ask(&place, &["plugin", "show", "second"]).await;
    assert_eq!(shown["state"]["active"]["source"], "kept version 3", "{shown}");
}

#[tokio::test]
async fn a_name_that_means_two_versions_is_not_guessed_at() {
    let place = place().plugin_as("second", "second_v2");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), TWO).await;
    until_kept(&place, 1).await;
    place.put("second.wasm", &wasm("second"));
    client.until_click_says(hello(), ONE).await;
    until_kept(&place, 2).await;

    // Number 1 is the author's version 2, and the author's version 1 is number 2.
    for order in ["rollback", "pin"] {
        let refused = run(&place, &["plugin", order, "second", "1"]).await;
        assert_ne!(refused.code, Some(0), "{refused:?}");
        let each = ["#2 (1, ", "#1 (2, ", "as #NUMBER"];
        assert!(each.iter().all(|part| refused.stderr.contains(part)), "{refused:?}");
    }
    assert_eq!(client.click(hello()).await.toast(), ONE);
    let unknown = run(&place, &["plugin", "rollback", "second", "#4711"]).await;
    assert!(unknown.stderr.contains("has no version 4711"), "{unknown:?}");
    ask(&place, &["plugin", "rollback", "second", "#1"]).await;
    client.until_click_says(hello(), TWO).await;
    // A hash, however it is written.
    let versions = history(&place).await;
    let left = versions.iter().find(|version| version["number"] == 2).unwrap();
    let hash = left["hash"].as_str().unwrap()[..16].to_uppercase();
    ask(&place, &["plugin", "rollback", "second", &hash]).await;
    client.until_click_says(hello(), ONE).await;
}

#[tokio::test]
async fn a_pinned_version_serves_whatever_the_files_say_until_it_is_unpinned() {
    let place = place().plugin("second");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    two_versions(&place, &client).await;
    ask(&place, &["plugin", "pin", "second", "1"]).await;
    assert_eq!(client.click(hello()).await.toast(), ONE);
    place.put("second.wasm", &with_mark(&wasm("second_v2"), 1));
    program.until_logged("is pinned").await;
    assert_eq!(client.click(hello()).await.toast(), ONE);
    ask(&place, &["plugin", "unpin", "second"]).await;
    client.until_click_says(hello(), TWO).await;
    // A file that is deleted takes the plugin away, pinned or not.
    ask(&place, &["plugin", "pin", "second"]).await;
    place.remove("second.wasm");
    program.until_logged("Plugin second is removed").await;
    assert_eq!(client.click(hello()).await.body, "{}");
}

#[tokio::test]
async fn a_version_comes_back_with_the_settings_that_it_had_or_with_those_of_now() {
    let place = place()
        .plugin_as("second", "wants_config")
        .file("second.toml", b"[config]\ngreeting = \"Hello\"\n");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let greet = || json!({"greet": "Anna"});
    client.until_click_says(greet(), "Hello Anna").await;
    until_kept(&place, 1).await;
    place.put("second.toml", b"[config]\ngreeting = \"Bye\"\n");
    client.until_click_says(greet(), "Bye Anna").await;
    until_kept(&place, 2).await;
    ask(&place, &["plugin", "pin", "second", "1"]).await;
    client.until_click_says(greet(), "Hello Anna").await;
    ask(&place, &["plugin", "pin", "second", "1", "--current-settings"]).await;
    client.until_click_says(greet(), "Bye Anna").await;
    // Out of service is out of service.
    place.put("second.toml", b"enabled = false\n");
    program.until_logged("is disabled by second.toml").await;
}

#[tokio::test]
async fn a_plugin_is_disabled_and_enabled_by_command() {
    let place = place().plugin("second");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), ONE).await;
    ask(&place, &["plugin", "disable", "second"]).await;
    program.until_logged("is disabled by a command").await;
    assert_eq!(client.click(hello()).await.body, "{}");
    let list = run(&place, &["plugin", "list"]).await;
    assert!(list.stdout.contains("plugin enable second"), "{list:?}");
    ask(&place, &["plugin", "enable", "second"]).await;
    client.until_click_says(hello(), ONE).await;
}

#[tokio::test]
async fn a_pause_that_unreadable_settings_keep_from_working_is_told_with_the_way_out() {
    let place = place().plugin("second");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), ONE).await;
    place.put("second.toml", b"[config");
    program.until_logged("is not used").await;
    let paused = run(&place, &["plugin", "pause", "second"]).await;
    assert_eq!(paused.code, Some(1), "{paused:?}");
    for told in ["called as before", "plugin disable second"] {
        assert!(paused.stderr.contains(told), "{paused:?}");
    }
    place.remove("second.toml");
    program.until_logged("is paused").await;
}

#[tokio::test]
async fn what_cannot_be_done_is_told() {
    let place = place().plugin("second");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), ONE).await;
    until_kept(&place, 1).await;
    for (arguments, code, told) in [
        (&["rollback", "second"][..], 1, "no version before"),
        (&["rollback", "second", "9"], 5, "has no version 9"),
        (&["rollback", "second", "1"], 1, "serves already"),
        (&["pin", "secnd"], 5, "did you mean `second`?"),
        (&["show", "other"], 5, "is not known"),
    ] {
        let finished = run(&place, &[&["plugin"], arguments].concat()).await;
        assert_eq!(finished.code, Some(code), "{finished:?}");
        assert!(finished.stderr.contains(told), "{finished:?}");
    }
}

#[tokio::test]
async fn attempts_name_the_version() {
    let place = place().plugin("counter");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let id = event_id();
    assert_eq!(
        client.send(&place.lark.message_of(&id, &event_id(), "hi")).await.status,
        200
    );
    let version = until("an attempt with its version", async || {
        let event = ask(&place, &["events", "show", &id]).await;
        event["deliveries_in_full"][0]["attempts"][0]["plugin_version"]
            .as_str()
            .map(str::to_owned)
    })
    .await;
    assert!(!version.is_empty());
}

#[tokio::test]
async fn a_version_that_wants_more_is_held_with_the_difference_and_the_old_one_serves() {
    let place = place().plugin("second");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), ONE).await;
    place.put("second.wasm", &wasm("second_v3"));
    let line = program.until_logged("is not used").await;
    let difference = r#"Compared with version 1"#;
    assert!(
        line.contains(difference) && line.contains("+ takes im.chat.updated_v1"),
        "{line}"
    );
    assert_eq!(client.click(hello()).await.toast(), ONE);
    let shown = ask(&place, &["plugin", "show", "second"]).await;
    let difference = &shown["state"]["held"]["difference"];
    assert_eq!(difference["wants"], json!([r#"config "greeting""#]), "{shown}");
    assert_eq!(difference["takes"], json!(["im.chat.updated_v1"]), "{shown}");
    place.put("second.toml", GREETING);
    program.until_logged("Plugin second 3 replaces 1").await;
}

#[tokio::test]
async fn one_can_go_back_while_the_file_cannot_be_used_or_the_plugin_is_disabled() {
    let place = place().plugin("second");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    two_versions(&place, &client).await;
    place.put("second.wasm", &wasm("second_v3"));
    program.until_logged("is not used").await;
    ask(&place, &["plugin", "rollback", "second"]).await;
    assert_eq!(client.click(hello()).await.toast(), ONE);

    // What lies there when one goes back is left, whether it has served or not.
    let newer = with_mark(&wasm("second_v2"), 7);
    place.put("second.wasm", &newer);
    client.until_click_says(hello(), TWO).await;
    until_kept(&place, 3).await;
    ask(&place, &["plugin", "disable", "second"]).await;
    place.put("second.wasm", &with_mark(&wasm("second_v2"), 8));
    let component = async || ask(&place, &["plugin", "show", "second"]).await["state"]["component"].clone();
    let before = component().await;
    until("the new file to be seen", async || {
        (component().await != before).then_some(())
    })
    .await;
    ask(&place, &["plugin", "rollback", "second", "1"]).await;
    ask(&place, &["plugin", "enable", "second"]).await;
    client.until_click_says(hello(), ONE).await;
    assert_eq!(client.click(hello()).await.toast(), ONE);
}

#[tokio::test]
async fn the_version_before_is_the_same_whether_a_server_runs_or_not() {
    let place = place().plugin("second");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    two_versions(&place, &client).await;
    ask(&place, &["plugin", "rollback", "second"]).await;
    client.until_click_says(hello(), ONE).await;
    place.put("second.wasm", &with_mark(&wasm("second_v2"), 7));
    client.until_click_says(hello(), TWO).await;
    until_kept(&place, 3).await;
    let serves = async || {
        let versions = history(&place).await;
        let serving = versions.iter().find(|version| version["serves"] == true);
        serving.map(|version| version["number"].clone())
    };
    assert_eq!(serves().await, Some(json!(3)));
    program.signal(Signal::TERM);
    program.finished().await;
    assert_eq!(serves().await, Some(json!(3)), "read from the database alone");
    let answer = ask(&place, &["plugin", "rollback", "second"]).await;
    assert_eq!(answer["order"]["number"], 1, "{answer}");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.until_click_says(hello(), ONE).await;
}

#[tokio::test]
async fn a_permission_that_is_taken_away_does_not_come_back_with_a_known_bad_file() {
    let granted = b"[config]\ngreeting = \"Hello\"\n[grant]\nopenapi = [\"POST /open-apis/im/v1/messages\"]\n";
    let place = place().plugin("second").file("second.toml", granted);
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
        client.click(hello()).await;
    }
    program.until_logged("is sent back: ").await;
    client.until_click_says(hello(), ONE).await;
    let granted = async || {
        let shown = ask(&place, &["plugin", "show", "second"]).await;
        shown["state"]["active"]["grant"]["openapi"].clone()
    };
    assert!(granted().await.is_array());
    place.put("second.toml", GREETING);
    until("the permission to be gone", async || {
        granted().await.is_null().then_some(())
    })
    .await;
    assert_eq!(client.click(hello()).await.toast(), ONE);

    place.put("second.wasm", &wasm("second"));
    program.until_logged("second.wasm").await;
    client.until_click_says(hello(), ONE).await;
    place.put("second.wasm", &wasm("second_v3"));
    program.until_logged("is not used: this component was sent back").await;
    assert!(granted().await.is_null());
    assert_eq!(client.click(hello()).await.toast(), ONE);
}

#[tokio::test]
async fn an_order_holds_on_all_servers_of_a_database() {
    let Some(cluster) = Cluster::shared() else { return };
    let database = cluster.database();
    let place = || Place::new().set("DATABASE_URL", &database).plugin("second");
    let (one, other) = (place(), place());
    let (mut first, mut second) = (one.run(&[]), other.run(&[]));
    let (a, b) = tokio::join!(first.serving(), second.serving());
    for (place, client) in [(&one, &a), (&other, &b)] {
        client.until_click_says(hello(), ONE).await;
        until_kept(place, 1).await;
    }
    for (place, client) in [(&one, &a), (&other, &b)] {
        place.put("second.wasm", &wasm("second_v2"));
        client.until_click_says(hello(), TWO).await;
    }
    until_kept(&one, 2).await;
    ask(&one, &["plugin", "rollback", "second"]).await;
    for client in [&a, &b] {
        client.until_click_says(hello(), ONE).await;
    }
    ask(&other, &["plugin", "unpin", "second"]).await;
    for client in [&a, &b] {
        client.until_click_says(hello(), TWO).await;
    }
    let servers = async || {
        let shown = ask(&one, &["plugin", "show", "second"]).await;
        shown["servers"].as_array().map(Vec::len)
    };
    assert_eq!(servers().await, Some(2));
    second.signal(Signal::TERM);
    second.finished().await;
    assert_eq!(servers().await, Some(1), "one that was stopped serves nothing");
}
