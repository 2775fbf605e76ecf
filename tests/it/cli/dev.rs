//! `dev` as somebody meets it in the first hour: what it shows, which settings it takes, and the simulated Lark inside.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, path::Path};

use rustix::process::Signal;

use crate::support::{Finished, Place, Program, until};

fn start(folder: &Path, arguments: &[&str]) -> Program {
    Program::bare(folder, arguments, Place::new().lark)
}

/// Starts `dev` on free ports and waits for its last words.
async fn dev(folder: &Path) -> Program {
    // The usual port of the operator may be another test's a moment later.
    let settings = fs::read_to_string(folder.join(".env")).unwrap_or_default();
    fs::write(folder.join(".env"), format!("{settings}CALLBACK_ADMIN_PORT=0\n")).unwrap();
    let mut program = start(folder, &["dev", "--port", "0"]);
    program.until_said("Ctrl-C stops").await;
    program
}

/// A command as `dev` says it, with the file that it has written.
async fn run(folder: &Path, arguments: &[&str]) -> Finished {
    let arguments = [arguments, &["--env-file", "data/dev.env"]].concat();
    start(folder, &arguments).finished().await
}

#[tokio::test]
async fn dev_shows_the_main_job_and_goes_on_serving() {
    let folder = tempfile::tempdir().unwrap();
    let program = dev(folder.path()).await;
    let story = program.stdout();
    for part in [
        "1. Lark checks the address",
        "2. A user clicks",
        "3. Lark sends the same click again",
        "4. Somebody forges a signature",
        "answer   401",
        "/authen/v1/authorize?",
    ] {
        assert!(story.contains(part), "{part} in {story}");
    }
    assert!(!story.contains("feishu.cn"), "nothing leaves the machine: {story}");
    program.signal(Signal::INT);
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[tokio::test]
async fn the_file_of_dev_finds_its_server_and_its_database() {
    let folder = tempfile::tempdir().unwrap();
    let program = dev(folder.path()).await;
    for kind in ["card", "message", "card-v1", "im.chat.updated_v1"] {
        let sent = run(folder.path(), &["send", kind]).await;
        assert_eq!(sent.code, Some(0), "{sent:?}");
    }
    let listed = run(folder.path(), &["events", "list"]).await;
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert!(listed.stdout.contains("im.chat.updated_v1"), "{listed:?}");
    let plugins = run(folder.path(), &["plugin", "list"]).await;
    assert!(plugins.stdout.contains("card-auth"), "{plugins:?}");
    let examined = run(folder.path(), &["doctor"]).await;
    assert!(
        examined.stdout.contains("0 failed") && examined.code == Some(0),
        "{examined:?}"
    );
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
    // Without a server, too.
    let listed = run(folder.path(), &["events", "list"]).await;
    assert!(listed.stdout.contains("im.chat.updated_v1"), "{listed:?}");
    // From another folder, too.
    let (elsewhere, file) = (tempfile::tempdir().unwrap(), folder.path().join("data/dev.env"));
    let arguments = ["events", "list", "--env-file", file.to_str().unwrap()];
    let listed = start(elsewhere.path(), &arguments).finished().await;
    assert!(listed.stdout.contains("im.chat.updated_v1"), "{listed:?}");
    let mode = fs::metadata(folder.path().join("data/dev.env"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn what_a_bot_sends_is_seen_and_an_authorization_can_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = dev(folder.path()).await;
    let asked = run(folder.path(), &["auth", "request", "--user", "ou_anna"]).await;
    assert_eq!(asked.code, Some(0), "{asked:?}");
    program
        .until_said("[Lark] message to ou_anna (open_id): interactive")
        .await;
    program.until_said("Authorization request").await;
    program.until_said("button 授权 / Authorize").await;
}

#[tokio::test]
async fn a_newer_card_for_the_user_of_the_show_ends_the_older_one_without_a_dead_letter() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = dev(folder.path()).await;
    let asked = program.until_said(" auth request --user ").await;
    let user = asked.split_whitespace().find(|word| word.starts_with("ou_")).unwrap();
    let asked = run(folder.path(), &["auth", "request", "--user", user]).await;
    assert_eq!(asked.code, Some(0), "{asked:?}");
    program
        .until_said("[Lark] message om_574d639e4a44e4dd646eaf628e2e4a3d is changed")
        .await;
    let dead = run(folder.path(), &["dead", "list"]).await;
    assert_eq!(dead.stdout.trim(), "no dead letter", "{dead:?}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_the_one_it_moved_to() {
    // Whether this test gets it or somebody else of this machine has it.
    let _taken = TcpListener::bind("127.0.0.1:8080");
    let folder = tempfile::tempdir().unwrap();
    let mut program = start(folder.path(), &["dev"]);
    let told = program.until_said("Port 8080 is in use by another program").await;
    program.until_said("Ctrl-C stops").await;
    let port = told.split("uses port ").nth(1).unwrap().split(';').next().unwrap();
    let file = fs::read_to_string(folder.path().join("data/dev.env")).unwrap();
    assert!(file.contains(&format!("CALLBACK_SERVER_PORT={port}\n")), "{file}");
    assert!(
        program
            .stdout()
            .contains(&format!("running at http://127.0.0.1:{port}/callback"))
    );
    let sent = run(folder.path(), &["send", "card"]).await;
    assert_eq!(sent.code, Some(0), "{sent:?}");
}

#[tokio::test]
async fn settings_count_but_for_what_is_real() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(
        folder.path().join(".env"),
        "DATABASE_URL=postgres://real@127.0.0.1:1/real\nLARK_APP_SECRET=real\nCALLBACK_PLUGINS_DIR=mine\nRUST_LOG=debug\n\
         LOG_FILE=dev.log\n",
    )
    .unwrap();
    let program = dev(folder.path()).await;
    let story = program.stdout();
    assert!(
        story.contains("Ignored, so that nothing real is touched: DATABASE_URL, LARK_APP_SECRET"),
        "{story}"
    );
    assert!(story.contains("dropped into mine/"), "{story}");
    assert!(!folder.path().join("plugins").exists());
    // RUST_LOG counts from the start.
    until("the first click in the log", async || {
        let log = fs::read_to_string(folder.path().join("dev.log")).unwrap();
        log.contains("Callback answered").then_some(())
    })
    .await;
    program.signal(Signal::HUP);
    assert_eq!(program.finished().await.code, Some(0), "a closed terminal ends it");

    fs::write(folder.path().join(".env"), "LARK_ENCRYPT_KEYS=x\n").unwrap();
    let wrong = start(folder.path(), &["dev", "--port", "0"]).finished().await;
    assert_eq!(wrong.code, Some(3), "{wrong:?}");
}

#[tokio::test]
async fn a_second_dev_in_the_same_folder_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let _first = dev(folder.path()).await;
    let second = start(folder.path(), &["dev", "--port", "0"]).finished().await;
    assert_eq!(second.code, Some(4), "{second:?}");
    assert!(
        second.stderr.contains("another `dev` is running in this folder") && !second.stderr.contains("TOKEN_DB_PATH"),
        "{second:?}"
    );
}

#[tokio::test]
async fn each_command_offers_what_means_something_to_it() {
    let help = async |arguments: &[&str]| {
        let finished = Place::new().run(&[arguments, &["--help"]].concat()).finished().await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        finished.stdout
    };
    for command in [&["serve"][..], &["dev"]] {
        assert!(help(command).await.contains("--plugins-dir"), "{command:?}");
    }
    let send = help(&["send"]).await;
    assert!(send.contains("--port") && !send.contains("--plugins-dir"), "{send}");
    for command in [
        &["events", "list"][..],
        &["db", "status"],
        &["plugin", "list"],
        &["auth", "status"],
    ] {
        let help = help(command).await;
        assert!(help.contains("--env-file") && !help.contains("--port"), "{help}");
    }
    let before = Place::new().run(&["--port", "1", "events", "list"]).finished().await;
    assert_eq!(before.code, Some(2), "{before:?}");
    assert!(
        before.stderr.contains("--port means nothing to this command"),
        "{before:?}"
    );
}
