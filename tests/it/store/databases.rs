//! Ways to a PostgreSQL: through a pooler, over TLS, with a role that may do little. What is unfit is named at once.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::json;
use test_guests::{
    pgbouncer::{self, PoolMode, Pooler},
    postgres::Cluster,
};

use crate::support::{Finished, Place, event_id};

/// A start that will not succeed ends well before `DATABASE_START_SECONDS_MAX` is over.
const AT_ONCE: Duration = Duration::from_secs(15);

fn place(url: &str) -> Place {
    Place::new().plugin("counter").set("DATABASE_URL", url)
}

/// A start that ends with a word about the database, and without a wait for it.
async fn refused(url: &str) -> Finished {
    let begun = Instant::now();
    let finished = place(url).run(&[]).finished().await;
    assert!(begun.elapsed() < AT_ONCE, "{:?}: {finished:?}", begun.elapsed());
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert!(!finished.stderr.contains("does not answer yet"), "{finished:?}");
    finished
}

/// The server answers clicks and delivers events.
async fn works(url: &str) {
    let place = place(url);
    let mut program = place.run(&[]);
    let client = program.serving().await;
    assert_eq!(client.click(json!({"count": "clicks"})).await.toast(), "1");
    let message_id = event_id();
    let message = place.lark.message_of(&event_id(), &message_id, "hello");
    assert_eq!(client.send(&message).await.status, 200);
    client.until_click_says(json!({"read": message_id}), "1").await;
}

#[tokio::test]
async fn a_pooler_of_sessions_needs_no_settings() {
    let Some(cluster) = Cluster::shared() else { return };
    let Some(pooler) = Pooler::start(cluster, PoolMode::Session) else {
        return;
    };
    works(&pooler.url(&cluster.database())).await;
}

#[tokio::test]
async fn a_pooler_of_transactions_works_or_is_named_as_unfit() {
    let Some(cluster) = Cluster::shared() else { return };
    let Some(pooler) = Pooler::start(cluster, PoolMode::Transaction) else {
        return;
    };
    let url = pooler.url(&cluster.database());
    // From here on it keeps prepared statements apart, as it is installed.
    if pgbouncer::version() >= (1, 24) {
        return works(&url).await;
    }
    let refused = refused(&url).await;
    for word in ["pooler", "pool_mode = session", "1.21"] {
        assert!(refused.stderr.contains(word), "{word}: {refused:?}");
    }
}

fn with(url: &str, mode: &str, root: Option<&Path>) -> String {
    let root = root.map(|root| format!("&sslrootcert={}", root.display()));
    format!("{url}?sslmode={mode}{}", root.unwrap_or_default())
}

#[tokio::test]
async fn a_certificate_that_is_refused_ends_the_start_at_once_with_the_reason() {
    let Some(cluster) = Cluster::shared() else { return };
    let Some(pooler) = Pooler::start(cluster, PoolMode::Session) else {
        return;
    };
    let url = pooler.url(&cluster.database());
    let by_address = url.replace("localhost", "127.0.0.1");
    let missing = Path::new("/no/such/ca.pem");
    for (url, word) in [
        (
            with(&url, "verify-full", Some(&pooler.other_authority())),
            "certificate",
        ),
        (with(&url, "verify-full", None), "certificate"),
        (with(&by_address, "verify-full", Some(&pooler.authority())), "127.0.0.1"),
        (with(&url, "verify-full", Some(missing)), "/no/such/ca.pem"),
    ] {
        let refused = refused(&url).await;
        assert!(refused.stderr.contains(word), "{word}: {refused:?}");
    }
    works(&with(&url, "verify-full", Some(&pooler.authority()))).await;
}

#[tokio::test]
async fn a_certificate_that_is_not_there_is_named_with_its_setting() {
    let place = Place::new()
        .set("POSTGRES_HOST", "127.0.0.1")
        .set("POSTGRES_SSLMODE", "verify-full")
        .set("POSTGRES_SSLROOTCERT", "/no/such/ca.pem");
    let finished = place.run(&[]).finished().await;
    assert_eq!(finished.code, Some(4), "{finished:?}");
    for word in ["/no/such/ca.pem", "POSTGRES_SSLROOTCERT"] {
        assert!(finished.stderr.contains(word), "{finished:?}");
    }
}

#[tokio::test]
async fn a_role_that_may_not_make_tables_is_told_what_an_administrator_runs() {
    let Some(cluster) = Cluster::shared() else { return };
    cluster.sql("create role little login");
    let url = cluster.database();
    // As PostgreSQL 15 and newer have it from the start.
    cluster.ask(&url, "revoke create on schema public from public");
    let url = url.replace("postgres@", "little@");
    let finished = refused(&url).await;
    let remedy = "GRANT USAGE, CREATE ON SCHEMA public TO little";
    assert!(finished.stderr.contains(remedy), "{finished:?}");
    cluster.ask(&url, remedy);
    works(&url).await;
}
