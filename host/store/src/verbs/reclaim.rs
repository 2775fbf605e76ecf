//! Reclaiming deliveries whose lease has expired. This is apart from the heartbeat, so that one row which cannot be updated
//! stops neither the leases nor the others.

use std::sync::Arc;

use super::clock::CLOCK_MS;
use crate::{
    backend::{Backend, on_backend},
    error::{Fault, StoreError, chain},
    postgres,
    rows::{
        deliveries::NOT_STORED,
        lost::{LOST, LOST_ERROR, Over},
        numbers::signed,
    },
    sqlite,
    store::Store,
    writer::queue::in_transaction,
};

/// Deliveries whose lease had expired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Deliveries that wait for their next attempt.
    pub waiting: u64,
    /// Those that the database refused to have wait: dead letters now.
    pub dead: u64,
}

/// Rows that are looked at one by one in one heartbeat, when the database has refused one of them.
const ONE_BY_ONE_MAX: i64 = 1_000;

/// Leases that are over, or last longer than any.
const OVER: &str = "select id, cast(lost as bigint) from deliveries
    where state = 'running' and (lease_until_ms is null or lease_until_ms < $1 or lease_until_ms > $2) order by id limit $3";

const WAITS: &str = "update deliveries
    set state = 'retry_wait', next_at_ms = $4, lost = lost + 1, lease_node = null, lease_until_ms = null
    where id = $3 and state = 'running' and (lease_until_ms is null or lease_until_ms < $1 or lease_until_ms > $2)";

const TRIED: &str = "insert into attempts (delivery, number, node, started_at_ms, duration_us, outcome, error,
                                             plugin_hash, log)
    select id, attempt, $2, $3, 0, $4, $5, '', '' from deliveries where id = $1
    on conflict do nothing";
const DEAD: &str = "update deliveries set state = 'dead', finished_at_ms = $2, lease_node = null, lease_until_ms = null
    where id = $1 and state = 'running'";

impl Store {
    /// Ends the attempts that nobody makes any more: their server is gone, or it was this one without its knowing. Their
    /// deliveries wait as long as `wait_ms` says of their number and of how often they were lost before. What the database
    /// refuses to have wait becomes a dead letter.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn reclaim(
        &self,
        now_ms: u64,
        wait_ms: impl Fn(i64, u32) -> u64 + Send + Sync + 'static,
    ) -> Result<Reclaimed, StoreError> {
        let never_ms = now_ms.saturating_add(self.lease_ms()).saturating_add(CLOCK_MS);
        let over = Over {
            now_ms,
            never_ms,
            wait_ms: Arc::new(wait_ms),
        };
        let all = over.clone();
        let released = self
            .queues
            .step(move |session| {
                Box::pin(async move {
                    match session {
                        Backend::Sqlite(session) => sqlite::release(session, &all).await,
                        Backend::Postgres(session) => postgres::release(session, &all).await,
                    }
                })
            })
            .await;
        match released {
            Err(error) if error.fault() == Fault::Row => self.reclaim_each(&over).await,
            released => released.map(|waiting| Reclaimed { waiting, dead: 0 }),
        }
    }

    async fn reclaim_each(&self, over: &Over) -> Result<Reclaimed, StoreError> {
        let lost: Vec<(i64, i64)> = self
            .read("looking for expired leases", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_as(OVER)
                        .bind(signed(over.now_ms))
                        .bind(signed(over.never_ms))
                        .bind(ONE_BY_ONE_MAX)
                        .fetch_all(readers)
                        .await
                })
            })
            .await?;
        let mut reclaimed = Reclaimed::default();
        for (delivery, times) in lost {
            let next_at_ms = over.next_at_ms(delivery, u32::try_from(times).unwrap_or_default());
            match self.let_wait(delivery, next_at_ms, over).await {
                Ok(rows) => reclaimed.waiting += rows,
                Err(error) if error.fault() == Fault::Row => {
                    reclaimed.dead += self.set_aside(delivery, &error, over.now_ms).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(reclaimed)
    }

    async fn let_wait(&self, delivery: i64, next_at_ms: i64, over: &Over) -> Result<u64, StoreError> {
        let (now_ms, never_ms, node) = (over.now_ms, over.never_ms, self.node().to_owned());
        in_transaction!(self, connection => {
            let waiting = sqlx::query(WAITS)
                .bind(signed(now_ms))
                .bind(signed(never_ms))
                .bind(delivery)
                .bind(next_at_ms)
                .execute(&mut *connection)
                .await?
                .rows_affected();
            if waiting > 0 {
                sqlx::query(TRIED)
                    .bind(delivery)
                    .bind(node)
                    .bind(signed(now_ms))
                    .bind(LOST)
                    .bind(LOST_ERROR)
                    .execute(connection)
                    .await?;
            }
            Ok(waiting)
        })
        .await
    }

    /// Makes a dead letter of a delivery that cannot be made to wait. A row that refuses even this is left as it is.
    async fn set_aside(&self, delivery: i64, refused: &StoreError, now_ms: u64) -> u64 {
        let node = self.node().to_owned();
        let error = format!("it cannot be retried: {}", chain(refused));
        let dead = in_transaction!(self, connection => {
            let dead = sqlx::query(DEAD)
                .bind(delivery)
                .bind(signed(now_ms))
                .execute(&mut *connection)
                .await?
                .rows_affected();
            if dead > 0 {
                sqlx::query(TRIED)
                    .bind(delivery)
                    .bind(node)
                    .bind(signed(now_ms))
                    .bind(NOT_STORED)
                    .bind(error)
                    .execute(connection)
                    .await?;
            }
            Ok(dead)
        })
        .await;
        match dead {
            Ok(rows) => {
                tracing::error!(
                    delivery.id = delivery,
                    error = chain(refused),
                    "The database rejects the retry of a delivery, so the delivery is a dead letter now"
                );
                rows
            }
            Err(error) => {
                tracing::error!(
                    delivery.id = delivery,
                    error = chain(&error),
                    "The database rejects every change of a delivery; it is left unchanged"
                );
                0
            }
        }
    }
}
