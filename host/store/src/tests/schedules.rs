//! Schedules: each step is made by one server, with its task or not at all.

use super::*;

on_both!(
    a_step_is_made_once_and_stores_its_task_with_it,
    a_schedule_that_is_there_is_not_begun_again,
    a_schedule_that_no_server_has_any_more_is_deleted,
);

async fn begun(store: &Store) -> ScheduleRow {
    store
        .begin_schedule("p", "cli_a", "digest", "0 9 * * *", NOW_MS)
        .await
        .unwrap();
    store.schedules().await.unwrap().remove(0)
}

fn step(before: ScheduleRow) -> ScheduleStep {
    ScheduleStep {
        before,
        times: "0 9 * * *".to_owned(),
        after_ms: NOW_MS + 5,
        missed: 2,
        run: Some(NewTask {
            requested_by: SCHEDULER.to_owned(),
            ..task("p", "digest", NOW_MS + 5)
        }),
        now_ms: NOW_MS + 7,
    }
}

async fn a_step_is_made_once_and_stores_its_task_with_it(database: TestDatabase) {
    let store = database.open().await;
    let before = begun(&store).await;
    let steps = (0..5).map(|_| {
        let (store, step) = (store.clone(), step(before.clone()));
        async move { store.step_schedule(step).await.unwrap() }
    });
    let made = together(steps).await;
    assert_eq!(made.iter().filter(|made| **made).count(), 1, "{made:?}");
    let claimed = claim(&store, "p", NOW_MS + 7).await;
    let [delivery] = claimed.as_slice() else {
        panic!("{claimed:?}")
    };
    assert_eq!((delivery.app.as_str(), delivery.due_at_ms), ("cli_a", NOW_MS + 5));
    let after = ScheduleRow {
        after_ms: NOW_MS + 5,
        seen_ms: NOW_MS + 7,
        last_ms: Some(NOW_MS + 5),
        missed: 2,
        ..before
    };
    assert_eq!(store.schedules().await.unwrap(), [after]);
}

async fn a_schedule_that_is_there_is_not_begun_again(database: TestDatabase) {
    let store = database.open().await;
    let before = begun(&store).await;
    store
        .begin_schedule("p", "cli_a", "digest", "0 10 * * *", NOW_MS + 9)
        .await
        .unwrap();
    assert_eq!(store.schedules().await.unwrap(), [before]);
}

async fn a_schedule_that_no_server_has_any_more_is_deleted(database: TestDatabase) {
    let store = database.open().await;
    begun(&store).await;
    store
        .prune(&Retention::default(), NOW_MS + 24 * 89 * HOUR_MS)
        .await
        .unwrap();
    assert_eq!(store.schedules().await.unwrap().len(), 1);
    store
        .prune(&Retention::default(), NOW_MS + 24 * 91 * HOUR_MS)
        .await
        .unwrap();
    assert!(store.schedules().await.unwrap().is_empty());
}
