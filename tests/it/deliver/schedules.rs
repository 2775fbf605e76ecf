//! Schedules: a task runs by itself at its times, once however many servers share the work.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use test_guests::postgres::Cluster;

use crate::{
    operate::{ask, place as operated},
    support::{Base, Place, Scene, clock, until},
};

const MINUTE: Duration = Duration::from_mins(1);

/// Puts the clock to the first second of a minute, so that none ends by itself while a test counts them.
fn to_next_minute() {
    let into_ms = clock::now_ms() % 60_000;
    clock::advance(Duration::from_millis(60_000 - into_ms));
}

async fn until_looked_at(base: &Base, row: &str) {
    until(&format!("the schedule {row}"), async || {
        base.schedules()
            .await
            .iter()
            .any(|found| found.starts_with(row))
            .then_some(())
    })
    .await;
}

/// Lets minutes pass, to the first second of the last of them, and waits for its task, or one of the next: a server that
/// looks only then runs the latest. Returns the minute of the task.
async fn pass(scene: &Scene, minutes: u32) -> u64 {
    clock::advance(MINUTE * (minutes - 1));
    to_next_minute();
    let minute = clock::now_ms() / 60_000;
    let ran = |line: &String| -> Option<u64> {
        let (_, rest) = line.split_once("tick for minute ")?;
        rest.split(' ').next()?.parse().ok().filter(|ran| *ran >= minute)
    };
    until(&format!("a task for minute {minute}"), async || {
        scene.log.lines_with("tick for minute ").iter().find_map(ran)
    })
    .await
}

#[tokio::test]
async fn a_task_runs_at_each_of_its_times() {
    let place = Place::new().plugin("timed");
    let base = Base::file_of(&place);
    to_next_minute();
    let scene = place.serve().await;
    until_looked_at(&base, "timed cli_of_the_tests tick").await;
    let minute = pass(&scene, 1).await;
    let line = scene
        .log
        .until(&format!("tick for minute {minute} of cli_of_the_tests"))
        .await;
    assert!(line.contains("asked by timed") && line.contains("the plugin"), "{line}");
    pass(&scene, 1).await;
    base.until_at_rest().await;
    assert!(base.scheduled().await.iter().all(|count| count == "1"));
}

#[tokio::test]
async fn two_servers_run_a_time_once() {
    let Some(cluster) = Cluster::start().map(Arc::new) else {
        return;
    };
    let url = cluster.database();
    let place = || Place::new().plugin("timed").set("DATABASE_URL", &url);
    let base = Base::Postgres(Arc::clone(&cluster), url.clone());
    // What both log goes to the log of the second.
    let (_one, other) = (place().serve().await, place().serve().await);
    until_looked_at(&base, "timed cli_of_the_tests tick").await;
    for _ in 0..5 {
        pass(&other, 1).await;
    }
    base.until_at_rest().await;
    let counts = base.scheduled().await;
    assert!(
        counts.len() >= 5 && counts.iter().all(|count| count == "1"),
        "{counts:?}"
    );
}

#[tokio::test]
async fn of_what_came_during_a_stop_the_latest_is_made_up_for_and_the_rest_is_counted() {
    let place = Place::new().plugin("timed");
    let base = Base::file_of(&place);
    to_next_minute();
    let scene = place.serve().await;
    until_looked_at(&base, "timed").await;
    pass(&scene, 1).await;
    let place = scene.stop().await;
    clock::advance(MINUTE * 30);
    let scene = place.serve().await;
    let line = scene
        .log
        .until("Times of the schedule tick of plugin timed were missed")
        .await;
    assert!(line.contains("ran_for"), "{line}");
    scene.log.until("tick for minute").await;
    base.until_at_rest().await;
    let missed: u32 = base.schedules().await[0].rsplit_once(' ').unwrap().1.parse().unwrap();
    assert_eq!(missed, 29);
    assert!(base.scheduled().await.iter().all(|count| count == "1"));
}

#[tokio::test]
async fn a_paused_plugin_runs_nothing_until_the_pause_is_over() {
    let place = Place::new().plugin("timed").file("timed.toml", b"paused = true\n");
    let base = Base::file_of(&place);
    to_next_minute();
    let scene = place.serve().await;
    scene.log.until("Plugin timed is paused").await;
    scene.place.write("timed.toml", b"");
    until_looked_at(&base, "timed").await;
    pass(&scene, 1).await;
    assert!(scene.log.lines_with("were missed").is_empty());
}

#[tokio::test]
async fn the_operator_plans_tasks_and_sees_when_they_run() {
    let place = operated()
        .plugin("echo")
        .file(
            "echo.toml",
            b"[schedule.report]\nat = \"0 9 * * 1-5\"\nzone = \"Asia/Shanghai\"\npayload = { to = \"all\" }\n",
        )
        .plugin("timed")
        .file("timed.toml", b"[schedule.tick]\nenabled = false\n");
    let mut program = place.run(&[]);
    program.serving().await;
    let listed = until("the plugins", async || {
        let listed = ask(&place, &["plugin", "list"]).await;
        let named = |name: &str| {
            listed["serving"]
                .as_array()?
                .iter()
                .find(|plugin| plugin["name"] == name)
                .cloned()
        };
        Some((
            named("echo").filter(|echo| echo["active"].is_object())?,
            named("timed").filter(|it| it["active"].is_object())?,
        ))
    })
    .await;
    let (echo, timed) = listed;
    let report = &echo["schedules"][0];
    assert_eq!(report["task"], "report");
    assert!(report["next"].as_str().unwrap().ends_with(" 09:00 CST"), "{report}");
    assert_eq!(
        (report["last"].clone(), report["missed"].clone()),
        (json!(null), json!(0))
    );
    assert_eq!(timed["schedules"], json!([]));
    let text = place.run(&["plugin", "list"]).finished().await.stdout;
    assert!(
        text.contains("  task report at 0 9 * * 1-5 Asia/Shanghai for cli_of_the_tests: next "),
        "{text}"
    );

    place.write("timed.toml", b"[schedule.tik]\nlate_ms_max = 60000\n");
    let line = program.until_logged("`schedule.tik` lacks `at`").await;
    assert!(
        line.contains("the nearest that it schedules itself is `tick`"),
        "{line}"
    );
}
