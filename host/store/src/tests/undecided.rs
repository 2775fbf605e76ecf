//! Events whose takers were not known when they came: they wait, and then everybody is told once.

use super::*;

on_both!(
    an_event_is_told_to_its_takers_when_they_are_known,
    whoever_was_told_meanwhile_is_not_told_again,
    two_forms_of_one_message_wait_for_the_takers_of_both,
    what_somebody_else_has_decided_is_not_decided_again,
    what_is_not_decided_when_a_server_ends_is_decided_by_the_next_one,
);

const TYPE: &str = "im.message.receive_v1";

fn waiting(id: &str, message_id: &str, event_type: &str, told: &[&str]) -> NewEvent {
    let mut deliveries: Vec<_> = told.iter().map(|plugin| delivery(plugin)).collect();
    deliveries.push(NewDelivery {
        begins_here: false,
        ..delivery(&undecided(event_type))
    });
    NewEvent {
        deliveries,
        ..message(id, message_id)
    }
}

async fn decide(store: &Store, event_type: &str, takers: &[&str]) {
    for mark in claim(store, &undecided(event_type), NOW_MS).await {
        give(store, &mark, takers).await;
    }
}

async fn give(store: &Store, mark: &Delivery, takers: &[&str]) {
    let takers = takers.iter().map(|plugin| delivery(plugin)).collect();
    store
        .decide(vec![Decided { delivery: mark, takers }], NOW_MS)
        .await
        .unwrap();
}

async fn heard(store: &Store, plugin: &str) -> usize {
    claim(store, plugin, NOW_MS).await.len()
}

async fn an_event_is_told_to_its_takers_when_they_are_known(database: TestDatabase) {
    let store = database.open().await;
    store.receive(waiting("e1", "om_1", TYPE, &[])).await.unwrap();
    assert_eq!(store.due(NOW_MS).await.unwrap(), [undecided(TYPE)]);
    decide(&store, TYPE, &["a", "b"]).await;
    assert_eq!(store.due(NOW_MS).await.unwrap(), ["a", "b"]);
    assert_eq!((heard(&store, "a").await, heard(&store, "b").await), (1, 1));
    let repeat = store.receive(waiting("e1", "om_1", TYPE, &["a", "b"])).await.unwrap();
    assert!(matches!(repeat, Received::Partly { .. }), "{repeat:?}");
    decide(&store, TYPE, &["a", "b"]).await;
    assert_eq!((heard(&store, "a").await, heard(&store, "b").await), (0, 0));
}

async fn whoever_was_told_meanwhile_is_not_told_again(database: TestDatabase) {
    let store = database.open().await;
    store.receive(waiting("e1", "om_1", TYPE, &["a"])).await.unwrap();
    // Lark sends it again when everything is loaded, and nothing is decided yet.
    store
        .receive(NewEvent {
            deliveries: vec![delivery("a"), delivery("b")],
            ..message("e1", "om_1")
        })
        .await
        .unwrap();
    decide(&store, TYPE, &["a", "b", "c"]).await;
    for plugin in ["a", "b", "c"] {
        assert_eq!(heard(&store, plugin).await, 1, "{plugin}");
    }
}

async fn two_forms_of_one_message_wait_for_the_takers_of_both(database: TestDatabase) {
    let store = database.open().await;
    store.receive(waiting("e1", "om_1", "message", &[])).await.unwrap();
    store.receive(waiting("e2", "om_1", TYPE, &[])).await.unwrap();
    decide(&store, "message", &[]).await;
    decide(&store, TYPE, &["a"]).await;
    assert_eq!(heard(&store, "a").await, 1);
}

async fn what_somebody_else_has_decided_is_not_decided_again(database: TestDatabase) {
    let store = database.open().await;
    store.receive(waiting("e1", "om_1", TYPE, &[])).await.unwrap();
    let mark = claim(&store, &undecided(TYPE), NOW_MS).await.remove(0);
    give(&store, &mark, &["a"]).await;
    give(&store, &mark, &["b"]).await;
    assert_eq!((heard(&store, "a").await, heard(&store, "b").await), (1, 0));
}

async fn what_is_not_decided_when_a_server_ends_is_decided_by_the_next_one(database: TestDatabase) {
    let store = database.open().await;
    store.receive(waiting("e1", "om_1", TYPE, &[])).await.unwrap();
    store.close().await;
    drop(store);
    let store = database.open().await;
    decide(&store, TYPE, &["a"]).await;
    assert_eq!(heard(&store, "a").await, 1);
}

#[test]
fn the_place_of_the_takers_has_a_name_that_no_plugin_has() {
    assert!(is_undecided(&undecided(TYPE)));
    assert_eq!(undecided("a, b c"), "*a__b_c");
    assert!(undecided(&"x".repeat(4_000)).len() < 80);
    assert!(!is_undecided("card-auth"));
}
