//! The same with PostgreSQL: the server is killed, PostgreSQL itself, one server of two, and every server in turn is replaced.

use std::sync::Arc;

use rustix::process::Signal;
use serde_json::json;
use test_guests::postgres::Cluster;
use tokio::task::{JoinSet, spawn_blocking};

use super::{
    SERVES_MS_MAX, STARTS_MS_MAX, kill,
    moments::{Moments, kills},
    place, servers_are_killed,
    traffic::Traffic,
    verdict::Verdict,
};
use crate::support::{Base, Client, Place, Program, event_id};

/// A place on a PostgreSQL, with what asks it past the server.
pub(super) fn on(cluster: &Arc<Cluster>) -> (Place, Base) {
    let url = cluster.database();
    (
        place().set("DATABASE_URL", &url),
        Base::Postgres(Arc::clone(cluster), url),
    )
}

/// So many servers on one database.
async fn servers(place: &Place, number: usize) -> Vec<(Program, Client)> {
    let mut servers = Vec::new();
    for _ in 0..number {
        servers.push(server(place).await);
    }
    servers
}

async fn server(place: &Place) -> (Program, Client) {
    let mut program = place.run(&[]);
    let client = program.serving().await;
    (program, client)
}

fn doors(servers: &[(Program, Client)]) -> Vec<Client> {
    servers.iter().map(|(_, client)| client.clone()).collect()
}

#[tokio::test]
async fn what_was_answered_survives_kills_of_a_server_on_postgres() {
    let Some(cluster) = Cluster::start().map(Arc::new) else {
        return;
    };
    servers_are_killed("the server, on PostgreSQL", on(&cluster), kills(5)).await;
}

#[tokio::test]
async fn what_was_answered_survives_kills_of_postgres() {
    let Some(cluster) = Cluster::start().map(Arc::new) else {
        return;
    };
    let ((place, base), mut moments, kills) = (on(&cluster), Moments::new(), kills(5));
    let traffic = Traffic::begin(&place.lark);
    let (_program, client) = server(&place).await;
    traffic.at(vec![client.clone()]);
    for _ in 0..kills {
        moments.pass(SERVES_MS_MAX).await;
        let killed = Arc::clone(&cluster);
        spawn_blocking(move || killed.kill()).await.unwrap();
        moments.pass(STARTS_MS_MAX).await;
        let resumed = Arc::clone(&cluster);
        spawn_blocking(move || resumed.resume()).await.unwrap();
    }
    let promises = traffic.end().await;
    let run = (kills, moments.seed);
    Verdict::on("PostgreSQL", run, promises, &base, &client).await.tell();
}

#[tokio::test]
async fn what_was_answered_survives_kills_of_one_server_of_two() {
    let Some(cluster) = Cluster::start().map(Arc::new) else {
        return;
    };
    let ((place, base), mut moments, kills) = (on(&cluster), Moments::new(), kills(5));
    let traffic = Traffic::begin(&place.lark);
    let mut servers = servers(&place, 2).await;
    traffic.at(doors(&servers));
    for _ in 0..kills {
        moments.pass(SERVES_MS_MAX).await;
        let (program, _) = servers.remove(0);
        kill(program).await;
        traffic.at(doors(&servers));
        servers.push(server(&place).await);
        traffic.at(doors(&servers));
    }
    let promises = traffic.end().await;
    let (run, (_, client)) = ((kills, moments.seed), &servers[0]);
    Verdict::on("one server of two", run, promises, &base, client)
        .await
        .tell();
}

#[tokio::test]
async fn an_event_that_comes_a_hundred_times_at_once_to_three_servers_is_handled_once() {
    let Some(cluster) = Cluster::start().map(Arc::new) else {
        return;
    };
    let (place, base) = on(&cluster);
    let servers = servers(&place, 3).await;
    let (id, message_id, click_id) = (event_id(), event_id(), event_id());
    let (mut messages, mut clicks) = (JoinSet::new(), JoinSet::new());
    for number in 0..100 {
        let client = servers[number % 3].1.clone();
        let message = client.lark.message_of(&id, &message_id, "storm");
        let click = client.lark.click_of(&click_id, json!({"count": "clicks"}));
        let other = client.clone();
        messages.spawn(async move { client.send(&message).await.without_date() });
        clicks.spawn(async move { other.send(&click).await.toast() });
    }
    let answers = messages.join_all().await;
    assert_eq!(answers[0].status, 200);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(clicks.join_all().await, vec!["1"; 100]);
    assert_eq!(base.until_at_rest().await, 0);
    let counted = base.counted().await;
    assert_eq!((counted[&message_id], counted["clicks"]), (1, 1));
}

#[tokio::test]
async fn servers_that_are_replaced_in_turn_fail_no_request_and_lose_nothing() {
    let Some(cluster) = Cluster::start().map(Arc::new) else {
        return;
    };
    let (place, base) = on(&cluster);
    // A machine that is busy with other things is late with clicks, which is no fault of the replacement.
    let place = place.set("CALLBACK_BUDGET_MS", "3000");
    let traffic = Traffic::begin_behind_a_round_robin(&place.lark);
    let (mut servers, mut logs) = (servers(&place, 3).await, String::new());
    traffic.at(doors(&servers));
    for _ in 0..3 {
        let (program, _) = servers.remove(0);
        // The round-robin is not told: it finds out by a refused connection.
        program.signal(Signal::TERM);
        let finished = program.finished().await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        logs += &finished.stderr;
        servers.push(server(&place).await);
        traffic.at(doors(&servers));
    }
    let promises = traffic.end().await;
    logs.extend(servers.iter().map(|(program, _)| program.stderr()));
    let told: Vec<&str> = logs
        .lines()
        .filter(|line| !line.contains(r#""level":"INFO""#))
        .collect();
    assert_eq!(
        promises.last_refusal, None,
        "a request failed; the servers said: {told:#?}"
    );
    Verdict::on(
        "nothing; three servers replaced in turn",
        (0, 0),
        promises,
        &base,
        &servers[0].1,
    )
    .await
    .tell();
}
