//! What only a file can do: it belongs to one server.

use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use super::*;

#[tokio::test]
async fn two_servers_never_share_a_file() {
    let place = Place::file();
    let _store = place.open().await;
    let refused = Store::open(&place.settings()).await.unwrap_err();
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
    let place = Place::file();
    let settings = StoreSettings {
        queue_rows_max: 1,
        ..place.settings()
    };
    let store = Store::open(&settings).await.unwrap();
    let Database::Sqlite(path) = &settings.database else {
        panic!("{settings:?}")
    };
    let mut other = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    sqlx::query("begin immediate").execute(&mut other).await.unwrap();
    let works: Vec<_> = (0..10)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.show_life(NOW_MS).await })
        })
        .collect();
    while store.work.capacity() > 0 {
        tokio::task::yield_now().await;
    }
    let refused = store.receive(event("e1")).await;
    assert!(matches!(refused, Err(StoreError::QueueFull { .. })), "{refused:?}");
    sqlx::query("rollback").execute(&mut other).await.unwrap();
    for work in works {
        work.await.unwrap().unwrap();
    }
}
