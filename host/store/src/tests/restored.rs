//! Putting a backup back: nothing is lost of what was there, whenever the command is killed.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use super::*;

/// A database with these events that its server left as `kill -9` does: the newest stand in the log beside it.
async fn killed(folder: &Path, events: &[&str]) -> PathBuf {
    let (database, left) = (TestDatabase::file(), folder.join("config.db"));
    let store = database.open().await;
    for id in events {
        first(&store, event(id)).await;
    }
    let TestDatabase::File(running) = &database else {
        unreachable!()
    };
    for suffix in ["", "-wal"] {
        let name = format!("config.db{suffix}");
        fs::copy(running.path().join(&name), folder.join(&name)).unwrap();
    }
    assert!(fs::metadata(folder.join("config.db-wal")).unwrap().len() > 0);
    left
}

async fn backup(folder: &Path) -> PathBuf {
    let database = TestDatabase::file();
    let store = database.open().await;
    first(&store, event("of the backup")).await;
    let file = folder.join("copy.db");
    store.back_up(&file).await.unwrap();
    file
}

async fn events(database: &Path) -> Vec<String> {
    let store = Store::open(&StoreSettings::at(database.to_owned())).await.unwrap();
    let rows = store.events(&Filter::default()).await.unwrap();
    store.close().await;
    rows.into_iter().map(|event| event.event_id).collect()
}

#[tokio::test]
async fn what_stood_in_the_log_is_in_the_database_that_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let database = killed(folder.path(), &["e1", "e2"]).await;
    let file = backup(folder.path()).await;
    let kept = restore_backup(&file, &database).await.unwrap().unwrap();
    assert_eq!(events(&database).await, ["of the backup"]);
    assert_eq!(events(&kept).await, ["e2", "e1"]);
}

/// Sets a flag when it is dropped.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_a_database_at_every_moment() {
    let folder = tempfile::tempdir().unwrap();
    let database = killed(folder.path(), &["e1"]).await;
    let file = backup(folder.path()).await;
    let (is_over, missed) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|threads| {
        // A failure ends the other thread as well.
        let _over = Over(&is_over);
        threads.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                missed.fetch_add(usize::from(!database.exists()), Ordering::Relaxed);
            }
        });
        tokio::task::block_in_place(|| {
            let restoring = async {
                for _ in 0..10 {
                    restore_backup(&file, &database).await.unwrap();
                }
            };
            tokio::runtime::Handle::current().block_on(restoring);
        });
    });
    assert_eq!(missed.into_inner(), 0);
}

#[tokio::test]
async fn a_link_stays_one_and_leads_to_what_was_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    killed(&disk, &["e1"]).await;
    let link = folder.path().join("config.db");
    std::os::unix::fs::symlink(disk.join("config.db"), &link).unwrap();
    let file = backup(folder.path()).await;
    let kept = restore_backup(&file, &link).await.unwrap().unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(events(&link).await, ["of the backup"]);
    assert!(kept.starts_with(fs::canonicalize(&disk).unwrap()), "{}", kept.display());
    assert_eq!(events(&kept).await, ["e1"]);
}

#[tokio::test]
async fn a_damaged_database_is_put_aside_with_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("config.db");
    fs::write(&database, "no database").unwrap();
    fs::write(folder.path().join("config.db-wal"), "no log").unwrap();
    let file = backup(folder.path()).await;
    let kept = restore_backup(&file, &database).await.unwrap().unwrap();
    assert_eq!(events(&database).await, ["of the backup"]);
    assert_eq!(fs::read_to_string(kept).unwrap(), "no database");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_copies_to_one_name_one_is_made_and_the_other_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let database = TestDatabase::file();
    let store = database.open().await;
    first(&store, event("of the backup")).await;
    let file = folder.path().join("copy.db");
    let copies: Vec<_> = (0..6)
        .map(|_| {
            let (store, file) = (store.clone(), file.clone());
            tokio::spawn(async move { store.back_up(&file).await })
        })
        .collect();
    let mut made = 0;
    for copy in copies {
        match copy.await.unwrap() {
            Ok(_) => made += 1,
            Err(error) => assert!(
                error.to_string().ends_with("exists already; name another file"),
                "{error}"
            ),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(events(&file).await, ["of the backup"]);
    let left = fs::read_dir(folder.path()).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!left.into_iter().any(|name| name.contains("partial")));
}
