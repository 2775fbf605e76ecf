//! SIGHUP: the log is opened again, changed settings are taken, and the server goes on whatever it was doing.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Client, Lark, Place, Program, until};

/// The lines of a log file with a text.
pub(super) async fn logged(file: &PathBuf, text: &str) -> String {
    until(&format!("{text} in {}", file.display()), async || {
        let log = fs::read_to_string(file).unwrap_or_default();
        log.lines().find(|line| line.contains(text)).map(str::to_owned)
    })
    .await
}

pub(super) async fn serving(place: &Place, file: &PathBuf) -> Client {
    let line: Value = serde_json::from_str(&logged(file, r#""message":"Serving""#).await).unwrap();
    Client {
        address: line["address"].as_str().unwrap().parse().unwrap(),
        lark: place.lark.clone(),
    }
}

/// A place whose Encrypt Key stands in a `.env` file, which can be changed while the server runs.
fn place() -> Place {
    let place = Place::new().plugin("echo").unset("LARK_ENCRYPT_KEY");
    env_file(&place, &format!("LARK_ENCRYPT_KEY={}\n", place.lark.encrypt_key));
    place
}

pub(super) fn env_file(place: &Place, text: &str) {
    fs::write(place.path(".env"), text).unwrap();
}

fn with_key(place: &Place, key: &str) -> Lark {
    Lark {
        encrypt_key: key.to_owned(),
        ..place.lark.clone()
    }
}

async fn status(client: &Client, lark: &Lark) -> u16 {
    client.send(&lark.click(json!({"echo": "x"}))).await.status
}

#[tokio::test]
async fn a_log_file_that_was_rotated_is_opened_again() {
    for signal in [Signal::HUP, Signal::USR1] {
        let place = Place::new().plugin("echo");
        let file = place.path("server.log");
        let place = place.set("LOG_FILE", file.to_str().unwrap());
        let program = place.run(&[]);
        let client = serving(&place, &file).await;
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it tells who clicked what");
        let rotated = place.path("server.log.1");
        fs::rename(&file, &rotated).unwrap();
        program.signal(signal);
        logged(&file, "Log file reopened").await;
        assert_eq!(client.click(json!({"echo": "after"})).await.toast(), "after");
        logged(&file, "Callback answered").await;
        assert!(!fs::read_to_string(&rotated).unwrap().contains("Callback answered"));
        program.signal(Signal::TERM);
        assert_eq!(program.finished().await.code, Some(0));
        logged(&file, r#""message":"Stopped""#).await;
    }
}

#[tokio::test]
async fn a_log_file_that_cannot_be_opened_again_is_told_in_the_old_one() {
    let place = Place::new();
    let folder = place.path("logs");
    fs::create_dir(&folder).unwrap();
    let place = place.set("LOG_FILE", folder.join("log").to_str().unwrap());
    let program = place.run(&[]);
    let client = serving(&place, &folder.join("log")).await;
    let moved = place.path("moved");
    fs::rename(&folder, &moved).unwrap();
    program.signal(Signal::HUP);
    logged(&moved.join("log"), "Could not reopen the log file").await;
    assert_eq!(client.health().await["status"], "ok");
}

#[tokio::test]
async fn keys_are_changed_without_a_restart() {
    let place = place();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let (old, new) = (place.lark.clone(), with_key(&place, "the new key"));
    assert_eq!((status(&client, &old).await, status(&client, &new).await), (200, 401));
    env_file(
        &place,
        "LARK_ENCRYPT_KEY='the new key'\nLARK_ENCRYPT_KEY_PREVIOUS=encrypt-key-of-the-tests\nRUST_LOG=debug\n",
    );
    program.signal(Signal::HUP);
    let line = program.until_logged("the changes are in effect").await;
    for name in ["LARK_ENCRYPT_KEY, LARK_ENCRYPT_KEY_PREVIOUS", "RUST_LOG"] {
        assert!(line.contains(name), "{line}");
    }
    assert!(!line.contains("the new key"), "{line}");
    assert_eq!((status(&client, &old).await, status(&client, &new).await), (200, 200));
    program.until_logged(r#""level":"DEBUG""#).await;
    env_file(&place, "LARK_ENCRYPT_KEY='the new key'\n");
    program.signal(Signal::HUP);
    until("the old key to be refused", async || {
        (status(&client, &old).await == 401).then_some(())
    })
    .await;
    assert_eq!(status(&client, &new).await, 200);
}

#[tokio::test]
async fn settings_are_taken_as_a_whole_or_not_at_all() {
    let place = place();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let new = with_key(&place, "new");
    for (text, wanted) in [
        (
            "LARK_ENCRYPT_KEY=new\nCALLBACK_BUDGET_MS=soon\n",
            "must be a whole number",
        ),
        (
            "LARK_ENCRYPT_KEY=new\nRUST_LOG=loud=very\n",
            "the log settings cannot be used",
        ),
        ("LARK_ENCRYPT_KEY=\n", "LARK_ENCRYPT_KEY (in .env) is empty"),
    ] {
        env_file(&place, text);
        program.signal(Signal::HUP);
        let line = program.until_logged(wanted).await;
        assert!(line.contains("nothing was changed"), "{line}");
        assert_eq!(
            (status(&client, &place.lark).await, status(&client, &new).await),
            (200, 401)
        );
    }
    env_file(&place, "LARK_ENCRYPT_KEY=new\nCALLBACK_BUDGET_MS=2000\n");
    program.signal(Signal::HUP);
    let line = program.until_logged("take effect only after a restart").await;
    assert!(line.contains("CALLBACK_BUDGET_MS"), "{line}");
    assert_eq!(status(&client, &new).await, 200);
}

#[tokio::test]
async fn it_never_ends_a_server_that_starts_or_stops() {
    let starting = Place::new()
        .set("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")
        .set("DATABASE_START_SECONDS_MAX", "2");
    let mut program: Program = starting.run(&[]);
    program.until_logged("does not answer yet").await;
    for signal in [Signal::HUP, Signal::USR1, Signal::USR2, Signal::HUP] {
        program.signal(signal);
    }
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(4), "the database ended it: {finished:?}");

    let stopping = Place::new().plugin("slow");
    let mut program = stopping.run(&[]);
    let client = program.serving().await;
    let mut running = client.connect().await;
    running
        .write(&stopping.lark.click(json!({"sleep_ms": 700})).bytes())
        .await;
    program.until_logged("sleeps 700 ms").await;
    program.signal(Signal::TERM);
    program.until_logged("Stopping").await;
    program.signal(Signal::HUP);
    assert_eq!(running.answer().await.toast(), "slept 700 ms");
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

const HR: &str = r#"
[apps.hr]
app_id = "cli_hr"
app_secret = "secret-of-hr"
verification_token = "token-of-hr"
encrypt_key = "key-of-hr"
"#;

fn hr() -> Lark {
    Lark {
        app_id: "cli_hr".to_owned(),
        token: "token-of-hr".to_owned(),
        encrypt_key: "key-of-hr".to_owned(),
    }
}

async fn status_at(client: &Client, lark: &Lark, path: &str) -> u16 {
    client.send(&lark.click(json!({"echo": "x"})).to(path)).await.status
}

#[tokio::test]
async fn an_application_comes_moves_and_goes_without_a_restart() {
    let place = Place::new().plugin("echo");
    let file = place.path("lark-callback.toml");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let hr = hr();
    assert_eq!(status_at(&client, &hr, "/callback/hr").await, 404);
    let mut open = client.connect().await;
    assert_eq!(open.send(&place.lark.click(json!({"echo": "1"}))).await.toast(), "1");

    fs::write(&file, HR).unwrap();
    program.signal(Signal::HUP);
    let line = program.until_logged("the changes are in effect").await;
    assert!(line.contains("apps.hr.app_id"), "{line}");
    assert!(!line.contains("secret-of-hr"), "{line}");
    assert_eq!(status_at(&client, &hr, "/callback/hr").await, 200);
    assert_eq!(
        status_at(&client, &place.lark, "/callback/hr").await,
        401,
        "each has its own keys"
    );
    assert_eq!(
        open.send(&place.lark.click(json!({"echo": "2"}))).await.toast(),
        "2",
        "a connection that is open stays open"
    );
    assert_eq!(
        open.send(&hr.click(json!({"echo": "3"})).to("/callback/hr"))
            .await
            .toast(),
        "3"
    );

    fs::write(&file, format!("{HR}path = \"/people\"\n")).unwrap();
    program.signal(Signal::HUP);
    program.until_logged("cli_hr at /people").await;
    assert_eq!(status_at(&client, &hr, "/people").await, 200);
    assert_eq!(status_at(&client, &hr, "/callback/hr").await, 404);

    // Gone or empty, it is probably being written.
    for written in [None, Some(""), Some("# [apps.hr]\n")] {
        match written {
            None => fs::remove_file(&file).unwrap(),
            Some(text) => fs::write(&file, text).unwrap(),
        }
        program.signal(Signal::HUP);
        let line = program
            .until_logged("no setting stands in lark-callback.toml any more")
            .await;
        assert!(line.contains("nothing was changed"), "{line}");
        assert_eq!(status_at(&client, &hr, "/people").await, 200);
    }

    fs::write(&file, "callback_budget_ms = 2000\n").unwrap();
    program.signal(Signal::HUP);
    until("the application to be gone", async || {
        (status_at(&client, &hr, "/people").await == 404).then_some(())
    })
    .await;
    assert_eq!(status(&client, &place.lark).await, 200);
}

#[tokio::test]
async fn an_application_that_the_running_server_cannot_serve_safely_changes_nothing() {
    let place = Place::new().plugin("echo").set("CALLBACK_SERVER_HOST", "0.0.0.0");
    let file = place.path("lark-callback.toml");
    let place = place.unset("CALLBACK_SERVER_HOST");
    fs::write(&file, "callback_server_host = \"0.0.0.0\"\n").unwrap();
    let mut program = place.run(&[]);
    let mut client = program.serving().await;
    client.address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    let hr = hr();
    let without_key = HR.replace("encrypt_key = \"key-of-hr\"", "");
    for (text, wanted) in [
        (
            format!("callback_server_host = \"127.0.0.1\"\n{without_key}"),
            "apps.hr.encrypt_key is missing",
        ),
        (
            format!("callback_server_host = \"0.0.0.0\"\n{HR}path = \"/callback\"\n"),
            "each application has a path of its own",
        ),
        (
            format!("callback_server_host = \"0.0.0.0\"\n{HR}app_distribution = \"store\"\n"),
            "LARK_CONFIG_ENCRYPTION_KEY",
        ),
    ] {
        fs::write(&file, text).unwrap();
        program.signal(Signal::HUP);
        let line = program.until_logged(wanted).await;
        assert!(line.contains("nothing was changed"), "{line}");
        assert_eq!(status_at(&client, &hr, "/callback/hr").await, 404);
        assert_eq!(status(&client, &place.lark).await, 200);
    }
}
