//! Pages of events, deliveries and dead letters over HTTP.

use serde_json::{Value, json};

use super::{csrf, form, running};
use crate::{
    operate::{ask, place},
    support::{Answer, Client, OPERATOR, Place, Request, event_id, fake_lark::FakeLark, until},
};

pub(super) async fn get(console: &Client, path: &str) -> Answer {
    console.send(&Request::get(path)).await
}

/// A form of a page, with the page's token.
pub(super) async fn send(console: &Client, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let token = csrf(&get(console, page).await);
    let fields = [&[("csrf", token.as_str())], fields].concat();
    console.send(&form(path, &fields)).await
}

/// Counts what is chosen and tells the address of the job.
pub(super) async fn counted(console: &Client, fields: &[(&str, &str)]) -> String {
    let answer = send(console, "/console/events", "/console/jobs", fields).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    answer.header("location").unwrap().to_owned()
}

pub(super) async fn job(console: &Client, address: &str) -> Value {
    let key = address.rsplit('/').next().unwrap();
    get(console, &format!("/api/v1/jobs/{key}")).await.json()
}

pub(super) async fn until_phase(console: &Client, address: &str, phase: &str) -> Value {
    until(&format!("the phase {phase}"), async || {
        let job = job(console, address).await;
        (job["phase"] == phase).then_some(job)
    })
    .await
}

pub(super) async fn message(client: &Client, place: &Place, text: &str) -> String {
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

    ask(&place, &["events", "replay", &number, "--plugin", "lark_calls"]).await;
    let event = until("the replay", async || {
        let event = ask(&place, &["events", "show", &number]).await;
        event["deliveries_in_full"][0]["attempts"][0]
            .is_object()
            .then_some(event)
    })
    .await;
    assert_eq!(
        event["lines"].as_array().unwrap().len(),
        1,
        "those of a replay are its own: {event}"
    );
    assert_eq!(event["lines_cut"], false);

    drop(program);
    let event = ask(&place, &["events", "show", &number]).await;
    assert_eq!(event["lines"], json!([]), "it is not stored");
}

#[tokio::test]
async fn a_delivery_that_another_one_holds_up_leads_there() {
    let place = place()
        .plugin("moody")
        .file("moody.toml", b"[limits]\nattempt_ms_max = 300");
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
    let list = get(&console, "/console/deliveries").await;
    assert!(
        list.body
            .contains(&format!("waits for <a href=\"/console/deliveries/{before}\">")),
        "{}",
        list.body
    );
    // The first retries follow each other closely; then there is time to look.
    until("a retry that is some seconds away", async || {
        let shown = ask(&place, &["deliveries", "show", &before]).await;
        let tried = shown["attempts"].as_array().map_or(0, Vec::len);
        (tried >= 3 && shown["state"] == "retry_wait").then_some(())
    })
    .await;
    // Retrying the one behind it comes to nothing, and the answers say so.
    let behind = ask(&place, &["events", "show", &second]).await["deliveries_in_full"][0]["id"].to_string();
    let retried = ask(&place, &["deliveries", "retry", &behind]).await;
    assert_eq!(retried["held_up"][0]["waits_for"].to_string(), before, "{retried}");
    let address = counted(&console, &[("action", "retry"), ("id", &behind)]).await;
    send(&console, "/console/deliveries", &format!("{address}/start"), &[]).await;
    until_phase(&console, &address, "done").await;
    let told = get(&console, &address).await;
    assert!(
        told.body.contains(&format!(
            "it waits for delivery {before}, which has the same ordering key"
        )),
        "{told:?}"
    );
    let due = get(&console, &format!("/console/events/{number}")).await;
    assert!(
        due.body.contains("Next attempt: <time") && due.body.contains(">due "),
        "{}",
        due.body
    );
    // What holds nothing up says nothing of it.
    let first = get(&console, led.header("location").unwrap()).await;
    assert!(!first.body.contains("waits for <a"), "{}", first.body);
}

#[tokio::test]
async fn an_event_is_followed_until_it_is_at_its_end_and_other_pages_say_when_they_were_loaded() {
    let place = place().plugin("moody").set("CALLBACK_RETRY_SECONDS", "3600");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    let event = message(&client, &place, "twice").await;
    let number = ask(&place, &["events", "show", &event]).await["id"].to_string();
    let address = format!("/console/events/{number}");
    let page = until("a retry to wait", async || {
        let page = get(&console, &address).await.body;
        page.contains("waits for retry").then_some(page)
    })
    .await;
    assert!(page.contains(&format!(r#"data-live="{address}/live""#)), "{page}");
    ask(&place, &["deliveries", "retry", "--yes", "--plugin", "moody"]).await;
    until("the end", async || {
        let page = get(&console, &address).await.body;
        (!page.contains("data-live") && page.contains("Loaded ")).then_some(())
    })
    .await;
    assert!(get(&console, "/console/dead").await.body.contains("Loaded "));
    assert!(!get(&console, "/console/deliveries").await.body.contains("Loaded "));
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
        ("/console/events?type=&unknown=", 200),
        ("/console/events?pluign=moody", 400),
        ("/console/dead?pluign=moody", 400),
        ("/console/deliveries?span=1d", 400),
        ("/console/?span=99y", 400),
        ("/console/?span=", 200),
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
        &[("action", "drop:all"), ("filter", "pluign=moody")],
        &[("id", "1")],
    ] {
        let answer = send(&console, "/console/events", "/console/jobs", fields).await;
        assert_eq!(answer.status, 400, "{fields:?}: {}", answer.body);
    }
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
