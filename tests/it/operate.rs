//! The operator's commands, through the real binary: with the server that runs, and without one.

mod backup;
mod jobs;
mod log_level;
mod search;
mod waiting;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Client, Finished, OPERATOR, Place, Program, event_id, until, wasm};

/// A place whose server answers the operator, on a port that nobody else has.
pub(crate) fn place() -> Place {
    Place::new().set("CALLBACK_ADMIN", "on").set("CALLBACK_ADMIN_PORT", "0")
}

pub(crate) async fn run(place: &Place, arguments: &[&str]) -> Finished {
    place.run(arguments).finished().await
}

/// The output of a command, as JSON.
pub(crate) async fn ask(place: &Place, arguments: &[&str]) -> Value {
    let finished = run(place, &[arguments, &["--json"]].concat()).await;
    assert_eq!(finished.code, Some(0), "{arguments:?}: {finished:?}");
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {finished:?}"))
}

/// Sends a message that its plugin gives up at once, and waits until it has; tells the id of the event.
pub(crate) async fn give_up(place: &Place, client: &Client) -> String {
    let id = event_id();
    let answer = client.send(&place.lark.message_of(&id, &event_id(), "never")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    until_state(place, &id, "dead").await;
    id
}

/// Waits until the newest delivery of an event is in a state, and shows the event.
async fn until_state(place: &Place, event: &str, state: &str) -> Value {
    until(&format!("the state {state}"), async || {
        let event = ask(place, &["events", "show", event]).await;
        let newest = event["deliveries"].as_array().unwrap().last().cloned();
        (newest.is_some_and(|delivery| delivery["state"] == state)).then_some(event)
    })
    .await
}

async fn stopped(program: Program) {
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
}

#[tokio::test]
async fn what_was_given_up_is_listed_and_done_when_its_plugin_was_mended() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let event = give_up(&place, &client).await;

    let listed = ask(&place, &["dead", "list"]).await;
    let letter = &listed["dead"][0];
    assert_eq!(letter["event_id"], event.as_str(), "{listed}");
    assert_eq!(letter["outcome"], "permanent");
    assert!(
        letter["error"].as_str().unwrap().contains("not today, not tomorrow"),
        "{listed}"
    );
    let shown = run(&place, &["dead", "list"]).await;
    assert!(
        shown.stdout.contains("moody") && shown.stdout.contains("im.message.receive_v1"),
        "{shown:?}"
    );

    place.put("moody.wasm", &wasm("counter"));
    program.until_logged("replaces").await;
    let id = letter["id"].to_string();
    assert_eq!(ask(&place, &["dead", "retry", &id]).await["retried"], 1);
    let shown = until_state(&place, &event, "done").await;
    let attempts = shown["deliveries_in_full"][0]["attempts"].as_array().unwrap().clone();
    let outcomes: Vec<_> = attempts.iter().map(|attempt| attempt["outcome"].clone()).collect();
    assert_eq!(outcomes, ["permanent", "ok"], "{shown}");
    assert_ne!(attempts[0]["plugin_hash"], attempts[1]["plugin_hash"]);
    assert_eq!(ask(&place, &["dead", "list"]).await["dead"], json!([]));

    let again = run(&place, &["dead", "retry", &id]).await;
    assert_eq!(again.code, Some(5), "{again:?}");
    assert!(again.stderr.contains("there is no dead letter"), "{again:?}");
}

#[tokio::test]
async fn a_replay_is_handled_again_although_the_event_was_seen_and_says_where_it_comes_from() {
    let place = place().plugin("counter");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let (event, message) = (event_id(), event_id());
    let request = place.lark.message_of(&event, &message, "hello");
    for _ in 0..2 {
        assert_eq!(client.send(&request).await.status, 200);
    }
    let before = until_state(&place, &event, "done").await;
    assert_eq!(before["duplicates"], 1, "{before}");
    assert_eq!(before["payload"]["message"]["message_id"], message.as_str(), "{before}");

    let replayed = ask(&place, &["events", "replay", &event]).await;
    let delivery = &replayed["deliveries"][0];
    assert_eq!(delivery["origin"], before["deliveries_in_full"][0]["id"], "{replayed}");
    client.until_click_says(json!({"read": message}), "2").await;
    let after = until_state(&place, &event, "done").await;
    assert_eq!(
        after["deliveries_in_full"][1]["origin"], before["deliveries_in_full"][0]["id"],
        "{after}"
    );
    assert_eq!(
        after["deliveries_in_full"][1]["attempts"][0]["outcome"], "ok",
        "{after}"
    );
}

#[tokio::test]
async fn a_callback_is_replayed_only_for_a_plugin_that_is_named() {
    let place = place().plugin("counter");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let event = event_id();
    let click = place.lark.click_of(&event, json!({"count": "clicks"}));
    assert_eq!(client.send(&click).await.toast(), "1");
    let refused = run(&place, &["events", "replay", &event]).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("name the plugin (--plugin)"), "{refused:?}");
    let replayed = ask(&place, &["events", "replay", &event, "--plugin", "counter"]).await;
    assert_eq!(replayed["deliveries"][0]["kind"], "callback", "{replayed}");
    client.until_click_says(json!({"read": "clicks"}), "2").await;
}

#[tokio::test]
async fn many_are_counted_first_and_need_a_yes() {
    let place = place().plugin("moody").plugin("counter");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let mut events = Vec::new();
    for _ in 0..3 {
        events.push(give_up_of(&place, &client, "moody").await);
    }
    let filter = ["--plugin", "moody", "--type", "im.message.receive_v1", "--since", "1h"];
    let counted = ask(&place, &[&["dead", "drop"][..], &filter, &["--dry-run"]].concat()).await;
    assert_eq!(counted, json!({"count": 3, "dry_run": true}));
    let refused = run(&place, &[&["dead", "drop"][..], &filter].concat()).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains("would drop 3") && refused.stderr.contains("--yes"),
        "{refused:?}"
    );
    let nothing = run(&place, &["dead", "drop", "--yes"]).await;
    assert_eq!(nothing.code, Some(2), "{nothing:?}");
    let others = ask(&place, &["dead", "drop", "--plugin", "counter", "--yes"]).await;
    assert_eq!(others, json!({"dropped": 0}));

    let dropped = ask(&place, &[&["dead", "drop"][..], &filter, &["--yes"]].concat()).await;
    assert_eq!(dropped, json!({"dropped": 3}));
    assert_eq!(ask(&place, &["dead", "list"]).await["dead"], json!([]));
    let event = ask(&place, &["events", "show", &events[0]]).await;
    let delivery = of_plugin(&event, "moody");
    assert_eq!(delivery["state"], "skipped", "{event}");
    assert_eq!(delivery["attempts"][1]["error"], "dropped by the operator", "{event}");

    let replay = [
        "events",
        "replay",
        "--type",
        "im.message.receive_v1",
        "--state",
        "skipped",
        "--plugin",
        "moody",
    ];
    let counted = ask(&place, &[&replay[..], &["--dry-run"]].concat()).await;
    assert_eq!(counted["count"], 3, "{counted}");
    let replayed = ask(&place, &[&replay[..], &["--yes"]].concat()).await;
    assert_eq!(replayed["replayed"], 3, "{replayed}");
}

async fn give_up_of(place: &Place, client: &Client, plugin: &str) -> String {
    let id = event_id();
    let answer = client.send(&place.lark.message_of(&id, &event_id(), "never")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    until("the end of its deliveries", async || {
        let event = ask(place, &["events", "show", &id]).await;
        (of_plugin(&event, plugin)["state"] == "dead").then_some(())
    })
    .await;
    id
}

fn of_plugin(event: &Value, plugin: &str) -> Value {
    let deliveries = event["deliveries_in_full"].as_array().unwrap();
    let found = deliveries.iter().find(|delivery| delivery["plugin"] == plugin);
    found.cloned().unwrap_or_else(|| panic!("none of {plugin}: {event}"))
}

#[tokio::test]
async fn without_a_server_the_commands_open_the_database_themselves() {
    let place = place().plugin("moody");
    let none = run(&place, &["events", "list"]).await;
    assert_eq!(none.code, Some(4), "{none:?}");
    assert!(none.stderr.contains("there is no database"), "{none:?}");

    let mut program = place.run(&[]);
    let client = program.serving().await;
    let event = give_up(&place, &client).await;
    stopped(program).await;

    assert_eq!(
        ask(&place, &["events", "list"]).await["events"][0]["event_id"],
        event.as_str()
    );
    let status = ask(&place, &["db", "status"]).await;
    assert_eq!(status["deliveries"]["dead"], 1, "{status}");
    assert_eq!(status["rows"]["events"], 1, "{status}");
    assert!(status["migration"].as_i64().unwrap() >= 3, "{status}");
    assert_eq!(ask(&place, &["db", "migrate"]).await["migration"], status["migration"]);
    assert_eq!(ask(&place, &["db", "prune"]).await["deleted"], 0);
    let unknown = run(&place, &["events", "show", "of-nobody"]).await;
    assert_eq!(unknown.code, Some(5), "{unknown:?}");

    assert_eq!(ask(&place, &["dead", "retry", "--all"]).await, json!({"retried": 1}));
    place.put("moody.wasm", &wasm("counter"));
    let mut program = place.run(&[]);
    program.serving().await;
    until_state(&place, &event, "done").await;
}

#[tokio::test]
async fn a_list_goes_on_where_its_page_ended() {
    let place = place().plugin("echo");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    for _ in 0..3 {
        assert_eq!(client.send(&place.lark.message("hello")).await.status, 200);
    }
    let all = ask(&place, &["events", "list"]).await;
    let numbers: Vec<_> = all["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["id"].clone())
        .collect();
    assert_eq!(numbers.len(), 3, "{all}");
    assert_eq!(all["next_before"], Value::Null, "there are no more");
    let first = ask(&place, &["events", "list", "--limit", "2"]).await;
    let before = first["next_before"].to_string();
    let second = ask(&place, &["events", "list", "--limit", "2", "--before", &before]).await;
    assert_eq!(second["events"][0]["id"], numbers[2], "{second}");
    let other = ask(&place, &["events", "list", "--type", "im.chat.updated_v1"]).await;
    assert_eq!(other["events"], json!([]));
    let slip = run(&place, &["events", "list", "--since", "yesterday"]).await;
    assert_eq!(slip.code, Some(2), "{slip:?}");
}

#[tokio::test]
async fn a_server_that_answers_no_operator_is_named_as_the_reason() {
    let place = Place::new().plugin("echo");
    let mut program = place.run(&[]);
    program.serving().await;
    let refused = run(&place, &["dead", "list"]).await;
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert!(refused.stderr.contains("CALLBACK_ADMIN=off"), "{refused:?}");
}

#[tokio::test]
async fn the_commands_of_authorization_reach_the_plugin_and_need_a_server() {
    let place = place().plugin_as("card-auth", "echo");
    let alone = run(&place, &["auth", "status", "--user", "ou_1"]).await;
    assert_eq!(alone.code, Some(1), "{alone:?}");
    assert!(
        alone.stderr.contains("no running server with an operator's listener"),
        "{alone:?}"
    );

    let mut program = place.run(&[]);
    program.serving().await;
    let request = [
        "auth",
        "request",
        "--user",
        "ou_1",
        "--scope",
        "a",
        "--scope",
        "b",
        "--message",
        "please",
    ];
    let asked = ask(&place, &request).await;
    let payload = json!({"open_id": "ou_1", "scope": ["a", "b"], "message": "please"});
    assert_eq!(
        asked,
        json!({"task": "request", "app_id": place.lark.app_id, "payload": payload})
    );
    for verb in ["status", "revoke"] {
        let asked = ask(&place, &["auth", verb, "--user", "ou_1", "--app", &place.lark.app_id]).await;
        assert_eq!(asked["task"], verb, "{asked}");
    }
    let nobody = run(&place, &["auth", "status", "--user", "ou_1", "--app", "another"]).await;
    assert_eq!(nobody.code, Some(5), "{nobody:?}");
    assert!(nobody.stderr.contains(&place.lark.app_id), "{nobody:?}");
}

#[tokio::test]
async fn whoever_has_read_enough_of_an_answer_hears_no_complaint() {
    let place = place();
    assert_eq!(run(&place, &["db", "migrate"]).await.code, Some(0));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lark-callback"));
    command.env_clear().envs(place.settings().iter().cloned());
    command
        .args(["db", "status"])
        .current_dir(place.path(""))
        .stdout(writer);
    let ended = command.output().unwrap();
    assert_eq!(
        (ended.status.code(), String::from_utf8(ended.stderr).unwrap()),
        (Some(0), String::new())
    );
}

#[tokio::test]
async fn a_person_is_erased_after_a_count_and_a_yes() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let event = give_up(&place, &client).await;
    let erase = ["erase", "--user", OPERATOR];
    let counted = ask(&place, &[&erase[..], &["--dry-run"]].concat()).await;
    assert_eq!(counted["would_erase"]["events"], 1, "{counted}");
    assert_eq!(
        ask(&place, &["events", "show", &event]).await["payload"]["sender"]["sender_id"]["open_id"],
        OPERATOR
    );
    let erased = ask(&place, &[&erase[..], &["--yes"]].concat()).await;
    assert_eq!(erased["erased"], counted["would_erase"], "{erased}");
    let shown = ask(&place, &["events", "show", &event]).await;
    assert!(!shown.to_string().contains(OPERATOR), "{shown}");
    let line = program.until_logged("Operator command carried out").await;
    assert!(!line.contains(OPERATOR), "{line}");
    for (id, code) in [("Anna", 2), ("oc_1", 2)] {
        let refused = run(&place, &["erase", "--user", id]).await;
        assert_eq!(refused.code, Some(code), "{refused:?}");
        assert!(refused.stderr.contains("is not a person's id"), "{refused:?}");
    }
    let nobody = ask(&place, &["erase", "--user", "ou_nobody_at_all"]).await;
    assert_eq!(nobody["erased"]["events"], 0, "{nobody}");
}
