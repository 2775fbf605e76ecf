//! A canary on two servers that share a database: both decide alike, and what one of them finds out holds for both.

use std::fs;

use serde_json::json;
use test_guests::postgres::Cluster;

use super::{ONE, TWO, hello, until_kept};
use crate::{
    replicas::{place, publish, two},
    support::{Client, Place, Program, event_id, until},
};

/// Share of the events that the new version gets.
const SHARE: f64 = 0.9;

const SETTINGS: &str = "[config]\ngreeting = \"Hello\"\n\n[canary]\nshare = 0.9\n";

/// Whether an event goes to the new version: its id and its application decide, so no server knows more than another.
fn is_of_new_version(client: &Client, id: &str) -> bool {
    let digest = lark_protocol::sha256_of_parts(&["canary", &client.lark.app_id, id]);
    let part = u64::from_be_bytes(digest[..8].try_into().unwrap()) % 1_000_000;
    (part as f64) < SHARE * 1_000_000.0
}

/// An id of an event that the version before gets.
fn id_of_the_rest(client: &Client) -> String {
    loop {
        let id = event_id();
        if !is_of_new_version(client, &id) {
            return id;
        }
    }
}

async fn click(client: &Client, id: &str) -> crate::support::Answer {
    client.send(&client.lark.click_of(id, hello())).await
}

/// Two servers on which version 1 serves all, and then this one as a canary.
async fn with_canary(database: &str, new: &str) -> [(Place, Program, Client); 2] {
    let mut servers = two(database, place).await;
    let settings = servers[0].0.path("second.toml");
    fs::write(&settings, SETTINGS).unwrap();
    let more = ["--settings", settings.to_str().unwrap()];
    publish(&servers[0].0, "second", "second", &more).await;
    for (_, _, client) in &servers {
        client.until_click_says(hello(), ONE).await;
    }
    until_kept(&servers[0].0, 1).await;
    publish(&servers[0].0, "second", new, &more).await;
    for (_, program, _) in &mut servers {
        program.until_logged("is a canary").await;
    }
    servers
}

#[tokio::test]
async fn both_decide_alike_and_what_passes_by_the_calls_of_one_serves_everything_on_both() {
    let Some(cluster) = Cluster::shared() else { return };
    let [(_one, mut first, a), (_other, mut second, b)] = with_canary(&cluster.database(), "second_v2").await;
    for number in 0..80 {
        let (client, id) = (if number % 2 == 0 { &a } else { &b }, event_id());
        let wanted = if is_of_new_version(client, &id) { TWO } else { ONE };
        assert_eq!(click(client, &id).await.toast(), wanted, "{number}");
    }
    // Of the thousand calls that are wanted the other one has hardly any.
    for _ in 0..1_150 {
        click(&a, &event_id()).await;
    }
    first
        .until_logged("has passed its probation and serves everything now")
        .await;
    // None of these is a call of the new version before that.
    until("the other server to serve it to everybody", async || {
        (click(&b, &id_of_the_rest(&b)).await.toast() == TWO).then_some(())
    })
    .await;
    second
        .until_logged("has passed its probation and serves everything now")
        .await;
    assert_eq!(click(&a, &id_of_the_rest(&a)).await.toast(), TWO);
}

#[tokio::test]
async fn what_fails_on_one_server_is_sent_back_on_both() {
    let Some(cluster) = Cluster::shared() else { return };
    let [(one, mut first, a), (_other, _second, b)] = with_canary(&cluster.database(), "second_v3").await;
    let mut failed = 0;
    while failed < 5 {
        failed += usize::from(click(&a, &event_id()).await.is_error_toast());
    }
    first.until_logged("is sent back: ").await;
    for client in [&a, &b] {
        until("version 1 for everybody", async || {
            for _ in 0..20 {
                let answer = click(client, &event_id()).await;
                if answer.is_error_toast() || answer.toast() != ONE {
                    return None;
                }
            }
            Some(())
        })
        .await;
    }
    let shown = crate::operate::ask(&one, &["plugin", "show", "second"]).await;
    assert_eq!(shown["sent_back"][0]["returned_by"], json!("probation"), "{shown}");
}
