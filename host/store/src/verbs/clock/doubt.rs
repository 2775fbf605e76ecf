//! A system clock that is far ahead of the newest row when the server starts: it is wrong, or the server was off for that long.
//! Until there is evidence that it is right, no delivery expires and nothing is deleted.

use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::CLOCK_MS;
use crate::{
    backend::on_backend,
    error::StoreError,
    rows::numbers::{millis, signed},
    store::{Store, doubt::Begun},
    writer::queue::in_transaction,
};

/// Row that says that the clock is doubted, with the time that the server assumes instead. Every other row that it writes
/// meanwhile carries the doubted clock, so the next start must not use those as evidence.
const LEASE: &str = "clock/doubted";

/// Newest time in the database: that of the row above if it is there, else of the newest heartbeat or event. A server that was
/// idle has heartbeats only.
const NEWEST: &str = "select coalesce(
    (select until_ms from leases where name = $1),
    (select max(at_ms) from (
        select until_ms as at_ms from leases
        union all select received_at_ms from events where id = (select max(id) from events)) rows_at))";

const REMEMBER: &str = "insert into leases (name, holder, until_ms) values ($1, $2, $3)
    on conflict (name) do update set holder = excluded.holder, until_ms = excluded.until_ms";

impl Store {
    /// Compares the clock with the newest row, before anything is done by it. To be called once, before this server shows
    /// that it lives. If the clock is doubted, the time of the newest row.
    ///
    /// # Errors
    /// When the newest row could not be read, or a doubt not be written down for the next start.
    pub async fn compare_clock(&self, now_ms: u64) -> Result<Option<u64>, StoreError> {
        let doubt = &self.shared.doubt;
        // Whatever is there of an earlier start is either taken over or deleted.
        doubt.is_remembered.store(true, Ordering::Relaxed);
        let newest_ms: Option<i64> = self
            .read("reading the newest row", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_scalar(NEWEST).bind(LEASE).fetch_one(readers).await
                })
            })
            .await?;
        let Some(begun) = newest_ms.and_then(|newest| Begun::of(millis(newest), now_ms, Instant::now())) else {
            self.remember_doubt(None).await?;
            return Ok(None);
        };
        doubt.begin(begun);
        self.remember_doubt(Some(begun.newest_ms)).await?;
        Ok(Some(begun.newest_ms))
    }

    /// Whether the clock is doubted. One load of an atomic.
    pub fn doubts_clock(&self) -> bool {
        self.shared.doubt.is_open()
    }

    /// Tells the time at which Lark made something, as proved by its keys, and the time at which it came.
    pub fn hear_time(&self, lark_ms: u64, now_ms: u64) {
        if self.doubts_clock() && lark_ms.abs_diff(now_ms) <= CLOCK_MS {
            self.shared.doubt.end("the time of an event from Lark agrees with it");
        }
    }

    /// The time that is believed while the clock is doubted; none when it is not, or not any more.
    pub fn doubted_clock(&self, now_ms: u64) -> Option<u64> {
        self.shared.doubt.believed_ms(now_ms)
    }

    /// Has the next start doubt the clock too if it is far ahead of the time that is believed now; with none, it is trusted.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn remember_doubt(&self, believed_ms: Option<u64>) -> Result<(), StoreError> {
        let is_remembered = &self.shared.doubt.is_remembered;
        let Some(believed_ms) = believed_ms else {
            if is_remembered.load(Ordering::Relaxed) {
                self.forget_doubt().await?;
                is_remembered.store(false, Ordering::Relaxed);
            }
            return Ok(());
        };
        is_remembered.store(true, Ordering::Relaxed);
        let node = self.node().to_owned();
        in_transaction!(self, connection => {
            sqlx::query(REMEMBER)
                .bind(LEASE)
                .bind(node)
                .bind(signed(believed_ms))
                .execute(connection)
                .await
                .map(|_| ())
        })
        .await
    }

    /// Another server that doubts its clock writes its row again within a round of the sweep.
    async fn forget_doubt(&self) -> Result<(), StoreError> {
        in_transaction!(self, connection => {
            sqlx::query("delete from leases where name = $1")
                .bind(LEASE)
                .execute(connection)
                .await
                .map(|_| ())
        })
        .await
    }
}
