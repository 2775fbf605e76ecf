//! `jobs`, `summary`, `plugin keys` and `plugin log`: what the console shows, at the command line.

use serde_json::{Value, json};

use super::{ask, give_up, place, run};

#[tokio::test]
async fn a_job_is_counted_then_done_by_the_server_and_tells_what_came_of_it() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    for _ in 0..2 {
        give_up(&place, &client).await;
    }
    let drop = ["jobs", "start", "drop-dead", "--plugin", "moody"];
    let unasked = run(&place, &drop).await;
    assert_eq!(unasked.code, Some(1), "nobody is there to be asked: {unasked:?}");
    assert!(unasked.stderr.contains("this would drop 2"), "{unasked:?}");
    let counted = ask(&place, &[&drop[..], &["--dry-run"]].concat()).await;
    assert_eq!(
        (&counted["count"], &counted["phase"]),
        (&json!(2), &json!("counted")),
        "{counted}"
    );
    assert_eq!(
        ask(&place, &["dead", "list"]).await["dead"].as_array().unwrap().len(),
        2
    );

    let done = ask(&place, &[&drop[..], &["--yes"]].concat()).await;
    assert_eq!(
        (&done["changed"], &done["phase"]),
        (&json!(2), &json!("done")),
        "{done}"
    );
    assert_eq!(ask(&place, &["dead", "list"]).await["dead"], json!([]));
    let key = done["job"].as_str().unwrap();
    assert_eq!(ask(&place, &["jobs", "show", key]).await["results"], done["results"]);
    let listed = run(&place, &["jobs", "list"]).await;
    assert!(
        listed.stdout.contains(key) && listed.stdout.contains("drop_dead"),
        "{listed:?}"
    );
    assert_eq!(
        ask(&place, &["jobs", "cancel", key]).await["phase"],
        "done",
        "it has ended"
    );

    let none = ask(&place, &drop).await;
    assert_eq!(
        (&none["count"], &none["phase"]),
        (&json!(0), &json!("counted")),
        "{none}"
    );
    let unknown = run(&place, &["jobs", "show", "none"]).await;
    assert_eq!(unknown.code, Some(5), "{unknown:?}");
    let nothing = run(&place, &["jobs", "start", "replay"]).await;
    assert_eq!(nothing.code, Some(2), "neither numbers nor a filter: {nothing:?}");
}

#[tokio::test]
async fn a_replay_of_all_that_a_filter_matches_goes_to_the_plugin_that_is_named() {
    let place = place().plugin("counter");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    for _ in 0..3 {
        assert_eq!(client.click(json!({"count": "clicks"})).await.status, 200);
    }
    let replay = [
        "jobs",
        "start",
        "replay",
        "--type",
        "card.action.trigger",
        "--plugin",
        "counter",
        "--yes",
    ];
    let done = ask(&place, &replay).await;
    assert_eq!(
        (&done["changed"], &done["plugin"]),
        (&json!(3), &json!("counter")),
        "{done}"
    );
    client.until_click_says(json!({"read": "clicks"}), "6").await;
}

#[tokio::test]
async fn what_a_plugin_keeps_and_logs_is_told() {
    let place = place().plugin("counter");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client.click(json!({"count": "one"})).await;
    client.click(json!({"count": "two"})).await;
    let keys = ask(&place, &["plugin", "keys", "counter", "--prefix", "on"]).await;
    let names: Vec<&Value> = keys["keys"].as_array().unwrap().iter().map(|key| &key["key"]).collect();
    assert_eq!(names, [&json!("one")], "{keys}");
    let shown = run(&place, &["plugin", "keys", "counter"]).await;
    assert!(
        shown.stdout.contains("BYTES") && shown.stdout.contains("two"),
        "{shown:?}"
    );
    for command in ["keys", "log"] {
        let unknown = run(&place, &["plugin", command, "conter"]).await;
        assert!(
            unknown.code == Some(5) && unknown.stderr.contains("counter"),
            "{unknown:?}"
        );
    }
    assert_eq!(
        run(&place, &["plugin", "log", "counter"]).await.stdout,
        "",
        "it said nothing"
    );
}

#[tokio::test]
async fn the_log_of_a_plugin_is_followed() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let mut followed = place.run(&["plugin", "log", "moody", "--follow"]);
    let event = give_up(&place, &client).await;
    let line = followed.until_said("try 1 of").await;
    assert!(line.contains("INFO") && line.contains(&event), "{line}");
    let last = run(&place, &["plugin", "log", "moody", "--level", "warn"]).await;
    assert_eq!((last.code, &*last.stdout), (Some(0), ""), "{last:?}");
}

#[tokio::test]
async fn a_span_of_time_is_summed_up_with_a_server_and_without() {
    let place = place();
    assert_eq!(run(&place, &["db", "migrate"]).await.code, Some(0));
    let summary = ask(&place, &["summary", "--span", "1h"]).await;
    assert_eq!(
        (&summary["span"], &summary["counts"]),
        (&json!("1h"), &json!([])),
        "{summary}"
    );
    let mut program = place.run(&[]);
    program.serving().await;
    let shown = run(&place, &["summary"]).await;
    assert!(
        shown.stdout.contains("24h") && shown.stdout.contains("servers"),
        "{shown:?}"
    );
    let wrong = run(&place, &["summary", "--span", "2h"]).await;
    assert!(
        wrong.code == Some(2) && wrong.stderr.contains("1h, 24h, 7d, 30d"),
        "{wrong:?}"
    );
}
