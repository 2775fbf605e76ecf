//! Deliveries whose server was killed: they wait for their next attempt, and are claimed apart from the others.

use super::*;

on_both!(
    a_delivery_that_was_lost_waits_for_its_next_attempt,
    what_was_lost_is_claimed_apart_from_the_others,
    each_lost_attempt_is_recorded,
    a_dead_letter_that_is_retried_was_never_lost,
    of_one_ordering_key_nothing_overtakes_what_was_lost,
);

const WAIT_MS: u64 = 7_000;

async fn deliveries(store: &Store, number: usize) -> Vec<i64> {
    let new = NewEvent {
        deliveries: vec![delivery("p"); number],
        ..event(&random())
    };
    first(store, new).await.1
}

/// Claims all that is due, and has the server die. Tells when what was lost may be tried again.
async fn lost(store: &Store, now_ms: u64) -> u64 {
    for delivery in claim(store, "p", now_ms).await {
        store.forget_lease(delivery.hold());
    }
    let over_ms = now_ms + LEASE_MS + 1;
    let wait_ms = |_, lost| WAIT_MS * (u64::from(lost) + 1);
    store.reclaim(over_ms, wait_ms).await.unwrap();
    over_ms + WAIT_MS
}

async fn a_delivery_that_was_lost_waits_for_its_next_attempt(database: TestDatabase) {
    let store = database.open().await;
    let ids_of = deliveries(&store, 1).await;
    let next_ms = lost(&store, NOW_MS).await;
    assert!(claim(&store, "p", next_ms - 1).await.is_empty());
    assert!(store.due_lost(next_ms - 1).await.unwrap().is_empty());
    assert_eq!(store.due_lost(next_ms).await.unwrap(), [("p".to_owned(), Lost::Once)]);
    // Again, and it waits twice as long.
    let next_ms = lost(&store, next_ms).await + WAIT_MS;
    assert!(claim(&store, "p", next_ms - 1).await.is_empty());
    assert_eq!(store.due_lost(next_ms).await.unwrap(), [("p".to_owned(), Lost::Again)]);
    let claimed = claim(&store, "p", next_ms).await;
    assert_eq!(ids(&claimed), ids_of);
    assert_eq!((claimed[0].attempt, claimed[0].lost), (3, 2));
}

async fn what_was_lost_is_claimed_apart_from_the_others(database: TestDatabase) {
    let store = database.open().await;
    let again = deliveries(&store, 1).await;
    let next_ms = lost(&store, NOW_MS).await;
    let once = deliveries(&store, 2).await;
    let next_ms = lost(&store, next_ms).await + WAIT_MS;
    let never = deliveries(&store, 1).await;
    for (lost, expected) in [(Lost::Never, never), (Lost::Once, once), (Lost::Again, again)] {
        let mut claimed = ids(&claim_of(&store, "p", lost, next_ms).await);
        claimed.sort_unstable();
        assert_eq!(claimed, expected, "{lost:?}");
    }
}

async fn each_lost_attempt_is_recorded(database: TestDatabase) {
    let store = database.open().await;
    let id = deliveries(&store, 1).await[0];
    let next_ms = lost(&store, NOW_MS).await;
    let claimed = claim(&store, "p", next_ms).await;
    finish(&store, &claimed[0], Then::Done).await;
    let mut attempts = store.delivery(id).await.unwrap().unwrap().delivery.attempts;
    attempts.sort_by_key(|attempt| attempt.number);
    let outcomes: Vec<_> = attempts.iter().map(|attempt| attempt.outcome.as_str()).collect();
    assert_eq!(outcomes, ["lost", "ok"]);
}

async fn a_dead_letter_that_is_retried_was_never_lost(database: TestDatabase) {
    let store = database.open().await;
    let id = deliveries(&store, 1).await[0];
    let next_ms = lost(&store, NOW_MS).await;
    let claimed = claim(&store, "p", next_ms).await;
    finish(&store, &claimed[0], Then::Dead).await;
    store.retry_dead(vec![id], next_ms).await.unwrap();
    let claimed = claim_of(&store, "p", Lost::Never, next_ms).await;
    assert_eq!((claimed[0].attempt, claimed[0].lost), (1, 0));
}

async fn of_one_ordering_key_nothing_overtakes_what_was_lost(database: TestDatabase) {
    let store = database.open().await;
    let mut both = Vec::new();
    for number in 0..2 {
        let new = NewEvent {
            deliveries: vec![NewDelivery {
                ordering_key: Some("chat".into()),
                ..delivery("p")
            }],
            ..event(&format!("e{number}"))
        };
        both.extend(first(&store, new).await.1);
    }
    let next_ms = lost(&store, NOW_MS).await;
    assert!(claim(&store, "p", next_ms - 1).await.is_empty(), "the first waits");
    assert!(claim_of(&store, "p", Lost::Never, next_ms).await.is_empty());
    assert_eq!(ids(&claim(&store, "p", next_ms).await), both[..1]);
}

#[tokio::test]
async fn what_ran_when_the_server_of_a_file_ended_is_reclaimed_by_the_first_heartbeat_of_the_next() {
    let database = TestDatabase::file();
    let store = database.open().await;
    let all = deliveries(&store, 1).await;
    claim(&store, "p", NOW_MS).await;
    store.close().await;
    drop(store);
    let store = reopened(&database).await;
    assert!(claim(&store, "p", NOW_MS).await.is_empty());
    let reclaimed = store.reclaim(NOW_MS, |_, _| WAIT_MS).await.unwrap();
    assert_eq!(reclaimed.waiting, 1);
    let again = claim(&store, "p", NOW_MS + WAIT_MS).await;
    assert_eq!((ids(&again), again[0].attempt, again[0].lost), (all, 2, 1));
}
