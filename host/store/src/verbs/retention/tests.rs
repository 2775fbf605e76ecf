//! Rows that a sweep may read, and those that it leaves.

use sqlx::Row as _;

use super::{DEAD, DELIVERIES, LEASES, USER_TOKENS};
use crate::{
    NewDelivery, Retention,
    backend::Backend,
    rows::walk::{EVENTS, PAYLOADS, REPLIES},
    sqlite,
    tests::{HOUR_MS, NOW_MS, TestDatabase, delivery, event, first},
};

/// Leases and tokens are as many as servers and users; the others are what was found beside the writer.
const SCANS: [&str; 6] = [
    "SCAN CONSTANT ROW",
    "SCAN halves",
    "SCAN leases",
    "SCAN user_tokens",
    "SCAN json_each",
    "SCAN (subquery",
];

/// The acknowledgements wait meanwhile.
#[tokio::test]
async fn no_step_reads_all_events_or_deliveries() {
    let database = TestDatabase::file();
    let store = database.open().await;
    let Backend::Sqlite(readers) = &*store.readers else {
        unreachable!("the database is a file");
    };
    let walks = [&PAYLOADS, &REPLIES, &EVENTS];
    let walks = walks
        .iter()
        .flat_map(|walk| [walk.look.to_owned(), sqlite::delete_of(walk)]);
    for statement in [DELIVERIES, DEAD, LEASES, USER_TOKENS]
        .concat()
        .into_iter()
        .chain([sqlite::NEWEST_BEFORE])
        .map(str::to_owned)
        .chain(walks)
    {
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("explain query plan {statement}")));
        let steps = plan.fetch_all(readers).await.unwrap();
        assert!(!steps.is_empty(), "{statement}");
        for step in steps {
            let step: &str = step.get("detail");
            // Of what is walked through, no more than the limit is read.
            let may_be = SCANS.iter().any(|scan| step.starts_with(scan)) || step == "SCAN t";
            assert!(may_be || !step.starts_with("SCAN "), "{step}: {statement}");
            assert!(!step.contains("TEMP B-TREE"), "sorted by itself: {step}: {statement}");
        }
    }
}

/// Dead letters outlive the rest. They are found by their own index, and are not gone through for the others.
#[tokio::test]
async fn what_is_done_is_not_looked_for_among_dead_letters() {
    let database = TestDatabase::file();
    let store = database.open().await;
    let Backend::Sqlite(readers) = &*store.readers else {
        unreachable!("the database is a file");
    };
    for (statements, index) in [(DELIVERIES, "deliveries_ended"), (DEAD, "deliveries_given_up")] {
        for statement in statements {
            let plan = sqlx::query(sqlx::AssertSqlSafe(format!("explain query plan {statement}")));
            let steps: Vec<String> = plan
                .fetch_all(readers)
                .await
                .unwrap()
                .iter()
                .map(|step| step.get("detail"))
                .collect();
            assert!(steps.iter().any(|step| step.contains(index)), "{steps:?}: {statement}");
        }
    }
}

/// More of them than one look has rows.
#[tokio::test]
async fn payloads_behind_thousands_that_are_kept_are_deleted() {
    let database = TestDatabase::file();
    let store = database.open().await;
    let waits = || NewDelivery { ..delivery("away") };
    for number in 0..40 {
        let kept = crate::tests::together((0..100).map(|of| {
            let store = store.clone();
            async move {
                let mut new = event(&format!("kept{number}-{of}"));
                new.deliveries = vec![delivery("away")];
                store.receive(new).await
            }
        }));
        assert!(kept.await.iter().all(Result::is_ok));
    }
    first(&store, event("going")).await;
    let mut newest = event("newest");
    newest.deliveries = vec![waits()];
    first(&store, newest).await;
    let payloads = || async {
        let Backend::Sqlite(readers) = &*store.readers else {
            unreachable!("the database is a file");
        };
        let count: i64 = sqlx::query_scalar("select count(*) from payloads")
            .fetch_one(readers)
            .await
            .unwrap();
        count
    };
    assert_eq!(payloads().await, 4_002);
    let later_ms = NOW_MS + 24 * 8 * HOUR_MS;
    while store.prune(&Retention::default(), later_ms).await.unwrap() > 0 {}
    assert_eq!(payloads().await, 4_001, "only what nobody waits for goes");
}
