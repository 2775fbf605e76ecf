//! Several servers on one PostgreSQL: they do what one would do, and go on when one of them, or the database, is gone.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use sqlx::Connection as _;
use test_guests::{guest, postgres::Cluster};

use crate::support::{Client, Place, Program, event_id, until};

/// A place on a database; what is leased comes back soon.
pub(crate) fn place(url: &str) -> Place {
    Place::new().set("DATABASE_URL", url).set("CALLBACK_LEASE_MS", "1500")
}

/// Runs `lark-callback plugin …` and tells what it said.
async fn plugin(place: &Place, arguments: &[&str]) -> String {
    let finished = place.run(&[&["plugin"], arguments].concat()).finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished.stdout
}

pub(crate) async fn publish(place: &Place, name: &str, plugin_of_tests: &str, more: &[&str]) {
    let file = guest(plugin_of_tests);
    let arguments = ["publish", file.to_str().unwrap(), "--name", name];
    plugin(place, &[&arguments, more].concat()).await;
}

/// Waits until the list of published plugins is as it must become.
async fn until_listed(place: &Place, what: &str, is_so: impl Fn(&Value) -> bool) {
    until(what, async || is_so(&published(place).await).then_some(())).await;
}

async fn published(place: &Place) -> Value {
    let list: Value = serde_json::from_str(&plugin(place, &["list", "--json"]).await).unwrap();
    list["published"].clone()
}

/// Two servers of the same kind.
pub(crate) async fn two(url: &str, place: impl Fn(&str) -> Place) -> [(Place, Program, Client); 2] {
    let (one, other) = (place(url), place(url));
    let (mut first, mut second) = (one.run(&[]), other.run(&[]));
    let (first_door, second_door) = tokio::join!(first.serving(), second.serving());
    [(one, first, first_door), (other, second, second_door)]
}

#[tokio::test]
async fn a_click_that_comes_to_both_servers_at_once_is_handled_once() {
    let Some(cluster) = Cluster::shared() else { return };
    let [(_one, _first, a), (_other, _second, b)] = two(&cluster.database(), |url| place(url).plugin("counter")).await;
    let mut senders = tokio::task::JoinSet::new();
    let id = event_id();
    for n in 0..20 {
        let client = if n % 2 == 0 { a.clone() } else { b.clone() };
        let click = client.lark.click_of(&id, json!({"count": "clicks"}));
        senders.spawn(async move { client.send(&click).await.toast() });
    }
    assert_eq!(senders.join_all().await, vec!["1"; 20]);
    assert_eq!(b.click(json!({"read": "clicks"})).await.toast(), "1");
}

/// To another server a call is lost whose server does not live.
#[tokio::test]
async fn whoever_serves_is_known_to_live() {
    let Some(cluster) = Cluster::shared() else { return };
    let database = cluster.database();
    let place = place(&database);
    let mut server = place.run(&[]);
    server.serving().await;
    let mut connection = sqlx::PgConnection::connect(&database).await.unwrap();
    let living: i64 = sqlx::query_scalar("select count(*) from leases where name like 'node/%'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(living, 1);
}

#[tokio::test]
async fn what_a_killed_server_had_begun_is_done_by_the_other() {
    let Some(cluster) = Cluster::shared() else { return };
    let [(_one, mut first, a), (_other, mut second, _b)] =
        two(&cluster.database(), |url| place(url).plugin("moody")).await;
    let id = event_id();
    let answer = a.send(&a.lark.message_of(&id, &event_id(), "begun")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // What has an ordering key waits in the database for whoever has room.
    let line = format!("try 1 of {id}");
    let is_first = tokio::select! {
        _ = first.until_logged(&line) => true,
        _ = second.until_logged(&line) => false,
    };
    let (killed, mut other) = if is_first { (first, second) } else { (second, first) };
    killed.signal(Signal::KILL);
    killed.finished().await;
    other.until_logged(&format!("try 2 of {id}")).await;
    other.until_logged("Delivered").await;
}

#[tokio::test]
async fn what_a_stopped_server_still_does_is_not_done_by_the_other_too() {
    let Some(cluster) = Cluster::shared() else { return };
    let place = |url: &str| place(url).plugin("moody").set("CALLBACK_LEASE_MS", "900");
    let [(_one, mut first, a), (_other, mut second, _b)] = two(&cluster.database(), place).await;
    let id = event_id();
    let answer = a.send(&a.lark.message_of(&id, &event_id(), "at length")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let line = format!("try 1 of {id}");
    let is_first = tokio::select! {
        _ = first.until_logged(&line) => true,
        _ = second.until_logged(&line) => false,
    };
    let (stopped, other) = if is_first { (first, second) } else { (second, first) };
    stopped.signal(Signal::TERM);
    let finished = stopped.finished().await;
    assert!(finished.stderr.contains("Delivered"), "{finished:?}");
    assert!(!other.stderr().contains(&format!("try 2 of {id}")), "{other:?}");
}

#[tokio::test]
async fn a_server_that_is_stopped_ends_and_the_other_goes_on() {
    let Some(cluster) = Cluster::shared() else { return };
    let [(_one, first, a), (_other, _second, b)] = two(&cluster.database(), |url| place(url).plugin("counter")).await;
    assert_eq!(a.click(json!({"count": "clicks"})).await.toast(), "1");
    first.signal(Signal::TERM);
    let finished = first.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(b.click(json!({"count": "clicks"})).await.toast(), "2");
}

#[tokio::test]
async fn while_the_database_is_away_events_are_refused_and_afterwards_taken() {
    let Some(cluster) = Cluster::start() else { return };
    let place = place(&cluster.database()).plugin("counter");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    assert_eq!(client.send(&client.lark.message("before")).await.status, 200);
    cluster.kill();
    for _ in 0..3 {
        let answer = client.send(&client.lark.message("meanwhile")).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(client.click(json!({"count": "clicks"})).await.is_error_toast());
    }
    program.until_logged("The database cannot be written").await;
    cluster.resume();
    let (id, message_id) = (event_id(), event_id());
    until("an event to be taken again", async || {
        let answer = client.send(&client.lark.message_of(&id, &message_id, "after")).await;
        assert!([200, 503].contains(&answer.status), "{answer:?}");
        (answer.status == 200).then_some(())
    })
    .await;
    client.until_click_says(json!({"read": message_id}), "1").await;
}

/// A service manager waits for 40 s before it kills; what is waited for here adds up to less than a quarter of that.
#[tokio::test]
async fn a_server_whose_database_is_silent_ends_in_time_when_it_is_told_to() {
    const END_MAX: Duration = Duration::from_secs(15);
    let Some(cluster) = Cluster::start() else { return };
    let place = place(&cluster.database()).plugin("counter");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    assert_eq!(client.click(json!({"count": "clicks"})).await.toast(), "1");
    let _frozen = cluster.freeze();
    // It waits in vain for its commit.
    let answer = client.send(&client.lark.message("unheard")).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    let told = Instant::now();
    program.signal(Signal::TERM);
    let finished = program.finished().await;
    assert!(told.elapsed() < END_MAX, "{:?}: {finished:?}", told.elapsed());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let unanswered = "The database did not answer while it was being closed";
    assert!(finished.stderr.contains(unanswered), "{finished:?}");
}

#[tokio::test]
async fn a_server_without_its_database_says_so_and_ends() {
    let place = Place::new()
        .set("DATABASE_URL", "postgres://me:planted-password@127.0.0.1:1/lark")
        .set("DATABASE_START_SECONDS_MAX", "0");
    let finished = place.run(&[]).finished().await;
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert!(finished.stderr.contains("127.0.0.1:1/lark"), "{finished:?}");
    assert!(!finished.stderr.contains("planted"), "{finished:?}");
}

#[tokio::test]
async fn a_published_plugin_reaches_every_server_and_leaves_every_server() {
    let Some(cluster) = Cluster::shared() else { return };
    let [(one, _first, a), (_other, _second, b)] = two(&cluster.database(), place).await;
    publish(&one, "it", "echo", &[]).await;
    for client in [&a, &b] {
        client
            .until_click_says(json!({"echo": "everywhere"}), "everywhere")
            .await;
    }
    until_listed(&one, "two servers that serve it", |list| {
        let servers = list[0]["servers"].as_array().unwrap();
        servers.len() == 2 && servers.iter().all(|server| server["hash"] == list[0]["hash"])
    })
    .await;
    plugin(&one, &["unpublish", "it"]).await;
    for client in [&a, &b] {
        until("nobody to echo", async || {
            (client.click(json!({"echo": "nowhere"})).await.body == "{}").then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_server_that_cannot_load_what_is_published_keeps_what_it_has_and_says_why() {
    let Some(cluster) = Cluster::shared() else { return };
    let url = cluster.database();
    let one = place(&url);
    publish(&one, "it", "echo", &[]).await;
    // Its own settings win over the published ones, and lack what the next version wants.
    let other = place(&url).file("it.toml", b"");
    let (mut first, mut second) = (one.run(&[]), other.run(&[]));
    let (_a, b) = tokio::join!(first.serving(), second.serving());
    std::fs::write(one.path("it.toml"), "[config]\ngreeting = \"hello\"\n").unwrap();
    let settings = one.path("it.toml");
    publish(&one, "it", "wants_config", &["--settings", settings.to_str().unwrap()]).await;
    until_listed(&one, "one server that serves it and one that says why not", |list| {
        let servers = list[0]["servers"].as_array().unwrap();
        let serves = |server: &&Value| server["hash"] == list[0]["hash"];
        let explains = |server: &&Value| server["hash"] != list[0]["hash"] && server["reason"].is_string();
        servers.iter().filter(serves).count() == 1 && servers.iter().filter(explains).count() == 1
    })
    .await;
    assert_eq!(b.click(json!({"echo": "still"})).await.toast(), "still");
}

#[tokio::test]
async fn what_no_server_could_load_is_not_published() {
    let Some(cluster) = Cluster::shared() else { return };
    let place = place(&cluster.database());
    std::fs::write(place.path("bad.wasm"), "not WebAssembly").unwrap();
    let finished = place.run(&["plugin", "publish", "bad.wasm"]).finished().await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("it is not WebAssembly"), "{finished:?}");
    assert_eq!(published(&place).await, json!([]));
}

#[tokio::test]
async fn a_folder_is_shared_when_the_operator_says_so() {
    let Some(cluster) = Cluster::shared() else { return };
    let url = cluster.database();
    let sharing = place(&url).plugin("echo").set("CALLBACK_PLUGINS_SHARED", "on");
    let alone = place(&url).plugin("counter");
    let (mut first, mut second) = (sharing.run(&[]), alone.run(&[]));
    let (a, b) = tokio::join!(first.serving(), second.serving());
    b.until_click_says(json!({"echo": "shared"}), "shared").await;
    assert_eq!(
        a.click(json!({"count": "clicks"})).await.body,
        "{}",
        "the other folder is its own"
    );
}

#[tokio::test]
async fn a_published_plugin_with_damaged_bytes_keeps_no_other_from_being_served() {
    let Some(cluster) = Cluster::shared() else { return };
    let url = cluster.database();
    let one = place(&url);
    publish(&one, "bad", "counter", &[]).await;
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    sqlx::query("update plugin_blobs set bytes = 'damaged'")
        .execute(&mut connection)
        .await
        .unwrap();
    let mut program = one.run(&[]);
    let client = program.serving().await;
    program
        .until_logged("The published bytes of plugin bad are not those")
        .await;
    publish(&one, "it", "echo", &[]).await;
    client
        .until_click_says(json!({"echo": "all the same"}), "all the same")
        .await;
}

#[tokio::test]
async fn a_pipe_in_the_place_of_a_signature_holds_no_shared_folder_up() {
    let Some(cluster) = Cluster::shared() else { return };
    let url = cluster.database();
    let sharing = place(&url).plugin("echo").set("CALLBACK_PLUGINS_SHARED", "on");
    let pipe = sharing.plugin_path("echo.wasm.sig");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let alone = place(&url);
    let (mut first, mut second) = (sharing.run(&[]), alone.run(&[]));
    let (_a, b) = tokio::join!(first.serving(), second.serving());
    b.until_click_says(json!({"echo": "shared"}), "shared").await;
}

#[tokio::test]
async fn a_file_has_nobody_to_publish_to() {
    let place = Place::new();
    let file = guest("echo");
    let finished = place
        .run(&["plugin", "publish", file.to_str().unwrap()])
        .finished()
        .await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("CALLBACK_PLUGINS_DIR"), "{finished:?}");
}
