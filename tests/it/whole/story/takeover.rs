//! A server dies while it exchanges a code: another one, or the next one, finishes what was begun, whether the person loads
//! the page again or not.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use test_guests::postgres::Cluster;

use super::{
    ASKS, FAILED, TOKEN,
    people::{Card, People, shown},
    place,
};
use crate::support::{
    Client, Connection, Program, Request,
    fake_lark::{Decision, FakeLark},
    until,
};

/// The time after which the leases of a dead server expire.
const LEASE: Duration = Duration::from_millis(1_500);

/// The budget of a browser's return.
const BUDGET: Duration = Duration::from_secs(15);

/// Somebody comes back to this server, which is killed while it waits for Lark. Tells the card and the path.
async fn killed_at_the_exchange(people: &People, program: Program) -> (Card, String) {
    people.ask().await;
    let card = people.until_card(&[]).await;
    let link = people.link(&card).await;
    let path = people.decide(&link, Decision::Consent);
    let _held = people.lark.hold(TOKEN);
    let mut browser: Connection = people.client.connect().await;
    browser.write(&Request::get(&path).bytes()).await;
    until("the exchange", async || people.lark.requests_to(TOKEN).pop()).await;
    program.signal(Signal::KILL);
    program.finished().await;
    (card, path)
}

/// Two servers on one database, and the people who talk to the first.
async fn two(cluster: &Cluster) -> (People, Program, Program, Client) {
    let url = cluster.database();
    let lark = FakeLark::start().await;
    let place = || {
        place(&lark)
            .set("DATABASE_URL", &url)
            .set("CALLBACK_LEASE_MS", &LEASE.as_millis().to_string())
            .plugin("asks")
            .file("asks.toml", ASKS)
    };
    let (one, other) = (place(), place());
    let (mut first, mut second) = (one.run(&[]), other.run(&[]));
    let (client, other_door) = tokio::join!(first.serving(), second.serving());
    (People::new(lark, client), first, second, other_door)
}

#[tokio::test]
async fn a_page_that_is_loaded_again_at_another_server_waits_for_the_lease_alone() {
    let Some(cluster) = Cluster::shared() else { return };
    let (people, first, second, other_door) = two(cluster).await;
    let (card, path) = killed_at_the_exchange(&people, first).await;
    let began = Instant::now();
    let page = other_door.send(&Request::get(&path)).await;
    assert!(began.elapsed() < BUDGET - LEASE, "{:?}", began.elapsed());
    assert_eq!(shown(&page).0, 502);
    people.until_titled(&card, FAILED).await;
    second.signal(Signal::TERM);
    assert_eq!(second.finished().await.code, Some(0));
}

#[tokio::test]
async fn without_anybody_who_loads_it_again_the_card_is_finished_by_the_other_server() {
    let Some(cluster) = Cluster::shared() else { return };
    let (people, first, mut second, _other_door) = two(cluster).await;
    let (card, _path) = killed_at_the_exchange(&people, first).await;
    people.until_titled(&card, FAILED).await;
    second.until_logged("that a stopped server left unfinished").await;
    second.signal(Signal::TERM);
    assert_eq!(second.finished().await.code, Some(0));
}

#[tokio::test]
async fn without_anybody_who_loads_it_again_the_card_is_finished_after_a_restart() {
    let lark = FakeLark::start().await;
    let place = place(&lark).plugin("asks").file("asks.toml", ASKS);
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let people = People::new(lark, client);
    let (card, path) = killed_at_the_exchange(&people, program).await;
    let mut program = place.run(&[]);
    let people = people.at(program.serving().await);
    people.until_titled(&card, FAILED).await;
    assert_eq!(shown(&people.open(&path).await).0, 502, "the page tells the same");
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
}
