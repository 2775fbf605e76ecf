//! Who is told of what comes more than once: everybody who is to have it, and nobody twice.

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::*;

on_both!(
    an_event_that_nobody_takes_uses_up_no_name,
    each_plugin_is_told_once_whichever_events_bring_the_message,
    a_plugin_that_came_later_is_told_when_the_event_is_sent_again,
    who_was_told_is_known_after_a_restart,
    of_many_at_once_each_plugin_is_told_of_each_message_once,
    what_begins_here_is_held_also_when_it_came_before,
    a_repeat_to_everybody_is_counted_and_one_to_some_is_not,
);

/// A message in one of the two forms in which Lark pushes it.
fn pushed(id: &str, message_id: &str, takers: &[&str]) -> NewEvent {
    NewEvent {
        deliveries: takers.iter().map(|plugin| delivery(plugin)).collect(),
        ..message(id, message_id)
    }
}

/// Which of the takers were told.
async fn told(store: &Store, id: &str, message_id: &str, takers: &[&str]) -> Vec<bool> {
    match store.receive(pushed(id, message_id, takers)).await.unwrap() {
        Received::First { deliveries, .. } => vec![true; deliveries.len()],
        Received::Partly { deliveries, .. } => deliveries.iter().map(Option::is_some).collect(),
        Received::Answered { .. } => vec![false; takers.len()],
        Received::Unanswered { .. } => panic!("an event needs no reply"),
    }
}

async fn an_event_that_nobody_takes_uses_up_no_name(database: TestDatabase) {
    let store = database.open().await;
    assert!(told(&store, "e1", "om_1", &[]).await.is_empty());
    assert_eq!(told(&store, "e2", "om_1", &["p"]).await, [true]);
    let claimed = claim(&store, "p", NOW_MS).await;
    assert!(
        matches!(&claimed[0].work, Work::Event(event) if &*event.id == "e2"),
        "{claimed:?}"
    );
    for id in ["e1", "e2", "e3"] {
        assert_eq!(told(&store, id, "om_1", &["p"]).await, [false], "{id}");
    }
    assert!(told(&store, "e4", "om_1", &[]).await.is_empty());
    assert!(claim(&store, "p", NOW_MS).await.is_empty());
}

async fn each_plugin_is_told_once_whichever_events_bring_the_message(database: TestDatabase) {
    let store = database.open().await;
    assert_eq!(told(&store, "e1", "om_1", &["a"]).await, [true]);
    assert_eq!(told(&store, "e2", "om_1", &["a", "b"]).await, [false, true]);
    assert_eq!(
        told(&store, "e3", "om_1", &["c", "b", "d", "a"]).await,
        [true, false, true, false]
    );
    assert_eq!(told(&store, "e2", "om_1", &["a", "b"]).await, [false, false]);
    assert_eq!(
        told(&store, "e4", "om_2", &["a", "b"]).await,
        [true, true],
        "another message"
    );
    for (plugin, events) in [("a", ["e1", "e4"]), ("b", ["e2", "e4"])] {
        let claimed = claim(&store, plugin, NOW_MS).await;
        let found: Vec<_> = claimed
            .iter()
            .map(|delivery| match &delivery.work {
                Work::Event(event) => event.id.to_string(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(found, events, "{plugin}");
    }
}

async fn a_plugin_that_came_later_is_told_when_the_event_is_sent_again(database: TestDatabase) {
    let store = database.open().await;
    assert_eq!(told(&store, "e1", "om_1", &["a"]).await, [true]);
    assert_eq!(told(&store, "e1", "om_1", &["a", "b"]).await, [false, true]);
    assert_eq!(told(&store, "e1", "om_1", &["a", "b"]).await, [false, false]);
}

async fn who_was_told_is_known_after_a_restart(database: TestDatabase) {
    let store = database.open().await;
    assert!(told(&store, "e1", "om_1", &[]).await.is_empty());
    assert_eq!(told(&store, "e2", "om_1", &["a"]).await, [true]);
    store.close().await;
    drop(store);
    let store = reopened(&database).await;
    assert_eq!(told(&store, "e3", "om_1", &["a", "b"]).await, [false, true]);
    assert_eq!(told(&store, "e2", "om_1", &["a", "b"]).await, [false, false]);
}

/// Twenty messages, each as twelve events whose takers differ, on as many stores as there are.
pub(super) async fn tell_each_once(stores: &[Store]) {
    const TAKERS: [&[&str]; 4] = [&[], &["a"], &["a", "b"], &["b", "c"]];
    let calls = (0..240).map(|n| {
        let store = stores[n % stores.len()].clone();
        let takers = TAKERS[n / 20 % 4];
        let message_id = format!("om_{}", n % 20);
        async move {
            let told = told(&store, &format!("e{}", n % 120), &message_id, takers).await;
            let told = takers.iter().zip(told).filter(|(_, told)| *told);
            told.map(|(plugin, _)| (message_id.clone(), (*plugin).to_owned()))
                .collect::<Vec<_>>()
        }
    });
    let mut times = BTreeMap::new();
    for told in together(calls).await.concat() {
        *times.entry(told).or_insert(0) += 1;
    }
    assert_eq!(times.len(), 60, "{times:?}");
    assert!(times.values().all(|times| *times == 1), "{times:?}");
    for plugin in ["a", "b", "c"] {
        assert_eq!(claim(&stores[0], plugin, NOW_MS).await.len(), 20, "{plugin}");
    }
}

async fn of_many_at_once_each_plugin_is_told_of_each_message_once(database: TestDatabase) {
    tell_each_once(&[database.open().await]).await;
}

async fn what_begins_here_is_held_also_when_it_came_before(database: TestDatabase) {
    let store = database.open().await;
    first(&store, pushed("e1", "om_1", &["a"])).await;
    let mut new = pushed("e2", "om_1", &["a", "b"]);
    for delivery in &mut new.deliveries {
        delivery.begins_here = true;
    }
    let Received::Partly { deliveries, .. } = store.receive(new).await.unwrap() else {
        panic!("b was not told")
    };
    assert_eq!(deliveries[0], None);
    assert!(store.holds(Hold::first(deliveries[1].unwrap())));
    assert!(claim(&store, "b", NOW_MS).await.is_empty());
}

async fn a_repeat_to_everybody_is_counted_and_one_to_some_is_not(database: TestDatabase) {
    let store = database.open().await;
    let (number, _) = first(&store, pushed("e1", "om_1", &["a"])).await;
    told(&store, "e2", "om_1", &["b"]).await;
    told(&store, "e2", "om_1", &["b"]).await;
    told(&store, "e3", "om_1", &[]).await;
    let detail = store.event(number).await.unwrap().unwrap();
    assert_eq!(detail.row.duplicates, 2);
    assert_eq!(store.events(&Filter::default()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn two_servers_tell_each_plugin_of_each_message_once() {
    let Some(database) = TestDatabase::server() else { return };
    tell_each_once(&[database.open().await, database.open().await]).await;
}

/// The acknowledgements wait meanwhile.
#[tokio::test]
async fn who_was_told_is_looked_up_without_reading_all_events_or_deliveries() {
    let database = TestDatabase::file();
    let store = database.open().await;
    let Backend::Sqlite(readers) = &*store.readers else {
        unreachable!("the database is a file");
    };
    let plan = sqlx::query(sqlx::AssertSqlSafe(format!(
        "explain query plan {}",
        crate::sqlite::TOLD
    )));
    for step in plan.fetch_all(readers).await.unwrap() {
        let step: &str = step.get("detail");
        let may_be = ["SCAN told", "SCAN CONSTANT ROW"]
            .iter()
            .any(|scan| step.starts_with(scan));
        assert!(may_be || !step.starts_with("SCAN "), "{step}");
    }
}
