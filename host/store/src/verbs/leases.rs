//! Named leases: what one server at a time does, for all that share the database.

use super::clock::CLOCK_MS;
use crate::{
    backend::on_backend, error::StoreError, rows::numbers::signed, store::Store, writer::queue::in_transaction,
};

impl Store {
    /// Whether a server's last heartbeat is recent enough.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn is_alive(&self, node: &str, now_ms: u64) -> Result<bool, StoreError> {
        let is_alive: Option<bool> = self
            .read("reading a lease", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_scalar("select until_ms > $2 and until_ms <= $3 from leases where name = $1")
                        .bind(node_lease(node))
                        .bind(signed(now_ms))
                        .bind(never_ms(now_ms, self.lease_ms()))
                        .fetch_optional(readers)
                        .await
                })
            })
            .await?;
        Ok(is_alive == Some(true))
    }

    /// Writes the heartbeat of this server.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn heartbeat(&self, now_ms: u64) -> Result<(), StoreError> {
        let node = self.node();
        self.acquire_lease(&node_lease(node), node, self.lease_ms(), now_ms)
            .await
            .map(drop)
    }

    /// Whether this server is the one that does what one of all servers does, until `now_ms + ttl_ms`.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn acquire_leadership(&self, ttl_ms: u64, now_ms: u64) -> Result<bool, StoreError> {
        if !self.is_shared() {
            return Ok(true);
        }
        self.acquire_lease("leader", self.node(), ttl_ms, now_ms).await
    }

    /// Takes a lease or keeps it, also when it was taken by a clock that was ahead; tells whether this `holder` has it now. It
    /// expires at `now_ms + ttl_ms`.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn acquire_lease(&self, name: &str, holder: &str, ttl_ms: u64, now_ms: u64) -> Result<bool, StoreError> {
        let (name, holder) = (name.to_owned(), holder.to_owned());
        in_transaction!(self, connection => {
            sqlx::query(
                "insert into leases (name, holder, until_ms) values ($1, $2, $3)
                         on conflict (name) do update set holder = excluded.holder, until_ms = excluded.until_ms
                         where leases.holder = excluded.holder or leases.until_ms <= $4 or leases.until_ms > $5",
            )
            .bind(name)
            .bind(holder)
            .bind(signed(now_ms.saturating_add(ttl_ms)))
            .bind(signed(now_ms))
            .bind(never_ms(now_ms, ttl_ms))
            .execute(connection)
            .await
            .map(|done| done.rows_affected() > 0)
        })
        .await
    }

    /// Gives a lease back, if this `holder` has it.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        let (name, holder) = (name.to_owned(), holder.to_owned());
        in_transaction!(self, connection => {
            sqlx::query("delete from leases where name = $1 and holder = $2")
                .bind(name)
                .bind(holder)
                .execute(connection)
                .await
                .map(|_| ())
        })
        .await
    }
}

/// After this no lease ends that was taken by the clock of now.
fn never_ms(now_ms: u64, ttl_ms: u64) -> i64 {
    signed(now_ms.saturating_add(ttl_ms).saturating_add(CLOCK_MS))
}

/// The lease that a server has on itself.
fn node_lease(node: &str) -> String {
    format!("node/{node}")
}
