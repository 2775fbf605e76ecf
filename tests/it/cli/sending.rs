//! `send` as its help says: files, ids, repeats, other applications, and where the server is.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Client, Finished, Place, event_id};

fn place() -> Place {
    Place::new().plugin("counter").plugin("catch_all")
}

async fn send(place: &Place, client: &Client, arguments: &[&str]) -> Finished {
    let port = client.address.port().to_string();
    let arguments = [&["send"], arguments, &["--port", &port]].concat();
    place.run(&arguments).finished().await
}

/// Writes a file into the place and tells its path.
fn write(place: &Place, name: &str, content: &[u8]) -> String {
    let path = place.path(name);
    fs::write(&path, content).unwrap();
    path.to_string_lossy().into_owned()
}

async fn count(client: &Client) -> String {
    client.click(json!({"read": "clicks"})).await.toast()
}

#[tokio::test]
async fn a_recorded_event_is_another_one_under_another_id() {
    let place = place();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let click = place.lark.click_body(&event_id(), json!({"count": "clicks"}));
    let file = write(&place, "whole.json", click.to_string().as_bytes());
    for _ in 0..2 {
        assert_eq!(send(&place, &client, &["card", "--file", &file]).await.code, Some(0));
    }
    assert_eq!(count(&client).await, "1", "the file's own id");
    let id = event_id();
    for _ in 0..2 {
        let sent = send(&place, &client, &["card", "--file", &file, "--event-id", &id]).await;
        assert!(sent.stdout.contains(&format!("event {id}")), "{sent:?}");
    }
    assert_eq!(count(&client).await, "2", "another id, twice");
    let fresh = send(&place, &client, &["card", "--file", &file, "--repeat", "3", "--fresh"]).await;
    assert_eq!(fresh.code, Some(0), "{fresh:?}");
    assert_eq!(count(&client).await, "5", "three events of their own");
}

#[tokio::test]
async fn a_recorded_message_is_another_message_when_it_is_another_event() {
    let place = place();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let event =
        json!({"sender": {"sender_id": {"open_id": "ou_a"}}, "message": {"message_id": "om_1", "content": "{}"}});
    let file = write(&place, "event.json", event.to_string().as_bytes());
    let sent = send(
        &place,
        &client,
        &["message", "--file", &file, "--repeat", "3", "--fresh"],
    )
    .await;
    assert!(sent.stdout.contains("3 x 200"), "{sent:?}");
    crate::support::until("three messages to be delivered", async || {
        let log = program.stderr();
        let delivered = log
            .lines()
            .filter(|line| line.contains(r#""message":"Delivered""#))
            .count();
        (delivered == 3).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_text_a_mention_a_link_and_a_form_arrive_as_lark_sends_them() {
    let place = crate::operate::place().plugin("catch_all").plugin("preview");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let sent = async |arguments: &[&str]| {
        let sent = send(&place, &client, arguments).await;
        assert_eq!(sent.code, Some(0), "{sent:?}");
        let newest = crate::operate::ask(&place, &["events", "list"]).await["events"][0]["id"].to_string();
        let event = crate::operate::ask(&place, &["events", "show", &newest]).await;
        (sent.stdout, event["payload"].clone())
    };

    let (_, plain) = sent(&["message", "--text", "hello \"you\""]).await;
    let message = &plain["message"];
    assert_eq!(message["content"], r#"{"text":"hello \"you\""}"#, "{plain}");
    assert_eq!(
        (&message["message_type"], &message["mentions"]),
        (&json!("text"), &json!([]))
    );
    let (_, mentioned) = sent(&["message", "--text", "hello", "--mention"]).await;
    let message = &mentioned["message"];
    assert_eq!(message["content"], r#"{"text":"@_user_1 hello"}"#, "{mentioned}");
    assert_eq!(message["mentions"][0]["key"], "@_user_1", "{mentioned}");

    let (shown, _) = sent(&["preview", "--link", "https://example.com/tickets/7"]).await;
    assert!(shown.contains("Preview of https://example.com/tickets/7"), "{shown}");
    for kind in ["card", "card-v1"] {
        let (_, click) = sent(&[kind, "--form", r#"{"reason": "flu", "days": "2"}"#]).await;
        assert_eq!(
            click["action"]["form_value"],
            json!({"reason": "flu", "days": "2"}),
            "{kind}: {click}"
        );
    }
}

#[tokio::test]
async fn a_sealed_body_and_standard_input_are_taken() {
    let place = place();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let click = place.lark.click_body(&event_id(), json!({"count": "clicks"}));
    let sealed = place.lark.seal(&click);
    // As an editor on Windows would save it.
    let file = write(&place, "sealed.json", &[&b"\xef\xbb\xbf"[..], &sealed.body].concat());
    let sent = send(&place, &client, &["card", "--file", &file]).await;
    assert!(sent.stdout.contains(r#""content": "1""#), "{sent:?}");

    let foreign = Place::new().set("LARK_ENCRYPT_KEY", "another key");
    let refused = foreign.run(&["send", "card", "--file", &file]).finished().await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused
            .stderr
            .contains("another key than the LARK_ENCRYPT_KEY of these settings"),
        "{refused:?}"
    );

    let mut child = Command::new(env!("CARGO_BIN_EXE_lark-callback"))
        .env_clear()
        .envs(place.settings().iter().cloned())
        .args([
            "send",
            "card",
            "--file",
            "-",
            "--fresh",
            "--port",
            &client.address.port().to_string(),
        ])
        .current_dir(place.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&sealed.body).unwrap();
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap())
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains(r#""content": "2""#), "{said}");
}

#[tokio::test]
async fn another_application_is_played_by_its_name_or_its_id() {
    let place = place().settings_file(
        "[apps.hr]\napp_id = \"cli_hr\"\napp_secret = \"s\"\nverification_token = \"t\"\nencrypt_key = \"k\"\n",
    );
    let mut program = place.run(&[]);
    let client = program.serving().await;
    for app in ["hr", "cli_hr"] {
        let sent = send(&place, &client, &["card", "--app", app]).await;
        assert_eq!(sent.code, Some(0), "{sent:?}");
        program.until_logged(r#""app.id":"cli_hr""#).await;
    }
    let unknown = send(&place, &client, &["card", "--app", "sales"]).await;
    assert_eq!(unknown.code, Some(3), "{unknown:?}");
    assert!(
        unknown.stderr.contains("there is no section [apps.sales]") && unknown.stderr.contains("hr"),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn the_server_is_found_by_the_settings() {
    let place = place();
    let mut program = place.run(&[]);
    let port = program.serving().await.address.port().to_string();
    let place = place
        .set("CALLBACK_SERVER_PORT", &port)
        .set("CALLBACK_SERVER_HOST", "0.0.0.0");
    let sent = place.run(&["send", "card"]).finished().await;
    assert_eq!(sent.code, Some(0), "{sent:?}");
    let both = place
        .run(&["send", "card", "--port", "1", "--url", "http://x/"])
        .finished()
        .await;
    assert_eq!(both.code, Some(2), "{both:?}");
}

#[tokio::test]
async fn what_has_no_place_in_a_body_is_wrong_usage() {
    let place = Place::new();
    let event = write(&place, "event.json", br#"{"anything": 1}"#);
    let list = write(&place, "list.json", b"[]");
    for (arguments, wanted) in [
        (&["challenge", "--event-id", "x"][..], "has no event id"),
        (&["card-v1", "--event-id", "x"], "has no event id"),
        (&["message", "--value", "{}"], "--value cannot be used"),
        (
            &["im.chat.updated_v1", "--operator", "ou_a"],
            "--operator cannot be used",
        ),
        (&["card-v1", "--file", &event], "has no `event` object"),
        (&["card", "--file", &list], "must hold a JSON object"),
        (&["card", "--value", "{"], "--value: "),
        (&["card", "--form", "[]"], "--form: it must be a JSON object"),
        (&["card", "--text", "hello"], "--text cannot be used"),
        (&["message", "--mention"], "--text <TEXT>"),
        (&["message", "--form", "{}"], "--form cannot be used"),
        (&["card", "--link", "https://example.com"], "--link cannot be used"),
        (&["card", "--repeat", "0"], "whole number from 1"),
        (&["card", "--event-id", "x", "--fresh"], "cannot be used with"),
    ] {
        let finished = place.run(&[&["send"], arguments].concat()).finished().await;
        assert_eq!(finished.code, Some(2), "{arguments:?}: {finished:?}");
        assert!(finished.stderr.contains(wanted), "{arguments:?}: {finished:?}");
    }
}

#[tokio::test]
async fn a_type_that_is_nearly_one_is_sent_and_told() {
    let place = place();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    for (kind, nearest) in [
        ("crad", Some("card")),
        ("im.mesage.receive_v1", Some("im.message.receive_v1")),
        ("message", None),
    ] {
        let sent = send(&place, &client, &[kind]).await;
        assert_eq!(sent.code, Some(0), "{sent:?}");
        let told = nearest.map(|nearest| format!("no event type {kind} is documented; did you mean {nearest}?"));
        assert_eq!(sent.stderr.contains("did you mean"), told.is_some(), "{sent:?}");
        assert!(sent.stderr.contains(&told.unwrap_or_default()), "{sent:?}");
    }
}

#[tokio::test]
async fn a_recorded_body_travels_as_its_kind_whatever_was_named() {
    let place = place();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let card: Value =
        json!({"open_id": "ou_a", "open_message_id": "om_1", "token": "c-1", "action": {"tag": "button", "value": {}}});
    let file = write(&place, "card-v1.json", card.to_string().as_bytes());
    let sent = send(&place, &client, &["card", "--file", &file]).await;
    assert_eq!(sent.code, Some(0), "{sent:?}");
    assert!(
        sent.stdout.contains("-> card.action.trigger_v1: ") && sent.stdout.contains("SHA-1"),
        "{sent:?}"
    );
}
