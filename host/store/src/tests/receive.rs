//! Received events, and duplicates.

use std::collections::HashSet;

use super::*;

on_both!(
    a_repeat_gets_the_reply_of_the_first,
    an_event_needs_no_reply_to_be_answered_again,
    what_was_received_is_there_after_a_restart,
    two_applications_may_use_the_same_event_id,
    the_same_message_under_another_event_id_is_a_repeat,
    in_one_batch_the_new_are_told_from_the_seen,
    of_a_hundred_equal_events_at_once_one_is_the_first_and_each_repeat_is_counted,
    a_thousand_replies_reach_their_own_events,
    a_receipt_that_has_expired_is_forgotten_and_others_stay,
    a_nul_stops_nobody,
    one_that_cannot_be_stored_takes_nobody_with_it,
    a_callback_is_taken_over_once,
    a_full_database_takes_nothing_new_and_finishes_what_it_has,
    a_receipt_may_outlive_its_event,
    old_events_go_and_dead_letters_keep_what_they_said,
    what_is_not_too_old_stays_also_where_the_clock_was_put_back,
);

async fn a_repeat_gets_the_reply_of_the_first(database: TestDatabase) {
    let store = database.open().await;
    let (number, _) = first(&store, click("e1")).await;
    let running = store.receive(click("e1")).await.unwrap();
    assert_eq!(
        running,
        Received::Unanswered {
            event: number,
            event_id: "e1".into(),
            node: store.node().into(),
            seen: 2
        }
    );
    assert_eq!(store.reply(number).await.unwrap(), None);
    reply(&store, number, r#"{"toast":"你好"}"#, vec![]).await;
    let again = store.receive(click("e1")).await.unwrap();
    let toast = r#"{"toast":"你好"}"#.to_owned();
    assert_eq!(store.reply(number).await.unwrap(), Some(toast.clone()));
    let answered = Received::Answered {
        event: number,
        reply: toast,
        seen: 3,
    };
    assert_eq!(again, answered);
}

async fn an_event_needs_no_reply_to_be_answered_again(database: TestDatabase) {
    let store = database.open().await;
    let (number, _) = first(&store, event("e1")).await;
    let again = store.receive(event("e1")).await.unwrap();
    assert_eq!(
        again,
        Received::Answered {
            event: number,
            reply: String::new(),
            seen: 2
        }
    );
}

async fn what_was_received_is_there_after_a_restart(database: TestDatabase) {
    let store = database.open().await;
    let (number, _) = first(&store, click("e1")).await;
    reply(&store, number, "{}", vec![]).await;
    store.close().await;
    assert!(matches!(store.receive(click("e2")).await, Err(StoreError::Closed)));
    drop(store);
    let store = database.open().await;
    let again = store.receive(click("e1")).await.unwrap();
    assert_eq!(
        again,
        Received::Answered {
            event: number,
            reply: "{}".into(),
            seen: 2
        }
    );
}

async fn two_applications_may_use_the_same_event_id(database: TestDatabase) {
    let store = database.open().await;
    first(&store, event("e1")).await;
    first(&store, with(event("e1"), |event| event.app_id = "cli_b".into())).await;
}

async fn the_same_message_under_another_event_id_is_a_repeat(database: TestDatabase) {
    let store = database.open().await;
    first(&store, message("e1", "om_1")).await;
    for _ in 0..2 {
        let again = store.receive(message("e2", "om_1")).await.unwrap();
        assert!(matches!(again, Received::Answered { .. }), "{again:?}");
    }
    first(&store, message("e3", "om_2")).await;
}

async fn in_one_batch_the_new_are_told_from_the_seen(database: TestDatabase) {
    let store = database.open().await;
    let (seen_first, _) = first(&store, with(message("e1", "om_1"), |event| event.kind = Kind::Callback)).await;
    let wave = (0..200).map(|number| match number % 4 {
        0 => event(&format!("new{number}")),
        1 => message(&format!("new{number}"), &format!("om_new{number}")),
        2 => event("e1"),
        _ => message(&format!("other{number}"), "om_1"),
    });
    let calls = wave.map(|mut new| {
        let store = store.clone();
        new.deliveries = vec![delivery("a"), delivery("b")];
        async move { (new.clone(), store.receive(new).await.unwrap()) }
    });
    let (mut events, mut deliveries) = (HashSet::new(), HashSet::new());
    for (new, received) in together(calls).await {
        match received {
            Received::First {
                event,
                deliveries: mine,
            } => {
                assert!(new.event.id.starts_with("new"), "{new:?}");
                assert!(events.insert(event), "{event} was given twice");
                assert_eq!(mine.len(), 2);
                assert!(mine.into_iter().all(|delivery| deliveries.insert(delivery)));
            }
            Received::Unanswered { event, .. } => assert_eq!(event, seen_first, "{new:?}"),
            Received::Partly { .. } | Received::Answered { .. } => panic!("nobody answered {new:?}"),
        }
    }
    assert_eq!(events.len(), 100);
    let claimed = [claim(&store, "a", NOW_MS).await, claim(&store, "b", NOW_MS).await].concat();
    for delivery in claimed {
        assert!(deliveries.remove(&delivery.id), "{delivery:?}");
        assert!(events.contains(&delivery.event.unwrap()));
    }
    assert!(deliveries.is_empty());
}

async fn of_a_hundred_equal_events_at_once_one_is_the_first_and_each_repeat_is_counted(database: TestDatabase) {
    let store = database.open().await;
    let calls = (0..100).map(|_| {
        let store = store.clone();
        async move { store.receive(click("e1")).await.unwrap() }
    });
    let mut seen: Vec<_> = together(calls)
        .await
        .into_iter()
        .map(|received| match received {
            Received::First { .. } => 1,
            Received::Unanswered { seen, .. } | Received::Answered { seen, .. } => seen,
            Received::Partly { .. } => panic!("a click has no deliveries"),
        })
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, (1..=100).collect::<Vec<_>>());
}

async fn a_thousand_replies_reach_their_own_events(database: TestDatabase) {
    let store = database.open().await;
    let calls = (0..1_000).map(|n| {
        let store = store.clone();
        async move {
            let (number, _) = first(&store, click(&format!("e{n}"))).await;
            reply(&store, number, &format!("reply {n}"), vec![]).await;
        }
    });
    together(calls).await;
    for n in [0, 1, 499, 999] {
        let again = store.receive(click(&format!("e{n}"))).await.unwrap();
        let Received::Answered { reply, seen, .. } = again else {
            panic!("{again:?}")
        };
        assert_eq!((reply, seen), (format!("reply {n}"), 2));
    }
}

async fn a_receipt_that_has_expired_is_forgotten_and_others_stay(database: TestDatabase) {
    let store = database.open().await;
    first(&store, event("old")).await;
    let young = NewEvent {
        expires_at_ms: NOW_MS + 100 * HOUR_MS,
        ..event("young")
    };
    first(&store, young).await;
    let rows = store.prune(&Retention::default(), NOW_MS + 50 * HOUR_MS).await.unwrap();
    assert_eq!(rows, 1);
    first(&store, event("old")).await;
    let again = store.receive(event("young")).await.unwrap();
    assert!(matches!(again, Received::Answered { .. }), "{again:?}");
}

async fn a_nul_stops_nobody(database: TestDatabase) {
    let store = database.open().await;
    let strange = |event: &mut Event| {
        event.id = "e\0".into();
        event.event_type = "\0".into();
        event.message_id = Some("om\0".into());
    };
    first(&store, with(event(""), strange)).await;
    let again = store.receive(with(event(""), strange)).await.unwrap();
    assert!(matches!(again, Received::Answered { .. }), "{again:?}");
    let tasks = NewTasks {
        app: "cli_a".into(),
        tasks: vec![task("p", "a\0b", NOW_MS)],
        is_held: false,
        now_ms: NOW_MS,
    };
    store.add_tasks(tasks).await.unwrap();
    assert_eq!(claim(&store, "p", NOW_MS).await.len(), 1);
}

/// Nothing that our types allow is refused by both databases, so a step of the test's own does what a fault would do.
async fn one_that_cannot_be_stored_takes_nobody_with_it(database: TestDatabase) {
    let store = database.open().await;
    let calls = (0..50).map(|n| {
        let store = store.clone();
        async move {
            if n == 25 {
                let refused = in_transaction!(store, connection => {
                    sqlx::query("insert into receipts (app, kind, key, event, expires_at_ms)
                                 values ('a', 'no such kind', 'k', 1, 1)")
                        .execute(connection)
                        .await
                        .map(|_| ())
                })
                .await;
                assert!(matches!(refused, Err(StoreError::Database { .. })), "{refused:?}");
            } else if n % 2 == 0 {
                let scope = KvScope {
                    plugin: "p",
                    now_ms: NOW_MS,
                    bytes_max: 1_000_000,
                };
                store.kv_set(&scope, &n.to_string(), vec![1], None).await.unwrap();
            } else {
                first(&store, event(&format!("e{n}"))).await;
            }
        }
    });
    together(calls).await;
    first(&store, event("afterwards")).await;
}

async fn a_callback_is_taken_over_once(database: TestDatabase) {
    let store = database.open().await;
    let (number, _) = first(&store, click("e1")).await;
    assert!(!store.take_over(number, "somebody else").await.unwrap());
    let node = store.node().to_owned();
    drop(store);
    // The name of a server changes with every start.
    let store = reopened(&database).await;
    assert!(store.take_over(number, &node).await.unwrap());
    assert!(!store.take_over(number, &node).await.unwrap());
    assert!(store.take_over(number, store.node()).await.unwrap());
}

async fn a_full_database_takes_nothing_new_and_finishes_what_it_has(database: TestDatabase) {
    let store = database.open().await;
    let (number, _) = first(&store, click("e1")).await;
    assert!(store.bytes().await.unwrap() > 0);
    store.set_full(true);
    assert!(matches!(store.receive(click("e2")).await, Err(StoreError::Full)));
    reply(&store, number, "{}", vec![]).await;
    store.set_full(false);
    first(&store, click("e2")).await;
}

async fn a_receipt_may_outlive_its_event(database: TestDatabase) {
    let store = database.open().await;
    let lasting = NewEvent {
        expires_at_ms: NOW_MS + 2_000 * HOUR_MS,
        ..event("e1")
    };
    first(&store, lasting.clone()).await;
    first(&store, event("newest")).await;
    while store
        .prune(&Retention::default(), NOW_MS + 1_000 * HOUR_MS)
        .await
        .unwrap()
        > 0
    {}
    let again = store.receive(lasting).await.unwrap();
    assert!(matches!(again, Received::Answered { .. }), "{again:?}");
}

async fn old_events_go_and_dead_letters_keep_what_they_said(database: TestDatabase) {
    let store = database.open().await;
    for (id, then) in [("done", Then::Done), ("dead", Then::Dead)] {
        let new = NewEvent {
            deliveries: vec![delivery(id)],
            ..event(id)
        };
        first(&store, new).await;
        let claimed = claim(&store, id, NOW_MS).await;
        assert_eq!(finish(&store, &claimed[0], then).await, Finished::Recorded);
    }
    let retention = Retention {
        payloads: Duration::from_hours(1),
        events: Duration::from_hours(48),
        dead: Duration::from_hours(200),
        audit: Duration::from_hours(200),
    };
    // Two receipts and one payload.
    assert_eq!(store.prune(&retention, NOW_MS + 25 * HOUR_MS).await.unwrap(), 3);
    // The delivery and its event; its attempt goes with it.
    assert_eq!(store.prune(&retention, NOW_MS + 49 * HOUR_MS).await.unwrap(), 2);
    assert_eq!(store.prune(&retention, NOW_MS + 49 * HOUR_MS).await.unwrap(), 0);
}

async fn what_is_not_too_old_stays_also_where_the_clock_was_put_back(database: TestDatabase) {
    let store = database.open().await;
    for hour in 0..20 {
        let mut new = event(&format!("e{hour}"));
        new.received_at_ms = if hour == 10 { 5 } else { NOW_MS + hour * HOUR_MS };
        new.expires_at_ms = NOW_MS + 1_000 * HOUR_MS;
        first(&store, new).await;
    }
    let retention = Retention {
        payloads: Duration::from_hours(20),
        ..Retention::default()
    };
    // Five payloads and, depending on how it is looked for, that of the tenth.
    let deleted = store.prune(&retention, NOW_MS + 24 * HOUR_MS).await.unwrap();
    assert!([5, 6].contains(&deleted), "{deleted}");
    let deleted = store.prune(&retention, NOW_MS + 29 * HOUR_MS).await.unwrap();
    assert!([5, 6].contains(&deleted), "{deleted}");
}
