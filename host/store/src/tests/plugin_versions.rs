//! Versions of plugins that have served, orders for plugins, and components that were sent back.

use super::*;

on_both!(
    a_version_that_has_served_can_be_had_again_byte_for_byte,
    the_same_version_keeps_its_number_and_other_settings_make_another_one,
    of_many_versions_the_last_twenty_keep_their_bytes,
    calls_are_added_up,
    an_order_stays_until_it_is_taken_back,
    an_order_changes_only_what_it_names,
    a_component_is_sent_back_once,
    a_component_that_may_be_tried_again_begins_anew,
    what_is_ordered_beside_a_version_leaves_the_version_to_who_ordered_it,
    other_settings_have_the_signature_of_the_component,
    of_many_components_that_were_sent_back_the_last_are_known,
    settings_that_change_often_leave_a_component_to_go_back_to,
    an_attempt_names_the_version,
);

fn served(hash: &str, settings: Option<&str>, now_ms: u64) -> ServedPlugin {
    ServedPlugin {
        plugin: "greeter".into(),
        hash: hash.into(),
        settings_hash: settings.unwrap_or_default().into(),
        settings: settings.map(str::to_owned),
        version: format!("1.{hash}"),
        source: "/plugins/greeter.wasm".into(),
        description: "{}".into(),
        signature: None,
        wasm_bytes: 1,
        now_ms,
    }
}

async fn serve(store: &Store, hash: &str, wasm: &[u8], now_ms: u64) -> u64 {
    let (number, is_missing) = store.plugin_serves(served(hash, None, now_ms)).await.unwrap();
    if is_missing {
        store.keep_plugin("greeter", (number, hash), wasm, None).await.unwrap();
    }
    number
}

async fn a_version_that_has_served_can_be_had_again_byte_for_byte(database: TestDatabase) {
    let store = database.open().await;
    // Some parts, the last of them not whole.
    let wasm: Vec<u8> = (0..300_001_u32)
        .map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1])
        .collect();
    let new = ServedPlugin {
        signature: Some(vec![7; 64]),
        ..served("a", Some("[config]\nkey = 1\n"), NOW_MS)
    };
    let (number, is_missing) = store.plugin_serves(new).await.unwrap();
    assert!(is_missing);
    assert!(store.kept_plugin("greeter", number).await.unwrap().is_none());
    store.keep_plugin("greeter", (number, "a"), &wasm, None).await.unwrap();
    let kept = store.kept_plugin("greeter", number).await.unwrap().unwrap();
    assert!(kept.wasm == wasm);
    assert_eq!(kept.settings.as_deref(), Some("[config]\nkey = 1\n"));
    assert_eq!(kept.signature, Some(vec![7; 64]));
    assert_eq!(store.plugins_that_served().await.unwrap(), ["greeter"]);
}

async fn the_same_version_keeps_its_number_and_other_settings_make_another_one(database: TestDatabase) {
    let store = database.open().await;
    assert_eq!(serve(&store, "a", b"a", NOW_MS).await, 1);
    assert_eq!(serve(&store, "b", b"b", NOW_MS + 1).await, 2);
    let (number, is_missing) = store.plugin_serves(served("a", None, NOW_MS + 2)).await.unwrap();
    assert_eq!((number, is_missing), (1, false));
    let (number, is_missing) = store.plugin_serves(served("a", Some("x"), NOW_MS + 3)).await.unwrap();
    assert_eq!((number, is_missing), (3, true));
    store.keep_plugin("greeter", (3, "a"), b"a", None).await.unwrap();
    let numbers = store.plugin_history("greeter").await.unwrap();
    let numbers: Vec<_> = numbers.iter().map(|row| (row.number, row.is_kept)).collect();
    assert_eq!(numbers, [(3, true), (1, true), (2, true)]);
}

async fn of_many_versions_the_last_twenty_keep_their_bytes(database: TestDatabase) {
    let store = database.open().await;
    store.order_plugin(to_version(1, false)).await.unwrap();
    for number in 1..=23 {
        serve(&store, &format!("h{number}"), b"bytes", NOW_MS + number).await;
    }
    let kept: Vec<_> = store.plugin_history("greeter").await.unwrap();
    let kept: Vec<_> = kept.iter().filter(|row| row.is_kept).map(|row| row.number).collect();
    let newest = (4..=23).rev().chain([1]).collect::<Vec<_>>();
    assert_eq!(kept, newest);
    assert!(store.kept_plugin("greeter", 2).await.unwrap().is_none());
    assert!(store.kept_plugin("greeter", 1).await.unwrap().is_some());
    // One of those that are not kept serves again.
    assert_eq!(serve(&store, "h2", b"bytes", NOW_MS + 30).await, 2);
    assert!(store.kept_plugin("greeter", 2).await.unwrap().is_some());
}

async fn settings_that_change_often_leave_a_component_to_go_back_to(database: TestDatabase) {
    let store = database.open().await;
    serve(&store, "old", b"old", NOW_MS).await;
    for change in 1..=30 {
        let new = served("new", Some(&format!("x = {change}")), NOW_MS + change);
        let (number, _) = store.plugin_serves(new).await.unwrap();
        store
            .keep_plugin("greeter", (number, "new"), b"new", None)
            .await
            .unwrap();
    }
    let old = store.kept_plugin("greeter", 1).await.unwrap();
    assert!(old.is_some_and(|old| old.wasm == b"old"));
    let kept = store.plugin_history("greeter").await.unwrap();
    assert_eq!(kept.iter().filter(|row| row.is_kept).count(), 21);
}

async fn calls_are_added_up(database: TestDatabase) {
    let store = database.open().await;
    let number = serve(&store, "a", b"a", NOW_MS).await;
    let calls = LiveCalls {
        succeeded: 5,
        trapped: 1,
        timed_out: 2,
        over_limit: 3,
        failed: 4,
    };
    store
        .count_plugin_calls("greeter", number, calls, NOW_MS)
        .await
        .unwrap();
    let sum = store.count_plugin_calls("greeter", number, calls, NOW_MS + 9).await;
    let sum = sum.unwrap().unwrap();
    assert_eq!((sum.calls(), sum.failures()), (30, 20));
    store.trust_plugin("greeter", number).await.unwrap();
    let [row] = store.plugin_history("greeter").await.unwrap().try_into().unwrap();
    assert_eq!((row.calls, row.last_served_ms, row.is_trusted), (sum, NOW_MS + 9, true));
    let unknown = store.count_plugin_calls("greeter", 9, calls, NOW_MS).await.unwrap();
    assert_eq!(unknown, None);
}

fn change() -> OrderChange {
    OrderChange::none("greeter", "test", NOW_MS)
}

fn to_version(number: u64, is_pinned: bool) -> OrderChange {
    OrderChange {
        serves: Some(Serves::Version {
            number,
            is_pinned,
            has_settings: true,
        }),
        ..change()
    }
}

fn returned(hash: &str, now_ms: u64) -> PluginReturn {
    PluginReturn {
        plugin: "greeter".into(),
        hash: hash.into(),
        to_number: 1,
        reason: "it failed".into(),
        evidence: "{}".into(),
        returned_by: "probation".into(),
        returned_at_ms: now_ms,
    }
}

async fn an_order_stays_until_it_is_taken_back(database: TestDatabase) {
    let store = database.open().await;
    let paused = |is_paused| OrderChange {
        is_paused: Some(is_paused),
        ..change()
    };
    let ordered = store.order_plugin(paused(true)).await.unwrap();
    assert!(ordered.is_paused && !ordered.is_disabled);
    assert_eq!(store.plugin_orders().await.unwrap(), [ordered]);
    store.order_plugin(paused(false)).await.unwrap();
    assert_eq!(store.plugin_orders().await.unwrap(), []);
}

async fn an_order_changes_only_what_it_names(database: TestDatabase) {
    let store = database.open().await;
    // Each by somebody who has not heard of the others.
    let disabled = OrderChange {
        is_disabled: Some(true),
        ..change()
    };
    let paused = OrderChange {
        is_paused: Some(true),
        ..change()
    };
    for change in [disabled, to_version(3, true), paused] {
        store.order_plugin(change).await.unwrap();
    }
    let by_probation = OrderChange {
        keeps_pin: true,
        ..to_version(2, false)
    };
    assert!(store.return_plugin(returned("b", NOW_MS), by_probation).await.unwrap());
    let [order] = store.plugin_orders().await.unwrap().try_into().unwrap();
    assert!(order.is_disabled && order.is_paused && order.is_pinned, "{order:?}");
    assert_eq!(order.number, Some(3));
    let files = OrderChange {
        serves: Some(Serves::Files),
        ..change()
    };
    let order = store.order_plugin(files).await.unwrap();
    assert!(order.is_disabled && order.is_paused && !order.is_pinned, "{order:?}");
    assert_eq!(order.number, None);
}

async fn a_component_is_sent_back_once(database: TestDatabase) {
    let store = database.open().await;
    let returned = returned("b", NOW_MS);
    assert!(
        store
            .return_plugin(returned.clone(), to_version(1, false))
            .await
            .unwrap()
    );
    assert!(
        !store
            .return_plugin(returned.clone(), to_version(2, false))
            .await
            .unwrap()
    );
    assert_eq!(store.plugin_returns().await.unwrap(), [returned]);
    let [order] = store.plugin_orders().await.unwrap().try_into().unwrap();
    assert_eq!(order.number, Some(1));
    let lifts = |lifted| OrderChange { lifted, ..change() };
    store.order_plugin(lifts(Lifted::One("other".into()))).await.unwrap();
    assert_eq!(store.plugin_returns().await.unwrap().len(), 1);
    store.order_plugin(lifts(Lifted::All)).await.unwrap();
    assert_eq!(store.plugin_returns().await.unwrap(), []);
}

async fn a_component_that_may_be_tried_again_begins_anew(database: TestDatabase) {
    let store = database.open().await;
    let bad = LiveCalls {
        succeeded: 2,
        failed: 8,
        ..LiveCalls::default()
    };
    for hash in ["a", "b"] {
        let number = serve(&store, hash, b"bytes", NOW_MS).await;
        store.count_plugin_calls("greeter", number, bad, NOW_MS).await.unwrap();
    }
    store
        .return_plugin(returned("b", NOW_MS), to_version(1, false))
        .await
        .unwrap();
    let unpin = OrderChange {
        serves: Some(Serves::Files),
        lifted: Lifted::All,
        ..change()
    };
    store.order_plugin(unpin).await.unwrap();
    let history = store.plugin_history("greeter").await.unwrap();
    let known: Vec<_> = history.iter().map(|row| (&*row.hash, row.calls)).collect();
    let anew = ("b", LiveCalls::default());
    assert_eq!(known, [anew, ("a", bad)], "the other was not sent back");
}

async fn what_is_ordered_beside_a_version_leaves_the_version_to_who_ordered_it(database: TestDatabase) {
    let store = database.open().await;
    let by_probation = OrderChange {
        changed_by: "probation".into(),
        ..to_version(2, false)
    };
    store.return_plugin(returned("b", NOW_MS), by_probation).await.unwrap();
    for is_paused in [true, false] {
        let pause = OrderChange {
            is_paused: Some(is_paused),
            ..change()
        };
        let order = store.order_plugin(pause).await.unwrap();
        assert_eq!((order.number, &*order.changed_by), (Some(2), "probation"));
    }
    let order = store.order_plugin(to_version(1, false)).await.unwrap();
    assert_eq!(order.changed_by, "test");
}

async fn other_settings_have_the_signature_of_the_component(database: TestDatabase) {
    let store = database.open().await;
    let signed = ServedPlugin {
        signature: Some(vec![7; 64]),
        ..served("a", None, NOW_MS)
    };
    store.plugin_serves(signed).await.unwrap();
    let (number, _) = store.plugin_serves(served("a", Some("x"), NOW_MS)).await.unwrap();
    store.keep_plugin("greeter", (number, "a"), b"a", None).await.unwrap();
    let kept = store.kept_plugin("greeter", number).await.unwrap().unwrap();
    assert_eq!(kept.signature, Some(vec![7; 64]));
}

async fn of_many_components_that_were_sent_back_the_last_are_known(database: TestDatabase) {
    let store = database.open().await;
    for number in 0..203 {
        let change = OrderChange {
            returned: vec![returned(&format!("h{number}"), NOW_MS + number)],
            ..to_version(1, false)
        };
        store.order_plugin(change).await.unwrap();
    }
    let returns = store.plugin_returns().await.unwrap();
    let ends = returns.first().zip(returns.last()).unwrap();
    assert_eq!((returns.len(), &*ends.0.hash, &*ends.1.hash), (200, "h202", "h3"));
}

async fn an_attempt_names_the_version(database: TestDatabase) {
    let store = database.open().await;
    let new = ServedPlugin {
        plugin: "p".into(),
        ..served("ab", None, NOW_MS)
    };
    store.plugin_serves(new).await.unwrap();
    let new = NewEvent {
        deliveries: vec![delivery("p")],
        ..event("e1")
    };
    first(&store, new).await;
    let [claimed] = claim(&store, "p", NOW_MS).await.try_into().unwrap();
    finish(&store, &claimed, Then::Done).await;
    let shown = store.delivery(claimed.id).await.unwrap().unwrap();
    assert_eq!(shown.delivery.attempts[0].plugin_version.as_deref(), Some("1.ab"));
}
