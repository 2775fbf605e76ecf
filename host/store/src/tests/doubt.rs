//! The clock is far ahead of the newest row at the start: what has expired by it is left where it is.

use super::*;

on_both!(
    a_clock_that_is_days_ahead_of_the_newest_event_is_doubted,
    a_heartbeat_is_as_good_as_an_event,
    a_database_without_rows_tells_nothing_about_the_clock,
    a_doubt_outlives_a_restart_whatever_was_written_by_that_clock,
    an_event_from_lark_ends_the_doubt_if_its_time_agrees,
    what_has_expired_by_a_doubted_clock_is_not_claimed,
);

const DAYS_AHEAD_MS: u64 = NOW_MS + 48 * HOUR_MS;

async fn doubts(store: &Store, now_ms: u64) -> bool {
    store.compare_clock(now_ms).await.unwrap();
    store.doubts_clock()
}

async fn a_clock_that_is_days_ahead_of_the_newest_event_is_doubted(database: TestDatabase) {
    let store = database.open().await;
    first(&store, event("e1")).await;
    assert!(!doubts(&store, NOW_MS + HOUR_MS).await);
    assert!(doubts(&store, DAYS_AHEAD_MS).await);
    assert!(
        store
            .doubted_clock(DAYS_AHEAD_MS)
            .is_some_and(|ms| ms < NOW_MS + HOUR_MS)
    );
    assert_eq!(store.doubted_clock(NOW_MS), None, "it was put back");
    assert!(!store.doubts_clock());
}

async fn a_heartbeat_is_as_good_as_an_event(database: TestDatabase) {
    let store = database.open().await;
    first(&store, event("e1")).await;
    store.heartbeat(DAYS_AHEAD_MS).await.unwrap();
    assert!(!doubts(&store, DAYS_AHEAD_MS).await);
}

async fn a_database_without_rows_tells_nothing_about_the_clock(database: TestDatabase) {
    assert!(!doubts(&database.open().await, DAYS_AHEAD_MS).await);
}

async fn a_doubt_outlives_a_restart_whatever_was_written_by_that_clock(database: TestDatabase) {
    let store = database.open().await;
    first(&store, event("e1")).await;
    assert!(doubts(&store, DAYS_AHEAD_MS).await);
    store.heartbeat(DAYS_AHEAD_MS).await.unwrap();
    let ahead = NewEvent {
        received_at_ms: DAYS_AHEAD_MS,
        ..event("e2")
    };
    first(&store, ahead).await;
    store.close().await;
    drop(store);
    let store = reopened(&database).await;
    assert!(doubts(&store, DAYS_AHEAD_MS).await);
    store.remember_doubt(None).await.unwrap();
    store.close().await;
    drop(store);
    assert!(!doubts(&reopened(&database).await, DAYS_AHEAD_MS).await, "it was over");
}

async fn an_event_from_lark_ends_the_doubt_if_its_time_agrees(database: TestDatabase) {
    let store = database.open().await;
    first(&store, event("e1")).await;
    assert!(doubts(&store, DAYS_AHEAD_MS).await);
    let minute_ms = 60_000;
    for other_ms in [
        0,
        NOW_MS,
        DAYS_AHEAD_MS - 11 * minute_ms,
        DAYS_AHEAD_MS + 11 * minute_ms,
    ] {
        store.hear_time(other_ms, DAYS_AHEAD_MS);
        assert!(store.doubts_clock(), "{other_ms}");
    }
    store.hear_time(DAYS_AHEAD_MS - minute_ms, DAYS_AHEAD_MS);
    assert!(!store.doubts_clock());
    assert_eq!(store.doubted_clock(DAYS_AHEAD_MS), None);
}

async fn what_has_expired_by_a_doubted_clock_is_not_claimed(database: TestDatabase) {
    let store = database.open().await;
    let mut new = event("e1");
    new.deliveries = vec![
        delivery("p"),
        NewDelivery {
            expires_at_ms: DAYS_AHEAD_MS + 1,
            ..delivery("p")
        },
    ];
    let (_, deliveries) = first(&store, new).await;
    let claim = |leaves_expired| Claim {
        plugin: "p".into(),
        limit: 10,
        lost: Lost::Never,
        now_ms: DAYS_AHEAD_MS,
        leaves_expired,
    };
    let claimed = store.claim(claim(true)).await.unwrap();
    assert_eq!(ids(&claimed), deliveries[1..]);
    let claimed = store.claim(claim(false)).await.unwrap();
    assert_eq!(ids(&claimed), deliveries[..1]);
}
