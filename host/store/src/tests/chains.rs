//! Tasks that follow from one another, and how many of a plugin's asking wait.

use super::*;

on_both!(
    a_task_keeps_its_place_in_the_chain,
    the_tasks_that_wait_are_counted_by_whoever_asked_for_them,
);

async fn a_task_keeps_its_place_in_the_chain(database: TestDatabase) {
    let store = database.open().await;
    let (event, _) = first(&store, click("e1")).await;
    let chain = Chain {
        generation: 7,
        tasks_left: Some(3),
    };
    let late = NewTask {
        chain,
        ..task("p", "later", NOW_MS + 1)
    };
    let held = reply(&store, event, "{}", vec![task("p", "now", NOW_MS), late]).await;
    store
        .give_back(held.into_iter().map(Hold::first).collect())
        .await
        .unwrap();
    let claimed = claim(&store, "p", NOW_MS).await;
    assert_eq!(claimed[0].chain, Chain::default());
    finish(&store, &claimed[0], Then::Done).await;
    assert_eq!(claim(&store, "p", NOW_MS + 1).await[0].chain, chain);
}

async fn the_tasks_that_wait_are_counted_by_whoever_asked_for_them(database: TestDatabase) {
    let store = database.open().await;
    let (event, _) = first(&store, click("e1")).await;
    let of = |requested_by: &str, payload: &str| NewTask {
        requested_by: requested_by.into(),
        payload: payload.into(),
        ..task("p", "t", NOW_MS)
    };
    let tasks = vec![of("a", "{}"), of("a", "\"你好\""), of("b", "{}")];
    let held = reply(&store, event, "{}", tasks).await;
    let waiting = |rows, bytes| WaitingTasks { rows, bytes };
    assert_eq!(store.waiting_tasks("a", 10).await.unwrap(), waiting(2, 10));
    assert_eq!(store.waiting_tasks("a", 1).await.unwrap().rows, 1);
    assert_eq!(store.waiting_tasks("c", 10).await.unwrap(), waiting(0, 0));
    store
        .give_back(held.into_iter().map(Hold::first).collect())
        .await
        .unwrap();
    for delivery in claim(&store, "p", NOW_MS).await {
        finish(&store, &delivery, Then::Done).await;
    }
    let left = store.waiting_tasks("a", 10).await.unwrap();
    assert_eq!(left.rows, 1, "one waits for the one before it");
}
