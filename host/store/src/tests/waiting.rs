//! Waiting deliveries: expired when they are too old, counted for whoever is to be told, retried and dropped by the operator.

use sqlx::Row as _;

use super::*;

on_both!(
    what_is_too_old_expires_whoever_it_is_for,
    what_runs_and_what_is_young_does_not_expire,
    what_waits_is_counted_by_plugin,
    what_waits_for_a_paused_plugin_does_not_expire,
    what_stands_behind_another_says_behind_which,
);

async fn waiting(store: &Store, plugin: &str, expires_at_ms: u64) -> i64 {
    let new = NewEvent {
        deliveries: vec![NewDelivery {
            expires_at_ms,
            ordering_key: Some("chat".into()),
            ..delivery(plugin)
        }],
        ..event(&random())
    };
    first(store, new).await.1[0]
}

async fn what_is_too_old_expires_whoever_it_is_for(database: TestDatabase) {
    let store = database.open().await;
    for _ in 0..2 {
        waiting(&store, "gone", NOW_MS + 10).await;
    }
    let behind = waiting(&store, "here", NOW_MS + HOUR_MS).await;
    assert!(store.expire(NOW_MS + 9).await.unwrap().is_empty());
    assert!(
        claim(&store, "here", NOW_MS + 9).await.is_empty(),
        "others stand before it"
    );
    let expired = store.expire(NOW_MS + 10).await.unwrap();
    assert_eq!(expired.into_iter().collect::<Vec<_>>(), [("gone".to_owned(), 2)]);
    assert!(store.expire(NOW_MS + 10).await.unwrap().is_empty());
    assert_eq!(ids(&claim(&store, "here", NOW_MS + 10).await), [behind]);
    let events = store.events(&Filter::default()).await.unwrap();
    let detail = store.event(events.last().unwrap().id).await.unwrap().unwrap();
    assert_eq!(detail.deliveries[0].state, "expired");
    assert_eq!(detail.deliveries[0].finished_at_ms, Some(NOW_MS + 10));
    assert_eq!(detail.deliveries[0].attempts[0].outcome, "expired");
}

async fn what_runs_and_what_is_young_does_not_expire(database: TestDatabase) {
    let store = database.open().await;
    waiting(&store, "p", NOW_MS + 10).await;
    let running = claim(&store, "p", NOW_MS).await;
    assert!(store.expire(NOW_MS + HOUR_MS).await.unwrap().is_empty());
    finish(&store, &running[0], Then::Retry { at_ms: NOW_MS + 5 }).await;
    assert_eq!(store.expire(NOW_MS + HOUR_MS).await.unwrap().len(), 1);
}

async fn what_stands_behind_another_says_behind_which(database: TestDatabase) {
    let store = database.open().await;
    let first = waiting(&store, "p", NOW_MS + HOUR_MS).await;
    let second = waiting(&store, "p", NOW_MS + HOUR_MS).await;
    let waits_for = async |id: i64| store.delivery(id).await.unwrap().unwrap().delivery.waits_for;
    assert_eq!((waits_for(first).await, waits_for(second).await), (None, Some(first)));
    let running = claim(&store, "p", NOW_MS).await;
    finish(
        &store,
        &running[0],
        Then::Retry {
            at_ms: NOW_MS + HOUR_MS / 2,
        },
    )
    .await;
    assert_eq!(waits_for(second).await, Some(first), "a retry goes on holding it up");
    let held_up = async || store.held_up(&[first, second], NOW_MS).await.unwrap();
    assert_eq!(held_up().await, [(second, first)]);
    let listed = store.deliveries(&Filter::default()).await.unwrap().deliveries;
    let listed: Vec<_> = listed.iter().map(|one| (one.id, one.waits_for)).collect();
    assert_eq!(listed, [(second, Some(first)), (first, None)]);
    store.retry_now(vec![first], NOW_MS).await.unwrap();
    assert_eq!(held_up().await, [], "both are to be made now, one after the other");
    store.discard(vec![first], NOW_MS).await.unwrap();
    assert_eq!(waits_for(second).await, None);
}

async fn what_waits_is_counted_by_plugin(database: TestDatabase) {
    let store = database.open().await;
    for plugin in ["a", "b", "a"] {
        waiting(&store, plugin, NOW_MS + HOUR_MS).await;
    }
    let waiting = store.waiting(NOW_MS).await.unwrap();
    let counts: Vec<_> = waiting
        .iter()
        .map(|w| (w.plugin.as_str(), w.deliveries, w.oldest_due_ms))
        .collect();
    assert_eq!(counts, [("a", 2, NOW_MS), ("b", 1, NOW_MS)]);
    assert!(store.waiting(NOW_MS - 1).await.unwrap().is_empty());
}

async fn what_waits_for_a_paused_plugin_does_not_expire(database: TestDatabase) {
    let store = database.open().await;
    let kept = waiting(&store, "paused", NOW_MS + 10).await;
    waiting(&store, "other", NOW_MS + 10).await;
    let until_ms = NOW_MS + 48 * HOUR_MS;
    assert_eq!(store.keep_waiting("paused", until_ms).await.unwrap(), 1);
    assert_eq!(store.keep_waiting("paused", until_ms).await.unwrap(), 0);
    let expired = store.expire(NOW_MS + HOUR_MS).await.unwrap();
    assert_eq!(expired.into_iter().collect::<Vec<_>>(), [("other".to_owned(), 1)]);
    let claimed = claim(&store, "paused", NOW_MS + HOUR_MS).await;
    assert_eq!((ids(&claimed), claimed[0].expires_at_ms), (vec![kept], until_ms));
}

#[tokio::test]
async fn what_is_too_old_is_found_without_reading_all_that_waits() {
    let database = TestDatabase::file();
    let store = database.open().await;
    let Backend::Sqlite(readers) = &*store.readers else {
        unreachable!("the database is a file");
    };
    for statement in [verbs::overdue::IS_ANY].into_iter().chain(crate::sqlite::EXPIRE) {
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("explain query plan {statement}")));
        let plan = plan.fetch_all(readers).await.unwrap();
        let steps: Vec<&str> = plan.iter().map(|step| step.get("detail")).collect();
        assert!(steps.iter().any(|step| step.contains("deliveries_expiry")), "{steps:?}");
        assert!(
            steps.iter().all(|step| !step.starts_with("SCAN deliveries")),
            "{steps:?}"
        );
    }
}
