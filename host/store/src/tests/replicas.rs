//! Features of PostgreSQL alone: several of ours share it, and it may be away.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Two servers on one database; none when there is no PostgreSQL here.
async fn two() -> Option<(Store, Store)> {
    let database = TestDatabase::server()?;
    let (one, other) = tokio::join!(database.open(), database.open());
    Some((one, other))
}

#[tokio::test]
async fn servers_that_start_together_migrate_once_and_again_finds_nothing_to_do() {
    let Some(database) = TestDatabase::server() else { return };
    let settings = database.settings();
    let opened = (0..4).map(|_| {
        let settings = settings.clone();
        async move { Store::open(&settings).await.map(drop) }
    });
    for opened in together(opened).await {
        opened.unwrap();
    }
    database.open().await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let Some(database) = TestDatabase::server() else { return };
    database.open().await;
    let TestDatabase::Server(url) = &database else { return };
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (999, 'newer', true, '', 0) returning 1";
    Cluster::shared().unwrap().ask(url, newer);
    let refused = Store::open(&database.settings()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Migrate { .. }), "{refused:?}");
}

#[tokio::test]
async fn of_equal_events_spread_over_two_servers_one_is_the_first() {
    let Some((one, other)) = two().await else { return };
    let calls = (0..200).map(|n| {
        let store = if n % 2 == 0 { one.clone() } else { other.clone() };
        // Ten storms at once, in both orders, so that batches of one server meet those of the other.
        let number = if n % 4 < 2 { n % 10 } else { 9 - n % 10 };
        async move {
            store
                .receive(message(&format!("e{n}"), &format!("om{number}")))
                .await
                .unwrap()
        }
    });
    let firsts = together(calls)
        .await
        .into_iter()
        .filter(|received| matches!(received, Received::First { .. }))
        .count();
    assert_eq!(firsts, 10);
}

#[tokio::test]
async fn the_reply_of_one_server_is_the_reply_of_the_other() {
    let Some((one, other)) = two().await else { return };
    let (number, _) = first(&one, click("e1")).await;
    let running = other.receive(click("e1")).await.unwrap();
    assert!(
        matches!(&running, Received::Unanswered { node, .. } if node == one.node()),
        "{running:?}"
    );
    reply(&one, number, "{}", vec![]).await;
    assert_eq!(other.reply(number).await.unwrap(), Some("{}".into()));
}

#[tokio::test]
async fn each_delivery_is_claimed_by_one_server() {
    let Some((one, other)) = two().await else { return };
    for n in 0..50 {
        let new = NewEvent {
            deliveries: (0..4).map(|_| delivery("p")).collect(),
            ..event(&format!("e{n}"))
        };
        first(&one, new).await;
    }
    let claims = (0..40).map(|n| {
        let store = if n % 2 == 0 { one.clone() } else { other.clone() };
        async move {
            let claim = Claim {
                plugin: "p".into(),
                limit: 5,
                lost: Lost::Never,
                leaves_expired: false,
                now_ms: NOW_MS,
            };
            ids(&store.claim(claim).await.unwrap())
        }
    });
    let mut claimed: Vec<_> = together(claims).await.concat();
    assert_eq!(claimed.len(), 200);
    claimed.sort_unstable();
    claimed.dedup();
    assert_eq!(claimed.len(), 200, "one was claimed twice");
}

#[tokio::test]
async fn one_ordering_key_is_never_held_by_two_servers() {
    let Some((one, other)) = two().await else { return };
    for n in 0..20 {
        let new = NewEvent {
            deliveries: vec![NewDelivery {
                ordering_key: Some("chat".into()),
                ..delivery("p")
            }],
            ..event(&format!("e{n}"))
        };
        first(&one, new).await;
    }
    let held = Arc::new(AtomicUsize::new(0));
    let done = Arc::new(AtomicUsize::new(0));
    let workers = [one, other].map(|store| {
        let (held, done) = (Arc::clone(&held), Arc::clone(&done));
        async move {
            while done.load(Ordering::SeqCst) < 20 {
                for delivery in claim(&store, "p", NOW_MS).await {
                    assert_eq!(held.fetch_add(1, Ordering::SeqCst), 0, "two at once");
                    tokio::task::yield_now().await;
                    held.fetch_sub(1, Ordering::SeqCst);
                    assert_eq!(finish(&store, &delivery, Then::Done).await, Finished::Recorded);
                    done.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
    });
    together(workers).await;
}

/// Numbers are given before a transaction ends: one server's event may appear after a later one of another has begun.
#[tokio::test]
async fn an_event_that_appears_late_waits_for_the_one_that_runs() {
    let Some(database) = TestDatabase::server() else { return };
    let store = database.open().await;
    for id in ["e1", "e2"] {
        let new = NewEvent {
            deliveries: vec![NewDelivery {
                ordering_key: Some("chat".into()),
                ..delivery("p")
            }],
            ..event(id)
        };
        first(&store, new).await;
    }
    let running = claim(&store, "p", NOW_MS).await;
    let TestDatabase::Server(url) = &database else { return };
    let appear = "update deliveries set id = id - 1000 where state = 'ready' returning id";
    let late: i64 = Cluster::shared().unwrap().ask(url, appear).parse().unwrap();
    assert!(claim(&store, "p", NOW_MS).await.is_empty());
    finish(&store, &running[0], Then::Done).await;
    assert_eq!(ids(&claim(&store, "p", NOW_MS).await), [late]);
}

#[tokio::test]
async fn what_a_server_held_that_is_gone_is_done_by_the_other() {
    let Some((one, other)) = two().await else { return };
    let new = NewEvent {
        deliveries: vec![delivery("p")],
        ..event("e1")
    };
    first(&one, new).await;
    let held = claim(&one, "p", NOW_MS).await;
    one.close().await;
    assert_eq!(deliveries::beat(&other, NOW_MS + LEASE_MS).await, 0);
    assert_eq!(deliveries::beat(&other, NOW_MS + LEASE_MS + 1).await, 1);
    assert_eq!(ids(&claim(&other, "p", NOW_MS + LEASE_MS + 1).await), ids(&held));
}

#[tokio::test]
async fn one_server_leads_until_it_is_gone() {
    let Some((one, other)) = two().await else { return };
    assert!(one.acquire_leadership(100, NOW_MS).await.unwrap());
    assert!(!other.acquire_leadership(100, NOW_MS + 99).await.unwrap());
    assert!(other.acquire_leadership(100, NOW_MS + 100).await.unwrap());
    assert!(!one.acquire_leadership(100, NOW_MS + 101).await.unwrap());
}

#[tokio::test]
async fn what_one_server_makes_ready_the_other_hears() {
    let Some((one, other)) = two().await else { return };
    let (heard, mut hints) = tokio::sync::mpsc::unbounded_channel();
    let listening = tokio::spawn(async move { other.hear(move |hint| heard.send(hint).unwrap()).await });
    // What was said before it listened.
    assert_eq!(hints.recv().await, Some(Hint::Ready));
    assert_eq!(hints.recv().await, Some(Hint::Plugins));
    let new = NewEvent {
        deliveries: vec![delivery("p")],
        ..event("e1")
    };
    first(&one, new).await;
    let hint = tokio::time::timeout(Duration::from_secs(30), hints.recv()).await;
    assert_eq!(hint.unwrap(), Some(Hint::Ready));
    listening.abort();
}

#[tokio::test]
async fn a_server_that_loses_its_database_refuses_and_recovers_by_itself() {
    let Some(cluster) = Cluster::start() else { return };
    let database = TestDatabase::Server(cluster.database());
    let store = database.open().await;
    let (number, _) = first(&store, click("before")).await;
    cluster.kill();
    for n in 0..3 {
        let refused = store.receive(click(&format!("meanwhile{n}"))).await;
        assert!(
            matches!(
                refused,
                Err(StoreError::Database { .. } | StoreError::Unreachable { .. })
            ),
            "{refused:?}"
        );
        assert!(store.reply(number).await.is_err());
    }
    cluster.resume();
    first(&store, click("after")).await;
    let again = store.receive(click("before")).await.unwrap();
    assert!(matches!(again, Received::Unanswered { .. }), "{again:?}");
    assert_eq!(store.reply(number).await.unwrap(), None);
}

#[tokio::test]
async fn a_connection_that_was_lost_while_nobody_used_it_costs_nobody_anything() {
    let Some(cluster) = Cluster::start() else { return };
    let store = TestDatabase::Server(cluster.database()).open().await;
    cluster.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lark-callback'");
    first(&store, click("e1")).await;
    store.heartbeat(NOW_MS).await.unwrap();
}

#[tokio::test]
async fn a_server_that_may_forget_is_refused_or_told_not_to() {
    let Some(cluster) = Cluster::start() else { return };
    let database = TestDatabase::Server(cluster.database());
    cluster.sql("alter system set synchronous_commit = off");
    cluster.kill();
    cluster.resume();
    database.open().await;
    let mut pooled = database.settings();
    if let Database::Postgres(postgres) = &mut pooled.database {
        postgres.is_listening = false;
    }
    let refused = Store::open(&pooled).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unsafe { .. }), "{refused:?}");
    cluster.sql("alter system set full_page_writes = off");
    cluster.kill();
    cluster.resume();
    let refused = Store::open(&database.settings()).await.unwrap_err();
    assert!(
        refused.to_string().contains("ALTER SYSTEM SET full_page_writes = on"),
        "{refused}"
    );
}

/// A `SQL_ASCII` database takes any bytes without knowing what they are, and its texts cannot be relied on either.
#[tokio::test]
async fn a_database_that_cannot_store_every_character_is_refused_before_anything_is_made_in_it() {
    let Some(cluster) = Cluster::start() else { return };
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let name = encoding.to_lowercase();
        cluster.sql(&format!(
            "create database {name} encoding '{encoding}' locale 'C' template template0"
        ));
        let url = cluster.database();
        let (before, _) = url.split_once("/test").unwrap();
        let (_, query) = url.split_once('?').unwrap_or_default();
        let url = format!("{before}/{name}?{query}");
        let refused = Store::open(&TestDatabase::Server(url.clone()).settings())
            .await
            .unwrap_err();
        assert!(
            matches!(&refused, StoreError::Encoding { encoding: found, .. } if found == encoding),
            "{refused:?}"
        );
        assert!(refused.to_string().contains("ENCODING 'UTF8'"), "{refused}");
        let tables = "select count(*) from pg_tables where schemaname = 'public'";
        assert_eq!(cluster.ask(&url, tables), "0");
    }
}

#[tokio::test]
async fn a_start_waits_for_a_server_and_not_for_a_wrong_name() {
    let Some(cluster) = Cluster::start() else { return };
    let database = TestDatabase::Server(cluster.database());
    cluster.kill();
    let settings = database.settings();
    let opening = tokio::spawn(async move { Store::open(&settings).await });
    cluster.resume();
    opening.await.unwrap().unwrap();
    let TestDatabase::Server(url) = &database else { return };
    let wrong = PostgresSettings::from_url(&url.replace("/test", "/no_such_")).unwrap();
    let refused = Store::open(&StoreSettings::of(Database::Postgres(wrong)))
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::Unreachable { .. }), "{refused:?}");
    assert!(refused.to_string().contains("no_such_"), "{refused}");
}
