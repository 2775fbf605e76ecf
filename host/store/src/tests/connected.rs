//! Spans of long connections, and the gaps between them whichever server had them.

use super::*;
use crate::rows::connected::{CaughtUp, ConnectedSpan};

on_both!(
    a_span_becomes_longer_and_never_shorter,
    what_another_server_covers_is_no_gap,
    a_gap_that_was_fetched_says_when,
    old_spans_are_deleted,
    received_messages_are_known_by_their_ids_and_by_their_way,
);

fn span(app: &str, from_ms: u64, until_ms: u64) -> ConnectedSpan {
    ConnectedSpan {
        app: app.to_owned(),
        from_ms: NOW_MS + from_ms,
        until_ms: NOW_MS + until_ms,
    }
}

async fn found(store: &Store, now_ms: u64) -> Vec<(String, u64, Option<u64>)> {
    let gaps = store.gaps(None, NOW_MS, NOW_MS + now_ms).await.unwrap();
    let since = |ms: u64| ms - NOW_MS;
    gaps.into_iter()
        .map(|gap| (gap.app, since(gap.from_ms), gap.until_ms.map(since)))
        .collect()
}

async fn a_span_becomes_longer_and_never_shorter(database: TestDatabase) {
    let store = database.open().await;
    for until_ms in [5_000, 30_000, 10_000] {
        store.keep_connected(vec![span("cli_a", 0, until_ms)]).await.unwrap();
    }
    store.keep_connected(vec![span("cli_a", 90_000, 90_000)]).await.unwrap();
    assert_eq!(
        found(&store, 90_000).await,
        [("cli_a".to_owned(), 30_000, Some(90_000))]
    );
}

async fn what_another_server_covers_is_no_gap(database: TestDatabase) {
    let store = database.open().await;
    let all = vec![
        span("cli_a", 0, 10_000),
        span("cli_a", 60_000, 70_000),
        span("cli_b", 0, 100_000),
        span("cli_a", 9_000, 61_000),
    ];
    store.keep_connected(all).await.unwrap();
    assert_eq!(found(&store, 100_000).await, []);
    let open = ("cli_a".to_owned(), 70_000, None);
    assert_eq!(found(&store, 120_000).await, [open]);
    assert_eq!(store.connections_alive("cli_a", NOW_MS + 60_000).await.unwrap(), 2);
}

async fn a_gap_that_was_fetched_says_when(database: TestDatabase) {
    let store = database.open().await;
    let spans = vec![span("cli_a", 0, 10_000), span("cli_a", 60_000, 70_000)];
    store.keep_connected(spans).await.unwrap();
    let done = CaughtUp {
        app: "cli_a".to_owned(),
        from_ms: NOW_MS + 10_000,
        until_ms: NOW_MS + 60_000,
        at_ms: 77,
        found: 3,
        added: 2,
    };
    store.note_caught_up(done).await.unwrap();
    let gaps = store.gaps(Some("cli_a"), NOW_MS, NOW_MS + 70_000).await.unwrap();
    assert_eq!(gaps[0].caught_up_ms, Some(77));
    assert!(store.gaps(Some("cli_b"), 0, NOW_MS).await.unwrap().is_empty());
}

async fn old_spans_are_deleted(database: TestDatabase) {
    let store = database.open().await;
    store.keep_connected(vec![span("cli_a", 0, 10_000)]).await.unwrap();
    let days = |days: u64| NOW_MS + days * 24 * HOUR_MS;
    store.prune(&Retention::default(), days(29)).await.unwrap();
    assert_eq!(found(&store, 100_000).await.len(), 1);
    store.prune(&Retention::default(), days(31)).await.unwrap();
    assert_eq!(found(&store, 100_000).await, []);
}

async fn received_messages_are_known_by_their_ids_and_by_their_way(database: TestDatabase) {
    let store = database.open().await;
    let mut new = message("e1", "om_1");
    new.ids.transport = Some("catch_up");
    first(&store, new).await;
    let app = message("e1", "om_1").event.app_id.to_string();
    let known = store.message_ids_since(&app, NOW_MS).await.unwrap();
    assert!(known.contains("om_1"), "{known:?}");
    assert!(store.message_ids_since(&app, NOW_MS + 1).await.unwrap().is_empty());
    let listed = store.events(&Filter::default()).await.unwrap();
    assert_eq!(listed[0].transport.as_deref(), Some("catch_up"));
    let shown = store.event(listed[0].id).await.unwrap().unwrap();
    assert_eq!(shown.row.transport.as_deref(), Some("catch_up"));
}
