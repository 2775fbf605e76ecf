//! Deliveries: claimed by one, tried, and brought to an end.

use super::*;

const FOREVER: u64 = 1_000 * HOUR_MS;

fn to(plugin: &str) -> NewDelivery {
    NewDelivery {
        plugin: plugin.into(),
        ordering_key: None,
        expires_at_ms: FOREVER,
        begins_here: false,
    }
}

fn in_line(plugin: &str, key: &str) -> NewDelivery {
    NewDelivery {
        ordering_key: Some(key.into()),
        ..to(plugin)
    }
}

/// Receives an event with these deliveries and tells their numbers.
async fn receive(store: &Store, id: &str, deliveries: Vec<NewDelivery>) -> Vec<i64> {
    let new = NewEvent {
        deliveries,
        ..received(id, None, Kind::Event)
    };
    match store.receive(new).await.unwrap() {
        Received::First { deliveries, .. } => deliveries,
        other => panic!("not the first: {other:?}"),
    }
}

async fn claim(store: &Store, plugin: &str, now_ms: u64) -> Vec<Delivery> {
    let claim = Claim {
        plugin: plugin.into(),
        limit: 10,
        now_ms,
    };
    store.claim(claim).await.unwrap()
}

fn numbers(deliveries: &[Delivery]) -> Vec<i64> {
    deliveries.iter().map(|delivery| delivery.id).collect()
}

fn end(delivery: &Delivery, then: Then) -> Finish {
    Finish {
        delivery: delivery.id,
        event: delivery.event,
        app: delivery.app.clone(),
        attempt: delivery.attempt,
        started_at_ms: 2_000,
        duration_us: 300,
        outcome: "ok".into(),
        error: None,
        plugin_hash: "abc".into(),
        log: "a line".into(),
        then,
        tasks: Vec::new(),
        now_ms: 2_001,
    }
}

fn task(name: &str, due_at_ms: u64) -> NewTask {
    NewTask {
        kind: DeliveryKind::Task,
        plugin: "p".into(),
        requested_by: "p".into(),
        name: name.into(),
        payload: r#"{"a":1}"#.into(),
        due_at_ms,
        expires_at_ms: FOREVER,
    }
}

fn task_name(delivery: &Delivery) -> &str {
    match &delivery.work {
        Work::Task { name, .. } => name,
        other => panic!("not a task: {other:?}"),
    }
}

#[tokio::test]
async fn each_plugin_gets_a_delivery_of_its_own_with_the_event_as_it_came() {
    let (store, _folder) = store().await;
    let ids = receive(&store, "e1", vec![to("p"), to("q")]).await;
    let [for_p, for_q] = [claim(&store, "p", 1_000).await, claim(&store, "q", 1_000).await];
    assert_eq!([numbers(&for_p), numbers(&for_q)].concat(), ids);
    let Work::Event(event) = &for_p[0].work else {
        panic!("{for_p:?}")
    };
    assert_eq!(**event, *received("e1", None, Kind::Event).event);
    assert_eq!(for_p[0].attempt, 1);
    assert!(claim(&store, "p", FOREVER - 1).await.is_empty(), "it is taken");
}

#[tokio::test]
async fn what_begins_here_need_not_be_claimed() {
    let (store, _folder) = store().await;
    let begins = NewDelivery {
        begins_here: true,
        ..to("p")
    };
    let ids = receive(&store, "e1", vec![begins.clone()]).await;
    assert!(claim(&store, "p", 1_000).await.is_empty());
    store.give_back(ids.clone()).await.unwrap();
    let claimed = claim(&store, "p", 1_000).await;
    assert_eq!((numbers(&claimed), claimed[0].attempt), (ids, 1));
    // What stands in a line never begins at once: others may stand before it.
    let waits = NewDelivery {
        ordering_key: Some("chat".into()),
        ..begins
    };
    let ids = receive(&store, "e2", vec![waits]).await;
    assert_eq!(numbers(&claim(&store, "p", 1_000).await), ids);
}

#[tokio::test]
async fn what_is_done_is_not_done_again() {
    let (store, _folder) = store().await;
    for (id, then) in [
        ("e1", Then::Done),
        ("e2", Then::Skipped),
        ("e3", Then::Dead),
        ("e4", Then::Expired),
    ] {
        receive(&store, id, vec![to("p")]).await;
        let claimed = claim(&store, "p", 1_000).await;
        assert_eq!(store.finish(end(&claimed[0], then)).await.unwrap(), Finished::Recorded);
        assert!(claim(&store, "p", FOREVER - 1).await.is_empty(), "{then:?}");
    }
}

#[tokio::test]
async fn a_retry_comes_at_its_time_with_the_next_number() {
    let (store, _folder) = store().await;
    receive(&store, "e1", vec![to("p")]).await;
    let claimed = claim(&store, "p", 1_000).await;
    store
        .finish(end(&claimed[0], Then::Retry { at_ms: 5_000 }))
        .await
        .unwrap();
    assert!(store.due(4_999).await.unwrap().is_empty());
    assert!(claim(&store, "p", 4_999).await.is_empty());
    assert_eq!(store.due(5_000).await.unwrap(), ["p"]);
    assert_eq!(claim(&store, "p", 5_000).await[0].attempt, 2);
}

#[tokio::test]
async fn a_lease_that_nobody_extends_goes_back() {
    let (store, _folder) = store().await;
    receive(&store, "e1", vec![to("p")]).await;
    let lost = claim(&store, "p", 1_000).await;
    // The holder extends it; it is good for 30 s from then.
    assert_eq!(store.extend_leases(20_000).await.unwrap(), 0);
    assert!(claim(&store, "p", 49_000).await.is_empty());
    // Nobody extends what belongs to a server that is gone.
    sqlx::query("update deliveries set lease_node = 'gone'")
        .execute(&mut raw(&store).await)
        .await
        .unwrap();
    assert_eq!(store.extend_leases(51_000).await.unwrap(), 1);
    let again = claim(&store, "p", 51_000).await;
    assert_eq!((numbers(&again), again[0].attempt), (numbers(&lost), 2));
    // What the first one has to say now does not count.
    assert_eq!(
        store.finish(end(&lost[0], Then::Dead)).await.unwrap(),
        Finished::LeaseLost
    );
    assert_eq!(
        store.finish(end(&again[0], Then::Done)).await.unwrap(),
        Finished::Recorded
    );
}

#[tokio::test]
async fn a_restart_gives_back_what_was_running() {
    let (store, folder) = store().await;
    let ids = receive(&store, "e1", vec![to("p")]).await;
    claim(&store, "p", 1_000).await;
    store.close().await;
    drop(store);
    let store = Store::open(&StoreSettings::at(folder.path().join("config.db")))
        .await
        .unwrap();
    let again = claim(&store, "p", 1_000).await;
    assert_eq!((numbers(&again), again[0].attempt), (ids, 2));
}

#[tokio::test]
async fn of_one_line_the_next_is_taken_when_the_first_is_at_its_end() {
    let (store, _folder) = store().await;
    let mut ids = Vec::new();
    for (id, key) in [("e1", "a"), ("e2", "a"), ("e3", "b"), ("e4", "a")] {
        ids.extend(receive(&store, id, vec![in_line("p", key)]).await);
    }
    let claimed = claim(&store, "p", 1_000).await;
    assert_eq!(numbers(&claimed), [ids[0], ids[2]], "the first of each line");
    store
        .finish(end(&claimed[0], Then::Retry { at_ms: 5_000 }))
        .await
        .unwrap();
    assert!(
        claim(&store, "p", 2_000).await.is_empty(),
        "one that is tried again holds up its line"
    );
    let again = claim(&store, "p", 5_000).await;
    assert_eq!(numbers(&again), [ids[0]]);
    store.finish(end(&again[0], Then::Dead)).await.unwrap();
    assert_eq!(numbers(&claim(&store, "p", 5_000).await), [ids[1]]);
}

#[tokio::test]
async fn tasks_of_a_reply_are_held_until_they_are_given_back() {
    let (store, _folder) = store().await;
    let event = first(&store, event("e1")).await;
    let reply = NewReply {
        event,
        app: "cli_a".into(),
        reply: "{}".into(),
        tasks: vec![task("later", 9_000), task("one", 1_000), task("two", 1_000)],
        now_ms: 1_000,
    };
    let held = store.record_reply(reply).await.unwrap();
    assert_eq!(held.len(), 3);
    assert!(claim(&store, "p", 2_000).await.is_empty());
    store.give_back(held).await.unwrap();

    let mut done = Vec::new();
    for now_ms in [2_000, 2_000, 9_000] {
        let claimed = claim(&store, "p", now_ms).await;
        assert_eq!(claimed.len(), 1, "one after the other: {claimed:?}");
        assert_eq!((claimed[0].event, claimed[0].attempt), (Some(event), 1));
        done.push(task_name(&claimed[0]).to_owned());
        store.finish(end(&claimed[0], Then::Done)).await.unwrap();
    }
    assert_eq!(done, ["one", "two", "later"]);
}

#[tokio::test]
async fn tasks_of_an_attempt_are_stored_with_its_end_or_not_at_all() {
    let (store, _folder) = store().await;
    receive(&store, "e1", vec![to("q")]).await;
    let claimed = claim(&store, "q", 1_000).await;
    let finish = Finish {
        tasks: vec![task("one", 1_000)],
        ..end(&claimed[0], Then::Done)
    };
    let late = Finish {
        attempt: 7,
        ..finish.clone()
    };
    assert_eq!(store.finish(late).await.unwrap(), Finished::LeaseLost);
    assert!(claim(&store, "p", 2_000).await.is_empty());
    assert_eq!(store.finish(finish).await.unwrap(), Finished::Recorded);
    assert_eq!(task_name(&claim(&store, "p", 2_000).await[0]), "one");
}

#[tokio::test]
async fn what_an_open_delivery_needs_is_kept_however_old_it_is() {
    let (store, _folder) = store().await;
    receive(&store, "open", vec![to("p")]).await;
    receive(&store, "done", vec![to("q")]).await;
    receive(&store, "newest", vec![to("r")]).await;
    let claimed = claim(&store, "q", 1_000).await;
    store.finish(end(&claimed[0], Then::Done)).await.unwrap();
    while store.prune(&Retention::default(), FOREVER - 1).await.unwrap() > 0 {}
    let open = claim(&store, "p", FOREVER - 1).await;
    assert!(
        matches!(&open[0].work, Work::Event(event) if event.id == "open"),
        "{open:?}"
    );
    assert_eq!(count(&store, "events").await, 2, "the open one and the newest");
    assert_eq!(count(&store, "attempts").await, 0);
}

#[tokio::test]
async fn a_full_database_takes_nothing_new_and_finishes_what_it_has() {
    let (store, _folder) = store().await;
    receive(&store, "e1", vec![to("p")]).await;
    store.set_full(true);
    assert!(matches!(store.receive(event("e2")).await, Err(StoreError::Full)));
    let claimed = claim(&store, "p", 1_000).await;
    store.finish(end(&claimed[0], Then::Done)).await.unwrap();
    store.set_full(false);
    first(&store, event("e2")).await;
}

#[tokio::test]
async fn of_two_who_want_a_lease_one_has_it() {
    let (store, _folder) = store().await;
    assert!(store.acquire_lease("leader", "a", 1_000, 5_000).await.unwrap());
    assert!(!store.acquire_lease("leader", "b", 1_000, 5_999).await.unwrap());
    assert!(store.acquire_lease("leader", "a", 1_000, 5_999).await.unwrap(), "kept");
    assert!(
        store.acquire_lease("leader", "b", 1_000, 7_000).await.unwrap(),
        "run out"
    );
    store.release_lease("leader", "a").await.unwrap();
    assert!(
        !store.acquire_lease("leader", "a", 1_000, 7_001).await.unwrap(),
        "it is b's"
    );
    store.release_lease("leader", "b").await.unwrap();
    assert!(store.acquire_lease("leader", "a", 1_000, 7_001).await.unwrap());
}

/// A connection beside the store's own.
async fn raw(store: &Store) -> sqlx::SqliteConnection {
    use sqlx::ConnectOptions;
    let Place::File(file) = &*store.shared.place else {
        panic!("not a file")
    };
    file.options().connect().await.unwrap()
}

async fn count(store: &Store, table: &'static str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}")))
        .fetch_one(&mut raw(store).await)
        .await
        .unwrap()
}
