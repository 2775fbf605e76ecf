//! The store against a real database file, each test with its own.

mod deliveries;

use super::*;
use crate::lark::{Event, Kind, Schema};

const HOUR_MS: u64 = 3_600_000;

async fn store() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&StoreSettings::at(folder.path().join("config.db")))
        .await
        .unwrap();
    (store, folder)
}

fn event(id: &str) -> NewEvent {
    received(id, None, Kind::Callback)
}

fn message(id: &str, message_id: &str) -> NewEvent {
    received(id, Some(message_id), Kind::Callback)
}

fn received(id: &str, message_id: Option<&str>, kind: Kind) -> NewEvent {
    NewEvent {
        app: "cli_a".into(),
        event: Arc::new(Event {
            id: id.into(),
            event_type: "test".into(),
            kind,
            schema: Schema::V2,
            app_id: "cli_a".into(),
            tenant_key: "t".into(),
            create_time_ms: 999,
            payload: r#"{"text":"你好"}"#.into(),
            message_id: message_id.map(str::to_owned),
        }),
        received_at_ms: 1_000,
        expires_at_ms: 1_000 + 24 * HOUR_MS,
        deliveries: Vec::new(),
    }
}

async fn first(store: &Store, event: NewEvent) -> i64 {
    match store.receive(event).await.unwrap() {
        Received::First { event, .. } => event,
        other => panic!("not the first: {other:?}"),
    }
}

async fn answer(store: &Store, event: i64, reply: &str) {
    let reply = NewReply {
        event,
        app: "cli_a".into(),
        reply: reply.into(),
        tasks: Vec::new(),
        now_ms: 1_000,
    };
    store.record_reply(reply).await.unwrap();
}

fn scope(plugin: &str) -> KvScope<'_> {
    KvScope {
        plugin,
        now_ms: 1_000,
        bytes_max: 10_000,
    }
}

#[tokio::test]
async fn a_repeat_gets_the_reply_of_the_first() {
    let (store, _folder) = store().await;
    let receipt = first(&store, event("e1")).await;
    assert!(matches!(
        store.receive(event("e1")).await.unwrap(),
        Received::Unanswered { seen: 2, .. }
    ));
    answer(&store, receipt, r#"{"toast":"你好"}"#).await;
    let again = store.receive(event("e1")).await.unwrap();
    assert_eq!(
        again,
        Received::Answered {
            reply: r#"{"toast":"你好"}"#.into(),
            seen: 3
        }
    );
}

#[tokio::test]
async fn an_event_is_answered_as_soon_as_it_is_stored() {
    let (store, _folder) = store().await;
    first(&store, received("e1", None, Kind::Event)).await;
    let again = store.receive(received("e1", None, Kind::Event)).await.unwrap();
    assert_eq!(
        again,
        Received::Answered {
            reply: String::new(),
            seen: 2
        }
    );
}

#[tokio::test]
async fn a_receipt_survives_a_restart() {
    let (store, folder) = store().await;
    let receipt = first(&store, event("e1")).await;
    answer(&store, receipt, "{}").await;
    store.close().await;
    assert!(matches!(store.receive(event("e2")).await, Err(StoreError::Closed)));

    drop(store);
    let store = Store::open(&StoreSettings::at(folder.path().join("config.db")))
        .await
        .unwrap();
    assert_eq!(
        store.receive(event("e1")).await.unwrap(),
        Received::Answered {
            reply: "{}".into(),
            seen: 2
        }
    );
}

#[tokio::test]
async fn two_applications_may_use_the_same_event_id() {
    let (store, _folder) = store().await;
    first(&store, event("e1")).await;
    first(
        &store,
        NewEvent {
            app: "cli_b".into(),
            ..event("e1")
        },
    )
    .await;
}

#[tokio::test]
async fn the_same_message_under_another_event_id_is_a_repeat() {
    let (store, _folder) = store().await;
    let receipt = first(&store, message("e1", "om_1")).await;
    answer(&store, receipt, "").await;
    for _ in 0..2 {
        let again = store.receive(message("e2", "om_1")).await.unwrap();
        assert!(matches!(again, Received::Answered { .. }), "{again:?}");
    }
    first(&store, message("e3", "om_2")).await;
}

#[tokio::test]
async fn in_one_batch_the_new_are_told_from_the_seen() {
    let (store, _folder) = store().await;
    first(&store, message("e1", "om_1")).await;
    // All of them wait while the first of them is committed, so they go together.
    let wave = (0..200).map(|number| match number % 4 {
        0 => event(&format!("new{number}")),
        1 => message(&format!("new{number}"), &format!("om_new{number}")),
        2 => event("e1"),
        _ => message(&format!("other{number}"), "om_1"),
    });
    let mut calls = tokio::task::JoinSet::new();
    for receipt in wave {
        let store = store.clone();
        calls.spawn(async move {
            let received = store.receive(receipt.clone()).await.unwrap();
            (receipt, received)
        });
    }
    let mut receipts = std::collections::HashSet::new();
    for (new, received) in calls.join_all().await {
        match received {
            Received::First { event: receipt, .. } => {
                assert!(new.event.id.starts_with("new"), "{new:?}");
                assert!(receipts.insert(receipt), "{receipt} was given twice");
                answer(&store, receipt, &new.event.id).await;
                let again = store.receive(new.clone()).await.unwrap();
                assert!(matches!(again, Received::Answered { reply, .. } if reply == new.event.id));
            }
            Received::Unanswered { event_id, .. } => assert_eq!(event_id, "e1", "{new:?}"),
            Received::Answered { .. } => panic!("nobody answered {new:?}"),
        }
    }
    assert_eq!(receipts.len(), 100);
}

#[tokio::test]
async fn of_a_hundred_equal_events_at_once_one_is_the_first() {
    let (store, _folder) = store().await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let store = store.clone();
        calls.spawn(async move { store.receive(event("e1")).await.unwrap() });
    }
    let firsts = calls
        .join_all()
        .await
        .into_iter()
        .filter(|one| matches!(one, Received::First { .. }))
        .count();
    assert_eq!(firsts, 1);
}

#[tokio::test]
async fn a_thousand_replies_reach_their_own_rows() {
    let (store, _folder) = store().await;
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..1_000 {
        let store = store.clone();
        calls.spawn(async move {
            let receipt = first(&store, event(&format!("e{n}"))).await;
            answer(&store, receipt, &format!("reply {n}")).await;
        });
    }
    calls.join_all().await;
    for n in [0, 1, 499, 999] {
        let again = store.receive(event(&format!("e{n}"))).await.unwrap();
        assert_eq!(
            again,
            Received::Answered {
                reply: format!("reply {n}"),
                seen: 2
            }
        );
    }
}

#[tokio::test]
async fn expired_receipts_are_swept_and_others_stay() {
    let (store, _folder) = store().await;
    first(&store, event("old")).await;
    first(
        &store,
        NewEvent {
            expires_at_ms: 100 * HOUR_MS,
            ..event("new")
        },
    )
    .await;
    assert_eq!(store.prune(&Retention::default(), 50 * HOUR_MS).await.unwrap(), 1);
    first(&store, event("old")).await;
    assert!(matches!(
        store.receive(event("new")).await.unwrap(),
        Received::Unanswered { .. }
    ));
}

#[tokio::test]
async fn two_servers_never_share_a_file() {
    let (store, folder) = store().await;
    let settings = StoreSettings::at(folder.path().join("config.db"));
    let refused = Store::open(&settings).await.unwrap_err();
    assert!(matches!(refused, StoreError::Locked { .. }), "{refused:?}");
    drop(store);
}

#[tokio::test]
async fn a_folder_that_is_a_file_is_named_in_the_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data"), "").unwrap();
    let refused = Store::open(&StoreSettings::at(folder.path().join("data/config.db")))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("data/config.db"), "{refused}");
}

#[tokio::test]
async fn a_value_is_kept_until_it_expires() {
    let (store, _folder) = store().await;
    let version = store
        .kv_set(&scope("p"), "k", b"v".to_vec(), Some(2_000))
        .await
        .unwrap();
    let entry = store.kv_get(&scope("p"), "k").await.unwrap();
    assert_eq!(
        entry,
        Some(KvEntry {
            value: b"v".to_vec(),
            version
        })
    );
    let later = KvScope {
        now_ms: 2_000,
        ..scope("p")
    };
    assert_eq!(store.kv_get(&later, "k").await.unwrap(), None);
    assert!(store.kv_list(&later, "", None, 10).await.unwrap().is_empty());
    assert!(!store.kv_delete(&later, "k").await.unwrap());
}

#[tokio::test]
async fn a_plugin_sees_only_its_own_keys() {
    let (store, _folder) = store().await;
    store.kv_set(&scope("p"), "k", b"v".to_vec(), None).await.unwrap();
    assert_eq!(store.kv_get(&scope("q"), "k").await.unwrap(), None);
    assert!(!store.kv_delete(&scope("q"), "k").await.unwrap());
    assert!(store.kv_list(&scope("q"), "", None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn of_ten_writers_that_expect_the_same_version_one_wins() {
    let (store, _folder) = store().await;
    let version = store.kv_set(&scope("p"), "k", b"0".to_vec(), None).await.unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for n in 1..=10_u8 {
        let store = store.clone();
        calls.spawn(async move {
            store
                .kv_compare_and_set(&scope("p"), "k", Some(version), vec![n], None)
                .await
                .unwrap()
        });
    }
    assert_eq!(calls.join_all().await.into_iter().flatten().count(), 1);
}

#[tokio::test]
async fn an_absent_key_is_expected_as_absent() {
    let (store, _folder) = store().await;
    let set = |expected| {
        let store = store.clone();
        async move {
            store
                .kv_compare_and_set(&scope("p"), "k", expected, vec![1], Some(5_000))
                .await
                .unwrap()
        }
    };
    assert_eq!(set(Some(7)).await, None);
    assert!(set(None).await.is_some());
    assert_eq!(set(None).await, None);
    let later = KvScope {
        now_ms: 5_000,
        ..scope("p")
    };
    let over_expired = store
        .kv_compare_and_set(&later, "k", None, vec![2], None)
        .await
        .unwrap();
    assert!(over_expired.is_some(), "an expired key counts as absent");
}

#[tokio::test]
async fn a_version_is_never_used_twice() {
    let (store, _folder) = store().await;
    let first = store.kv_set(&scope("p"), "k", vec![1], None).await.unwrap();
    assert!(store.kv_delete(&scope("p"), "k").await.unwrap());
    let second = store.kv_set(&scope("p"), "k", vec![1], None).await.unwrap();
    assert!(second > first);
}

#[tokio::test]
async fn a_quota_counts_keys_and_values_and_gives_back_what_is_deleted() {
    let (store, _folder) = store().await;
    let small = KvScope {
        bytes_max: 10,
        ..scope("p")
    };
    store.kv_set(&small, "key", vec![0; 7], None).await.unwrap();
    store.kv_set(&small, "key", vec![1; 7], Some(1_500)).await.unwrap();
    let over = store.kv_set(&small, "k", vec![], None).await.unwrap_err();
    assert!(matches!(over, KvError::OverQuota { bytes_max: 10 }), "{over:?}");
    store
        .kv_set(&KvScope { plugin: "q", ..small }, "k", vec![], None)
        .await
        .unwrap();

    assert_eq!(store.sweep_kv(2_000).await.unwrap(), 1);
    store.kv_set(&small, "other", vec![0; 5], None).await.unwrap();
    assert!(store.kv_delete(&small, "other").await.unwrap());
    store.kv_set(&small, "key", vec![0; 7], None).await.unwrap();
}

#[tokio::test]
async fn keys_are_listed_by_prefix_in_byte_order() {
    let (store, _folder) = store().await;
    for key in ["a", "ab", "abc", "b", "a%", "aé"] {
        store.kv_set(&scope("p"), key, vec![], None).await.unwrap();
    }
    let list = async |prefix: &str, after, limit| store.kv_list(&scope("p"), prefix, after, limit).await.unwrap();
    assert_eq!(list("", None, 10).await, ["a", "a%", "ab", "abc", "aé", "b"]);
    assert_eq!(list("ab", None, 10).await, ["ab", "abc"]);
    assert_eq!(list("a", Some("ab"), 1).await, ["abc"]);
    assert!(list("zz", None, 10).await.is_empty());
}
