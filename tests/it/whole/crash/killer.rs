//! A delivery that kills the server each time it is attempted: it comes to an end, and costs the others nothing.

use std::sync::Arc;

use test_guests::postgres::Cluster;

use super::{kill, postgres};
use crate::support::{Base, Client, Place, Program, event_id};

/// Three attempts, with a second before the next one.
const RETRY_SECONDS: &str = "1,1";

async fn serving(place: &Place) -> (Program, Client) {
    let mut program = place.run(&[]);
    let client = program.serving().await;
    (program, client)
}

/// Sends a message of a chat of its own, and tells its id.
async fn message(place: &Place, client: &Client, text: &str) -> String {
    let id = event_id();
    let answer = client
        .send(&place.lark.message_in(&format!("oc_{text}"), &id, &event_id(), text))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    id
}

/// The server is killed in the middle of each attempt of one delivery, three times, with another beside it the first time.
async fn a_killer_is_a_dead_letter_and_its_neighbour_is_done((place, base): (Place, Base)) {
    let place = place
        .plugin("moody")
        .set("CALLBACK_RETRY_SECONDS", RETRY_SECONDS)
        .set("CALLBACK_LEASE_MS", "900");
    let (mut program, client) = serving(&place).await;
    let killer = message(&place, &client, "endless").await;
    let neighbour = message(&place, &client, "begun").await;
    for id in [&killer, &neighbour] {
        program.until_logged(&format!("try 1 of {id}")).await;
    }
    kill(program).await;
    let mut log = String::new();
    for attempt in [2, 3] {
        let (mut program, _) = serving(&place).await;
        program.until_logged("Reclaimed deliveries").await;
        program.until_logged(&format!("try {attempt} of {killer}")).await;
        log.push_str(&program.stderr());
        kill(program).await;
    }
    let (mut program, _) = serving(&place).await;
    let line = program.until_logged("Delivery failed for good").await;
    assert!(
        line.contains("crashed") && line.contains("3 attempts never came to an end"),
        "{line}"
    );
    assert_eq!(base.until_at_rest().await, 1, "the one that kills");
    log.push_str(&program.stderr());
    assert!(!log.contains(&format!("try 4 of {killer}")), "{log}");
    // An attempt was lost with the killer, and another may have been, if both were begun again at the same moment.
    assert!(log.contains(&format!("try 2 of {neighbour}")), "{log}");
    assert!(!log.contains(&format!("try 4 of {neighbour}")), "{log}");
    assert_eq!(base.outcomes_of_the_dead().await, "lost,lost,lost,crashed");
}

#[tokio::test]
async fn a_delivery_that_kills_the_server_is_a_dead_letter_and_its_neighbour_is_done() {
    let place = Place::new();
    let base = Base::file_of(&place);
    a_killer_is_a_dead_letter_and_its_neighbour_is_done((place, base)).await;
}

#[tokio::test]
async fn a_delivery_that_kills_the_server_is_a_dead_letter_and_its_neighbour_is_done_on_postgres() {
    let Some(cluster) = Cluster::start().map(Arc::new) else {
        return;
    };
    let (place, base) = postgres::on(&cluster);
    a_killer_is_a_dead_letter_and_its_neighbour_is_done((place, base)).await;
}
