//! The program as an operator meets it: exit codes, messages, signals, the commands `send` and `dev`.

use std::{fs, net::TcpListener, path::Path};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Client, Finished, Place, Program, event_id, until, within};

async fn run(place: &Place, arguments: &[&str]) -> Finished {
    place.run(arguments).finished().await
}

/// Plays Lark for a server that runs, with the keys of the place.
async fn send(place: &Place, client: &Client, arguments: &[&str]) -> Finished {
    let url = format!("http://{}/callback", client.address);
    run(place, &[&["send"], arguments, &["--url", &url]].concat()).await
}

#[tokio::test]
async fn a_server_that_is_not_enabled_says_so_and_ends_well() {
    for place in [
        Place::new().unset("CALLBACK_SERVER_ENABLED"),
        Place::new().set("CALLBACK_SERVER_ENABLED", "false"),
        Place::new().set("CALLBACK_SERVER_ENABLED", "0"),
        // Without any other setting, too: nobody has to complete what is switched off.
        Place::new().set("CALLBACK_SERVER_ENABLED", "no").unset("LARK_APP_ID"),
    ] {
        let finished = run(&place, &[]).await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(
            finished.stderr.contains("warning: the callback server is disabled"),
            "{finished:?}"
        );
        assert!(finished.stderr.contains("CALLBACK_SERVER_ENABLED=true"), "{finished:?}");
        assert!(!place.path("data").exists());
    }
}

#[tokio::test]
async fn every_way_to_say_yes_enables_the_server() {
    for yes in ["true", "1", "yes", "on", "TRUE"] {
        let place = Place::new().set("CALLBACK_SERVER_ENABLED", yes);
        let mut program = place.run(&["serve"]);
        assert_eq!(program.serving().await.health().await["status"], "ok");
    }
}

#[tokio::test]
async fn all_that_is_wrong_with_the_settings_is_told_at_once() {
    let place = Place::new()
        .unset("LARK_APP_ID")
        .unset("LARK_APP_SECRET")
        .unset("LARK_VERIFICATION_TOKEN")
        .set("CALLBACK_SERVER_PORT", "eighty")
        .set("CALLBACK_BUDGET_MS", "60000")
        .set("LARK_ENCRYPT_KEYS", "a slip of the pen")
        .set("LARK_CONFIG_ENCRYPTION_KEY", "too short")
        .set("LOG_FORMAT", "yaml")
        .set("OAUTH_REDIRECT_URI", "example.com");
    let finished = run(&place, &[]).await;
    assert_eq!(finished.code, Some(3), "{finished:?}");
    for problem in [
        "the settings have 9 problems:",
        "LARK_APP_ID is missing",
        "LARK_APP_SECRET is missing",
        "LARK_VERIFICATION_TOKEN is missing",
        "CALLBACK_SERVER_PORT (in the environment) must be a whole number from 0 to 65535",
        "CALLBACK_BUDGET_MS (in the environment) must be a whole number from 100 to 3000",
        "LARK_ENCRYPT_KEYS (in the environment) is not known; did you mean LARK_ENCRYPT_KEY?",
        "LARK_CONFIG_ENCRYPTION_KEY must be 32 random bytes in base64",
        "LOG_FORMAT (in the environment) must be one of: auto, text, json",
        "OAUTH_REDIRECT_URI (in the environment) must be a whole URL",
    ] {
        assert!(finished.stderr.contains(problem), "{problem} in {finished:?}");
    }
    assert!(!place.path("data").exists(), "nothing was begun");
}

#[tokio::test]
async fn a_log_that_cannot_be_kept_is_a_wrong_setting() {
    for (name, value) in [
        ("LOG_FILE", "missing/folder/log"),
        ("RUST_LOG", "loud=very"),
        ("RUST_LOG", "verbose"),
    ] {
        let finished = run(&Place::new().set(name, value), &[]).await;
        assert_eq!(finished.code, Some(3), "{finished:?}");
        assert!(finished.stderr.contains(name), "{finished:?}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let place = Place::new().set("CALLBACK_SERVER_PORT", &port.to_string());
    let finished = run(&place, &[]).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let wanted =
        format!("cannot listen on 127.0.0.1:{port}; another program may be using it; set CALLBACK_SERVER_PORT");
    assert!(finished.stderr.contains(&wanted), "{finished:?}");
}

#[tokio::test]
async fn a_database_that_is_in_use_is_left_alone() {
    let place = Place::new();
    let mut first = place.run(&[]);
    let client = first.serving().await;
    let finished = run(&place, &[]).await;
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert!(
        finished.stderr.contains("is in use by a server that is running"),
        "{finished:?}"
    );
    assert_eq!(client.health().await["status"], "ok");
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_named() {
    let place = Place::new();
    fs::write(place.path("data"), "a file where the folder is to be").unwrap();
    let finished = run(&place, &[]).await;
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert!(finished.stderr.contains("config.db cannot be opened"), "{finished:?}");

    let place = Place::new();
    fs::create_dir(place.path("data")).unwrap();
    fs::write(
        place.path("data/config.db"),
        "not a database, but long enough to be looked at. ".repeat(100),
    )
    .unwrap();
    let finished = run(&place, &[]).await;
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert!(finished.stderr.contains("config.db cannot be used"), "{finished:?}");
}

#[tokio::test]
async fn a_host_that_is_not_of_this_machine_is_not_called_a_port_that_is_taken() {
    let place = Place::new().set("CALLBACK_SERVER_HOST", "192.0.2.1");
    let finished = run(&place, &[]).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished
            .stderr
            .contains("set CALLBACK_SERVER_HOST to an address of this machine"),
        "{finished:?}"
    );
}

#[tokio::test]
async fn send_plays_lark_for_every_type() {
    let place = Place::new().plugin("catch_all").plugin("preview");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    for (kind, reply) in [
        ("card", r#""caught": "card.action.trigger""#),
        ("message", r#""msg": "success""#),
        ("preview", "Preview of https://example.com/tickets/42"),
        ("challenge", r#""challenge":"#),
        // What has no place in a flat card is left out of it.
        ("card-v1", "{}"),
        ("event-v1", r#""msg": "success""#),
        ("contact.user.created_v3", r#""msg": "success""#),
    ] {
        let finished = send(&place, &client, &[kind]).await;
        assert_eq!(finished.code, Some(0), "{kind}: {finished:?}");
        assert!(
            finished.stdout.contains("<- 200 in ") && finished.stdout.contains(reply),
            "{kind}: {finished:?}"
        );
    }
    for event_type in ["im.message.receive_v1", "p2p_chat_create", "contact.user.created_v3"] {
        program.until_logged(&format!("caught {event_type}")).await;
    }
}

#[tokio::test]
async fn send_tries_the_refusals() {
    let place = Place::new().plugin("catch_all");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    for mischief in ["--bad-signature", "--stale", "--plain"] {
        let finished = send(&place, &client, &["card", mischief]).await;
        assert_eq!(finished.code, Some(1), "{mischief}: {finished:?}");
        assert!(finished.stdout.contains("<- 401 in "), "{mischief}: {finished:?}");
    }
    let many = send(&place, &client, &["card", "--bad-signature", "--repeat", "5"]).await;
    assert_eq!(many.code, Some(1), "{many:?}");
    assert!(many.stdout.contains("5 x 401"), "{many:?}");
}

#[tokio::test]
async fn send_repeats_one_event_or_makes_many() {
    let place = Place::new().plugin("counter");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let count = json!({"count": "clicks"}).to_string();
    let same = send(
        &place,
        &client,
        &["card", "--value", &count, "--repeat", "20", "--clients", "4"],
    )
    .await;
    assert_eq!(same.code, Some(0), "{same:?}");
    assert!(
        same.stdout.contains("20 sent") && same.stdout.contains("20 x 200"),
        "{same:?}"
    );
    assert_eq!(client.click(json!({"read": "clicks"})).await.toast(), "1");
    let fresh = send(
        &place,
        &client,
        &["card", "--value", &count, "--repeat", "20", "--clients", "4", "--fresh"],
    )
    .await;
    assert_eq!(fresh.code, Some(0), "{fresh:?}");
    assert_eq!(client.click(json!({"read": "clicks"})).await.toast(), "21");
    let id = event_id();
    for _ in 0..2 {
        let named = send(&place, &client, &["card", "--value", &count, "--event-id", &id]).await;
        assert!(named.stdout.contains(r#""content": "22""#), "{named:?}");
    }
}

#[tokio::test]
async fn send_takes_a_recorded_body() {
    let place = Place::new().plugin("echo");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let file = place.path("recorded.json");
    let recorded = place
        .lark
        .click_body(&event_id(), json!({"echo": "recorded"}))
        .to_string();
    fs::write(&file, recorded.replace(&place.lark.token, "the token of another day")).unwrap();
    let finished = send(&place, &client, &["card", "--file", file.to_str().unwrap()]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains(r#""content": "recorded""#), "{finished:?}");
    let missing = send(&place, &client, &["card", "--file", "missing.json"]).await;
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(missing.stderr.contains("missing.json"), "{missing:?}");
}

#[tokio::test]
async fn send_to_nobody_says_what_to_look_for() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}/callback");
    let finished = run(&Place::new(), &["send", "card", "--url", &url]).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("is a server running there?"), "{finished:?}");
}

#[tokio::test]
async fn a_command_that_does_not_exist_is_wrong_usage() {
    for arguments in [&["serv"][..], &["--prot", "1"], &["send"], &["send", "card", "--loud"]] {
        let finished = run(&Place::new(), arguments).await;
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(finished.stderr.contains("Usage:"), "{finished:?}");
    }
    let help = run(&Place::new(), &["--help"]).await;
    assert_eq!(help.code, Some(0), "{help:?}");
    for command in ["serve", "dev", "send", "events", "dead", "db", "auth"] {
        assert!(help.stdout.contains(command), "{help:?}");
    }
}

/// Everything that the place sets, as the lines of an `.env` file.
fn env_file(place: &Place) -> String {
    let lines = place.settings().iter().map(|(name, value)| format!("{name}={value}\n"));
    lines.collect()
}

#[tokio::test]
async fn settings_are_read_from_dot_env_and_the_command_line_wins() {
    let place = Place::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path();
    fs::write(
        folder.join(".env"),
        format!("{}LOG_FILE=server.log\n", env_file(&place)),
    )
    .unwrap();
    let program = Program::bare(folder, &["--plugins-dir", "other"], place.lark.clone());
    let client = logged_address(&program, &folder.join("server.log"), &place).await;
    assert_eq!(
        client.send(&place.lark.challenge("abc")).await.json(),
        json!({"challenge": "abc"})
    );
    // The server makes it beside its first answers.
    until("the folder for plugins", async || {
        folder.join("other").is_dir().then_some(())
    })
    .await;
    assert!(program.stderr().is_empty(), "{program:?}");
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
    let log = fs::read_to_string(folder.join("server.log")).unwrap();
    assert!(log.lines().last().unwrap().contains("Stopped"), "{log}");
}

/// The address of a server that logs to a file.
async fn logged_address(program: &Program, file: &Path, place: &Place) -> Client {
    let line = until("the server to serve", async || {
        let log = fs::read_to_string(file).unwrap_or_default();
        log.lines()
            .find(|line| line.contains(r#""message":"Serving""#))
            .map(str::to_owned)
    });
    let line: Value = serde_json::from_str(&within(&format!("{program:?}"), line).await).unwrap();
    Client {
        address: line["address"].as_str().unwrap().parse().unwrap(),
        lark: place.lark.clone(),
    }
}
