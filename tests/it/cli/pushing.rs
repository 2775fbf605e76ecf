//! `dev --long-connection`, and `send --long-connection` through the simulated Lark inside: whole, in fragments, again, and
//! with a connection that is lost.

use std::{fs, path::Path};

use rustix::process::Signal;

use crate::support::{Finished, Place, Program, until};

fn start(folder: &Path, arguments: &[&str]) -> Program {
    Program::bare(folder, arguments, Place::new().lark)
}

async fn dev(folder: &Path) -> Program {
    fs::write(folder.join(".env"), "CALLBACK_ADMIN_PORT=0\n").unwrap();
    let mut program = start(folder, &["dev", "--long-connection", "--port", "0"]);
    program.until_said("Ctrl-C stops").await;
    program
}

async fn push(folder: &Path, arguments: &[&str]) -> Finished {
    let to_here = ["--long-connection", "--env-file", "data/dev.env"];
    start(folder, &[&["send"], arguments, &to_here].concat())
        .finished()
        .await
}

async fn run(folder: &Path, arguments: &[&str]) -> Finished {
    start(folder, &[arguments, &["--env-file", "data/dev.env"]].concat())
        .finished()
        .await
}

#[tokio::test]
async fn dev_shows_the_same_promises_over_the_long_connection() {
    let folder = tempfile::tempdir().unwrap();
    let program = dev(folder.path()).await;
    let story = program.stdout();
    for part in [
        "1. A user clicks",
        "2. Lark pushes the same click again",
        "3. Once more, in three fragments",
        "4. Somebody posts a click",
        "answer   404",
    ] {
        assert!(story.contains(part), "{part} in {story}");
    }
    let examined = run(folder.path(), &["doctor"]).await;
    for part in ["1 open connections", "0 failed"] {
        assert!(examined.stdout.contains(part), "{part} in {examined:?}");
    }
    program.signal(Signal::INT);
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[tokio::test]
async fn what_is_pushed_arrives_whole_or_in_fragments_and_once_however_often_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let _program = dev(folder.path()).await;
    for more in [
        &["card"][..],
        &["message", "--fragments", "7"],
        &["message", "--repeat", "5", "--fragments", "2"],
        &["message", "--repeat", "20", "--fresh", "--clients", "4"],
    ] {
        let sent = push(folder.path(), more).await;
        assert_eq!(sent.code, Some(0), "{more:?}: {sent:?}");
    }
    let listed = run(
        folder.path(),
        &["events", "list", "--type", "im.message.receive_v1", "--json"],
    )
    .await;
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(listed["events"].as_array().unwrap().len(), 22, "{listed:#}");
    // Neither is anything that Lark pushes there.
    for refused in ["challenge", "card-v1"] {
        let sent = push(folder.path(), &[refused]).await;
        assert_eq!(sent.code, Some(1), "{sent:?}");
        assert!(sent.stdout.contains("<- 500"), "{sent:?}");
    }
}

#[tokio::test]
async fn a_push_whose_connection_is_lost_is_stored_and_its_repeat_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let _program = dev(folder.path()).await;
    let again = ["message", "--event-id", "e1"];
    let dropped = push(folder.path(), &[&again[..], &["--drop"]].concat()).await;
    assert_eq!(dropped.code, Some(0), "{dropped:?}");
    assert!(dropped.stdout.contains("dropped before the answer"), "{dropped:?}");
    until("the next connection", async || {
        let sent = push(folder.path(), &again).await;
        (sent.code == Some(0)).then_some(())
    })
    .await;
    let listed = run(
        folder.path(),
        &["events", "list", "--type", "im.message.receive_v1", "--json"],
    )
    .await;
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(listed["events"].as_array().unwrap().len(), 1, "{listed:#}");
    let silent = push(folder.path(), &["message", "--silent"]).await;
    assert!(
        silent.code == Some(0) && silent.stdout.contains("silent from now on"),
        "{silent:?}"
    );
    let unheard = push(folder.path(), &["message"]).await;
    assert!(
        unheard.code == Some(1) && unheard.stderr.contains("no long connection is open"),
        "{unheard:?}"
    );
}

#[tokio::test]
async fn without_a_simulated_lark_it_says_what_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "LARK_APP_ID=cli_a\nLARK_TRANSPORT=long-connection\n";
    fs::write(folder.path().join(".env"), settings).unwrap();
    let sent = start(folder.path(), &["send", "card", "--long-connection"])
        .finished()
        .await;
    assert!(
        sent.code == Some(2) && sent.stderr.contains("dev --long-connection"),
        "{sent:?}"
    );
    let settings = format!("{settings}LARK_API_BASE_URL=http://127.0.0.1:1\n");
    fs::write(folder.path().join(".env"), settings).unwrap();
    let sent = start(folder.path(), &["send", "card", "--long-connection"])
        .finished()
        .await;
    assert!(
        sent.code == Some(1) && sent.stderr.contains("does `lark-callback dev"),
        "{sent:?}"
    );
}
