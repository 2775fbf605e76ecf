//! The deliveries that this server holds: the ones whose leases it extends.
//!
//! The database may name more of them as this server's. Their commit was not known to succeed, so nobody here makes them,
//! and their leases run out.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    Store, StoreError,
    either::{Either, on_either},
    postgres, signed, sqlite,
};

/// How far clocks may be apart, beyond a lease: what ends later was leased before the clock was put back.
const CLOCK_MS: u64 = 600_000;

#[derive(Debug, Default)]
pub(super) struct Held(Mutex<HashSet<i64>>);

impl Held {
    pub(super) fn keep(&self, deliveries: impl IntoIterator<Item = i64>) {
        self.lock().extend(deliveries);
    }

    pub(super) fn let_go(&self, delivery: i64) {
        self.lock().remove(&delivery);
    }

    pub(super) fn all(&self) -> Vec<i64> {
        self.lock().iter().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Does not hold a delivery any longer whose end is unknown. It is ready again when its lease has run out, and the
    /// attempt counts, because something may have come of it.
    pub fn let_go(&self, delivery: i64) {
        self.shared.held.let_go(delivery);
    }

    /// Extends the leases on what this server holds, and makes ready what nobody holds any more: its server is gone, or it
    /// was this one's without its knowing. Tells how many deliveries are ready by that.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn extend_leases(&self, now_ms: u64) -> Result<u64, StoreError> {
        let held = self.shared.held.all();
        let node = self.node().to_owned();
        let until_ms = now_ms.saturating_add(self.lease_ms());
        let never_ms = signed(until_ms.saturating_add(CLOCK_MS));
        self.step(move |connection| {
            Box::pin(async move {
                match connection {
                    Either::Sqlite(connection) => sqlite::extend(connection, &held, &node, until_ms).await?,
                    Either::Postgres(connection) => postgres::extend(connection, &held, &node, until_ms).await?,
                }
                on_either!(connection, connection => {
                    sqlx::query(
                        "update deliveries set state = 'ready', lease_node = null, lease_until_ms = null
                         where state in ('ready', 'retry_wait', 'running') and state = 'running'
                           and (lease_until_ms < $1 or lease_until_ms > $2)",
                    )
                    .bind(signed(now_ms))
                    .bind(never_ms)
                    .execute(connection)
                    .await
                    .map(|done| done.rows_affected())
                })
            })
        })
        .await
    }
}
