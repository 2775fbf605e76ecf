//! The log of a busy server: its file is rotated, a full disk stops nothing, and repeated lines are summed up.

use std::fs;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::hangup::{env_file, logged, serving};
use crate::support::{Place, until};

#[tokio::test]
async fn a_log_file_is_rotated_by_its_size_and_so_many_old_ones_are_kept() {
    let place = Place::new().plugin("echo");
    let folder = place.path("logs");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("server.log");
    let place = place
        .set("LOG_FILE", file.to_str().unwrap())
        .set("LOG_FILE_BYTES_MAX", "8192")
        .set("LOG_FILES_MAX", "3");
    let program = place.run(&[]);
    let client = serving(&place, &file).await;
    logged(&file, "All plugins are loaded").await;
    for number in 0..200 {
        assert_eq!(client.click(json!({"echo": "x"})).await.status, 200, "click {number}");
    }
    let files = || -> Vec<_> {
        let mut files: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
    };
    until("three files that were put aside", async || {
        (files().len() == 4).then_some(())
    })
    .await;
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
    let files = files();
    assert_eq!(files.len(), 4, "{files:?}");
    let mut answered = 0;
    for path in &files {
        let text = fs::read_to_string(path).unwrap();
        assert!(
            text.len() <= 8192 && text.ends_with('\n'),
            "{}: {}",
            path.display(),
            text.len()
        );
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        answered += lines
            .iter()
            .filter(|line| line["message"] == "Callback answered")
            .count();
    }
    assert!(answered > 30, "{answered}");
}

#[tokio::test]
async fn a_full_disk_loses_lines_and_no_request() {
    let place = Place::new().plugin("echo");
    env_file(&place, "LOG_FILE=server.log\n");
    let file = place.path("server.log");
    let mut program = place.run(&[]);
    let client = serving(&place, &file).await;
    logged(&file, "All plugins are loaded").await;
    env_file(&place, "LOG_FILE=/dev/full\n");
    program.signal(Signal::HUP);
    let told = program.until_logged("cannot be written").await;
    assert!(told.contains("/dev/full") && told.contains("No space left"), "{told}");
    for _ in 0..10 {
        assert_eq!(client.click(json!({"echo": "x"})).await.toast(), "x");
    }
    env_file(&place, "LOG_FILE=server.log\n");
    program.signal(Signal::HUP);
    let line: Value = serde_json::from_str(&logged(&file, "Log lines were lost").await).unwrap();
    // Lines that wait while the file is changed may be in the new one.
    assert!(line["lines"].as_u64().unwrap() > 0, "{line}");
    assert_eq!(client.click(json!({"echo": "again"})).await.toast(), "again");
    logged(&file, "Callback answered").await;
}

/// The errors of twenty clicks that fail in the same way, and of one that fails in another.
async fn errors(place: Place) -> Vec<Value> {
    let mut program = place.run(&[]);
    let client = program.serving().await;
    for _ in 0..20 {
        assert_eq!(client.click(json!({"do": "permanent"})).await.status, 200);
    }
    assert_eq!(client.click(json!({"do": "bad-reply"})).await.status, 200);
    program.signal(Signal::TERM);
    let finished = program.finished().await;
    let lines = finished
        .stderr
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_failure = |line: &Value| line["message"].as_str().unwrap().starts_with("Callback failed");
    lines.filter(is_failure).collect()
}

#[tokio::test]
async fn repeated_errors_are_summed_up_and_another_one_is_written_at_once() {
    let lines = errors(Place::new().plugin("naughty")).await;
    let of = |outcome: &str| -> Vec<_> { lines.iter().filter(|line| line["outcome"] == outcome).collect() };
    assert_eq!(of("bad_reply").len(), 1, "{lines:?}");
    let [written @ .., summary] = &of("permanent")[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(written.len(), 5, "{lines:?}");
    assert!(written.iter().all(|line| line["event.id"].is_string()), "{lines:?}");
    let message = summary["message"].as_str().unwrap();
    assert!(
        message.starts_with("Callback failed (repeated 15 times in "),
        "{message}"
    );
    assert_eq!(
        (&summary["repeats"], &summary["plugin.name"]),
        (&json!(15), &json!("naughty"))
    );
    assert_eq!(summary["level"], "ERROR");
}

#[tokio::test]
async fn every_error_is_written_when_the_operator_wants_it() {
    let lines = errors(Place::new().plugin("naughty").set("LOG_COLLAPSE", "off")).await;
    assert_eq!(lines.len(), 21, "{lines:?}");
}
