//! A disk or a database that does not do its part: events are refused, never answered in vain, and taken again afterwards
//! without a restart.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};
use test_guests::parts::Part;
use tokio::task::JoinSet;

use crate::support::{Answer, Base, Client, Place, Scene, event_id, until};

/// The longest that a refusal may take: Lark waits 3 s, and 600 ms are for the network.
const REFUSAL_MAX: Duration = Duration::from_millis(2_400);

/// SQLite gives a commit up after 5 s under a lock, and one may stand before it.
const GIVEN_UP: Duration = Duration::from_secs(11);

fn place() -> Place {
    Place::new()
        .plugin("counter")
        .set("CALLBACK_RETRY_SECONDS", "0,0,0,1,1,1,1,1,1,1,1,1")
        .set("CALLBACK_LEASE_MS", "900")
}

/// An event with its ids, to be sent more than once.
#[derive(Debug, Clone)]
struct Message {
    id: String,
    message_id: String,
}

impl Message {
    fn new() -> Self {
        Self {
            id: event_id(),
            message_id: event_id(),
        }
    }

    async fn send(&self, client: &Client) -> Answer {
        self.send_long(client, 4).await
    }

    /// With a text of so many bytes.
    async fn send_long(&self, client: &Client, bytes: usize) -> Answer {
        let text = "m".repeat(bytes);
        client
            .send(&client.lark.message_of(&self.id, &self.message_id, &text))
            .await
    }

    /// Sends it until it is taken; nothing but 503 may come before.
    async fn until_taken(&self, client: &Client) {
        until("an event to be taken again", async || {
            let answer = self.send(client).await;
            assert!([200, 503].contains(&answer.status), "{answer:?}");
            (answer.status == 200).then_some(())
        })
        .await;
    }
}

fn assert_refused(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
}

/// Every event answered 200 is there and was handled. More than once, where the end of an attempt could not be stored.
async fn assert_kept(base: &Base, messages: &[Message]) {
    assert!(!messages.is_empty(), "nothing was answered");
    assert_eq!(base.until_at_rest().await, 0);
    let (receipts, counted) = (base.receipts().await, base.counted().await);
    for message in messages {
        assert!(receipts.contains(&message.id), "{message:?} is lost");
        assert!(counted.contains_key(&message.message_id), "{message:?} was not handled");
    }
}

/// Has the database to itself, as a backup might that does it badly.
async fn lock(base: &Base) -> SqliteConnection {
    let mut connection = base.connect().await;
    sqlx::query("begin immediate").execute(&mut connection).await.unwrap();
    connection
}

async fn unlock(mut connection: SqliteConnection) {
    sqlx::query("rollback").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// A server whose database is locked.
async fn locked(place: Place) -> (Scene, Base, SqliteConnection) {
    let base = Base::file_of(&place);
    let scene = place.serve().await;
    let lock = lock(&base).await;
    (scene, base, lock)
}

#[tokio::test]
async fn a_commit_that_takes_too_long_is_a_refusal_in_time() {
    let (scene, _base, lock) = locked(place()).await;
    let (begun, message) = (Instant::now(), Message::new());
    assert_refused(&message.send(&scene).await);
    assert!(begun.elapsed() < REFUSAL_MAX, "{:?}", begun.elapsed());
    let begun = Instant::now();
    assert!(scene.click(json!({"count": "clicks"})).await.is_error_toast());
    assert!(begun.elapsed() < REFUSAL_MAX, "{:?}", begun.elapsed());
    unlock(lock).await;
    message.until_taken(&scene).await;
}

#[tokio::test]
async fn an_event_whose_commit_came_after_its_refusal_is_handled_when_it_comes_again() {
    let (scene, base, lock) = locked(place()).await;
    let message = Message::new();
    assert_refused(&message.send(&scene).await);
    // SQLite waits for a lock longer than a sender for its answer.
    unlock(lock).await;
    until("the late commit", async || {
        base.receipts().await.contains(&message.id).then_some(())
    })
    .await;
    assert_eq!(message.send(&scene).await.status, 200);
    assert_kept(&base, &[message]).await;
}

#[tokio::test]
async fn nothing_is_acknowledged_into_a_file_that_was_taken_away() {
    let place = place();
    let base = Base::file_of(&place);
    let [there, aside] = ["", ".aside"].map(|end| place.path(&format!("data/config.db{end}")));
    let scene = place.serve().await;
    let before = Message::new();
    before.until_taken(&scene).await;
    std::fs::rename(&there, &aside).unwrap();
    scene
        .log
        .until("was removed, renamed or replaced while the server uses it")
        .await;
    assert_refused(&Message::new().send(&scene).await);
    assert!(scene.click(json!({"count": "clicks"})).await.is_error_toast());
    // Another file in its place is not the one that the server writes to.
    std::fs::copy(&aside, &there).unwrap();
    assert_refused(&Message::new().send(&scene).await);
    std::fs::rename(&aside, &there).unwrap();
    let after = Message::new();
    after.until_taken(&scene).await;
    assert_kept(&base, &[before, after]).await;
    assert_eq!(scene.log.lines_with("events and callbacks are refused").len(), 1);
}

#[tokio::test]
async fn an_attempt_whose_end_could_not_be_stored_is_made_again_without_a_restart() {
    let place = Place::new().plugin("moody").set("CALLBACK_LEASE_MS", "900");
    let base = Base::file_of(&place);
    let scene = place.serve().await;
    let id = event_id();
    let answer = scene.send(&scene.lark.message_of(&id, &event_id(), "slowly")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    scene.log.until(&format!("try 1 of {id}")).await;
    let lock = lock(&base).await;
    scene.log.until("The result of an attempt could not be saved").await;
    // Until then it might still be committed.
    tokio::time::sleep(GIVEN_UP).await;
    unlock(lock).await;
    scene.log.until(&format!("try 2 of {id}")).await;
    scene.log.until("Delivered").await;
    assert_eq!(base.until_at_rest().await, 0);
}

#[tokio::test]
async fn a_full_queue_is_a_refusal_and_what_was_answered_is_kept() {
    let place = place().set("CALLBACK_QUEUE_ROWS_MAX", "8");
    let (scene, base, lock) = locked(place).await;
    let mut senders = JoinSet::new();
    let messages: Vec<_> = (0..60).map(|_| Message::new()).collect();
    for message in messages.clone() {
        let client = scene.client();
        senders.spawn(async move { message.send(&client).await });
    }
    let answers = senders.join_all().await;
    answers.iter().for_each(assert_refused);
    assert!(
        scene.log.text().contains("writes are waiting for the database"),
        "the queue was never full"
    );
    unlock(lock).await;
    for message in &messages {
        message.until_taken(&scene).await;
    }
    assert_kept(&base, &messages).await;
}

/// A disk of its own for the database of a place.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    /// None where this user may not mount, which is said aloud.
    fn mount(folder: &'a Path, options: &str) -> Option<Self> {
        if !Part::Mount.is_here_or_said() {
            return None;
        }
        std::fs::create_dir_all(folder).unwrap();
        let arguments = ["-t", "tmpfs", "-o", options, "tmpfs", folder.to_str().unwrap()];
        assert!(run("mount", &arguments), "who may do so mounts a tmpfs");
        Some(Self(folder))
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(run("mount", &["-o", &options, self.0.to_str().unwrap()]));
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        // Lazily: a test that failed may still have a server on it.
        run("umount", &["-l", self.0.to_str().unwrap()]);
    }
}

fn run(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

#[tokio::test]
async fn a_full_disk_is_a_refusal_and_room_on_it_ends_it() {
    let place = place();
    let (base, folder) = (Base::file_of(&place), place.path("data"));
    let Some(disk) = Disk::mount(&folder, "size=3m") else {
        return;
    };
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let mut kept = Vec::new();
    let refused = until("the disk to be full", async || {
        let message = Message::new();
        let answer = message.send_long(&client, 20_000).await;
        match answer.status {
            200 => {
                kept.push(message);
                None
            }
            _ => Some(answer),
        }
    })
    .await;
    assert_refused(&refused);
    for _ in 0..5 {
        let message = Message::new();
        match message.send_long(&client, 20_000).await {
            // A little room may come back when the log is moved.
            answer if answer.status == 200 => kept.push(message),
            answer => assert_refused(&answer),
        }
    }
    program.until_logged("The database cannot be written").await;
    disk.remount("size=30m");
    let after = Message::new();
    after.until_taken(&client).await;
    kept.push(after);
    assert_kept(&base, &kept).await;
    drop(program);
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_is_an_error_at_the_start_that_names_the_file() {
    let place = place();
    let folder = place.path("data");
    let Some(disk) = Disk::mount(&folder, "ro,size=3m") else {
        return;
    };
    let finished = place.run(&[]).finished().await;
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert!(finished.stderr.contains("config.db"), "{finished:?}");
    disk.remount("rw");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    assert_eq!(Message::new().send(&client).await.status, 200);
    drop(program);
}
