//! Pages of events, deliveries and dead letters over HTTP, and what is done with many of them.

use serde_json::{Value, json};

use super::{csrf, form, running};
use crate::{
    operate::{ask, give_up, place},
    support::{Answer, Client, OPERATOR, Place, Request, event_id, fake_lark::FakeLark, until},
};

async fn get(console: &Client, path: &str) -> Answer {
    console.send(&Request::get(path)).await
}

/// A form of a page, with the page's token.
async fn send(console: &Client, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let token = csrf(&get(console, page).await);
    let fields = [&[("csrf", token.as_str())], fields].concat();
    console.send(&form(path, &fields)).await
}

/// Counts what is chosen and tells the address of the job.
async fn counted(console: &Client, fields: &[(&str, &str)]) -> String {
    let answer = send(console, "/console/events", "/console/jobs", fields).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    answer.header("location").unwrap().to_owned()
}

async fn job(console: &Client, address: &str) -> Value {
    let key = address.rsplit('/').next().unwrap();
    get(console, &format!("/api/v1/jobs/{key}")).await.json()
}

async fn until_phase(console: &Client, address: &str, phase: &str) -> Value {
    until(&format!("the phase {phase}"), async || {
        let job = job(console, address).await;
        (job["phase"] == phase).then_some(job)
    })
    .await
}

async fn message(client: &Client, place: &Place, text: &str) -> String {
    let id = event_id();
    let answer = client.send(&place.lark.message_of(&id, &event_id(), text)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    id
}

#[tokio::test]
async fn a_list_is_its_address_and_leads_to_each_event() {
    let place = place().plugin("counter");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    let hostile = "<script>alert(1)</script>";
    let id = message(&client, &place, hostile).await;
    let number = ask(&place, &["events", "show", &id]).await["id"].to_string();
    let list = get(&console, "/console/events?type=im.message.receive_v1").await;
    assert_eq!(list.status, 200, "{list:?}");
    assert!(
        list.body.contains(&format!("href=\"/console/events/{number}\"")),
        "{}",
        list.body
    );
    assert!(
        list.body
            .contains("data-live=\"/console/events-live?type=im.message.receive_v1\"")
    );
    assert!(
        get(&console, "/console/events?type=other")
            .await
            .body
            .contains("No event matches.")
    );

    let one = get(&console, &format!("/console/events/{number}")).await;
    assert!(
        one.body.contains("&lt;script&gt;alert(1)"),
        "the payload is shown: {}",
        one.body
    );
    assert!(!one.body.contains(hostile), "and stays text");
    let of_id = get(&console, &format!("/console/events/{id}")).await;
    assert_eq!(of_id.header("location"), Some(&*format!("/console/events/{number}")));
    for typed in [&number, &id] {
        let guessed = get(&console, &format!("/console/events?q={typed}")).await;
        assert_eq!(
            guessed.header("location"),
            Some(&*format!("/console/events/{number}")),
            "{typed}"
        );
    }
    let user = get(&console, "/console/events?q=ou_anna").await;
    assert_eq!(user.header("location"), Some("/console/events?user=ou_anna"));
}

#[tokio::test]
async fn a_click_shows_what_its_plugin_called_while_the_server_remembers() {
    let lark = FakeLark::start().await;
    let path = format!("/open-apis/contact/v3/users/{OPERATOR}");
    let place = place()
        .set("LARK_API_BASE_URL", &lark.url())
        .set("LARK_ACCOUNTS_BASE_URL", &lark.url())
        .plugin("lark_calls")
        .file(
            "lark_calls.toml",
            format!("[grant]\nopenapi = ['GET {path}']").as_bytes(),
        );
    let (mut program, console) = running(&place).await;
    program.serving().await.click(json!({"call": path})).await;
    let events = ask(&place, &["events", "list"]).await;
    let number = events["events"][0]["id"].to_string();
    let event = ask(&place, &["events", "show", &number]).await;
    assert_eq!(event["lines"][0]["level"], "CALL", "{event}");
    let page = get(&console, &format!("/console/events/{number}")).await;
    let call = format!("ms lark_calls: GET {path}: status 200, code 0, log id");
    assert!(page.body.contains(&call), "{}", page.body);
    let log = get(&console, "/console/plugins/lark_calls/log").await;
    assert!(log.body.contains("CALL"), "{}", log.body);

    drop(program);
    let event = ask(&place, &["events", "show", &number]).await;
    assert_eq!(event["lines"], json!([]), "it is not stored");
}

#[tokio::test]
async fn a_delivery_that_another_one_holds_up_leads_there() {
    let place = place().plugin("moody");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    // Both are of one chat, whose messages come in their order.
    let first = message(&client, &place, "endless").await;
    let second = message(&client, &place, "hello").await;
    let before = ask(&place, &["events", "show", &first]).await["deliveries_in_full"][0]["id"].to_string();
    let number = ask(&place, &["events", "show", &second]).await["id"].to_string();
    let page = until("the wait", async || {
        let page = get(&console, &format!("/console/events/{number}")).await;
        page.body.contains("waits for").then_some(page)
    })
    .await;
    let link = format!(
        "waits for <a href=\"/console/deliveries/{before}\">delivery {before}</a>, which has the same ordering key"
    );
    assert!(page.body.contains(&link), "{}", page.body);
    let led = get(&console, &format!("/console/deliveries/{before}")).await;
    assert_eq!(led.status, 303, "{led:?}");
    // What holds nothing up says nothing of it.
    let first = get(&console, led.header("location").unwrap()).await;
    assert!(!first.body.contains("waits for"), "{}", first.body);
}

#[tokio::test]
async fn odd_addresses_are_told_and_break_nothing() {
    let place = place();
    let (_program, console) = running(&place).await;
    for (path, status) in [
        ("/console/events?before=99999999999999999999999", 400),
        ("/console/events?before=x", 400),
        ("/console/events?before=-9223372036854775808", 200),
        ("/console/events?state=nothing", 404),
        ("/console/events?age=1y", 400),
        ("/console/events?from=yesterday", 400),
        ("/console/events?from=2026-01-02T00:00&to=2026-01-01T00:00", 400),
        ("/console/events?text=%00", 400),
        ("/console/events?unknown=x&type=", 200),
        ("/console/events?error=x", 400),
        ("/console/events/0", 404),
        ("/console/events/99999999999999999999", 404),
        ("/console/events/%3Cscript%3E", 404),
        ("/console/events-live?age=1y", 400),
        ("/console/deliveries?state=x", 404),
        ("/console/deliveries/7", 404),
        ("/console/deliveries/x", 404),
        ("/console/dead?plugin=none", 404),
        ("/console/jobs/none", 404),
        ("/console/jobs/none/live", 404),
    ] {
        let answer = get(&console, path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(!answer.body.contains("<script>"), "{path}");
    }
    for fields in [
        &[("action", "replay")][..],
        &[("action", "burn"), ("id", "1")],
        &[("action", "replay"), ("id", "one")],
        &[("action", "drop:all"), ("filter", "age=1y")],
        &[("id", "1")],
    ] {
        let answer = send(&console, "/console/events", "/console/jobs", fields).await;
        assert_eq!(answer.status, 400, "{fields:?}: {}", answer.body);
    }
}

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
    assert!(get(&console, &address).await.body.contains("3 changed, 0 not"));
    assert!(get(&console, "/console/jobs").await.body.contains(&address));
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
    send(&console, "/console/events", &format!("{to_nobody}/start"), &[]).await;
    until_phase(&console, &to_nobody, "done").await;
    let told = get(&console, &to_nobody).await;
    assert!(told.body.contains("name the plugin"), "{told:?}");

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

#[tokio::test]
async fn a_list_that_is_watched_shows_what_arrives() {
    let place = place().plugin("counter");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    let mut watching = console.connect().await;
    watching
        .write(b"GET /console/events-live HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    let id = message(&client, &place, "one").await;
    let number = ask(&place, &["events", "show", &id]).await["id"].to_string();
    let wanted = format!("/console/events/{number}");
    watching.until_said(&wanted).await;
    // Others get their pages while this one reads nothing more.
    assert_eq!(get(&console, "/console/events").await.status, 200);
}
