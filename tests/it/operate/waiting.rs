//! Waiting deliveries: listed, retried and dropped by the operator, and what is told of names that there are not.

use serde_json::json;

use crate::{
    operate::{ask, give_up, place, run},
    support::{Place, Program, event_id, until},
};

#[tokio::test]
async fn what_waits_for_a_plugin_that_is_gone_is_listed_hurried_and_dropped() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let id = event_id();
    let answer = client.send(&place.lark.message_of(&id, &event_id(), "twice")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let listed = until("a delivery that waits", async || {
        let listed = ask(
            &place,
            &["deliveries", "list", "--plugin", "moody", "--state", "retry_wait"],
        )
        .await;
        (!listed["deliveries"].as_array().unwrap().is_empty()).then_some(listed)
    })
    .await;
    let delivery = &listed["deliveries"][0];
    assert_eq!(delivery["event_id"], id.as_str(), "{listed}");
    let number = delivery["id"].to_string();
    let shown = ask(&place, &["deliveries", "show", &number]).await;
    assert_eq!(shown["plugin"], "moody", "{shown}");
    let counted = ask(&place, &["deliveries", "drop", "--plugin", "moody", "--dry-run"]).await;
    assert_eq!(counted["dry_run"], true, "{counted}");
    let missing = run(&place, &["deliveries", "drop", &number, "999999"]).await;
    assert_eq!(missing.code, Some(5), "{missing:?}");
    assert!(missing.stderr.contains("no delivery 999999"), "{missing:?}");
}

#[tokio::test]
async fn a_plugin_that_has_served_is_known_when_nothing_of_it_is_left() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    program.serving().await;
    until("a version that has served", async || {
        let history = ask(&place, &["plugin", "history", "moody"]).await;
        (!history["versions"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    place.remove("moody.wasm");
    until("the plugin to be gone", async || {
        let listed = ask(&place, &["plugin", "list"]).await;
        (!listed.to_string().contains("moody")).then_some(())
    })
    .await;
    for list in ["deliveries", "events"] {
        let listed = ask(&place, &[list, "list", "--plugin", "moody"]).await;
        assert_eq!(listed[list], json!([]), "{listed}");
        let unknown = run(&place, &[list, "list", "--plugin", "mody"]).await;
        assert_eq!(unknown.code, Some(5), "{unknown:?}");
        assert!(unknown.stderr.contains("did you mean `moody`"), "{unknown:?}");
    }
}

/// A server whose moody plugin has failed at a message and waits for an hour, with another message of that chat behind it. Tells
/// the event behind it, and the number of the delivery in front.
async fn one_behind_another(place: &Place) -> (Program, String, String) {
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let mut events = Vec::new();
    for text in ["twice", "fine"] {
        let id = event_id();
        let answer = client.send(&place.lark.message_of(&id, &event_id(), text)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        events.push(id);
    }
    let waiting = until("a delivery that waits for its next attempt", async || {
        let listed = ask(place, &["deliveries", "list", "--state", "retry_wait"]).await;
        let waiting = listed["deliveries"].as_array().unwrap().iter();
        let mut waiting = waiting.filter(|delivery| delivery["state"] == "retry_wait");
        waiting.next().map(|delivery| delivery["id"].to_string())
    })
    .await;
    (program, events.remove(1), waiting)
}

#[tokio::test]
async fn a_delivery_that_waits_is_made_at_once_when_it_is_retried_and_then_the_one_behind_it() {
    let place = place().plugin("moody").set("CALLBACK_RETRY_SECONDS", "3600");
    let (mut program, behind, waiting) = one_behind_another(&place).await;
    let retried = ask(&place, &["deliveries", "retry", &waiting]).await;
    assert_eq!(retried["retried"], 1, "{retried}");
    program.until_logged("try 2 of").await;
    program.until_logged(&format!("try 1 of {behind}")).await;
    let shown = ask(&place, &["deliveries", "show", &waiting]).await;
    assert_eq!(shown["state"], "done", "{shown}");
    let again = run(&place, &["deliveries", "retry", &waiting]).await;
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stderr.contains("is done"), "{again:?}");
}

#[tokio::test]
async fn what_stands_behind_a_delivery_that_is_dropped_goes_on() {
    let place = place().plugin("moody").set("CALLBACK_RETRY_SECONDS", "3600");
    let (mut program, behind, waiting) = one_behind_another(&place).await;
    let dropped = ask(&place, &["deliveries", "drop", &waiting]).await;
    assert_eq!(dropped["dropped"], 1, "{dropped}");
    program.until_logged(&format!("try 1 of {behind}")).await;
    assert!(!program.stderr().contains("try 2 of"), "{}", program.stderr());
    let shown = ask(&place, &["deliveries", "show", &waiting]).await;
    assert_eq!(shown["state"], "skipped", "{shown}");
    let attempts = shown["attempts"].as_array().unwrap();
    assert_eq!(attempts.last().unwrap()["outcome"], "dropped", "{shown}");
}

#[tokio::test]
async fn a_retry_for_a_plugin_that_is_not_loaded_needs_force() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    give_up(&place, &client).await;
    let dead = ask(&place, &["dead", "list"]).await["dead"][0]["id"].to_string();
    std::fs::remove_file(place.path("plugins/moody.wasm")).unwrap();
    program.until_logged("is removed").await;
    for arguments in [
        &["dead", "retry", &dead][..],
        &["dead", "retry", "--all"],
        &["dead", "retry", "--plugin", "moody", "--dry-run"],
        &["deliveries", "retry", &dead],
        &["deliveries", "retry", "--plugin", "moody"],
    ] {
        let refused = run(&place, arguments).await;
        assert_eq!(refused.code, Some(1), "{arguments:?}: {refused:?}");
        assert!(
            refused.stderr.contains("moody is not loaded") && refused.stderr.contains("--force"),
            "{arguments:?}: {refused:?}"
        );
    }
    let retried = ask(&place, &["dead", "retry", &dead, "--force"]).await;
    assert_eq!(retried["retried"], 1, "{retried}");
    let shown = ask(&place, &["deliveries", "show", &dead]).await;
    assert_eq!(shown["state"], "ready", "{shown}");
}

#[tokio::test]
async fn a_number_or_a_name_that_there_is_not_is_told_before_anything_is_done() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    give_up(&place, &client).await;
    let dead = ask(&place, &["dead", "list"]).await;
    let number = dead["dead"][0]["id"].to_string();
    for arguments in [
        &["dead", "retry", "998", "999"][..],
        &["dead", "retry", &number, "999"],
        &["events", "replay", "999999"],
        &["events", "list", "--plugin", "mody"],
        &["dead", "drop", "--plugin", "mody", "--yes"],
        &["deliveries", "list", "--outcome", "tarp"],
    ] {
        let refused = run(&place, arguments).await;
        assert_eq!(refused.code, Some(5), "{arguments:?}: {refused:?}");
    }
    for (arguments, told) in [
        (
            &["events", "list", "--type", ""][..],
            "the event type in the filter is empty",
        ),
        (&["dead", "list", "--plugin", ""], "the plugin in the filter is empty"),
        (
            &["dead", "drop", "--outcome", "", "--yes"],
            "the outcome in the filter is empty",
        ),
        (
            &["events", "list", "--since", "1h", "--until", "2h"],
            "since is later than until",
        ),
        (&["events", "show", ""], "it is empty"),
        (&["events", "show", ".."], "nothing has a name of dots alone"),
        (&["plugin", "show", ""], "it is empty"),
    ] {
        let refused = run(&place, arguments).await;
        assert_eq!(refused.code, Some(2), "{arguments:?}: {refused:?}");
        assert!(refused.stderr.contains(told), "{arguments:?}: {refused:?}");
    }
    let typo = run(&place, &["events", "list", "--plugin", "mody"]).await;
    assert!(typo.stderr.contains("did you mean `moody`?"), "{typo:?}");
    assert_eq!(
        ask(&place, &["dead", "list"]).await["dead"][0]["id"].to_string(),
        number
    );
}

#[tokio::test]
async fn a_replay_for_a_plugin_that_is_not_loaded_needs_force() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let event = give_up(&place, &client).await;
    std::fs::remove_file(place.path("plugins/moody.wasm")).unwrap();
    program.until_logged("is removed").await;
    for arguments in [
        &["events", "replay", &event, "--plugin", "moody"][..],
        &["events", "replay", &event],
    ] {
        let refused = run(&place, arguments).await;
        assert_eq!(refused.code, Some(1), "{arguments:?}: {refused:?}");
        assert!(refused.stderr.contains("--force"), "{refused:?}");
    }
    let replayed = ask(&place, &["events", "replay", &event, "--plugin", "moody", "--force"]).await;
    assert_eq!(replayed["replayed"], 1, "{replayed}");
    let listed = ask(&place, &["deliveries", "list"]).await;
    assert_eq!(listed["deliveries"][0]["state"], "ready", "{listed}");
    assert_eq!(
        ask(&place, &["deliveries", "drop", "--plugin", "moody"]).await,
        json!({"dropped": 1})
    );
}

#[tokio::test]
async fn how_a_callback_ended_is_kept_with_it_and_finds_it() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.send(&place.lark.preview("https://example.com")).await;
    let listed = ask(&place, &["events", "list", "--type", "url.preview.get"]).await;
    let number = listed["events"][0]["id"].to_string();
    let shown = ask(&place, &["events", "show", &number]).await;
    assert_eq!(
        (shown["outcome"].as_str(), shown["plugin"].as_str()),
        (Some("retry"), Some("moody")),
        "{shown}"
    );
    assert!(shown["error"].as_str().unwrap().contains("no preview today"), "{shown}");
    assert!(shown["duration_us"].as_u64().is_some(), "{shown}");
    let found = ask(&place, &["events", "list", "--outcome", "retry", "--plugin", "moody"]).await;
    assert_eq!(found["events"][0]["id"].to_string(), number, "{found}");
}

#[tokio::test]
async fn each_repeat_of_a_click_that_still_runs_is_counted() {
    let place = place().plugin("slow");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let id = event_id();
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (client, click) = (client.clone(), place.lark.click_of(&id, json!({"sleep_ms": 300})));
        senders.spawn(async move { client.send(&click).await.toast() });
    }
    assert_eq!(senders.join_all().await, vec!["slept 300 ms"; 50]);
    until("the count of the repeats", async || {
        let shown = ask(&place, &["events", "show", &id]).await;
        (shown["duplicates"] == 49).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_message_that_nobody_takes_in_its_old_form_is_told_in_the_new_one() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let (id, message) = (event_id(), event_id());
    let old = json!({
        "uuid": event_id(),
        "token": place.lark.token,
        "ts": "1550038110.188976",
        "type": "event_callback",
        "event": {"type": "message", "app_id": place.lark.app_id, "tenant_key": "t", "open_message_id": message},
    });
    assert_eq!(client.send(&place.lark.seal(&old)).await.status, 200);
    for _ in 0..2 {
        let answer = client.send(&place.lark.message_of(&id, &message, "hello")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let shown = ask(&place, &["events", "show", &id]).await;
    assert_eq!(shown["deliveries"].as_array().unwrap().len(), 1, "{shown}");
    let events = ask(&place, &["events", "list"]).await;
    assert_eq!(events["events"].as_array().unwrap().len(), 2, "{events}");
}
