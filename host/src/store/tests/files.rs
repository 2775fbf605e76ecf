//! What only a file can do: it belongs to one server.

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
