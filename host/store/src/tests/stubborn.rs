//! Rows that the database refuses, and the others that must not wait for them.

use super::{deliveries::beat, *};

on_both!(
    a_row_that_cannot_be_made_ready_is_a_dead_letter_and_stops_nobody,
    the_end_of_an_attempt_that_cannot_be_stored_is_stored_without_what_came_of_it,
    an_attempt_whose_follow_ups_cannot_be_stored_is_dead,
);

/// Statements for each of the databases.
async fn run(store: &Store, sqlite: &'static str, postgres: &'static str) {
    let statement = if store.is_shared() { postgres } else { sqlite };
    let ran = in_transaction!(store, connection => sqlx::raw_sql(statement).execute(connection).await.map(|_| ()));
    ran.await.unwrap();
}

/// In PostgreSQL a name of 4 096 letters is stored with a delivery that runs, and is too large for the index of those that
/// wait. SQLite has no such limit, so a trigger refuses it.
async fn a_row_that_cannot_be_made_ready_is_a_dead_letter_and_stops_nobody(database: TestDatabase) {
    let store = database.open().await;
    for plugin in ["good", "bad", "good"] {
        let (number, _) = first(&store, click(&random())).await;
        let late = NewLate {
            event: number,
            app: "cli_a".into(),
            plugin: plugin.into(),
            now_ms: NOW_MS,
            expires_at_ms: NOW_MS + 10 * HOUR_MS,
        };
        let id = store.begin_late(late).await.unwrap();
        store.forget_lease(Hold::first(id));
    }
    let mine = NewEvent {
        deliveries: vec![delivery("mine")],
        ..event("mine")
    };
    first(&store, mine).await;
    let mine = claim(&store, "mine", NOW_MS).await;
    run(
        &store,
        "create trigger stubborn before update on deliveries when new.state = 'retry_wait' and new.plugin = 'bad'
         begin select raise(abort, 'no'); end",
        "update deliveries set plugin = (select string_agg(md5(n::text), '') from generate_series(1, 128) n)
         where plugin = 'bad'",
    )
    .await;
    let over_ms = NOW_MS + LEASE_MS + 1;
    store.extend_leases(over_ms).await.unwrap();
    assert_eq!(
        store.reclaim(over_ms, |_, _| 0).await.unwrap(),
        Reclaimed { waiting: 2, dead: 1 }
    );
    assert_eq!(claim(&store, "good", over_ms).await.len(), 2);
    let letters = store.dead(&Filter::default()).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].outcome.as_deref(), Some("not_stored"));
    assert!(letters[0].error.as_deref().unwrap().contains("cannot be retried"));
    // And all of it once.
    assert_eq!(beat(&store, over_ms + 1).await, 0);
    assert_eq!(
        finish(&store, &mine[0], Then::Done).await,
        Finished::Recorded,
        "its lease was extended"
    );
}

const REFUSE_LOG: (&str, &str) = (
    "create trigger stubborn before insert on attempts when new.log like '%unfit%' begin select raise(abort, 'no'); end",
    "alter table attempts add constraint stubborn check (log not like '%unfit%')",
);

async fn the_end_of_an_attempt_that_cannot_be_stored_is_stored_without_what_came_of_it(database: TestDatabase) {
    let store = database.open().await;
    run(&store, REFUSE_LOG.0, REFUSE_LOG.1).await;
    for plugin in ["p", "q"] {
        let new = NewEvent {
            deliveries: vec![delivery(plugin)],
            ..event(plugin)
        };
        first(&store, new).await;
    }
    let (unfit, fit) = (claim(&store, "p", NOW_MS).await, claim(&store, "q", NOW_MS).await);
    let finish_unfit = Finish {
        log: "unfit".into(),
        ..end_of(&unfit[0], Then::Done)
    };
    let (unfit_end, fit_end) = tokio::join!(store.finish(finish_unfit), store.finish(end_of(&fit[0], Then::Done)));
    assert_eq!(
        (unfit_end.unwrap(), fit_end.unwrap()),
        (Finished::Recorded, Finished::Recorded)
    );
    assert!(
        claim(&store, "p", NOW_MS + 100 * HOUR_MS).await.is_empty(),
        "it is not made again"
    );
    let detail = store.event(unfit[0].event.unwrap()).await.unwrap().unwrap();
    assert_eq!(detail.deliveries[0].state, "done");
    let attempt = &detail.deliveries[0].attempts[0];
    assert_eq!((attempt.outcome.as_str(), attempt.log.as_str()), ("not_stored", ""));
    assert!(attempt.error.as_deref().unwrap().contains("cannot be stored"));
}

async fn an_attempt_whose_follow_ups_cannot_be_stored_is_dead(database: TestDatabase) {
    let store = database.open().await;
    run(
        &store,
        "create trigger stubborn before insert on deliveries when new.task_name = 'unfit'
         begin select raise(abort, 'no'); end",
        "alter table deliveries add constraint stubborn check (task_name <> 'unfit')",
    )
    .await;
    let new = NewEvent {
        deliveries: vec![delivery("p")],
        ..event("e1")
    };
    first(&store, new).await;
    let claimed = claim(&store, "p", NOW_MS).await;
    let tasks = vec![task("q", "fit", NOW_MS), task("q", "unfit", NOW_MS)];
    assert_eq!(
        finish_with(&store, &claimed[0], Then::Done, tasks).await,
        Finished::Recorded
    );
    assert!(claim(&store, "q", NOW_MS).await.is_empty(), "all or nothing");
    let letters = store.dead(&Filter::default()).await.unwrap();
    assert_eq!(letters[0].outcome.as_deref(), Some("not_stored"));
}
