//! The store against real databases: the same sentences for SQLite and for PostgreSQL, each test with its own database.

mod audit;
mod chains;
mod clock;
mod connected;
mod copies;
mod counts;
mod deliveries;
mod doubt;
mod erase;
mod files;
mod keys;
mod lost;
mod many;
mod plugin_versions;
mod receive;
mod replicas;
mod restored;
mod schedules;
mod searched;
mod snapshots;
mod stubborn;
mod takers;
mod undecided;
mod waiting;

use std::{future::Future, sync::Arc, time::Duration};

use lark_protocol::{Event, Kind, Schema};
use test_guests::postgres::Cluster;

use crate::{
    backend::Backend,
    rows::{node::random, numbers::signed},
    writer::queue::in_transaction,
    *,
};

pub(super) const NOW_MS: u64 = 1_000_000;
pub(super) const HOUR_MS: u64 = 3_600_000;
const LEASE_MS: u64 = 30_000;

/// A database of a test's own; it can be opened again and again.
pub(super) enum TestDatabase {
    File(tempfile::TempDir),
    Server(String),
}

impl TestDatabase {
    pub(super) fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    /// None when there is no PostgreSQL here.
    pub(super) fn server() -> Option<Self> {
        Some(Self::Server(Cluster::shared()?.database()))
    }

    pub(super) fn settings(&self) -> StoreSettings {
        let settings = StoreSettings::of(match self {
            Self::File(folder) => Database::Sqlite(folder.path().join("config.db")),
            Self::Server(url) => Database::Postgres(PostgresSettings::from_url(url).unwrap()),
        });
        StoreSettings {
            // The machine that tests may be slow; nobody waits for an answer here.
            commit_ms_max: 60_000,
            lease_ms: LEASE_MS,
            ..settings
        }
    }

    pub(super) async fn open(&self) -> Store {
        Store::open(&self.settings()).await.unwrap()
    }
}

/// Makes one test for each database of functions that take a [`TestDatabase`].
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::tests::TestDatabase::file()).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                if let Some(database) = crate::tests::TestDatabase::server() {
                    super::$name(database).await;
                }
            })+
        }
    };
}
use on_both;

pub(super) fn event(id: &str) -> NewEvent {
    NewEvent {
        event: Arc::new(Event {
            id: id.into(),
            event_type: "im.message.receive_v1".into(),
            kind: Kind::Event,
            schema: Schema::V2,
            app_id: "cli_a".into(),
            tenant_key: "tenant".into(),
            create_time_ms: 7,
            payload: format!(r#"{{"id":"{id}","text":"你好"}}"#).into(),
            message_id: None,
        }),
        received_at_ms: NOW_MS,
        expires_at_ms: NOW_MS + 24 * HOUR_MS,
        deliveries: Vec::new(),
        ids: RequestIds::default(),
    }
}

fn with(mut new: NewEvent, change: impl FnOnce(&mut Event)) -> NewEvent {
    let mut event = (*new.event).clone();
    change(&mut event);
    new.event = Arc::new(event);
    new
}

pub(super) fn click(id: &str) -> NewEvent {
    with(event(id), |event| event.kind = Kind::Callback)
}

pub(super) fn message(id: &str, message_id: &str) -> NewEvent {
    with(event(id), |event| event.message_id = Some(message_id.into()))
}

/// For this plugin, waiting for whoever has room.
pub(super) fn delivery(plugin: &str) -> NewDelivery {
    NewDelivery {
        plugin: plugin.into(),
        ordering_key: None,
        expires_at_ms: NOW_MS + HOUR_MS,
        begins_here: false,
    }
}

pub(super) async fn first(store: &Store, new: NewEvent) -> (i64, Vec<i64>) {
    match store.receive(new).await.unwrap() {
        Received::First { event, deliveries } => (event, deliveries),
        other => panic!("not the first: {other:?}"),
    }
}

pub(super) async fn reply(store: &Store, event: i64, reply: &str, tasks: Vec<NewTask>) -> Vec<i64> {
    let reply = NewReply {
        event,
        app: "cli_a".into(),
        reply: reply.into(),
        outcome: "ok",
        plugin: Some("p".into()),
        duration_us: 5,
        error: None,
        tasks,
        now_ms: NOW_MS,
    };
    store.record_reply(reply).await.unwrap()
}

pub(super) fn task(plugin: &str, name: &str, due_at_ms: u64) -> NewTask {
    NewTask {
        kind: DeliveryKind::Task,
        plugin: plugin.into(),
        requested_by: "other".into(),
        name: name.into(),
        payload: "{}".into(),
        due_at_ms,
        expires_at_ms: due_at_ms + HOUR_MS,
        chain: Chain::default(),
    }
}

pub(super) async fn claim(store: &Store, plugin: &str, now_ms: u64) -> Vec<Delivery> {
    let mut claimed = Vec::new();
    for lost in [Lost::Never, Lost::Once, Lost::Again] {
        claimed.extend(claim_of(store, plugin, lost, now_ms).await);
    }
    claimed
}

/// Of those alone that were lost as often.
pub(super) async fn claim_of(store: &Store, plugin: &str, lost: Lost, now_ms: u64) -> Vec<Delivery> {
    let claim = Claim {
        plugin: plugin.into(),
        limit: 100,
        lost,
        leaves_expired: false,
        now_ms,
    };
    store.claim(claim).await.unwrap()
}

pub(super) fn ids(deliveries: &[Delivery]) -> Vec<i64> {
    deliveries.iter().map(|delivery| delivery.id).collect()
}

pub(super) async fn finish(store: &Store, delivery: &Delivery, then: Then) -> Finished {
    finish_with(store, delivery, then, Vec::new()).await
}

pub(super) async fn finish_with(store: &Store, delivery: &Delivery, then: Then, tasks: Vec<NewTask>) -> Finished {
    let finish = Finish {
        tasks,
        ..end_of(delivery, then)
    };
    store.finish(finish).await.unwrap()
}

pub(super) fn end_of(delivery: &Delivery, then: Then) -> Finish {
    Finish {
        delivery: delivery.id,
        event: delivery.event,
        app: delivery.app.clone(),
        attempt: delivery.attempt,
        started_at_ms: NOW_MS,
        duration_us: 5,
        outcome: "ok".into(),
        error: None,
        plugin_hash: "ab".into(),
        log: "a line\0 with a NUL".into(),
        then,
        tasks: Vec::new(),
        now_ms: NOW_MS,
    }
}

/// The lock on a file is given back when its last handle is gone, a moment after the store.
pub(super) async fn reopened(database: &TestDatabase) -> Store {
    loop {
        match Store::open(&database.settings()).await {
            Err(StoreError::Locked { .. }) => tokio::task::yield_now().await,
            opened => return opened.unwrap(),
        }
    }
}

/// All of them at once; what came of each, in their order.
pub(super) async fn together<T: Send + 'static>(
    work: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = work.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(
            tokio::time::timeout(Duration::from_secs(120), task)
                .await
                .unwrap()
                .unwrap(),
        );
    }
    results
}
