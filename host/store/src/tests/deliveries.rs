//! Deliveries: claimed once, held by a lease, made again, brought to an end.

use super::*;

on_both!(
    a_delivery_is_claimed_once_and_brings_what_was_received,
    a_delivery_that_begins_here_is_held_at_once,
    a_lease_that_is_extended_is_kept,
    a_lease_that_has_run_out_is_lost_and_somebody_else_makes_the_delivery,
    what_was_committed_without_anybody_knowing_is_made_when_its_lease_has_run_out,
    the_end_of_an_attempt_that_was_lost_leaves_the_next_one_held,
    an_attempt_that_was_lost_is_not_held_any_more,
    a_lease_from_before_the_clock_was_put_back_is_over,
    a_retry_comes_at_its_time,
    dead_and_expired_and_skipped_are_the_end,
    of_one_ordering_key_only_the_first_is_claimed,
    of_one_ordering_key_two_are_never_claimed_together,
    what_is_given_back_was_not_tried,
    tasks_of_a_reply_are_held_and_then_done_in_their_order,
    tasks_of_an_attempt_are_stored_with_it,
    tasks_of_an_attempt_that_lost_its_lease_are_not_stored,
    a_late_callback_is_a_delivery_of_this_server,
    each_plugin_has_its_own,
    what_an_open_delivery_needs_is_kept_however_old_it_is,
);

async fn one(store: &Store, delivery: NewDelivery) -> i64 {
    let new = NewEvent {
        deliveries: vec![delivery],
        ..event(&random())
    };
    let (_, deliveries) = first(store, new).await;
    deliveries[0]
}

/// A heartbeat; tells how much is ready by it that nobody held any more.
pub(super) async fn beat(store: &Store, now_ms: u64) -> u64 {
    store.extend_leases(now_ms).await.unwrap();
    let reclaimed = store.reclaim(now_ms, |_, _| 0).await.unwrap();
    assert_eq!(reclaimed.dead, 0);
    reclaimed.waiting
}

fn holds(deliveries: &[Delivery]) -> Vec<Hold> {
    deliveries.iter().map(Delivery::hold).collect()
}

async fn a_delivery_is_claimed_once_and_brings_what_was_received(database: TestDatabase) {
    let store = database.open().await;
    let new = NewEvent {
        deliveries: vec![delivery("p")],
        ..message("e1", "om_1")
    };
    let (number, deliveries) = first(&store, new.clone()).await;
    assert_eq!(store.due(NOW_MS).await.unwrap(), ["p"]);
    assert!(store.due(NOW_MS - 1).await.unwrap().is_empty());
    let claimed = claim(&store, "p", NOW_MS).await;
    assert_eq!(ids(&claimed), deliveries);
    let Work::Event(event) = &claimed[0].work else {
        panic!("{claimed:?}")
    };
    assert_eq!(event.payload, new.event.payload);
    assert_eq!(event.message_id, new.event.message_id);
    assert_eq!(event.create_time_ms, 7);
    assert_eq!((claimed[0].event, claimed[0].attempt), (Some(number), 1));
    assert!(claim(&store, "p", NOW_MS).await.is_empty());
    assert_eq!(finish(&store, &claimed[0], Then::Done).await, Finished::Recorded);
    assert_eq!(finish(&store, &claimed[0], Then::Done).await, Finished::LeaseLost);
    assert!(store.due(NOW_MS + HOUR_MS).await.unwrap().is_empty());
}

async fn a_delivery_that_begins_here_is_held_at_once(database: TestDatabase) {
    let store = database.open().await;
    let begins = NewDelivery {
        begins_here: true,
        ..delivery("p")
    };
    one(&store, begins.clone()).await;
    let ordered = one(
        &store,
        NewDelivery {
            ordering_key: Some("chat".into()),
            ..begins
        },
    )
    .await;
    assert_eq!(ids(&claim(&store, "p", NOW_MS).await), [ordered]);
}

async fn a_lease_that_is_extended_is_kept(database: TestDatabase) {
    let store = database.open().await;
    one(&store, delivery("p")).await;
    let claimed = claim(&store, "p", NOW_MS).await;
    for step in 1..5 {
        assert_eq!(beat(&store, NOW_MS + step * LEASE_MS / 2).await, 0);
    }
    assert_eq!(finish(&store, &claimed[0], Then::Done).await, Finished::Recorded);
}

async fn a_lease_that_has_run_out_is_lost_and_somebody_else_makes_the_delivery(database: TestDatabase) {
    let store = database.open().await;
    one(&store, delivery("p")).await;
    let before = claim(&store, "p", NOW_MS).await;
    // As another server, to which the first is gone: the lease is not extended, but found to be over.
    let over_ms = NOW_MS + LEASE_MS + 1;
    in_transaction!(store, connection => {
        sqlx::query("update deliveries set lease_node = 'gone'").execute(connection).await.map(|_| ())
    })
    .await
    .unwrap();
    assert_eq!(beat(&store, NOW_MS + LEASE_MS).await, 0);
    assert_eq!(beat(&store, over_ms).await, 1);
    let after = claim(&store, "p", over_ms).await;
    assert_eq!((ids(&after), after[0].attempt), (ids(&before), 2));
    assert_eq!(finish(&store, &before[0], Then::Done).await, Finished::LeaseLost);
    assert_eq!(finish(&store, &after[0], Then::Done).await, Finished::Recorded);
}

async fn what_was_committed_without_anybody_knowing_is_made_when_its_lease_has_run_out(database: TestDatabase) {
    let store = database.open().await;
    let delivery = one(&store, delivery("p")).await;
    // Whoever asked is gone before the answer.
    tokio::select! {
        biased;
        claimed = claim(&store, "p", NOW_MS) => panic!("claimed already: {claimed:?}"),
        () = std::future::ready(()) => {}
    }
    // Behind the claim in the same queue.
    store.heartbeat(NOW_MS).await.unwrap();
    assert!(claim(&store, "p", NOW_MS).await.is_empty());
    assert_eq!(beat(&store, NOW_MS + LEASE_MS).await, 0);
    let over_ms = NOW_MS + LEASE_MS + 1;
    assert_eq!(beat(&store, over_ms).await, 1);
    let claimed = claim(&store, "p", over_ms).await;
    assert_eq!((ids(&claimed), claimed[0].attempt), (vec![delivery], 2));
}

/// Claims again what this server has claimed before and lost.
async fn lost_and_claimed_again(store: &Store) -> (Delivery, Delivery, u64) {
    one(store, delivery("p")).await;
    let before = claim(store, "p", NOW_MS).await.remove(0);
    // As after a time without the database: the lease ran out before it was extended.
    store.forget_lease(before.hold());
    let over_ms = NOW_MS + LEASE_MS + 1;
    assert_eq!(beat(store, over_ms).await, 1);
    let after = claim(store, "p", over_ms).await.remove(0);
    assert_eq!((after.id, after.attempt), (before.id, 2));
    (before, after, over_ms)
}

async fn the_end_of_an_attempt_that_was_lost_leaves_the_next_one_held(database: TestDatabase) {
    let store = database.open().await;
    let (before, after, over_ms) = lost_and_claimed_again(&store).await;
    assert_eq!(finish(&store, &before, Then::Done).await, Finished::LeaseLost);
    store.give_back(vec![before.hold()]).await.unwrap();
    store.forget_lease(before.hold());
    assert!(store.holds(after.hold()));
    for step in 1..5 {
        assert_eq!(beat(&store, over_ms + step * LEASE_MS / 2).await, 0);
    }
    assert_eq!(finish(&store, &after, Then::Done).await, Finished::Recorded);
    assert!(!store.holds(after.hold()));
}

async fn an_attempt_that_was_lost_is_not_held_any_more(database: TestDatabase) {
    let store = database.open().await;
    one(&store, delivery("p")).await;
    let claimed = claim(&store, "p", NOW_MS).await.remove(0);
    assert_eq!(beat(&store, NOW_MS).await, 0);
    assert!(store.holds(claimed.hold()));
    // Another server found the lease to be over, and made it ready.
    in_transaction!(store, connection => {
        sqlx::query("update deliveries set state = 'ready', lease_node = null, lease_until_ms = null")
            .execute(connection)
            .await
            .map(|_| ())
    })
    .await
    .unwrap();
    assert_eq!(beat(&store, NOW_MS).await, 0);
    assert!(!store.holds(claimed.hold()));
}

async fn a_lease_from_before_the_clock_was_put_back_is_over(database: TestDatabase) {
    let store = database.open().await;
    let delivery = one(&store, delivery("p")).await;
    let claimed = claim(&store, "p", NOW_MS + HOUR_MS).await;
    // It is held, so it is extended by the clock as it is now.
    assert_eq!(beat(&store, NOW_MS).await, 0);
    assert_eq!(
        finish(&store, &claimed[0], Then::Retry { at_ms: NOW_MS }).await,
        Finished::Recorded
    );
    let claimed = claim(&store, "p", NOW_MS + HOUR_MS).await;
    store.forget_lease(claimed[0].hold());
    assert_eq!(beat(&store, NOW_MS).await, 1);
    assert_eq!(ids(&claim(&store, "p", NOW_MS).await), [delivery]);
}

async fn a_retry_comes_at_its_time(database: TestDatabase) {
    let store = database.open().await;
    one(&store, delivery("p")).await;
    let claimed = claim(&store, "p", NOW_MS).await;
    let at_ms = NOW_MS + 2_000;
    finish(&store, &claimed[0], Then::Retry { at_ms }).await;
    assert!(claim(&store, "p", at_ms - 1).await.is_empty());
    let again = claim(&store, "p", at_ms).await;
    assert_eq!((ids(&again), again[0].attempt), (ids(&claimed), 2));
    assert_eq!(again[0].due_at_ms, NOW_MS, "when it was to be done first");
}

async fn dead_and_expired_and_skipped_are_the_end(database: TestDatabase) {
    let store = database.open().await;
    for then in [Then::Dead, Then::Expired, Then::Skipped] {
        one(&store, delivery("p")).await;
        let claimed = claim(&store, "p", NOW_MS).await;
        assert_eq!(finish(&store, &claimed[0], then).await, Finished::Recorded);
        assert!(claim(&store, "p", NOW_MS + 100 * HOUR_MS).await.is_empty(), "{then:?}");
    }
}

async fn of_one_ordering_key_only_the_first_is_claimed(database: TestDatabase) {
    let store = database.open().await;
    let in_chat = |chat: &str| NewDelivery {
        ordering_key: Some(chat.into()),
        ..delivery("p")
    };
    let a1 = one(&store, in_chat("a")).await;
    let a2 = one(&store, in_chat("a")).await;
    let b1 = one(&store, in_chat("b")).await;
    let free = one(&store, delivery("p")).await;
    let claimed = claim(&store, "p", NOW_MS).await;
    assert_eq!(ids(&claimed), [a1, b1, free]);
    assert!(claim(&store, "p", NOW_MS).await.is_empty());
    // One that is tried again still stands before the others.
    finish(&store, &claimed[0], Then::Retry { at_ms: NOW_MS + 10 }).await;
    assert!(claim(&store, "p", NOW_MS).await.is_empty());
    let again = claim(&store, "p", NOW_MS + 10).await;
    assert_eq!(ids(&again), [a1]);
    finish(&store, &again[0], Then::Dead).await;
    assert_eq!(ids(&claim(&store, "p", NOW_MS).await), [a2]);
}

/// What arrived first may be stored last, or by a clock that was put back meanwhile.
async fn of_one_ordering_key_two_are_never_claimed_together(database: TestDatabase) {
    let store = database.open().await;
    let mut in_order = Vec::new();
    for received_at_ms in [NOW_MS + 2, NOW_MS + 1, NOW_MS] {
        let delivery = NewDelivery {
            ordering_key: Some("chat".into()),
            ..delivery("p")
        };
        let new = NewEvent {
            received_at_ms,
            deliveries: vec![delivery],
            ..event(&random())
        };
        let (_, deliveries) = first(&store, new).await;
        in_order.splice(0..0, deliveries);
    }
    for id in in_order {
        let claimed = claim(&store, "p", NOW_MS + 2).await;
        assert_eq!(ids(&claimed), [id]);
        assert!(claim(&store, "p", NOW_MS + 2).await.is_empty(), "one runs");
        finish(&store, &claimed[0], Then::Done).await;
    }
}

async fn what_is_given_back_was_not_tried(database: TestDatabase) {
    let store = database.open().await;
    one(&store, delivery("p")).await;
    let claimed = claim(&store, "p", NOW_MS).await;
    store.give_back(holds(&claimed)).await.unwrap();
    let again = claim(&store, "p", NOW_MS).await;
    assert_eq!((ids(&again), again[0].attempt), (ids(&claimed), 1));
}

async fn tasks_of_a_reply_are_held_and_then_done_in_their_order(database: TestDatabase) {
    let store = database.open().await;
    let (number, _) = first(&store, click("e1")).await;
    let tasks = ["one", "two", "three"].map(|name| task("p", name, NOW_MS)).into();
    let held = reply(&store, number, "{}", tasks).await;
    assert_eq!(held.len(), 3);
    assert!(
        claim(&store, "p", NOW_MS).await.is_empty(),
        "they are this server's own"
    );
    store
        .give_back(held.into_iter().map(Hold::first).collect())
        .await
        .unwrap();
    for name in ["one", "two", "three"] {
        let claimed = claim(&store, "p", NOW_MS).await;
        let Work::Task { name: found, .. } = &claimed[0].work else {
            panic!("{claimed:?}")
        };
        assert_eq!((found.as_str(), claimed.len()), (name, 1));
        finish(&store, &claimed[0], Then::Done).await;
    }
}

async fn tasks_of_an_attempt_are_stored_with_it(database: TestDatabase) {
    let store = database.open().await;
    one(&store, delivery("p")).await;
    let claimed = claim(&store, "p", NOW_MS).await;
    let tasks = vec![task("q", "now", NOW_MS), task("q", "later", NOW_MS + 50)];
    finish_with(&store, &claimed[0], Then::Done, tasks).await;
    assert_eq!(claim(&store, "q", NOW_MS).await.len(), 1);
    assert!(claim(&store, "q", NOW_MS + 49).await.is_empty());
}

async fn tasks_of_an_attempt_that_lost_its_lease_are_not_stored(database: TestDatabase) {
    let store = database.open().await;
    one(&store, delivery("p")).await;
    let claimed = claim(&store, "p", NOW_MS).await;
    store.give_back(holds(&claimed)).await.unwrap();
    let lost = finish_with(&store, &claimed[0], Then::Done, vec![task("q", "t", NOW_MS)]).await;
    assert_eq!(lost, Finished::LeaseLost);
    assert!(claim(&store, "q", NOW_MS).await.is_empty());
}

async fn a_late_callback_is_a_delivery_of_this_server(database: TestDatabase) {
    let store = database.open().await;
    let (number, _) = first(&store, click("e1")).await;
    let late = NewLate {
        event: number,
        app: "cli_a".into(),
        plugin: "p".into(),
        now_ms: NOW_MS,
        expires_at_ms: NOW_MS + HOUR_MS,
    };
    {
        let mut given_up = std::pin::pin!(store.begin_late(late.clone()));
        let polled = std::future::poll_fn(|task| std::task::Poll::Ready(given_up.as_mut().poll(task).is_pending()));
        assert!(polled.await, "it waits for the commit");
    }
    let id = store.begin_late(late).await.unwrap();
    assert_eq!(id, 1, "what was given up is not there");
    assert!(claim(&store, "p", NOW_MS).await.is_empty());
    store.give_back(vec![Hold::first(id)]).await.unwrap();
    let claimed = claim(&store, "p", NOW_MS).await;
    assert_eq!(claimed[0].kind, DeliveryKind::Late);
    assert!(matches!(claimed[0].work, Work::Event(_)));
}

async fn each_plugin_has_its_own(database: TestDatabase) {
    let store = database.open().await;
    let new = NewEvent {
        deliveries: vec![delivery("b"), delivery("a")],
        ..event("e1")
    };
    let (_, deliveries) = first(&store, new).await;
    assert_eq!(ids(&claim(&store, "b", NOW_MS).await), deliveries[..1]);
    assert_eq!(ids(&claim(&store, "a", NOW_MS).await), deliveries[1..]);
}

async fn what_an_open_delivery_needs_is_kept_however_old_it_is(database: TestDatabase) {
    let store = database.open().await;
    for (id, plugin) in [("open", "p"), ("done", "q"), ("newest", "r")] {
        let new = NewEvent {
            deliveries: vec![delivery(plugin)],
            ..event(id)
        };
        first(&store, new).await;
    }
    let claimed = claim(&store, "q", NOW_MS).await;
    finish(&store, &claimed[0], Then::Done).await;
    let later_ms = NOW_MS + 1_000 * HOUR_MS;
    while store.prune(&Retention::default(), later_ms).await.unwrap() > 0 {}
    let open = claim(&store, "p", later_ms).await;
    assert!(
        matches!(&open[0].work, Work::Event(event) if &*event.id == "open"),
        "{open:?}"
    );
}
