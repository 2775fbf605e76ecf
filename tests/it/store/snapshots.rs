//! A program beside the server that holds a snapshot of the database: no click waits for it, and the log names it.

use serde_json::json;
use sqlx::Connection as _;

use crate::support::{Base, Client, Place, Program, event_id};

/// Encrypted, nearly as long as a body may be.
const TEXT_BYTES: usize = 700_000;

/// More than enough to fill the write-ahead log beyond the size that is told of, and to go round in it once more.
const MESSAGES_MAX: usize = 400;

/// Sends long messages, with a click between two of them, until the server logs a text.
async fn write_until_logged(program: &Program, client: &Client, text: &str) {
    for _ in 0..MESSAGES_MAX {
        if program.stderr().contains(text) {
            return;
        }
        let message = client
            .lark
            .message_of(&event_id(), &event_id(), &"m".repeat(TEXT_BYTES));
        assert_eq!(client.send(&message).await.status, 200);
        let answer = client.click(json!({"read": "nothing"})).await;
        assert_eq!(answer.toast(), "0", "a click was not answered by its plugin");
    }
}

#[tokio::test]
async fn a_program_that_holds_a_snapshot_delays_no_click_and_is_named_until_it_ends() {
    let place = Place::new().plugin("counter");
    let base = Base::file_of(&place);
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let mut reader = base.connect().await;
    let mut snapshot = reader.begin().await.unwrap();
    sqlx::query("select count(*) from events")
        .execute(&mut *snapshot)
        .await
        .unwrap();
    write_until_logged(&program, &client, "keeps growing").await;
    let line = program.until_logged("keeps growing").await;
    assert!(line.contains(&format!("(pid {})", std::process::id())), "{line}");
    assert!(!line.contains("this server itself"), "{line}");
    snapshot.rollback().await.unwrap();
    reader.close().await.unwrap();
    write_until_logged(&program, &client, "is short again").await;
    program.until_logged("is short again").await;
}
