//! Deliveries with their attempts, as they are shown one by one.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    backend::on_backend,
    error::StoreError,
    rows::numbers::{millis, signed},
    store::Store,
};

/// Deliveries and attempts that are shown of one event; more than these nobody reads either.
const DETAIL_ROWS_MAX: i64 = 1_000;

/// One delivery with its attempts.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DeliveryDetail {
    /// Its number.
    pub id: i64,
    /// The delivery that it repeats or follows.
    pub origin: Option<i64>,
    /// `event`, `task`, `late` or `update`.
    pub kind: String,
    /// For whom.
    pub plugin: String,
    /// Its state.
    pub state: String,
    /// Attempts since it was made ready.
    pub attempt: i64,
    /// When it is or was to be tried next, in milliseconds since 1970.
    pub next_at_ms: u64,
    /// When it began to exist, in milliseconds since 1970.
    pub created_at_ms: u64,
    /// After this it is of no use any more, in milliseconds since 1970.
    pub expires_at_ms: u64,
    /// When it came to its end, in milliseconds since 1970.
    pub finished_at_ms: Option<u64>,
    /// The name of a task.
    pub task: Option<String>,
    /// The delivery that it waits for: one with the same ordering key, which is not done yet.
    pub waits_for: Option<i64>,
    /// Its attempts, the oldest first.
    pub attempts: Vec<AttemptRow>,
}

/// One attempt.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AttemptRow {
    /// 1 for the first since the delivery was made ready.
    pub number: i64,
    /// Which server made it.
    pub node: String,
    /// Milliseconds since 1970.
    pub started_at_ms: u64,
    /// How long it took.
    pub duration_us: u64,
    /// A word: `ok`, or the code of the error.
    pub outcome: String,
    /// The error.
    pub error: Option<String>,
    /// Which plugin file it was.
    pub plugin_hash: String,
    /// Its version, as its author names it, while the version is known.
    pub plugin_version: Option<String>,
    /// The log of the plugin.
    pub log: String,
}

/// Deliveries with what is shown of them, and what stands before each as a claim sees it.
macro_rules! details {
    ($which:literal) => {
        concat!(
            "select id, origin, kind, plugin, state, cast(attempt as bigint), next_at_ms, created_at_ms, expires_at_ms,
                    finished_at_ms, task_name,
                    (select o.id from deliveries o
                     where d.state in ('ready', 'retry_wait') and o.ordering_key = d.ordering_key and o.id <> d.id
                       and o.state in ('ready', 'retry_wait', 'running')
                       and (o.state = 'running' or o.id < d.id and o.due_at_ms <= d.due_at_ms)
                     order by case when o.state = 'running' then 0 else 1 end, o.due_at_ms, o.id limit 1) as waits_for
             from deliveries d where ",
            $which,
            " = $1 order by d.id limit $2"
        )
    };
}
const DELIVERIES: &str = details!("event");
const DELIVERY: &str = details!("id");

/// What stands before a delivery, when that waits for a retry of its own.
const HELD_UP: &str = "select id from
    (select o.id, o.state, o.next_at_ms
     from deliveries d join deliveries o on o.ordering_key = d.ordering_key and o.id <> d.id
     where d.id = $1 and d.state in ('ready', 'retry_wait') and o.state in ('ready', 'retry_wait', 'running')
       and (o.state = 'running' or o.id < d.id and o.due_at_ms <= d.due_at_ms)
     order by case when o.state = 'running' then 0 else 1 end, o.due_at_ms, o.id limit 1) first
    where state = 'retry_wait' and next_at_ms > $2";

/// Their attempts.
macro_rules! attempts {
    ($which:literal) => {
        concat!(
            "select a.delivery, cast(a.number as bigint), a.node, a.started_at_ms, a.duration_us, a.outcome, a.error,
                    a.plugin_hash, a.log,
                    (select max(h.version) from plugin_history h where h.hash = a.plugin_hash and h.plugin = d.plugin)
             from deliveries d join attempts a on a.delivery = d.id where ",
            $which,
            " = $1 order by a.delivery, a.started_at_ms limit $2"
        )
    };
}
const ATTEMPTS: &str = attempts!("d.event");
const ATTEMPTS_OF: &str = attempts!("d.id");

type DeliveryColumns = (
    i64,
    Option<i64>,
    String,
    String,
    String,
    i64,
    i64,
    i64,
    i64,
    Option<i64>,
    Option<String>,
    Option<i64>,
);
type AttemptColumns = (
    i64,
    i64,
    String,
    i64,
    i64,
    String,
    Option<String>,
    String,
    String,
    Option<String>,
);

impl Store {
    pub(super) async fn deliveries_of(&self, number: i64) -> Result<Vec<DeliveryDetail>, StoreError> {
        self.details(DELIVERIES, ATTEMPTS, number).await
    }

    /// Deliveries that are not made although it is their time, because one with the same ordering key stands before them and
    /// waits for its retry: each of these with the number of that one.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn held_up(&self, ids: &[i64], now_ms: u64) -> Result<Vec<(i64, i64)>, StoreError> {
        let mut held_up = Vec::new();
        for &id in ids {
            let first: Option<i64> = self
                .ask(async {
                    on_backend!(&*self.questions, readers => {
                        sqlx::query_scalar(HELD_UP).bind(id).bind(signed(now_ms)).fetch_optional(readers).await
                    })
                })
                .await
                .map_err(StoreError::database("looking for what stands before a delivery"))?;
            held_up.extend(first.map(|first| (id, first)));
        }
        Ok(held_up)
    }

    pub(super) async fn delivery_detail(&self, id: i64) -> Result<Option<DeliveryDetail>, StoreError> {
        Ok(self.details(DELIVERY, ATTEMPTS_OF, id).await?.into_iter().next())
    }

    async fn details(
        &self,
        deliveries: &'static str,
        attempts: &'static str,
        number: i64,
    ) -> Result<Vec<DeliveryDetail>, StoreError> {
        let failed = || StoreError::database("reading deliveries");
        let rows: Vec<DeliveryColumns> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_as(deliveries).bind(number).bind(DETAIL_ROWS_MAX).fetch_all(readers).await
                })
            })
            .await
            .map_err(failed())?;
        let mut deliveries: Vec<_> = rows.into_iter().map(delivery).collect();
        let attempts: Vec<AttemptColumns> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_as(attempts).bind(number).bind(DETAIL_ROWS_MAX).fetch_all(readers).await
                })
            })
            .await
            .map_err(failed())?;
        for (of, number, node, started, duration, outcome, error, plugin_hash, log, plugin_version) in attempts {
            if let Some(delivery) = deliveries.iter_mut().find(|delivery| delivery.id == of) {
                delivery.attempts.push(AttemptRow {
                    number,
                    node,
                    started_at_ms: millis(started),
                    duration_us: millis(duration),
                    outcome,
                    error,
                    plugin_hash,
                    plugin_version,
                    log,
                });
            }
        }
        Ok(deliveries)
    }
}

fn delivery(columns: DeliveryColumns) -> DeliveryDetail {
    let (id, origin, kind, plugin, state, attempt, next, created, expires, finished, task, waits_for) = columns;
    DeliveryDetail {
        id,
        origin,
        kind,
        plugin,
        state,
        attempt,
        next_at_ms: millis(next),
        created_at_ms: millis(created),
        expires_at_ms: millis(expires),
        finished_at_ms: finished.map(millis),
        task,
        waits_for,
        attempts: Vec::new(),
    }
}
