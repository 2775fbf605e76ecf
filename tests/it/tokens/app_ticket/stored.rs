//! Where a ticket is, and where it is not.

use super::*;
use crate::support::Request;

#[tokio::test]
async fn a_restart_keeps_the_ticket() {
    let shop = Box::pin(Shop::open().await.restart()).await;
    assert_called(&shop.calls_as("one").await);
    assert_eq!(shop.ticket_was_asked_for(), 1, "only at the first start");
}

#[tokio::test]
async fn the_newest_ticket_counts_in_whatever_order_they_come() {
    let shop = Shop::open().await;
    let made_at_ms = shop.lark.now_ms();
    let outdated = shop.lark.new_ticket();
    shop.lark.advance(3_600_000);
    shop.lark.new_ticket();
    assert_eq!(shop.lark.push_ticket(&shop).await, 200);
    assert_eq!(shop.lark.push_old_ticket(&shop, &outdated, made_at_ms).await, 200);
    assert_eq!(shop.scene.log.lines_with("ticket_outdated").len(), 1);
    assert_called(&shop.calls_as("one").await);
}

#[tokio::test]
async fn servers_that_share_a_database_share_the_ticket() {
    let Some(cluster) = Cluster::shared() else { return };
    let lark = FakeLark::start().await;
    let url = cluster.database();
    let (one, other) = (
        place(&lark).set("DATABASE_URL", &url),
        place(&lark).set("DATABASE_URL", &url),
    );
    let shop = Shop::open_at(one, lark).await;
    let mut second = other.run(&[]);
    let client = second.serving().await;
    assert_called(&calls_as(&client, "one").await);
    assert_eq!(shop.ticket_was_asked_for(), 1, "the second server found it");

    shop.lark.new_ticket();
    assert_eq!(shop.lark.push_ticket(&client).await, 200);
    assert_called(&shop.calls_as("one").await);
    assert!(shop.lark.take_refusals().is_empty());
}

#[tokio::test]
async fn a_database_that_is_copied_brings_the_ticket_with_it() {
    let Some(cluster) = Cluster::shared() else { return };
    let Shop { lark, scene } = Shop::open().await;
    let place = scene.stop().await;
    let url = cluster.database();
    let copied = place.run(&["db", "copy", "--to", &url, "--json"]).finished().await;
    assert_eq!(copied.code, Some(0), "{copied:?}");
    let table = json!({"table": "app_tickets", "rows": 1});
    let copied: Value = serde_json::from_str(&copied.stdout).unwrap();
    assert!(copied["copied"].as_array().unwrap().contains(&table), "{copied}");
    let ticket = lark
        .secrets()
        .into_iter()
        .find(|secret| secret.starts_with("ticket-"))
        .unwrap();
    let rows = cluster.ask(
        &url,
        "select (t.*)::text from app_tickets t union all select payload from payloads",
    );
    assert!(rows.contains(APP_ID) && !rows.contains(&ticket), "{rows}");

    let scene = place.set("DATABASE_URL", &url).serve().await;
    assert_called(&calls_as(&scene, "one").await);
    assert_eq!(lark.requests_to(RESEND).len(), 1);
}

#[tokio::test]
async fn a_key_that_is_gone_costs_another_ticket_and_nothing_else() {
    let Shop { lark, scene } = Shop::open().await;
    let place = scene.stop().await;
    let key = "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8";
    let scene = place.set("LARK_CONFIG_ENCRYPTION_KEY", key).serve().await;
    asked(&lark, 2).await;
    lark.sends_events_to(&scene).await;
    assert_eq!(lark.push_ticket(&scene).await, 200);
    assert_called(&calls_as(&scene, "one").await);
}

#[tokio::test]
async fn nobody_is_shown_a_ticket_and_none_lies_in_clear() {
    let lark = FakeLark::start().await;
    let place = place(&lark)
        .set("CALLBACK_ADMIN", "on")
        .set("CALLBACK_ADMIN_PORT", "0")
        .set("RUST_LOG", "trace");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    asked(&lark, 1).await;
    lark.sends_events_to(&client).await;
    assert_called(&calls_as(&client, "one").await);
    // Of another type, so that it is known that everything is seen by the one that takes everything.
    assert_eq!(client.send(&client.lark.event_v1("app_open")).await.status, 200);
    program.until_logged("caught app_open").await;
    let mut told = Vec::new();
    let list = place.run(&["events", "list", "--json"]).finished().await.stdout;
    let list: Value = serde_json::from_str(&list).unwrap();
    for event in list["events"].as_array().unwrap() {
        let id = event["event_id"].as_str().unwrap();
        told.push(place.run(&["events", "show", id, "--json"]).finished().await.stdout);
    }
    assert!(
        told.iter().any(|told| told.contains("app_ticket")),
        "it is on record: {told:?}"
    );
    told.push(format!("{:?}", client.send(&Request::get("/health")).await));
    program.signal(rustix::process::Signal::TERM);
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!finished.stderr.contains("caught app_ticket"), "no plugin is asked");
    told.extend([finished.stdout, finished.stderr]);
    for file in fs::read_dir(place.path("data")).unwrap() {
        told.push(String::from_utf8_lossy(&fs::read(file.unwrap().path()).unwrap()).into_owned());
    }
    let secrets = lark.secrets();
    assert!(secrets.iter().any(|secret| secret.starts_with("ticket-")));
    for secret in &secrets {
        let at = told.iter().position(|told| told.contains(secret));
        assert_eq!(at, None, "{secret}");
    }
}
