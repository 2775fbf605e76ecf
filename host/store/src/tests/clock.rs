//! The clock is put back: nothing waits for the time that it showed before.

use super::*;

on_both!(
    what_came_while_the_clock_was_ahead_is_due_when_it_is_put_back,
    a_retry_that_was_planned_while_the_clock_was_ahead_comes_at_its_time,
    a_retry_that_was_planned_after_the_clock_was_put_back_comes_at_its_time,
    what_a_plugin_wants_later_is_left_alone,
    a_lease_from_a_clock_that_was_ahead_is_over,
);

const DAY_MS: u64 = 24 * HOUR_MS;

fn one_delivery(received_at_ms: u64) -> NewEvent {
    let delivery = NewDelivery {
        expires_at_ms: received_at_ms + HOUR_MS,
        ..delivery("p")
    };
    NewEvent {
        received_at_ms,
        deliveries: vec![delivery],
        ..event(&random())
    }
}

async fn what_came_while_the_clock_was_ahead_is_due_when_it_is_put_back(database: TestDatabase) {
    let store = database.open().await;
    first(&store, one_delivery(NOW_MS + DAY_MS)).await;
    assert!(claim(&store, "p", NOW_MS).await.is_empty());
    assert_eq!(store.reschedule(NOW_MS).await.unwrap(), 1);
    assert_eq!(store.reschedule(NOW_MS).await.unwrap(), 0, "once");
    let claimed = claim(&store, "p", NOW_MS).await;
    assert_eq!(
        (claimed[0].due_at_ms, claimed[0].expires_at_ms),
        (NOW_MS, NOW_MS + HOUR_MS)
    );
}

async fn a_retry_that_was_planned_while_the_clock_was_ahead_comes_at_its_time(database: TestDatabase) {
    let store = database.open().await;
    first(&store, one_delivery(NOW_MS)).await;
    let claimed = claim(&store, "p", NOW_MS + DAY_MS).await;
    let failed = Finish {
        started_at_ms: NOW_MS + DAY_MS,
        now_ms: NOW_MS + DAY_MS,
        ..end_of(
            &claimed[0],
            Then::Retry {
                at_ms: NOW_MS + DAY_MS + 2_000,
            },
        )
    };
    assert_eq!(store.finish(failed).await.unwrap(), Finished::Recorded);
    assert_eq!(store.reschedule(NOW_MS).await.unwrap(), 1);
    assert_eq!(store.reschedule(NOW_MS).await.unwrap(), 0, "once");
    assert!(claim(&store, "p", NOW_MS + 1_999).await.is_empty());
    assert_eq!(claim(&store, "p", NOW_MS + 2_000).await.len(), 1);
}

/// It runs while the clock is put back, and fails afterwards.
async fn a_retry_that_was_planned_after_the_clock_was_put_back_comes_at_its_time(database: TestDatabase) {
    let store = database.open().await;
    first(&store, one_delivery(NOW_MS + DAY_MS)).await;
    let claimed = claim(&store, "p", NOW_MS + DAY_MS).await;
    assert_eq!(store.reschedule(NOW_MS).await.unwrap(), 0, "it runs");
    let at_ms = NOW_MS + HOUR_MS / 2;
    let failed = Finish {
        started_at_ms: NOW_MS + DAY_MS,
        ..end_of(&claimed[0], Then::Retry { at_ms })
    };
    assert_eq!(store.finish(failed).await.unwrap(), Finished::Recorded);
    assert_eq!(store.reschedule(NOW_MS).await.unwrap(), 1);
    assert!(claim(&store, "p", at_ms - 1).await.is_empty());
    let claimed = claim(&store, "p", at_ms).await;
    assert_eq!(claimed[0].expires_at_ms, NOW_MS + HOUR_MS);
}

async fn what_a_plugin_wants_later_is_left_alone(database: TestDatabase) {
    let store = database.open().await;
    let (number, _) = first(&store, click("e1")).await;
    let held = reply(&store, number, "{}", vec![task("p", "later", NOW_MS + 2 * DAY_MS)]).await;
    store
        .give_back(held.into_iter().map(Hold::first).collect())
        .await
        .unwrap();
    first(&store, one_delivery(NOW_MS)).await;
    let claimed = claim(&store, "p", NOW_MS).await;
    let at_ms = NOW_MS + 3 * DAY_MS;
    assert_eq!(
        finish(&store, &claimed[0], Then::Retry { at_ms }).await,
        Finished::Recorded
    );
    assert_eq!(store.reschedule(NOW_MS).await.unwrap(), 0);
    assert!(claim(&store, "p", NOW_MS + 2 * DAY_MS - 1).await.is_empty());
    assert_eq!(claim(&store, "p", NOW_MS + 2 * DAY_MS).await.len(), 1);
}

async fn a_lease_from_a_clock_that_was_ahead_is_over(database: TestDatabase) {
    let store = database.open().await;
    assert!(store.acquire_lease("l", "gone", 100, NOW_MS + DAY_MS).await.unwrap());
    assert!(store.acquire_lease("l", "here", 100, NOW_MS).await.unwrap());
    assert!(!store.acquire_lease("l", "other", 100, NOW_MS + 99).await.unwrap());
    store.heartbeat(NOW_MS + DAY_MS).await.unwrap();
    assert!(store.is_alive(store.node(), NOW_MS + DAY_MS).await.unwrap());
    assert!(!store.is_alive(store.node(), NOW_MS).await.unwrap());
}
