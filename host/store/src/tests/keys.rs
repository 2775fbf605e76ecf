//! Keys and values of plugins, and leases of servers.

use super::*;

on_both!(
    a_value_is_kept_until_it_expires,
    a_plugin_sees_only_its_own_keys,
    of_ten_writers_that_expect_the_same_version_one_wins,
    an_absent_key_is_expected_as_absent,
    a_version_is_never_used_twice,
    a_quota_counts_keys_and_values_and_gives_back_what_is_deleted,
    a_quota_counts_what_a_row_takes_beside_its_key_and_value,
    keys_are_listed_by_prefix_in_byte_order,
    long_lists_are_read_in_steps_and_expired_keys_are_passed_over,
    a_nul_in_a_key_is_kept_as_an_unreadable_character,
    the_newest_ticket_of_an_application_stays,
    tokens_that_are_of_no_use_any_more_are_deleted,
    a_lease_has_one_holder_until_it_is_over,
    a_server_lives_as_long_as_it_shows_it,
);

fn scope(plugin: &str) -> KvScope<'_> {
    KvScope {
        plugin,
        now_ms: 1_000,
        bytes_max: 10_000,
    }
}

async fn a_value_is_kept_until_it_expires(database: TestDatabase) {
    let store = database.open().await;
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

async fn a_plugin_sees_only_its_own_keys(database: TestDatabase) {
    let store = database.open().await;
    store.kv_set(&scope("p"), "k", b"v".to_vec(), None).await.unwrap();
    assert_eq!(store.kv_get(&scope("q"), "k").await.unwrap(), None);
    assert!(!store.kv_delete(&scope("q"), "k").await.unwrap());
    assert!(store.kv_list(&scope("q"), "", None, 10).await.unwrap().is_empty());
}

async fn of_ten_writers_that_expect_the_same_version_one_wins(database: TestDatabase) {
    let store = database.open().await;
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

async fn an_absent_key_is_expected_as_absent(database: TestDatabase) {
    let store = database.open().await;
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

async fn a_version_is_never_used_twice(database: TestDatabase) {
    let store = database.open().await;
    let first = store.kv_set(&scope("p"), "k", vec![1], None).await.unwrap();
    assert!(store.kv_delete(&scope("p"), "k").await.unwrap());
    let second = store.kv_set(&scope("p"), "k", vec![1], None).await.unwrap();
    assert!(second > first);
}

async fn a_quota_counts_keys_and_values_and_gives_back_what_is_deleted(database: TestDatabase) {
    let store = database.open().await;
    let small = KvScope {
        bytes_max: 10 + ROW_BYTES,
        ..scope("p")
    };
    store.kv_set(&small, "key", vec![0; 7], None).await.unwrap();
    store.kv_set(&small, "key", vec![1; 7], Some(1_500)).await.unwrap();
    let over = store.kv_set(&small, "k", vec![], None).await.unwrap_err();
    assert!(matches!(over, KvError::OverQuota { .. }), "{over:?}");
    store
        .kv_set(&KvScope { plugin: "q", ..small }, "k", vec![], None)
        .await
        .unwrap();

    assert_eq!(store.sweep_kv(2_000).await.unwrap(), 1);
    store.kv_set(&small, "other", vec![0; 5], None).await.unwrap();
    assert!(store.kv_delete(&small, "other").await.unwrap());
    store.kv_set(&small, "key", vec![0; 7], None).await.unwrap();
}

async fn a_quota_counts_what_a_row_takes_beside_its_key_and_value(database: TestDatabase) {
    let store = database.open().await;
    let kib = KvScope {
        bytes_max: 1_024,
        ..scope("p")
    };
    let mut rows = 0;
    let over = loop {
        match store.kv_set(&kib, &format!("{rows:x}"), vec![], None).await {
            Ok(_) => rows += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(over, KvError::OverQuota { bytes_max: 1_024 }), "{over:?}");
    assert_eq!(rows, 15, "empty values are rows all the same");
    let lowered = KvScope { bytes_max: 100, ..kib };
    store.kv_set(&lowered, "0", vec![], None).await.unwrap();
    let more = store.kv_set(&lowered, "0", vec![1], None).await;
    assert!(more.is_err(), "over a lowered quota nothing grows");
}

async fn long_lists_are_read_in_steps_and_expired_keys_are_passed_over(database: TestDatabase) {
    let store = database.open().await;
    let wide = KvScope {
        bytes_max: 1 << 30,
        ..scope("p")
    };
    let rows: Vec<_> = (0..2_500).map(|n| format!("a/{n:04}")).collect();
    let mut sets = tokio::task::JoinSet::new();
    for (n, key) in rows.iter().cloned().enumerate() {
        let store = store.clone();
        // All but the last hundred are over at the time of the list.
        let expires_at_ms = (n < 2_400).then_some(900);
        sets.spawn(async move { store.kv_set(&wide, &key, vec![], expires_at_ms).await });
        if sets.len() == 200 {
            sets.join_next().await.unwrap().unwrap().unwrap();
        }
    }
    while let Some(set) = sets.join_next().await {
        set.unwrap().unwrap();
    }
    store.kv_set(&wide, "b", vec![], None).await.unwrap();
    let list = async |prefix: &str, after, limit| store.kv_list(&wide, prefix, after, limit).await.unwrap();
    assert_eq!(list("a/", None, 1_000).await, rows[2_400..]);
    assert_eq!(list("a/", None, 7).await, rows[2_400..2_407]);
    assert_eq!(list("a/", Some("a/2498"), 1_000).await, rows[2_499..]);
    assert_eq!(list("", None, 1_000).await.len(), 101);
}

async fn keys_are_listed_by_prefix_in_byte_order(database: TestDatabase) {
    let store = database.open().await;
    for key in ["a", "ab", "abc", "b", "a%", "aé"] {
        store.kv_set(&scope("p"), key, vec![], None).await.unwrap();
    }
    let list = async |prefix: &str, after, limit| store.kv_list(&scope("p"), prefix, after, limit).await.unwrap();
    assert_eq!(list("", None, 10).await, ["a", "a%", "ab", "abc", "aé", "b"]);
    assert_eq!(list("ab", None, 10).await, ["ab", "abc"]);
    assert_eq!(list("a", Some("ab"), 1).await, ["abc"]);
    assert_eq!(list("aé", None, 10).await, ["aé"]);
    assert_eq!(list("b", Some("a"), 10).await, ["b"]);
    assert!(list("zz", None, 10).await.is_empty());
}

async fn a_nul_in_a_key_is_kept_as_an_unreadable_character(database: TestDatabase) {
    let store = database.open().await;
    store.kv_set(&scope("p"), "a\0", vec![1], None).await.unwrap();
    assert!(store.kv_get(&scope("p"), "a\0").await.unwrap().is_some());
    assert_eq!(
        store.kv_list(&scope("p"), "a\0", None, 10).await.unwrap(),
        ["a\u{fffd}"]
    );
    assert!(store.kv_delete(&scope("p"), "a\0").await.unwrap());
}

async fn the_newest_ticket_of_an_application_stays(database: TestDatabase) {
    let store = database.open().await;
    assert_eq!(store.app_ticket("cli_a").await.unwrap(), None);
    for (sealed, made_at_ms, is_kept) in [(b"first", 5, true), (b"older", 4, false), (b"again", 5, true)] {
        let kept = store.put_app_ticket("cli_a", sealed.to_vec(), made_at_ms).await;
        assert_eq!(kept.unwrap(), is_kept);
    }
    assert!(store.put_app_ticket("cli_b", b"other".to_vec(), 1).await.unwrap());
    store.close().await;
    drop(store);
    let store = database.open().await;
    assert_eq!(store.app_ticket("cli_a").await.unwrap().as_deref(), Some(&b"again"[..]));
}

async fn tokens_that_are_of_no_use_any_more_are_deleted(database: TestDatabase) {
    let store = database.open().await;
    let day = 24 * HOUR_MS;
    for (open_id, access_expires_at_ms, refresh_expires_at_ms) in [
        ("ou_over", NOW_MS, None),
        ("ou_refreshable", NOW_MS, Some(NOW_MS + 7 * day)),
        ("ou_good", NOW_MS + 2 * day, None),
    ] {
        let token = NewToken {
            sealed: b"sealed".to_vec(),
            scopes: String::new(),
            access_expires_at_ms,
            refresh_expires_at_ms,
            authorized_at_ms: NOW_MS,
        };
        store.put_user_token("cli_a", open_id, token, None).await.unwrap();
    }
    let kept = async |now_ms| {
        store.prune(&Retention::default(), now_ms).await.unwrap();
        let mut kept = Vec::new();
        for open_id in ["ou_good", "ou_over", "ou_refreshable"] {
            if store.user_token("cli_a", open_id).await.unwrap().is_some() {
                kept.push(open_id);
            }
        }
        kept
    };
    assert_eq!(kept(NOW_MS + day - 1).await, ["ou_good", "ou_over", "ou_refreshable"]);
    assert_eq!(kept(NOW_MS + day).await, ["ou_good", "ou_refreshable"]);
    assert_eq!(kept(NOW_MS + 4 * day).await, ["ou_refreshable"]);
    assert_eq!(kept(NOW_MS + 9 * day).await, [""; 0]);
}

async fn a_lease_has_one_holder_until_it_is_over(database: TestDatabase) {
    let store = database.open().await;
    let take = async |holder: &str, now_ms| store.acquire_lease("name", holder, 100, now_ms).await.unwrap();
    assert!(take("a", NOW_MS).await);
    assert!(!take("b", NOW_MS + 99).await);
    assert!(take("a", NOW_MS + 50).await, "its holder keeps it");
    assert!(!take("b", NOW_MS + 149).await);
    assert!(take("b", NOW_MS + 150).await);
    store.release_lease("name", "a").await.unwrap();
    assert!(!take("a", NOW_MS + 151).await, "only its holder gives it back");
    store.release_lease("name", "b").await.unwrap();
    assert!(take("a", NOW_MS + 152).await);
}

async fn a_server_lives_as_long_as_it_shows_it(database: TestDatabase) {
    let store = database.open().await;
    assert!(!store.is_alive(store.node(), NOW_MS).await.unwrap());
    store.heartbeat(NOW_MS).await.unwrap();
    assert!(store.is_alive(store.node(), NOW_MS + LEASE_MS - 1).await.unwrap());
    assert!(!store.is_alive(store.node(), NOW_MS + LEASE_MS).await.unwrap());
    let all = Retention::default();
    assert_eq!(
        store.prune(&all, NOW_MS + LEASE_MS + HOUR_MS).await.unwrap(),
        1,
        "what it showed"
    );
}
