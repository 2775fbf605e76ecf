//! Jobs over HTTP: what is done with many events, deliveries and dead letters.

use serde_json::json;

use super::{
    events::{counted, get, job, message, send, until_phase},
    running,
};
use crate::{
    operate::{ask, give_up, place},
    support::{Request, until},
};

#[tokio::test]
async fn what_a_filter_matches_is_counted_then_done_once() {
    let place = place().plugin("moody");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    for _ in 0..3 {
        give_up(&place, &client).await;
    }
    let page = get(&console, "/console/dead").await;
    assert!(page.body.contains("3 × moody"), "{}", page.body);

    let address = counted(&console, &[("action", "drop_dead:all"), ("filter", "plugin=moody")]).await;
    let counted_job = until_phase(&console, &address, "counted").await;
    assert_eq!((&counted_job["count"], &counted_job["done"]), (&json!(3), &json!(0)));
    assert_eq!(
        ask(&place, &["dead", "list"]).await["dead"].as_array().unwrap().len(),
        3,
        "nothing was changed"
    );
    assert!(get(&console, &address).await.body.contains("Drop 3 dead letters"));

    let start = format!("{address}/start");
    for _ in 0..2 {
        let answer = send(&console, &address, &start, &[]).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some(&*address)),
            "{answer:?}"
        );
    }
    let done = until_phase(&console, &address, "done").await;
    assert_eq!(
        (&done["changed"], &done["failed"], &done["done"]),
        (&json!(3), &json!(0), &json!(3))
    );
    assert!(
        ask(&place, &["dead", "list"]).await["dead"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert!(get(&console, &address).await.body.contains("3 changed, 0 failed"));
    assert!(get(&console, "/console/jobs").await.body.contains(&address));
}

#[tokio::test]
async fn a_change_of_a_page_of_a_list_is_refused_and_changes_nothing() {
    let place = place().plugin("moody");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    for _ in 0..2 {
        give_up(&place, &client).await;
    }
    for (path, filter) in [
        ("dead/drop", json!({"limit": 1})),
        ("dead/drop", json!({"plugin": "moody", "before": 2})),
        ("deliveries/drop", json!({"plugin": "moody", "limit": 1})),
        ("deliveries/retry", json!({"plugin": "moody", "after": 1})),
        ("events/replay", json!({"plugin": "moody", "limit": 1})),
    ] {
        let body = json!({"filter": filter}).to_string();
        let refused = console.send(&Request::post(&format!("/api/v1/{path}"), body)).await;
        assert_eq!(refused.status, 400, "{path}: {refused:?}");
    }
    let job = json!({"action": "drop_dead", "filter": {"plugin": "moody", "limit": 1}}).to_string();
    let refused = console.send(&Request::post("/api/v1/jobs", job)).await;
    assert!(
        refused.status == 400 && refused.body.contains("pages of a list"),
        "{refused:?}"
    );
    let dead = ask(&place, &["dead", "list"]).await;
    assert_eq!(dead["dead"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_job_tells_what_it_could_not_do_and_a_cancelled_one_does_nothing() {
    let place = place().plugin("counter");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    let id = message(&client, &place, "one").await;
    let number = ask(&place, &["events", "show", &id]).await["id"].to_string();
    let address = counted(&console, &[("action", "replay"), ("id", &number), ("id", "4711")]).await;
    send(&console, "/console/events", &format!("{address}/start"), &[]).await;
    let done = until_phase(&console, &address, "done").await;
    assert_eq!((&done["changed"], &done["failed"]), (&json!(1), &json!(1)), "{done}");
    assert_eq!(done["failures"][0]["id"], 4711);
    let page = get(&console, &address).await;
    assert!(page.body.contains("there is no event 4711"), "{}", page.body);
    assert!(
        page.body.contains(r#"<span class="badge warn">done, 1 failed</span>"#),
        "{}",
        page.body
    );

    let address = counted(&console, &[("action", "replay:all"), ("filter", "")]).await;
    until_phase(&console, &address, "counted").await;
    send(&console, "/console/events", &format!("{address}/cancel"), &[]).await;
    until_phase(&console, &address, "cancelled").await;
    send(&console, "/console/events", &format!("{address}/start"), &[]).await;
    let cancelled = job(&console, &address).await;
    assert_eq!(
        (&cancelled["phase"], &cancelled["done"]),
        (&json!("cancelled"), &json!(0))
    );
    let gone = send(&console, "/console/events", "/console/jobs/0123/start", &[]).await;
    assert_eq!(gone.status, 404, "{}", gone.body);
}

#[tokio::test]
async fn a_click_is_replayed_to_the_plugin_that_is_chosen_on_its_page() {
    let place = place().plugin("counter");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    client.click(json!({"count": "clicks"})).await;
    let clicks = ask(&place, &["events", "list"]).await;
    let number = clicks["events"][0]["id"].to_string();
    let page = get(&console, &format!("/console/events/{number}")).await;
    assert!(
        page.body.contains(r#"<option value="counter" selected>"#)
            && page.body.contains(r#"<option value="card-auth">"#),
        "{page:?}"
    );
    let to_nobody = counted(&console, &[("action", "replay"), ("id", &number)]).await;
    let asked = get(&console, &to_nobody).await;
    assert!(
        asked
            .body
            .contains("Nothing can be replayed: no plugin had these by a delivery")
            && !asked.body.contains("/start"),
        "it is told before, and nothing can be started: {asked:?}"
    );
    send(&console, "/console/events", &format!("{to_nobody}/start"), &[]).await;
    until_phase(&console, &to_nobody, "done").await;
    let told = get(&console, &to_nobody).await;
    assert!(
        told.body.contains("choose a plugin in the field “Replay to”") && !told.body.contains("--plugin"),
        "{told:?}"
    );

    let chosen = [("action", "replay"), ("id", number.as_str()), ("to_plugin", "counter")];
    let address = counted(&console, &chosen).await;
    send(&console, "/console/events", &format!("{address}/start"), &[]).await;
    let done = until_phase(&console, &address, "done").await;
    assert_eq!((&done["changed"], &done["failed"]), (&json!(1), &json!(0)), "{done}");
    client.until_click_says(json!({"read": "clicks"}), "2").await;
}

#[tokio::test]
async fn who_cancels_a_job_that_runs_is_on_record() {
    let place = place().plugin("counter");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    for n in 0..250 {
        message(&client, &place, &n.to_string()).await;
    }
    let cancelled = async || {
        let audit = get(&console, "/api/v1/audit?command=jobs/%7Bkey%7D/cancel")
            .await
            .json();
        audit["audit"].as_array().unwrap().clone()
    };
    until("a job that was cancelled while it ran", async || {
        let address = counted(&console, &[("action", "replay:all"), ("filter", "")]).await;
        until_phase(&console, &address, "counted").await;
        let before = cancelled().await.len();
        send(&console, "/console/events", &format!("{address}/start"), &[]).await;
        send(&console, "/console/events", &format!("{address}/cancel"), &[]).await;
        let ended = until("its end", async || {
            let job = job(&console, &address).await;
            job["ended_ms"].is_u64().then_some(job)
        })
        .await;
        let records = cancelled().await;
        // It may have been quicker than we.
        if ended["phase"] != "cancelled" {
            return None;
        }
        assert_eq!(records.len(), before + 1, "{ended} {records:?}");
        assert_eq!(
            (
                &records[0]["outcome"],
                &records[0]["way"],
                &records[0]["arguments"]["action"]
            ),
            (&json!("done"), &json!("console"), &json!("replay"))
        );
        Some(())
    })
    .await;
}

#[tokio::test]
async fn the_api_counts_starts_and_groups_as_the_pages_do() {
    let place = place().plugin("moody");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    give_up(&place, &client).await;
    let groups = ask(&place, &["dead", "groups"]).await;
    assert_eq!(
        (&groups["groups"][0]["count"], &groups["groups"][0]["plugin"]),
        (&json!(1), &json!("moody"))
    );
    assert_eq!(ask(&place, &["events", "count"]).await["count"], 1);
    let error = groups["groups"][0]["error"].as_str().unwrap();
    assert_eq!(
        ask(&place, &["dead", "drop", "--error", error, "--dry-run"]).await["count"],
        1
    );

    let post = async |path: &str, body: &str| console.send(&Request::post(path, body)).await;
    let refused = post("/api/v1/jobs", r#"{"action":"replay"}"#).await;
    assert_eq!(
        (refused.status, refused.json()["code"].clone()),
        (400, json!("bad_request")),
        "{refused:?}"
    );
    let job = post("/api/v1/jobs", r#"{"action":"retry_dead","filter":{"plugin":"moody"}}"#)
        .await
        .json();
    assert_eq!((&job["phase"], &job["count"]), (&json!("counted"), &json!(1)), "{job}");
    let key = job["job"].as_str().unwrap();
    let started = post(&format!("/api/v1/jobs/{key}/start"), "").await;
    assert_eq!(started.status, 200, "{started:?}");
    until_phase(&console, &format!("/{key}"), "done").await;
    assert_eq!(
        get(&console, "/api/v1/jobs").await.json()["jobs"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
