//! The attempts that this server holds: the ones whose leases it extends.
//!
//! The database may name more of them as this server's. Their commit was not known to succeed, so nobody here makes them,
//! and their leases run out.

use std::collections::HashSet;

use crate::{
    backend::Backend,
    error::{Fault, StoreError},
    postgres,
    rows::deliveries::Hold,
    sqlite,
    store::Store,
};

impl Store {
    /// Whether this server still holds it, as far as it knows. What it does not hold is somebody's again, or will be.
    pub fn holds(&self, hold: Hold) -> bool {
        self.shared.own_leases.has(hold)
    }

    /// Does not hold an attempt any longer whose end is unknown. Its delivery is ready again when its lease has run out, and
    /// the attempt counts, because something may have come of it.
    pub fn forget_lease(&self, hold: Hold) {
        self.shared.own_leases.forget_lease(hold);
    }

    /// Extends the leases on what this server holds. What the database does not know as held here was lost, and is let go of.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn extend_leases(&self, now_ms: u64) -> Result<(), StoreError> {
        let held = self.shared.own_leases.all();
        let until_ms = now_ms.saturating_add(self.lease_ms());
        let kept = match self.extend(held.clone(), until_ms).await {
            Err(error) if error.fault() == Fault::Row => self.extend_each(&held, until_ms).await?,
            kept => kept?,
        };
        let kept: HashSet<i64> = kept.into_iter().collect();
        for hold in held {
            if !kept.contains(&hold.delivery) {
                self.forget_lease(hold);
            }
        }
        Ok(())
    }

    /// The leases one by one, so that a row which the database refuses costs nobody else's.
    async fn extend_each(&self, held: &[Hold], until_ms: u64) -> Result<Vec<i64>, StoreError> {
        let mut kept = Vec::new();
        for &hold in held {
            match self.extend(vec![hold], until_ms).await {
                Ok(extended) => kept.extend(extended),
                // The attempt goes on; whether it still counts shows at its end.
                Err(error) if error.fault() == Fault::Row => kept.push(hold.delivery),
                Err(error) => return Err(error),
            }
        }
        Ok(kept)
    }

    async fn extend(&self, holds: Vec<Hold>, until_ms: u64) -> Result<Vec<i64>, StoreError> {
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    match session {
                        Backend::Sqlite(session) => sqlite::extend(session, &holds, until_ms).await,
                        Backend::Postgres(session) => postgres::extend(session, &holds, until_ms).await,
                    }
                })
            })
            .await
    }
}
