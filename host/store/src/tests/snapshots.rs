//! Somebody else reads the file: no commit waits for him, and what his snapshot costs is counted and told.

use std::time::Instant;

use sqlx::{Connection, SqliteConnection};

use super::{files::other, *};

/// As long as Lark's event can be; ninety of them are more than the log has when it is to begin anew.
const LONG_BYTES: usize = 1 << 20;

/// A commit of one long event takes a few milliseconds; a wait for a reader would take SQLite's five seconds.
const COMMIT_MAX: Duration = Duration::from_secs(4);

/// A snapshot that is held until the connection ends, as of a shell that was left in a transaction.
async fn snapshot(database: &TestDatabase) -> SqliteConnection {
    let mut reader = other(database).await;
    sqlx::query("begin").execute(&mut reader).await.unwrap();
    let _: i64 = sqlx::query_scalar("select count(*) from events")
        .fetch_one(&mut reader)
        .await
        .unwrap();
    reader
}

fn long(id: &str) -> NewEvent {
    with(event(id), |event| {
        event.payload = format!(r#"{{"text":"{}"}}"#, "x".repeat(LONG_BYTES)).into();
    })
}

async fn write_long(store: &Store, name: &str, events: usize) {
    for number in 0..events {
        let begun = Instant::now();
        first(store, long(&format!("{name}{number}"))).await;
        assert!(begun.elapsed() < COMMIT_MAX, "{name}{number}: {:?}", begun.elapsed());
    }
}

/// The size of the log beside the file.
fn log_bytes(database: &TestDatabase) -> u64 {
    let TestDatabase::File(folder) = database else {
        unreachable!("the database is a file")
    };
    std::fs::metadata(folder.path().join("config.db-wal")).unwrap().len()
}

#[tokio::test]
async fn no_commit_waits_for_a_foreign_snapshot_and_the_log_is_short_again_afterwards() {
    let database = TestDatabase::file();
    let store = database.open().await;
    first(&store, event("e1")).await;
    let reader = snapshot(&database).await;
    write_long(&store, "a", 90).await;
    let grown = log_bytes(&database);
    assert!(grown > 90 << 20, "{grown}");
    assert!(store.bytes().await.unwrap() > grown, "the log is counted");
    write_long(&store, "b", 30).await;
    reader.close().await.unwrap();
    // It begins anew, and is cut to its usual size.
    let mut sent = 0;
    while log_bytes(&database) > 100 << 20 {
        assert!(sent < 600, "the log does not begin anew: {}", log_bytes(&database));
        first(&store, event(&format!("c{sent}"))).await;
        sent += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    store.close().await;
}
