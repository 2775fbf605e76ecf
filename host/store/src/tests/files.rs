//! Features of SQLite alone: the file belongs to one server.

use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};

use super::*;

#[tokio::test]
async fn two_servers_never_share_a_file() {
    let database = TestDatabase::file();
    let _store = database.open().await;
    let refused = Store::open(&database.settings()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Locked { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_folder_that_is_a_file_is_named_in_the_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data"), "").unwrap();
    let refused = Store::open(&StoreSettings::at(folder.path().join("data/config.db")))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("data/config.db"), "{refused}");
}

#[tokio::test]
async fn what_nobody_waits_for_at_the_door_waits_for_room_in_the_queue() {
    let database = TestDatabase::file();
    let settings = StoreSettings {
        queue_rows_max: 1,
        ..database.settings()
    };
    let store = Store::open(&settings).await.unwrap();
    let mut other = other(&database).await;
    sqlx::query("begin immediate").execute(&mut other).await.unwrap();
    let works: Vec<_> = (0..10)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.heartbeat(NOW_MS).await })
        })
        .collect();
    while store.queues.work.capacity() > 0 {
        tokio::task::yield_now().await;
    }
    let refused = store.receive(event("e1")).await;
    assert!(matches!(refused, Err(StoreError::QueueFull { .. })), "{refused:?}");
    sqlx::query("rollback").execute(&mut other).await.unwrap();
    for work in works {
        work.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn as_many_events_as_there_are_connections_are_taken_at_once_beside_other_work() {
    const CONNECTIONS: usize = 4_096;
    let database = TestDatabase::file();
    let store = database.open().await;
    let mut other = other(&database).await;
    sqlx::query("begin immediate").execute(&mut other).await.unwrap();
    let work = tokio::spawn({
        let store = store.clone();
        async move { store.heartbeat(NOW_MS).await }
    });
    let events: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.receive(event(&format!("e{number}"))).await })
        })
        .collect();
    // A batch or two of them are with the writer already.
    let waiting = || store.queues.rows_max - store.queues.acknowledgements.capacity();
    while waiting() < CONNECTIONS - 1_000 {
        tokio::task::yield_now().await;
    }
    sqlx::query("rollback").execute(&mut other).await.unwrap();
    for event in events {
        event.await.unwrap().unwrap();
    }
    work.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_event_that_the_file_refuses_is_refused_alone() {
    let database = TestDatabase::file();
    let store = database.open().await;
    sqlx::raw_sql(
        "create trigger stubborn before insert on payloads when new.payload like '%\"e25\"%' begin select raise(abort, 'no'); end",
    )
    .execute(&mut other(&database).await)
    .await
    .unwrap();
    let calls = (0..50).map(|number| {
        let store = store.clone();
        async move { store.receive(event(&format!("e{number}"))).await }
    });
    let received = together(calls).await;
    for (number, received) in received.iter().enumerate() {
        let is_refused = matches!(received, Err(StoreError::Database { .. }));
        assert_eq!(is_refused, number == 25, "{number}: {received:?}");
    }
    // Of the one that was refused nothing is remembered, and of the others all.
    sqlx::raw_sql("drop trigger stubborn")
        .execute(&mut other(&database).await)
        .await
        .unwrap();
    first(&store, event("e25")).await;
    let again = store.receive(event("e24")).await.unwrap();
    assert!(matches!(again, Received::Answered { .. }), "{again:?}");
}

/// More than are brought into the index at a time, so that some are known by it, some by memory, and some by both.
#[tokio::test]
async fn names_are_known_while_they_are_brought_into_the_index() {
    let database = TestDatabase::file();
    let mut store = database.open().await;
    let mut sent = 0..;
    for restarts in [false, true, false, true] {
        for _ in 0..10 {
            let wave: Vec<_> = sent.by_ref().take(1_000).collect();
            let calls = wave.into_iter().map(|n| {
                let store = store.clone();
                let new = message(&format!("e{n}"), &format!("om_{n}"));
                async move { first(&store, new).await }
            });
            for (number, _) in together(calls).await {
                assert!(number > 0);
            }
        }
        if restarts {
            store.close().await;
            drop(store);
            store = reopened(&database).await;
        }
        let again = (0..sent.start).step_by(61).map(|n| {
            let store = store.clone();
            let repeat = match n % 3 {
                0 => message(&format!("e{n}"), &format!("om_{n}")),
                1 => message(&format!("other{n}"), &format!("om_{n}")),
                _ => event(&format!("e{n}")),
            };
            async move { store.receive(repeat).await.unwrap() }
        });
        for received in together(again).await {
            assert!(matches!(received, Received::Answered { .. }), "{received:?}");
        }
    }
    // What a repeat brought with it leads to the first as well.
    for n in (0..sent.start).step_by(61).filter(|n| n % 3 == 1) {
        let received = store.receive(event(&format!("other{n}"))).await.unwrap();
        assert!(matches!(received, Received::Answered { .. }), "{received:?}");
    }
    assert!(indexed(&database).await > 0, "nothing was brought into the index");
    while store.prune(&Retention::default(), NOW_MS + 25 * HOUR_MS).await.unwrap() > 0 {}
    assert_eq!(
        indexed(&database).await,
        0,
        "what is deleted leaves nothing in the index"
    );
    first(&store, message("e0", "om_0")).await;
}

#[tokio::test]
async fn names_of_a_file_without_an_index_are_brought_into_it() {
    let database = TestDatabase::file();
    database.open().await.close().await;
    let mut other = other(&database).await;
    sqlx::query(
        "with recursive n (n) as (select 1 union all select n + 1 from n where n < 300000)
         insert into receipts (app, kind, key, event, expires_at_ms) select 'cli_a', 'event', 'e' || n, n, ? from n",
    )
    .bind(signed(NOW_MS + HOUR_MS))
    .execute(&mut other)
    .await
    .unwrap();
    let store = reopened(&database).await;
    assert!(indexed(&database).await > 0);
    for known in ["e1", "e150000", "e300000"] {
        let received = store.receive(event(known)).await.unwrap();
        assert!(matches!(received, Received::Answered { .. }), "{received:?}");
    }
    first(&store, event("e300001")).await;
}

async fn indexed(database: &TestDatabase) -> i64 {
    let indexed = sqlx::query_scalar("select count(*) from receipt_keys");
    indexed.fetch_one(&mut other(database).await).await.unwrap()
}

/// A connection of the test's own.
pub(super) async fn other(database: &TestDatabase) -> SqliteConnection {
    let settings = database.settings();
    let Database::Sqlite(path) = &settings.database else {
        panic!("{settings:?}")
    };
    SqliteConnectOptions::new().filename(path).connect().await.unwrap()
}
