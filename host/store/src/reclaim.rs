//! What nobody holds any more is made ready again, apart from the heartbeat, so that one row which cannot be updated stops
//! neither the leases nor the others.

use super::{
    Store, StoreError,
    clock::CLOCK_MS,
    deliveries::NOT_STORED,
    either::{Either, on_either},
    error::Fault,
    postgres, signed, sqlite,
};
use crate::error::chain;

/// What was found that nobody held any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Deliveries that are ready again.
    pub ready: u64,
    /// Those that the database refuses to make ready: dead letters now.
    pub dead: u64,
}

/// Rows that are looked at one by one in one heartbeat, when the database has refused one of them.
const ONE_BY_ONE_MAX: i64 = 1_000;

/// Leases that are over, or last longer than any.
const OVER: &str = "select id from deliveries
    where state = 'running' and (lease_until_ms < $1 or lease_until_ms > $2) order by id limit $3";

const READY: &str = "update deliveries set state = 'ready', lease_node = null, lease_until_ms = null
    where id = $3 and state = 'running' and (lease_until_ms < $1 or lease_until_ms > $2)";

const REFUSED: &str = "insert into attempts (delivery, number, node, started_at_ms, duration_us, outcome, error,
                                             plugin_hash, log)
    select id, attempt, $2, $3, 0, $4, $5, '', '' from deliveries where id = $1 and state = 'running'
    on conflict do nothing";
const DEAD: &str = "update deliveries set state = 'dead', finished_at_ms = $2, lease_node = null, lease_until_ms = null
    where id = $1 and state = 'running'";

impl Store {
    /// Makes ready what nobody holds any more: its server is gone, or it was this one's without its knowing. What the database
    /// refuses to make ready becomes a dead letter.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn reclaim(&self, now_ms: u64) -> Result<Reclaimed, StoreError> {
        let never_ms = now_ms.saturating_add(self.lease_ms()).saturating_add(CLOCK_MS);
        let released = self
            .step(move |connection| {
                Box::pin(async move {
                    match connection {
                        Either::Sqlite(connection) => sqlite::release(connection, now_ms, never_ms).await,
                        Either::Postgres(connection) => postgres::release(connection, now_ms, never_ms).await,
                    }
                })
            })
            .await;
        match released {
            Err(error) if error.fault() == Fault::Row => self.reclaim_each(now_ms, never_ms).await,
            released => released.map(|ready| Reclaimed { ready, dead: 0 }),
        }
    }

    async fn reclaim_each(&self, now_ms: u64, never_ms: u64) -> Result<Reclaimed, StoreError> {
        let over: Vec<i64> = self
            .read("look for leases that are over", async {
                on_either!(&*self.readers, readers => {
                    sqlx::query_scalar(OVER)
                        .bind(signed(now_ms))
                        .bind(signed(never_ms))
                        .bind(ONE_BY_ONE_MAX)
                        .fetch_all(readers)
                        .await
                })
            })
            .await?;
        let mut reclaimed = Reclaimed::default();
        for delivery in over {
            match self.make_ready(delivery, now_ms, never_ms).await {
                Ok(rows) => reclaimed.ready += rows,
                Err(error) if error.fault() == Fault::Row => {
                    reclaimed.dead += self.set_aside(delivery, &error, now_ms).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(reclaimed)
    }

    async fn make_ready(&self, delivery: i64, now_ms: u64, never_ms: u64) -> Result<u64, StoreError> {
        self.step(move |connection| {
            Box::pin(async move {
                on_either!(connection, connection => {
                    sqlx::query(READY)
                        .bind(signed(now_ms))
                        .bind(signed(never_ms))
                        .bind(delivery)
                        .execute(connection)
                        .await
                        .map(|done| done.rows_affected())
                })
            })
        })
        .await
    }

    /// Makes a dead letter of a delivery that cannot be made ready. A row that refuses even this is left as it is.
    async fn set_aside(&self, delivery: i64, refused: &StoreError, now_ms: u64) -> u64 {
        let node = self.node().to_owned();
        let error = format!("it cannot be made ready again: {}", chain(refused));
        let dead = self
            .step(move |connection| {
                Box::pin(async move {
                    on_either!(connection, connection => {
                        sqlx::query(REFUSED)
                            .bind(delivery)
                            .bind(node)
                            .bind(signed(now_ms))
                            .bind(NOT_STORED)
                            .bind(error)
                            .execute(&mut *connection)
                            .await?;
                        sqlx::query(DEAD)
                            .bind(delivery)
                            .bind(signed(now_ms))
                            .execute(connection)
                            .await
                            .map(|done| done.rows_affected())
                    })
                })
            })
            .await;
        match dead {
            Ok(rows) => {
                tracing::error!(
                    delivery.id = delivery,
                    error = chain(refused),
                    "The database refuses to make a delivery ready again, so it is a dead letter now"
                );
                rows
            }
            Err(error) => {
                tracing::error!(
                    delivery.id = delivery,
                    error = chain(&error),
                    "The database refuses every change of a delivery; it is left as it is"
                );
                0
            }
        }
    }
}
